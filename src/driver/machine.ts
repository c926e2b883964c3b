// SPDX-License-Identifier: Apache-2.0

import { machine } from "node:os";
import process from "node:process";

/** `uname -m` by what the runtime was built for: Bun 1.4's `os.machine()` says "arm64", of which Linux knows nothing. */
const NAMES: Readonly<Record<string, string>> = { x64: "x86_64", arm64: "aarch64" };

/** The kernel's architecture, as `uname -m` has it. */
export function machineName(arch: string = process.arch): string {
  return NAMES[arch] ?? machine();
}
