// SPDX-License-Identifier: Apache-2.0

/** Putting the kernel module into the running kernel, and taking it out. */
import { execFileSync } from "node:child_process";
import { errnoName } from "../doctor/errno.ts";
import type { HostFacts } from "../doctor/facts.ts";
import { errnoText, fileObstacle, moduleObstacle, moduleOrigin, moduleRefusal } from "../doctor/obstacle.ts";
import type { Shim } from "../native/contract.ts";
import { DriverError } from "./error.ts";
import { buildModule } from "./module_build.ts";
import { findModules, loadedVersion, moduleFacts } from "./module_find.ts";

/** How the module came to be in the kernel. */
export interface LoadedModule {
  /** In words. */
  readonly origin: string;
  /** Whether it was loaded now, and so should be taken out again. */
  readonly ours: boolean;
}

/**
 * Makes sure that the module is in the running kernel: the file that is given, else the first that fits, else one
 * compiled on the spot.
 * @throws DriverError when there is none for this kernel, or the kernel does not take it.
 */
export async function loadModule(shim: Shim, host: HostFacts, given?: string): Promise<LoadedModule> {
  const found = findModules(host.release, given);
  const module = moduleFacts(host.release, found, given !== undefined);
  const obstacle = moduleObstacle(host, module);
  if (obstacle !== undefined) throw new DriverError(obstacle);
  const origin = moduleOrigin(host, module);
  if (module.loaded) return { origin, ours: false };
  const file = found.find(({ facts }) => fileObstacle(host, facts) === undefined);
  const image = file?.image ?? await buildModule({ kernel: host.release });
  return { origin, ours: insertModule(shim, host, { name: file?.facts.origin ?? "what was compiled", image }) };
}

/**
 * Puts an image into the running kernel, in place of a module of another version. Returns false when another sensor
 * did just then.
 * @param name what the image is called when the kernel refuses it
 * @param root prefix of /sys, for tests
 * @throws DriverError when the kernel does not take it, or a sensor uses the other one.
 */
export function insertModule(
  shim: Shim,
  host: HostFacts,
  { name, image }: { readonly name: string; readonly image: Uint8Array },
  root = "",
): boolean {
  if (loadedVersion(root) !== undefined) removeModule(shim);
  const error = shim.insertModule(image);
  if (error < 0 && errnoName(-error) !== "EEXIST") throw new DriverError(moduleRefusal(host, -error, name));
  return error === 0;
}

/**
 * Takes the module out of the running kernel.
 * @throws DriverError when a sensor uses it, or the kernel does not let go of it.
 */
export function removeModule(shim: Shim): void {
  const error = shim.removeModule();
  switch (errnoName(-error)) {
    case "EBUSY":
    case "EAGAIN":
      throw new DriverError({ cause: "a sensor uses the module that is loaded", next: "stop it first" });
    case "EPERM":
      throw new DriverError({
        cause: "taking the loaded module out of the kernel is not permitted",
        next: "do it as root of the host; with kernel.modules_disabled=1 it goes with a reboot only",
      });
  }
  if (error === 0 || errnoName(-error) === "ENOENT") return;
  throw new DriverError({
    cause: `the kernel does not let go of the loaded module, ${errnoText(-error)}`,
    next: "its log (dmesg) may say why; it goes with a reboot",
  });
}

/**
 * Tells kmod of modules that came or went. A system without depmod loads the module by its path.
 * @param root prefix of /lib, for tests
 */
export function indexModules(kernel: string, root = ""): void {
  try {
    execFileSync("depmod", [...(root === "" ? [] : ["-b", root]), kernel], { stdio: "ignore" });
  } catch {
    // only `modprobe lanner` needs the index
  }
}
