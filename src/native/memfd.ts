// SPDX-License-Identifier: Apache-2.0

/**
 * Files that exist in memory only, so that a library can be loaded where every file system is read-only or mounted
 * `noexec`.
 */
import { randomUUID } from "node:crypto";
import { openSync, unlinkSync, writeFileSync } from "node:fs";
import { constants } from "node:os";
import type { Libc } from "./libc.ts";

const MFD_CLOEXEC = 1;
/**
 * Says that the file will not be executed, which does not hinder mapping it. Kernels with vm.memfd_noexec=2 demand
 * it; those before 6.3 don't know it.
 */
const MFD_NOEXEC_SEAL = 8;

/** Where other files are in memory alone, for kernels without memfd_create: those before 3.17, and RHEL's before 7.3. */
const SHARED_MEMORY = "/dev/shm";

/**
 * Puts `bytes` into a new file in memory and returns a path that leads to it. The file stays open for as long as the
 * process lives: were its number used again, the loader would take the new file for the library it already has.
 * @throws Error when the kernel has no such files or refuses one.
 */
export function memoryFile(libc: Pick<Libc, "memfdCreate">, name: string, bytes: Uint8Array): string {
  let fd = libc.memfdCreate(name, MFD_CLOEXEC | MFD_NOEXEC_SEAL);
  if (fd < 0) fd = libc.memfdCreate(name, MFD_CLOEXEC);
  if (fd === -constants.errno.ENOSYS) fd = namelessFile(name);
  if (fd < 0) {
    throw new Error(
      `the kernel gives no file in memory for ${name} (memfd_create, errno ${-fd}): lanner needs Linux 3.17 or a ` +
        `${SHARED_MEMORY} to write to, and no seccomp filter that forbids it`,
    );
  }
  const path = `/proc/self/fd/${fd}`;
  writeFileSync(path, bytes);
  return path;
}

/** The descriptor of a new file that nobody else can open; that of no file where there can't be one. */
function namelessFile(name: string): number {
  const path = `${SHARED_MEMORY}/${name}-${randomUUID()}`;
  try {
    const fd = openSync(path, "wx+", 0o600);
    unlinkSync(path);
    return fd;
  } catch {
    return -constants.errno.ENOSYS;
  }
}
