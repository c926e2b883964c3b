#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Inside the guest: loads and unloads the module $1 times while events flow, killing readers. Of ten cycles one waits out
# the kernel's grace periods; in the others they are hurried, which is faster and ends them at other moments.
n=$1
since() { # seconds since the script began
	read -r up _ </proc/uptime
	echo $((${up%.*} - began))
}
began=0
began=$(since)
./churn load &
load=$!
insmod lanner.ko || exit 1
./churn stream 5 || exit 1
rmmod lanner || exit 1
i=0
while [ $i -lt "$n" ]; do
	case $((i % 500)) in
	0) echo "cycles: $i after $(since) s" ;;
	esac
	case $((i % 50)) in
	0) echo 0 >/sys/kernel/rcu_expedited ;;
	5) echo 1 >/sys/kernel/rcu_expedited ;;
	esac
	insmod lanner.ko || { echo "insmod failed at $i"; exit 1; }
	if [ $((i % 4)) != 0 ]; then
		./churn hold >/tmp/hold 2>&1 &
		reader=$!
		case $((i % 4)) in
		1) usleep $((i % 7 * 10000)) ;; # killed at any moment
		2) rmmod lanner 2>/dev/null ;;  # unloaded at any moment, perhaps before the reader came
		3) # refused while there is a reader
			tries=0
			while [ "$(cat /sys/module/lanner/refcnt)" = 0 ]; do
				tries=$((tries + 1))
				[ $tries -lt 10000 ] || { echo "no reader at $i: $(cat /tmp/hold)"; exit 1; }
				usleep 1000
			done
			rmmod lanner 2>/dev/null && { echo "unloaded under a reader at $i"; exit 1; }
			;;
		esac
		kill -9 $reader 2>/dev/null
		wait $reader 2>/dev/null
	fi
	[ ! -e /sys/module/lanner ] || rmmod lanner || { echo "rmmod failed at $i: $(cat /sys/module/lanner/refcnt)"; exit 1; }
	i=$((i + 1))
done
insmod lanner.ko
./churn stream 2 || exit 1
rmmod lanner || exit 1
kill -9 $load
echo "cycles: $n in $(since) s"
