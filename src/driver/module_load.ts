// SPDX-License-Identifier: Apache-2.0

/** Putting the kernel module into the running kernel, and taking it out. */
import { execFileSync } from "node:child_process";
import { release } from "node:os";
import { errnoName } from "../doctor/errno.ts";
import type { HostFacts, ModuleFacts } from "../doctor/facts.ts";
import { canBuild, fileObstacle, moduleRefusal, modulesObstacle, noModule } from "../doctor/obstacle.ts";
import type { Shim } from "../native/contract.ts";
import { DriverError } from "./error.ts";
import { buildModule } from "./module_build.ts";
import { findModules, type FoundModule, moduleFacts, moduleLoaded } from "./module_find.ts";

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
  if (moduleLoaded()) return { origin: "loaded before", ours: false };
  const closed = modulesObstacle(host);
  if (closed !== undefined) throw new DriverError(closed);
  const found = findModules(release(), given);
  const { name, origin, image } = chosen(host, found, given !== undefined);
  const error = shim.insertModule(image);
  if (error < 0 && errnoName(-error) !== "EEXIST") throw new DriverError(moduleRefusal(host, -error, name));
  return { origin, ours: error === 0 };
}

interface Image {
  /** What it is called when the kernel refuses it. */
  readonly name: string;
  readonly origin: string;
  readonly image: Uint8Array;
}

/** A file that was asked for is the only one: another would be a surprise. */
function chosen(host: HostFacts, found: readonly FoundModule[], given: boolean): Image {
  for (const { facts, image } of found) {
    const obstacle = fileObstacle(host, facts);
    if (obstacle === undefined && image !== undefined) {
      return { name: facts.origin, origin: `from ${facts.origin}`, image };
    }
    if (given && obstacle !== undefined) throw new DriverError(obstacle);
  }
  const facts: ModuleFacts = moduleFacts(release(), found);
  if (!canBuild(host, facts)) throw new DriverError(noModule(host, facts));
  const image = buildModule({ kernel: host.release });
  return { name: "what was compiled", origin: `compiled on the spot with ${facts.headers}`, image };
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
