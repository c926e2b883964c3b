#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Inside the guest: loads and unloads the module $1 times while events flow, killing readers.
n=$1
./churn load & load=$!
insmod lanner.ko || exit 1
./churn stream 5 || exit 1
rmmod lanner || exit 1
i=0
while [ $i -lt "$n" ]; do
	insmod lanner.ko || { echo "insmod failed at $i"; exit 1; }
	case $((i % 4)) in
	0) ;; # never opened
	*)
		./churn hold >/dev/null 2>&1 & reader=$!
		[ $((i % 4)) = 1 ] || usleep $((i % 7 * 10000))
		[ $((i % 4)) = 3 ] && rmmod lanner 2>/dev/null && [ $((i % 7)) -gt 3 ] && { echo "unloaded under a reader"; exit 1; }
		kill -9 $reader 2>/dev/null
		wait $reader 2>/dev/null
		;;
	esac
	[ ! -e /sys/module/lanner ] || rmmod lanner || { echo "rmmod failed at $i: $(cat /sys/module/lanner/refcnt)"; exit 1; }
	i=$((i + 1))
done
insmod lanner.ko
./churn stream 2 || exit 1
rmmod lanner || exit 1
kill -9 $load
echo "$n cycles"
