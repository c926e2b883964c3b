// SPDX-License-Identifier: Apache-2.0

/** Which kernels the matrix boots. */

/** A kernel and what is asked of it. */
export interface Target {
  /** As scripts/vm/vm-run takes it, or the name of one that scripts/vm/vm-mkkernel made. */
  readonly kernel: string;
  readonly arch: "amd64" | "arm64";
  /** Whether headers can be had, so that the module is tried. */
  readonly module: boolean;
  /** Whether the kernel describes its types (BTF): without, only the module can run. */
  readonly btf: boolean;
  /** Hide its BTF from user space, which then finds none, as on a kernel that was built without. */
  readonly hideBtf?: boolean;
  /** Arguments of scripts/vm/vm-mkkernel for a kernel that no package holds. */
  readonly make?: readonly string[];
  /** Whether arm64's binary for musl watches, on a root as Alpine's, rather than the one for glibc. */
  readonly musl?: boolean;
  /** What its release does not tell of it. */
  readonly note?: string;
  /** Calls that it was built without: they end with ENOSYS. */
  readonly lacks?: readonly string[];
  /** Seconds for the whole guest, where the usual ones are too few. */
  readonly seconds?: number;
}

const FLAVOURS = ["", "-cloud", "-rt"];

/** Of scripts/vm/small.config. */
const SMALL: Partial<Target> = { lacks: ["kexec_load", "kexec_file_load", "quotactl"] };

const plain = (kernel: string, rest: Partial<Target> = {}): Target => ({
  kernel,
  arch: "amd64",
  module: true,
  btf: true,
  ...rest,
});

/** The fast selection that `scripts/test` runs. */
export const SHORT: readonly Target[] = [plain("5.10-cloud"), plain("6.12-cloud")];

/** Every kernel that can be had. */
export const ALL: readonly Target[] = [
  plain("linux-image-5.10.0-30-amd64", { note: "the oldest to be had" }),
  ...["5.10", "6.1", "6.12", "7.2", "7.3"].flatMap((version) => FLAVOURS.map((flavour) => plain(version + flavour))),
  // images whose headers the distribution no longer has
  ...["6.16", "6.17", "6.18", "6.19", "7.0", "7.1"].map((version) => plain(`${version}-cloud`, { module: false })),
  ...["5.10", "7.3"].map((version) => plain(version, { btf: false, hideBtf: true, note: "BTF hidden" })),
  ...["5.10", "6.1"].map((version) =>
    plain(`${version}-nobtf`, { ...SMALL, btf: false, make: [version], note: "built without BTF" })
  ),
  plain("6.1-debug", {
    ...SMALL,
    make: ["6.1", "6.1-debug", "scripts/vm/btf.config", "scripts/vm/debug.config"],
    seconds: 3600,
    note: "built with KASAN, lockdep, UBSAN; preemptible",
  }),
  ...["5.10", "6.1"].map((version) => plain(version, { arch: "arm64" })),
  plain("6.12", { arch: "arm64", musl: true, note: "the binary for musl" }),
  ...["7.2", "7.3"].map((version) => plain(version, { arch: "arm64" })),
];

/** Kernels that people run and that could not be had, so that nothing is claimed of them. */
export const OUT_OF_REACH: readonly { readonly kernel: string; readonly reason: string }[] = [
  {
    kernel: "3.10 to 3.15 (CentOS 7, OpenVZ 7)",
    reason:
      "the module is written for it by its sources, but was never built or run there: no image and no headers to be had",
  },
  {
    kernel: "3.16 to 5.9 (CentOS 8, Debian 10, Ubuntu 20.04, XCP-ng 7 and 8)",
    reason: "the distribution's mirror has no image and no source older than 5.10; its archive was out of reach",
  },
  {
    kernel: "5.11 to 6.0, 6.2 to 6.11, 6.13 to 6.15 (RHEL 9, Ubuntu 22.04 and 24.04)",
    reason: "the distribution's mirror has none of them",
  },
];

/**
 * On which kernels fexit programs are tried, too: not on all, for arming them takes long. 5.10 refuses ours (EACCES), and
 * where tasks can be preempted within them, from 7.0 on in our list, the kernel skips some.
 */
const WITH_FEXIT = ["6.1-cloud", "6.12-cloud"];

/** Whether fexit programs are tried on a kernel. */
export function triesFexit(target: Target): boolean {
  return WITH_FEXIT.includes(labelOf(target));
}

/** Events that a way of watching can't see; the kernel's BTF does not tell where setsid comes in. */
export const UNSEEN: Readonly<Record<string, readonly string[]>> = { fexit: ["setsid"] };

/** A target's name for people and on the command line. */
export function labelOf({ arch, kernel, hideBtf }: Target): string {
  return `${arch === "amd64" ? "" : `${arch}:`}${kernel}${hideBtf ? "-hidden" : ""}`;
}
