// SPDX-License-Identifier: Apache-2.0

/** Memory, and the kernel's own business: modules, BPF, kexec, perf, io_uring. */
import { behind, helper, like, result, type Row } from "./row.ts";

/** Rows of tests/live/calls/others.c. */
export const OTHER_ROWS: readonly Row[] = [
  {
    type: "userfaultfd",
    expect: (f) => [
      {
        args: `res=${f.fd} flags=4160(O_NONBLOCK|O_CLOEXEC)`,
        own: behind(f, "fd", "u"),
        fields: { ...helper(f), "fd.type": "userfaultfd" },
      },
      { args: "res=-22(EINVAL) flags=64(O_NONBLOCK)" },
    ],
  },
  {
    type: "bpf",
    expect: (f) => [
      { args: `fd=${f.map}(<b>) cmd=0(BPF_MAP_CREATE)`, own: behind(f, "map", "b"), fields: helper(f) },
      { args: "fd=-22(EINVAL) cmd=9999" },
    ],
  },
  { // whether a module can be loaded depends on the machine; the record is the same but for its result
    type: "init_module",
    expect: (f) => [{ args: `res=${result(f.result)} img=IMG length=3 uargs=a=b`, fields: helper(f) }],
  },
  {
    type: "finit_module",
    expect: (f) => [
      {
        args: `res=${result(f.result)} fd=${f.file}(<f>${f.here}/module.ko) uargs=a=b ` +
          "flags=3(MODULE_INIT_IGNORE_MODVERSIONS|MODULE_INIT_IGNORE_VERMAGIC)",
        own: behind(f, "file", "f", `${f.here}/module.ko`),
        fields: helper(f),
      },
      { args: `res=${result(f.missing)} fd=999 uargs= flags=0` },
    ],
  },
  {
    type: "delete_module",
    expect: (
      f,
    ) => [{ args: `res=${result(f.result)} name=no_such_module flags=3(O_NONBLOCK|O_TRUNC)`, fields: helper(f) }],
  },
  {
    type: "kexec_load",
    expect: (f) => [{ args: `res=${result(f.result)} entry=4096 nr_segments=999 flags=2`, fields: helper(f) }],
  },
  {
    type: "kexec_file_load",
    expect: (f) => [{
      args: `res=${result(f.result)} fd=${f.kernel}(<f>${f.here}/kernel) initrd_fd=999 cmdline=quiet flags=0`,
      own: behind(f, "kernel", "f", `${f.here}/kernel`),
      fields: { ...helper(f), "fd.name": `${f.here}/kernel` },
    }],
  },
  {
    type: "perf_event_open", // not everywhere allowed
    expect: (f) => [
      {
        args: `fd=${f.fd === undefined ? result(f.result) : `${f.fd}(<X>)`} type=1 config=1 pid=0 cpu=-1 ` +
          "group_fd=-1(EPERM) flags=8",
        own: f.fd === undefined ? {} : behind(f, "fd", "X"),
        fields: helper(f),
      },
      { args: like("fd=-#(*) type=1 config=1 pid=0* cpu=-1 group_fd=999 flags=65535") },
    ],
  },
  {
    type: "sethostname",
    expect: (f) => [
      { args: "res=0 name=elsewhere", fields: helper(f) },
      { args: "res=-22(EINVAL) name=x" },
    ],
  },
  {
    type: "io_uring_setup", // not everywhere allowed
    expect: (f) => [
      {
        args: like(
          `res=${result(f.result)} entries=3 sq_entries=${f.sq} cq_entries=${f.cq} flags=16(IORING_SETUP_CLAMP) ` +
            `sq_thread_cpu=0 sq_thread_idle=0 features=${f.features}*`,
        ),
        own: f.ring === undefined ? {} : behind(f, "ring", "r"),
        fields: helper(f),
      },
      { args: like("res=-#(*) entries=0 sq_entries=# cq_entries=# flags=16(IORING_SETUP_CLAMP) *") },
    ],
  },
  {
    type: "pidfd_open",
    expect: (f) => [
      {
        args: `fd=${f.fd}(<P>) pid=${f.self}(calls) flags=1(PIDFD_NONBLOCK)`,
        own: behind(f, "fd", "P"),
        fields: { ...helper(f), "fd.type": "pidfd" },
      },
      { args: "fd=-3(ESRCH) pid=99999999 flags=0" },
    ],
  },
  {
    type: "pidfd_getfd",
    expect: (f) => [
      {
        args: `fd=${f.fd}(<f>${f.here}/file) pid_fd=${f.self} target_fd=${f.target} flags=0`,
        own: behind(f, "fd", "f", `${f.here}/file`),
        fields: { ...helper(f), "fd.name": `${f.here}/file` },
      },
      { args: `fd=-9(EBADF) pid_fd=${f.self} target_fd=999 flags=0` },
    ],
  },
  {
    type: "memfd_create",
    expect: (f) => [
      {
        args: `fd=${f.fd}(<m>memfd:payload) name=payload flags=3(MFD_CLOEXEC|MFD_ALLOW_SEALING)`,
        own: behind(f, "fd", "m", "memfd:payload"),
        fields: { ...helper(f), "fd.type": "memfd" },
      },
      { args: like("fd=-22(EINVAL) name=x flags=65535(MFD_CLOEXEC|MFD_ALLOW_SEALING|MFD_HUGETLB*)") },
    ],
  },
  {
    type: "mmap",
    expect: (f) => [
      {
        args: like(
          `res=${f.mapped} vm_size=# vm_rss=# vm_swap=0 addr=0 length=4096 prot=5(PROT_READ|PROT_EXEC) ` +
            `flags=2(MAP_PRIVATE) fd=${f.exe}(<f>${helper(f)["proc.exepath"]}) offset=4096`,
        ),
        own: behind(f, "exe", "f", String(helper(f)["proc.exepath"])),
        fields: { ...helper(f), "fd.name": helper(f)["proc.exepath"]! },
      },
      {
        args: like(
          `res=${f.anonymous} vm_size=# vm_rss=# vm_swap=0 addr=0 length=8192 ` +
            "prot=7(PROT_READ|PROT_WRITE|PROT_EXEC) flags=9(MAP_SHARED|MAP_ANONYMOUS) fd=-1(EPERM) offset=0",
        ),
      },
      {
        args: like(
          "res=-9(EBADF) vm_size=# vm_rss=# vm_swap=0 addr=0 length=0 prot=4(PROT_EXEC) " +
            "flags=16390(MAP_PRIVATE|MAP_FIXED|MAP_LOCKED) fd=999 offset=0",
        ),
      },
    ],
  },
  {
    type: "mprotect",
    expect: (f) => [
      { args: `res=0 addr=${f.address} length=4096 prot=5(PROT_READ|PROT_EXEC)`, fields: helper(f) },
      {
        args: `res=-22(EINVAL) addr=${BigInt(f.address!) + 1n} length=4096 prot=7(PROT_READ|PROT_WRITE|PROT_EXEC)`,
      },
    ],
  },
  {
    type: "process_vm_writev",
    expect: (f) => [
      { args: `res=8 pid=${f.self}(calls) data=shell co`, fields: helper(f) },
      { args: "res=-3(ESRCH) pid=99999999 data=shell co" },
    ],
  },
];
