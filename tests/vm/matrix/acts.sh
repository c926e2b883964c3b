#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The suspicious acts of scripts/vm-matrix, in the guest: one for each shipped rule that needs no container (acts.c),
# then every system call that there are events of (calls/), then the mark by which the end is known.
acts=/share/acts box=/bin/busybox
ulimit -l unlimited # before Linux 5.11 maps count as locked memory, the sensors' as well
mkdir -p /tmp/m /var/log
cp $acts /tmp/m/nginx
/tmp/m/nginx spawn /bin/sh -c 'exit 0'
$acts redirect
cp $box /dev/shm/busybox
/dev/shm/busybox true
$acts memfd $acts
$acts deleted $acts /tmp/m/gone
$box cat /etc/shadow
$acts openat2 /etc ../etc//./shadow
$box ln -s /etc/shadow /tmp/m/symlink
$box ln /etc/shadow /etc/innocent
$acts attach
$box sh -c 'echo x >/var/log/auth.log'
$acts creat /var/log/syslog
echo x >/var/log/old.log
$box rm /var/log/old.log
echo x >/var/log/old.log
$box mv /var/log/old.log /tmp/m/oldlog
$box sh -c 'echo x >/etc/cron.d/backdoor'
# as a container's process, by the name of its cgroup: v2 alone, then v1, then v1 beside v2 (hybrid)
in_group() { # in_group CGROUP...: reads a credential file there
	mkdir -p "$@" 2>/dev/null
	$box sh -c 'for group; do echo 0 >"$group/cgroup.procs"; done; exec /bin/busybox cat /etc/shadow' sh "$@"
}
id() { printf "%064d" 0 | tr 0 "$1"; }
in_group "/sys/fs/cgroup/system.slice/docker-$(id a).scope"
mkdir -p /mnt/cpu && mount -t cgroup -o cpu,cpuacct cgroup /mnt/cpu
in_group "/mnt/cpu/docker/$(id b)"
in_group "/mnt/cpu/docker/$(id c)" /sys/fs/cgroup/system.slice/containerd.service
# the short selection has no calls, and no storm; of what goes through an io_uring the module sees nothing (test-rings)
if [ -e /share/calls ]; then
	cp /share/calls32 /tmp 2>/dev/null
	/share/calls | grep -v '^ring-' | while read -r name; do
		echo "matrix: $name" >/dev/kmsg # a guest that hangs must tell where
		mkdir -p "/tmp/$name" && cd "/tmp/$name" && timeout 20 /share/calls "$name" </dev/null
	done
fi
cd /
echo "matrix: storm" >/dev/kmsg
[ ! -e /share/storm ] || /share/storm 4 200
sleep 1
/share/acts end
echo "matrix: end" >/dev/kmsg
exit 0
