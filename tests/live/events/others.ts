// SPDX-License-Identifier: Apache-2.0

/** The kernel's own business: modules, BPF, page faults. */
import { errnoName } from "../../../src/events/symbols_linux.ts";
import { behind, helper, type Row } from "./row.ts";

/** A result as `evt.args` has it. */
function result(text: string | undefined): string {
  const number = Number(text);
  return number < 0 ? `${number}(${errnoName(number)})` : String(number);
}

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
];
