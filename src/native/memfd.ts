// SPDX-License-Identifier: Apache-2.0

/**
 * Files that exist in memory only, so that a library can be loaded where every file system is read-only or mounted
 * `noexec`.
 */
import { writeFileSync } from "node:fs";
import process from "node:process";

/** The C library of the running process; musl answers to glibc's name too: its loader knows every `libc.*` as itself. */
export const LIBC = "libc.so.6";

/** System call number of memfd_create. Called by number, since glibc has a function for it only since 2.27. */
const SYS_MEMFD_CREATE: Readonly<Record<string, number>> = { x64: 319, arm64: 279 };

const MFD_CLOEXEC = 1;
/**
 * Says that the file will not be executed, which does not hinder mapping it. Kernels with vm.memfd_noexec=2 demand
 * it; those before 6.3 don't know it.
 */
const MFD_NOEXEC_SEAL = 8;

/** C's `syscall(number, name, flags)`; `name` ends with a NUL. Returns -1 on an error. */
export type SyscallMemfd = (number: number, name: Uint8Array, flags: number) => number;

/**
 * Puts `bytes` into a new file in memory and returns a path that leads to it. The file stays open for as long as the
 * process lives: were its number used again, the loader would take the new file for the library it already has.
 * @throws Error when the kernel has no such files (before 3.17) or refuses one.
 */
export function memoryFile(syscall: SyscallMemfd, name: string, bytes: Uint8Array): string {
  const number = SYS_MEMFD_CREATE[process.arch];
  if (number === undefined) throw new Error(`lanner does not run on ${process.arch}: use x64 or arm64`);
  const cName = new TextEncoder().encode(name + "\0");
  let fd = syscall(number, cName, MFD_CLOEXEC | MFD_NOEXEC_SEAL);
  if (fd < 0) fd = syscall(number, cName, MFD_CLOEXEC);
  if (fd < 0) throw new Error(`the kernel gives no file in memory for ${name} (memfd_create failed)`);
  const path = `/proc/self/fd/${fd}`;
  writeFileSync(path, bytes);
  return path;
}
