// SPDX-License-Identifier: Apache-2.0

/**
 * Files that exist in memory only, so that a library can be loaded where every file system is read-only or mounted
 * `noexec`.
 */
import { writeFileSync } from "node:fs";
import type { Libc } from "./libc.ts";

const MFD_CLOEXEC = 1;
/**
 * Says that the file will not be executed, which does not hinder mapping it. Kernels with vm.memfd_noexec=2 demand
 * it; those before 6.3 don't know it.
 */
const MFD_NOEXEC_SEAL = 8;

/**
 * Puts `bytes` into a new file in memory and returns a path that leads to it. The file stays open for as long as the
 * process lives: were its number used again, the loader would take the new file for the library it already has.
 * @throws Error when the kernel has no such files (before 3.17) or refuses one.
 */
export function memoryFile(libc: Libc, name: string, bytes: Uint8Array): string {
  let fd = libc.memfdCreate(name, MFD_CLOEXEC | MFD_NOEXEC_SEAL);
  if (fd < 0) fd = libc.memfdCreate(name, MFD_CLOEXEC);
  if (fd < 0) {
    throw new Error(
      `the kernel gives no file in memory for ${name} (memfd_create, errno ${-fd}): lanner needs Linux 3.17 and no ` +
        "seccomp filter that forbids it",
    );
  }
  const path = `/proc/self/fd/${fd}`;
  writeFileSync(path, bytes);
  return path;
}
