#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Inside the guest of scripts/vm-matrix: starts the sensors of ./sensors (lines "NAME OPTION...") beside each other,
# performs the acts, waits until each sensor has alerted on the last one, and leaves what they said in /out:
# NAME.jsonl.gz (alerts), NAME.log (stderr), armed ("NAME SECONDS", from its start), guest.log.
limit=${1:-240} # seconds that a sensor may take to be armed, or to come to the last act
exec 2>/out/guest.log
# Under emulation every compiled instruction is compiled again: the runtime's later compilers cost more than they give.
export BUN_JSC_useDFGJIT=0
uptime_s() { read -r up _ </proc/uptime; echo "$up"; }
# a C library, where the guest's userland has none for the sensor
mkdir -p /lib
for libraries in root/lib root/usr/lib; do [ ! -d $libraries ] || cp -a $libraries/. /lib/; done
mkdir -p /etc /var/log /etc/cron.d /dev/shm
[ -e /etc/shadow ] || echo 'root:*:::::::' >/etc/shadow
cp sensors /tmp/sensors

# waits until a sensor is armed, and notes how long it took
note_armed() { # note_armed NAME PID START
	waited=0
	until grep -qs '^armed' "/out/$1.log"; do
		[ -d "/proc/$2" ] && [ $waited -lt "$limit" ] || break
		sleep 1
		waited=$((waited + 1))
	done
	echo "$1 $3 $(uptime_s)" >>/out/armed
	grep -qs '^armed' "/out/$1.log" || echo "$1 is not armed" >&2
}

waiting=
while read -r name options; do
	rules=matrix.yaml # or those of a way that can't see all events
	[ ! -e "$name.yaml" ] || rules=$name.yaml
	# shellcheck disable=SC2086 # options are words
	./lanner run --json --all-matches --verbose -r lanner_rules.yaml -r $rules $options >"/out/$name.jsonl" 2>"/out/$name.log" </dev/null &
	pid=$!
	echo "$name $pid" >>/tmp/pids
	note_armed "$name" $pid "$(uptime_s)" &
	waiting="$waiting $!"
done </tmp/sensors
# shellcheck disable=SC2086 # pids are words
wait $waiting
echo "matrix: armed" >/dev/kmsg

sh ./acts.sh >/tmp/acts.log 2>&1 || cat /tmp/acts.log >&2

while read -r name pid; do
	waited=0
	until grep -qs '"Last act of the matrix"' "/out/$name.jsonl"; do
		[ -d "/proc/$pid" ] && [ $waited -lt "$limit" ] || break
		sleep 1
		waited=$((waited + 1))
	done
done </tmp/pids
while read -r name pid; do
	kill -TERM "$pid" 2>/dev/null && wait "$pid"
	echo "$name ended with $?" >&2
done </tmp/pids
if [ -d /sys/module/lanner ]; then rmmod lanner || echo "the module stays: $(cat /sys/module/lanner/refcnt) users" >&2; fi
uname -r >/out/release
gzip /out/*.jsonl # the way out is a serial line
