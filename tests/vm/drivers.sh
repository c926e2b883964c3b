#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# In a guest whose BTF is hidden (scripts/vm/test-drivers): bad modules and bad BTF end in one line and leave nothing in
# the kernel; good ones are found where they lie. The folder holds lanner, good.ko, other.ko, other.btf, rule.yaml.
cd "${0%/*}" || exit 1
release=$(uname -r)
failed=0

# check NAME CODE PATTERN ARGUMENT...: `lanner ARGUMENT...` ends with CODE, says PATTERN on its last line of complaint,
# says it in one line, and leaves no module in the kernel
check() {
	name=$1 code=$2 pattern=$3
	shift 3
	./lanner "$@" >out 2>err </dev/null
	rc=$?
	why=
	[ $rc = "$code" ] || why="exit code $rc"
	grep -q -e "$pattern" err || why="$why, not said: $pattern"
	[ "$code" != 1 ] || [ "$(grep -c '^lanner: ' err)" = 1 ] || why="$why, not one line"
	[ ! -e /sys/module/lanner ] || why="$why, the module is still loaded"
	if [ -z "$why" ]; then
		echo "ok      $name"
	else
		failed=$((failed + 1))
		echo "FAILED  $name: $why"
		sed 's/^/        /' out err
	fi
}

# alerts NAME PATTERN ARGUMENT...: `lanner run ARGUMENT...` says PATTERN and alerts when the marked file is opened
alerts() {
	name=$1 pattern=$2
	shift 2
	: >/tmp/lanner-mark
	(while [ -e /tmp/lanner-mark ]; do cat /tmp/lanner-mark; sleep 0.3; done) &
	check "$name" 3 "$pattern" run -r rule.yaml --fail-on error --for 5s "$@"
	rm /tmp/lanner-mark
	wait
}

# The kernel's BTF is hidden by a mount over it.
take_btf() {
	umount /sys/kernel/btf
	cp /sys/kernel/btf/vmlinux good.btf
	mount -t tmpfs none /sys/kernel/btf
}

case ${1:?bad, good or strict} in
bad)
	take_btf
	head -c 1000000 good.btf >cut.btf
	head -c 50000 good.ko >cut.ko
	sed 's/\(vermagic=[^ ]* \)SMP/\1SMQ/' good.ko >unfit.ko

	check "neither BTF nor module" 1 "^lanner: no driver runs here\. eBPF: kernel $release has no BTF .*--btf.*; kernel module: there is no module for kernel $release, and none can be built here without the kernel's headers: install linux-headers-$release" run --for 1s
	check "a module that was cut off" 1 "^lanner: cut.ko was cut off: copy the right file here" run --driver module --module cut.ko --for 1s
	check "a module for another release" 1 "^lanner: other.ko is for kernel 5\.10\.[^ ]*, not $release: copy the right file" run --driver module --module other.ko --for 1s
	check "a module that the kernel finds unfit" 1 "^lanner: .*unfit.ko does not fit kernel $release, whose log (dmesg) says why: build it" run --driver module --module unfit.ko --for 1s
	check "no such module" 1 "^lanner: none.ko can't be read" run --driver module --module none.ko --for 1s
	check "BTF of another kernel" 1 "^lanner: other.btf is another kernel's ([0-9]* of its [0-9]* functions are not in this one, such as [^ ]*): take the BTF" run --btf other.btf --for 1s
	check "BTF that was cut off" 1 "^lanner: cut.btf was cut off: take the BTF of exactly this kernel" run --btf cut.btf --for 1s
	check "no BTF at all" 1 "^lanner: rule.yaml is not BTF: take the BTF" run --btf rule.yaml --for 1s
	check "no headers to build with" 1 "^lanner: no headers of kernel $release in /lib/modules/$release/build: install linux-headers-$release" driver build
	;;
good)
	take_btf
	mkdir -p btf
	gzip -c good.btf >"btf/$release.btf.gz"
	alerts "BTF beside the executable" "^driver: eBPF through raw_tp (kernel $release has a ring buffer; BTF from .*/btf/$release.btf.gz)$"
	rm -r btf

	./lanner driver bundle other.ko good.ko
	alerts "a module of a bundle beside the executable" "^driver: kernel module, from .*/lanner-modules, for kernel $release (kernel $release has no BTF (/sys/kernel/btf/vmlinux))$"
	rm lanner-modules
	cp other.ko lanner.ko
	cp good.ko "lanner-$release.ko"
	alerts "a module beside the executable" "^driver: kernel module, from .*/lanner-$release.ko, for kernel $release"
	alerts "BTF from a file" "^driver: eBPF through raw_tp (kernel $release has a ring buffer; BTF from good.btf)$" --driver ebpf --btf good.btf
	;;
strict) # lockdown: unsigned modules are refused, and so are those of a stranger's key
	check "an unsigned module under lockdown" 1 "^lanner: kernel $release takes only signed modules (lockdown=integrity) and good.ko is not signed: sign it with a key that the kernel trusts" run --driver module --module good.ko --for 1s
	cp good.ko lanner.ko
	check "neither BTF nor a signed module under lockdown" 1 "^lanner: no driver runs here\. eBPF: kernel $release has no BTF .*--btf.*; kernel module: kernel $release takes only signed modules (lockdown=integrity) and .*/lanner.ko is not signed: sign it" run --for 1s
	rm lanner.ko
	check "a stranger's signature under lockdown" 1 "^lanner: the kernel does not trust signed.ko (Secure Boot, lockdown or a security module): sign it" run --driver module --module signed.ko --for 1s
	;;
esac
exit $failed
