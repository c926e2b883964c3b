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
  /** Seconds for the whole guest, where the usual ones are too few. */
  readonly seconds?: number;
}

const FLAVOURS = ["", "-cloud", "-rt"];

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
  plain("linux-image-5.10.0-30-amd64", { module: false }),
  ...["5.10", "6.1", "6.12", "7.2", "7.3"].flatMap((version) => FLAVOURS.map((flavour) => plain(version + flavour))),
  // images whose headers the distribution no longer has
  ...["6.16", "6.17", "6.18", "6.19", "7.0", "7.1"].map((version) => plain(`${version}-cloud`, { module: false })),
  ...["5.10", "7.3"].map((version) => plain(version, { btf: false, hideBtf: true })),
  ...["5.10", "6.1"].map((version) => plain(`${version}-nobtf`, { btf: false, make: [version] })),
  plain("6.1-debug", {
    make: ["6.1", "6.1-debug", "scripts/vm/btf.config", "scripts/vm/debug.config"],
    seconds: 3600,
  }),
  ...["5.10", "6.1", "6.12", "7.2", "7.3"].map((version) => plain(version, { arch: "arm64" })),
];

/**
 * Whether fexit programs are tried: 5.10 refuses ours with one clear line (EACCES), since they call others by tail; on
 * arm64 they were never tried.
 */
export function triesFexit({ kernel, arch }: Target): boolean {
  return arch === "amd64" && !kernel.includes("5.10");
}

/** A target's name for people and on the command line. */
export function labelOf({ arch, kernel, hideBtf }: Target): string {
  return `${arch === "amd64" ? "" : `${arch}:`}${kernel}${hideBtf ? "-hidden" : ""}`;
}
