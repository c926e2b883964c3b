#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Inside the guest of `scripts/bench --vm`: each load alone and beside the sensor, by each way of attaching its programs
# in turn. Prints "WAY LOAD RESULT", RESULT as bench/loads/load.c does.
#
#	guest.sh LAPS SECONDS WAY...		a way: alone, sys_exit, fexit, module
laps=$1 seconds=$2
shift 2
# Under emulation every compiled instruction is compiled again: the runtime's later compilers cost more than they give.
export BUN_JSC_useDFGJIT=0
mkdir -p /etc /dev/shm
: >/tmp/dull

once() { # once WAY LOAD ARGUMENT...: the last argument is the time
	way=$1 load=$2
	shift 2
	./load "$@" 0.1 >/dev/null # caches of the kernel's own
	echo "$way $load $(./load "$@" "$seconds")"
}

measure() { # measure WAY
	once "$1" getppid getppid
	once "$1" open open /tmp/dull 1
	once "$1" connect connect 9
	once "$1" exec exec 0
}

beside() { # beside WAY OPTION...: measures with the sensor running
	way=$1
	shift
	./lanner run -r rules.yaml -o ring_size_mb=8 "$@" >/tmp/alerts 2>/tmp/log </dev/null &
	pid=$!
	until grep -qs '^armed' /tmp/log; do
		[ -d /proc/$pid ] || { cat /tmp/log >&2; exit 1; }
		sleep 0.1
	done
	sleep 1 # what is left of starting is not the load's
	measure "$way"
	kill $pid
	wait $pid
	grep '^lost events' /tmp/log >&2
}

[ ! -e lanner.ko ] || insmod lanner.ko || exit 1
uname -r
lap=0
while [ $lap -lt "$laps" ]; do
	for way; do
		case $way in
		alone) measure alone ;;
		module) beside module --driver module ;;
		*) beside "$way" --driver ebpf --attach "$way" ;;
		esac
	done
	lap=$((lap + 1))
done
