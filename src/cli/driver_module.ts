// SPDX-License-Identifier: Apache-2.0

/** Finding the kernel module for a kernel and putting it into the running one. */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { release } from "node:os";
import { dirname, join } from "node:path";
import process from "node:process";
import type { Shim } from "../native/contract.ts";
import { CommandError } from "./errors.ts";

/** What the module's file is called everywhere. */
export const MODULE_FILE = "lanner.ko";

/** Numbers of asm-generic/errno.h. */
const ERRNO = {
  EPERM: 1,
  ENOENT: 2,
  ENOEXEC: 8,
  EAGAIN: 11,
  EBUSY: 16,
  EEXIST: 17,
  EINVAL: 22,
  EKEYREJECTED: 129,
} as const;

/** Where `lanner driver install` puts the module of a kernel release. */
export function installedPath(kernel: string): string {
  return `/lib/modules/${kernel}/updates/${MODULE_FILE}`;
}

/** Files that may hold the module for a kernel release, the first that is there wins. */
function candidates(kernel: string): readonly string[] {
  const beside = dirname(process.execPath);
  return [installedPath(kernel), join(beside, `lanner-${kernel}.ko`), join(beside, MODULE_FILE)];
}

/** The file that holds the module for a kernel release; undefined when there is none. */
export function findModule(kernel: string): string | undefined {
  return candidates(kernel).find((path) => existsSync(path));
}

/** Whether the module is in the running kernel. */
export function moduleLoaded(): boolean {
  return existsSync("/sys/module/lanner");
}

/** What to do when the kernel does not take a module, in words. */
function refusal(errno: number, path: string): string {
  switch (errno) {
    case ERRNO.EPERM:
    case ERRNO.EKEYREJECTED:
      return `the kernel takes only signed modules (Secure Boot or lockdown): sign ${path} with a key that it trusts`;
    case ERRNO.ENOEXEC:
    case ERRNO.EINVAL:
      return `${path} is not for kernel ${release()} (${versionMagic(path) ?? "not a module"}): ` +
        "build one with `lanner driver build`";
    case ERRNO.ENOENT:
      return `${path} needs functions that kernel ${release()} lacks: build one with \`lanner driver build\``;
  }
  return `the kernel refused ${path} (errno ${errno}): its log (dmesg) says why`;
}

/** The kernel release and options that a module was compiled for, from its `vermagic`; undefined when it has none. */
export function versionMagic(path: string): string | undefined {
  const bytes = readFileSync(path);
  const at = bytes.indexOf("vermagic=");
  if (at < 0) return undefined;
  return bytes.subarray(at + 9, bytes.indexOf(0, at)).toString("latin1").trim();
}

/**
 * Makes sure that the module is in the running kernel; returns where it came from, in words.
 * @param given the file to take it from, instead of the first that is found
 * @throws CommandError when there is none for this kernel, or the kernel does not take it.
 */
export function insertModule(shim: Shim, given?: string): string {
  if (moduleLoaded()) return "loaded before";
  const path = given ?? findModule(release());
  if (path === undefined) {
    throw new CommandError(
      `there is no module for kernel ${release()} (looked at ${candidates(release()).join(", ")}): ` +
        "make one with `lanner driver install`, or build it elsewhere with `lanner driver build --kernel`",
    );
  }
  let image: Uint8Array;
  try {
    image = readFileSync(path);
  } catch (error) {
    throw new CommandError(`the module can't be read: ${error instanceof Error ? error.message : error}`);
  }
  const error = shim.insertModule(image);
  if (error < 0 && -error !== ERRNO.EEXIST) throw new CommandError(`no module: ${refusal(-error, path)}`);
  return `from ${path}`;
}

/**
 * Takes the module out of the running kernel.
 * @throws CommandError when a sensor uses it.
 */
export function removeModule(shim: Shim): void {
  const error = shim.removeModule();
  if (error === 0 || -error === ERRNO.ENOENT) return;
  if (-error === ERRNO.EBUSY || -error === ERRNO.EAGAIN) {
    throw new CommandError("a sensor uses the module: stop it first");
  }
  throw new CommandError(`the kernel does not let go of the module (errno ${-error})`);
}

/**
 * Tells kmod of modules that came or went. A system without depmod loads the module by its path.
 */
export function indexModules(kernel: string): void {
  try {
    execFileSync("depmod", [kernel], { stdio: "ignore" });
  } catch {
    // only `modprobe lanner` needs the index
  }
}
