// SPDX-License-Identifier: Apache-2.0

/** The module's file where every boot finds it, and the word that has it loaded there. */
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { errorWords } from "../outputs/errno.ts";
import { DriverError } from "./error.ts";
import { installedPaths } from "./module_find.ts";
import { writeWhole } from "./whole_file.ts";

/** systemd loads what files here name, whichever kernel runs. */
const LOAD_AT_BOOT = "/etc/modules-load.d/lanner.conf";

/** Where `root`, the prefix that tests have, keeps it. */
export function loadAtBootPath(root: string): string {
  return root + LOAD_AT_BOOT;
}

/** The file that is installed for a kernel release. */
export function installedPath(kernel: string, root: string): string {
  return installedPaths(kernel, root)[0];
}

/**
 * Installs a module for a kernel release. Returns what undoes it.
 * @param root prefix of /lib and /etc, for tests
 * @throws DriverError, with every file as it was, when one can't be written.
 */
export function installFiles(kernel: string, image: Uint8Array, root: string): () => void {
  const undone: (() => void)[] = [];
  const undo = () => undone.toReversed().forEach((step) => step());
  const put = (path: string, bytes: Uint8Array) => {
    try {
      const before = existsSync(path) ? readFileSync(path) : undefined;
      writeWhole(path, bytes);
      undone.push(() => before === undefined ? rmSync(path, { force: true }) : writeWhole(path, before));
    } catch (error) {
      undo();
      throw new DriverError({
        cause: `${path} can't be written: ${errorWords(error)}`,
        next: "do it as root where it can be, or give lanner run the module each time (driver build, --module FILE)",
      });
    }
  };
  put(installedPath(kernel, root), image);
  put(loadAtBootPath(root), new TextEncoder().encode("lanner\n"));
  return undo;
}

/**
 * Removes what `installFiles` wrote for a kernel release; the word to load it stays while another kernel has a module.
 * @throws DriverError when a file can't be removed.
 */
export function removeFiles(kernel: string, root: string): void {
  remove(installedPath(kernel, root));
  if (!releasesIn(root).some((release) => existsSync(installedPath(release, root)))) remove(loadAtBootPath(root));
}

/** Modules that a kernel release still has below /lib/modules: packages and administrators put them there. */
export function leftovers(kernel: string, root: string): readonly string[] {
  return installedPaths(kernel, root).filter((path) => existsSync(path));
}

function releasesIn(root: string): readonly string[] {
  try {
    return readdirSync(`${root}/lib/modules`);
  } catch {
    return [];
  }
}

function remove(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch (error) {
    throw new DriverError({
      cause: `${path} can't be removed: ${errorWords(error)}`,
      next: "do it as root where it can",
    });
  }
}
