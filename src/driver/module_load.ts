// SPDX-License-Identifier: Apache-2.0

/** Putting the kernel module into the running kernel, and taking it out. */
import { execFileSync } from "node:child_process";
import { errnoName } from "../doctor/errno.ts";
import type { HostFacts } from "../doctor/facts.ts";
import { fileObstacle, moduleObstacle, moduleOrigin, moduleRefusal } from "../doctor/obstacle.ts";
import type { Shim } from "../native/contract.ts";
import { DriverError } from "./error.ts";
import { buildModule } from "./module_build.ts";
import { findModules, moduleFacts } from "./module_find.ts";

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
export function loadModule(shim: Shim, host: HostFacts, given?: string): LoadedModule {
  const found = findModules(host.release, given);
  const module = moduleFacts(host.release, found, given !== undefined);
  const obstacle = moduleObstacle(host, module);
  if (obstacle !== undefined) throw new DriverError(obstacle);
  const origin = moduleOrigin(host, module);
  if (module.loaded) return { origin, ours: false };
  const file = found.find(({ facts }) => fileObstacle(host, facts) === undefined);
  const image = file?.image ?? buildModule({ kernel: host.release });
  const error = shim.insertModule(image);
  if (error < 0 && errnoName(-error) !== "EEXIST") {
    throw new DriverError(moduleRefusal(host, -error, file?.facts.origin ?? "what was compiled"));
  }
  return { origin, ours: error === 0 };
}

/**
 * Takes the module out of the running kernel.
 * @throws DriverError when a sensor uses it.
 */
export function removeModule(shim: Shim): void {
  const error = shim.removeModule();
  const name = errnoName(-error);
  if (error === 0 || name === "ENOENT") return;
  if (name === "EBUSY" || name === "EAGAIN") {
    throw new DriverError("a sensor uses the module: stop it first");
  }
  throw new DriverError("the kernel does not let go of the module: its log (dmesg) may say why; it goes with a reboot");
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
