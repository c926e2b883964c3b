#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# In a guest whose BTF is hidden (scripts/vm/test-drivers): bad modules and bad BTF end in one line and leave nothing in
# the kernel; good ones are found where they lie, are installed and removed. The folder holds lanner, good.ko, other.ko,
# signed.ko, other.btf, rule.yaml; for `trusted`, trusted.ko and an unsigned.ko.
cd "${0%/*}" || exit 1
release=$(uname -r)
failed=0

# ran CODE PATTERN ARGUMENT...: what is wrong, in $why, unless `lanner ARGUMENT...` ends with CODE and says PATTERN; a
# failure has one line beside the version's
ran() {
	code=$1 pattern=$2
	shift 2
	./lanner "$@" >out 2>err </dev/null
	rc=$?
	why=
	[ $rc = "$code" ] || why="exit code $rc"
	cat out err | grep -q -e "$pattern" || why="$why, not said: $pattern"
	[ "$code" != 1 ] || [ "$(grep -vc '^lanner [0-9][^ ]*$' err)" = 1 ] || why="$why, not one line"
}

# verdict NAME: tells whether there is a $why
verdict() {
	if [ -z "$why" ]; then
		echo "ok      $1"
	else
		failed=$((failed + 1))
		echo "FAILED  $1: $why"
		sed 's/^/        /' out err
	fi
}

# check NAME CODE PATTERN ARGUMENT...: as `ran`, and then there is no module in the kernel
check() {
	name=$1
	shift
	ran "$@"
	[ ! -e /sys/module/lanner ] || why="$why, the module is still loaded"
	verdict "$name"
}

# loaded NAME CODE PATTERN ARGUMENT...: the same, and there is one
loaded() {
	name=$1
	shift
	ran "$@"
	[ -e /sys/module/lanner ] || why="$why, no module is loaded"
	verdict "$name"
}

# files NAME COUNT: so many of the two files that `driver install` writes are there
files() {
	count=$(ls "/lib/modules/$release/updates/lanner.ko" /etc/modules-load.d/lanner.conf 2>/dev/null | wc -l)
	why=
	[ "$count" = "$2" ] || why="$count of $2 files are there"
	verdict "$1"
}

# alerts check|loaded NAME PATTERN ARGUMENT...: `lanner run ARGUMENT...` says PATTERN and alerts when the marked file is
# opened; then, as the first word says
alerts() {
	as=$1 title=$2 line=$3
	shift 3
	: >/tmp/lanner-mark
	(while [ -e /tmp/lanner-mark ]; do cat /tmp/lanner-mark; sleep 0.3; done) &
	"$as" "$title" 3 "$line" run -r rule.yaml --fail-on error --for 5s "$@"
	rm /tmp/lanner-mark
	wait $!
}

# The kernel's BTF is hidden by a mount over it.
take_btf() {
	umount /sys/kernel/btf
	cp /sys/kernel/btf/vmlinux good.btf
	mount -t tmpfs none /sys/kernel/btf
}

case ${1:?bad, good, install, strict or trusted} in
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

	mkdir tools headers
	printf '#!/bin/sh\n' >tools/gcc
	cp tools/gcc tools/ld
	# as make and gcc have it: the reason in the middle
	printf '#!/bin/sh\n[ "$1" = --version ] || { echo "  CC [M]  main.o"; printf "main.c:1:2: error: no such function\\n    1 | x\\nmake: *** [main.o] Error 1\\n" >&2; exit 2; }\n' >tools/make
	chmod +x tools/*
	: >headers/Makefile
	before=$PATH
	PATH=$PWD/tools:$PATH
	check "a module that does not compile" 1 "^lanner: the module does not compile for kernel $release (main.c:1:2: error: no such function): see it whole with lanner driver build --verbose, or build it on another machine" driver build --headers headers
	PATH=$before
	;;
good)
	take_btf
	mkdir -p btf
	gzip -c good.btf >"btf/$release.btf.gz"
	alerts check "BTF beside the executable" "^driver: eBPF through raw_tp (kernel $release has a ring buffer; BTF from .*/btf/$release.btf.gz)$"
	rm -r btf

	./lanner driver bundle other.ko good.ko
	alerts check "a module of a bundle beside the executable" "^driver: kernel module, from .*/lanner-modules, for kernel $release (kernel $release has no BTF (/sys/kernel/btf/vmlinux))$"
	rm lanner-modules
	cp other.ko lanner.ko
	cp good.ko "lanner-$release.ko"
	alerts check "a module beside the executable" "^driver: kernel module, from .*/lanner-$release.ko, for kernel $release"
	alerts check "BTF from a file" "^driver: eBPF through raw_tp (kernel $release has a ring buffer; BTF from good.btf)$" --driver ebpf --btf good.btf
	;;
install)
	take_btf
	sed 's/\(vermagic=[^ ]* \)SMP/\1SMQ/' good.ko >unfit.ko
	sed 's/version=[0-9]\.[0-9]\.[0-9]/version=0.0.0/' good.ko >old.ko
	gone="^kernel $release: no module any more$"

	check "an install that the kernel refuses" 1 "^lanner: unfit.ko does not fit kernel $release, whose log" driver install --module unfit.ko
	files "... is undone" 0
	check "an install of another version's module" 1 "^lanner: old.ko is of another version of lanner: copy the right file" driver install --module old.ko
	files "... writes nothing" 0
	loaded "an install" 0 "^module: loaded$" driver install --module good.ko
	files "... writes two files" 2
	loaded "the status of it" 0 "^module loaded *yes$" driver status
	alerts loaded "a module that is installed" "^driver: kernel module, loaded before, for kernel $release"
	check "its removal" 0 "$gone" driver remove
	files "... takes both files away" 0
	check "a removal where there is nothing" 0 "$gone" driver remove

	mkdir -p "/lib/modules/$release/extra"
	gzip -c good.ko >"/lib/modules/$release/extra/lanner.ko.gz"
	alerts check "a module below /lib/modules" "^driver: kernel module, from /lib/modules/$release/extra/lanner.ko.gz, for kernel"
	check "a removal of what is another's" 0 "^/lib/modules/$release/extra/lanner.ko.gz is still there: " driver remove
	rm "/lib/modules/$release/extra/lanner.ko.gz"

	insmod old.ko
	loaded "an install over a module of another version" 0 "^module: loaded, in place of one of another version$" driver install --module good.ko
	check "its removal" 0 "$gone" driver remove
	insmod old.ko
	alerts check "a run over a module of another version" "^driver: kernel module, from good.ko, for kernel" --driver module --module good.ko
	check "a run with a module of another version" 1 "^lanner: old.ko is of another version of lanner: copy the right file" run --driver module --module old.ko --for 1s

	./lanner run -r rule.yaml --driver module --module good.ko >/dev/null 2>running &
	sensor=$!
	for _ in $(seq 100); do ! grep -q ^armed running || break; sleep 0.3; done
	loaded "a removal while a sensor runs" 1 "^lanner: a sensor uses the module that is loaded: stop it first$" driver remove
	kill $sensor
	wait $sensor

	echo 1 >/proc/sys/kernel/modules_disabled # until the next boot: the last
	check "an install where loading is switched off" 0 "^module: from the next boot on" driver install --module good.ko
	files "... is for the next boot" 2
	;;
trusted) # a kernel that takes only what is signed with its own key
	check "an unsigned module" 1 "^lanner: kernel $release takes only signed modules (module.sig_enforce) and unsigned.ko is not signed: sign it" driver install --module unsigned.ko
	files "... is not installed" 0
	loaded "a module signed with the kernel's key" 0 "^module: loaded$" driver install --module trusted.ko
	alerts loaded "... works" "^driver: kernel module, loaded before, for kernel $release"
	check "its removal" 0 "^kernel $release: no module any more$" driver remove
	;;
strict) # lockdown: unsigned modules are refused, and so are those of a stranger's key
	check "an unsigned module under lockdown" 1 "^lanner: kernel $release takes only signed modules (lockdown=integrity) and good.ko is not signed: sign it with a key that the kernel trusts" run --driver module --module good.ko --for 1s
	cp good.ko lanner.ko
	check "neither BTF nor a signed module under lockdown" 1 "^lanner: no driver runs here\. eBPF: kernel $release has no BTF .*--btf.*; kernel module: kernel $release takes only signed modules (lockdown=integrity) and .*/lanner.ko is not signed: sign it" run --for 1s
	rm lanner.ko
	check "a stranger's signature under lockdown" 1 "^lanner: the kernel does not trust signed.ko (Secure Boot, lockdown or a security module): sign it" run --driver module --module signed.ko --for 1s
	check "its install" 1 "^lanner: the kernel does not trust signed.ko (Secure Boot, lockdown or a security module): sign it" driver install --module signed.ko
	files "... is undone" 0
	check "an install of an unsigned module" 1 "^lanner: kernel $release takes only signed modules (lockdown=integrity) and good.ko is not signed" driver install --module good.ko
	files "... writes nothing" 0
	;;
esac
exit $failed
