// SPDX-License-Identifier: Apache-2.0

/** Calls that change who a process is, and signals. */
import { helper, result, type Row } from "./row.ts";

const EPERM = "-1(EPERM)";
const ESRCH = "-3(ESRCH)";
const NOBODY = "65534(nobody)";
const NOGROUP = "65534(nogroup)";
const KEEP = "-1(<NONE>)";

/** Rows of tests/live/calls/identity.c; names of ids are this distribution family's (Debian's). */
export const IDENTITY_ROWS: readonly Row[] = [
  {
    type: "setgid",
    expect: (f) => [
      { args: `res=0 gid=${NOGROUP}`, fields: { ...helper(f), "group.gid": 65534 } },
      { args: `res=-22(EINVAL) gid=${KEEP}` },
    ],
  },
  {
    type: "setreuid",
    expect: (f) => [
      { args: `res=0 ruid=${KEEP} euid=${NOBODY}`, fields: { ...helper(f), "user.uid": 65534 } },
      { args: `res=${EPERM} ruid=1(daemon) euid=1(daemon)` },
    ],
  },
  {
    type: "setregid", // Falco has user ids here
    expect: (f) => [
      { args: `res=0 rgid=${NOBODY} egid=${NOBODY}`, fields: { ...helper(f), "group.gid": 65534 } },
      { args: `res=${EPERM} rgid=0(root) egid=${KEEP}` },
    ],
  },
  {
    type: "setresuid",
    expect: (f) => [
      { args: `res=0 ruid=${NOBODY} euid=${NOBODY} suid=${NOBODY}`, fields: { ...helper(f), "user.uid": 65534 } },
      { args: `res=${EPERM} ruid=0(root) euid=${KEEP} suid=${NOBODY}` },
    ],
  },
  {
    type: "setresgid",
    expect: (f) => [
      { args: `res=0 rgid=${NOGROUP} egid=${KEEP} sgid=0(root)`, fields: helper(f) },
      { args: `res=${EPERM} rgid=7(lp) egid=8(mail) sgid=9(news)` },
    ],
  },
  {
    type: "setsid",
    expect: (f) => [
      { args: "res=-1", fields: helper(f) },
      { args: `res=${f.session}(calls)`, fields: { "proc.pid": f.session! } },
    ],
  },
  {
    type: "capset", // the sets after the call
    expect: (f) => [
      { args: "res=0 cap_inheritable=0 cap_permitted=21 cap_effective=20", fields: helper(f) },
      { args: `res=${EPERM} cap_inheritable=0 cap_permitted=21 cap_effective=20` },
    ],
  },
  {
    type: "prctl",
    expect: (f) => [
      { args: "res=0 option=15(PR_SET_NAME) arg2_str=kworker/0:1 arg2_int=<NA>", fields: helper(f) },
      { args: "res=0 option=16(PR_GET_NAME) arg2_str=kworker/0:1 arg2_int=<NA>" },
      { args: "res=0 option=36(PR_SET_CHILD_SUBREAPER) arg2_str=<NA> arg2_int=1" },
      { args: "res=0 option=37(PR_GET_CHILD_SUBREAPER) arg2_str=<NA> arg2_int=1" },
      { args: "res=-22(EINVAL) option=4(PR_SET_DUMPABLE) arg2_str=<NA> arg2_int=77" },
      { args: /^res=-22\(EINVAL\) option=9999 arg2_str=<NA> arg2_int=\d+$/ },
    ],
  },
  {
    type: "kill",
    expect: (f) => [
      { args: `res=0 pid=${f.self}(calls) sig=0`, fields: helper(f) },
      { args: `res=${ESRCH} pid=99999999 sig=15(SIGTERM)` },
    ],
  },
  {
    type: "tkill",
    expect: (f) => [
      { args: `res=0 tid=${f.self}(calls) sig=0`, fields: helper(f) },
      { args: `res=${ESRCH} tid=99999999 sig=10(SIGUSR1)` },
    ],
  },
  {
    type: "tgkill",
    expect: (f) => [
      { args: `res=0 pid=${f.self}(calls) tid=${f.self}(calls) sig=0`, fields: helper(f) },
      { args: `res=${ESRCH} pid=99999998 tid=99999999 sig=9(SIGKILL)` },
    ],
  },
  {
    type: "keyctl",
    expect: (f) => [
      { args: `res=${result(f.result)} operation=0(KEYCTL_GET_KEYRING_ID) arg2=4294967294 arg3=1`, fields: helper(f) },
      { args: `res=${result(f.bad)} operation=9999 arg2=1 arg3=2` },
    ],
  },
];
