// SPDX-License-Identifier: Apache-2.0

/** Finding the kernel module for a kernel, without any network. */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";
import type { ModuleFacts, ModuleFileFacts, Obstacle } from "../doctor/facts.ts";
import { readStart } from "../host/files.ts";
import { embeddedFile, isEmbedded } from "../native/embedded.ts";
import { BUNDLE_FILE, readBundle } from "./bundle.ts";
import { DriverError } from "./error.ts";
import { machineName } from "./machine.ts";
import { headersOf, missingTools } from "./module_build.ts";
import { MODULE_FILE, MODULE_VERSION, moduleInfo } from "./module_file.ts";
import { readUnpacked, unpack } from "./unpack.ts";

/** A file that was found. The image is there when it is a module for the kernel. */
export interface FoundModule {
  readonly facts: ModuleFileFacts;
  readonly image?: Uint8Array;
}

/** What depmod and DKMS know as places for modules from elsewhere, and how distributions compress them. */
const FOLDERS = ["updates", "updates/dkms", "extra", "weak-updates"];
const ENDINGS = ["", ".xz", ".zst", ".gz"];

/**
 * Where a kernel release's module may be installed, in the order in which it is looked for; `lanner driver install`
 * puts it in the first place.
 * @param root prefix of /lib, for tests
 */
export function installedPaths(kernel: string, root = ""): readonly [string, ...string[]] {
  const [first, ...others] = FOLDERS.flatMap((folder) =>
    ENDINGS.map((ending) => `${root}/lib/modules/${kernel}/${folder}/${MODULE_FILE}${ending}`)
  );
  return [first!, ...others];
}

/** The folder that lanner lies in. */
export function besideBinary(): string {
  return dirname(process.execPath);
}

/**
 * Every file that may hold the module for a kernel, in the order in which they are taken: the one that is given, or
 * what is below /lib/modules, then what lies beside the executable, for this release before for any, then a
 * bundle there, then one in the executable.
 */
export function findModules(
  kernel: string,
  given?: string,
  beside = besideBinary(),
  root = "",
): readonly FoundModule[] {
  if (given !== undefined) return [fromFile(given, kernel)];
  const carried = ENDINGS.flatMap((ending) => [
    join(beside, `lanner-${kernel}.ko${ending}`),
    join(beside, `${MODULE_FILE}${ending}`),
  ]);
  const files = [...installedPaths(kernel, root), ...carried].filter((path) => existsSync(path)).map((path) =>
    fromFile(path, kernel)
  );
  const bundle = join(beside, BUNDLE_FILE);
  return [
    ...files,
    ...(existsSync(bundle) ? [fromBundle(bundle, () => readUnpacked(bundle), kernel)] : []),
    ...(isEmbedded(EMBEDDED)
      ? [fromBundle("the executable", () => unpack(embeddedFile(EMBEDDED), EMBEDDED), kernel)]
      : []),
  ];
}

/** The bundle that scripts/build puts into the executable when it is given one. */
const EMBEDDED = `native/${BUNDLE_FILE}`;

/**
 * What there is of the module for the running kernel, for the verdict.
 * @param given whether the file that was found was asked for
 * @param root prefix of /sys, for tests
 */
export function moduleFacts(kernel: string, found: readonly FoundModule[], given = false, root = ""): ModuleFacts {
  return {
    loaded: loadedVersion(root) === MODULE_VERSION,
    given,
    files: found.map(({ facts }) => facts),
    headers: headersOf(kernel) ?? null,
    missingTools: [...missingTools()],
  };
}

/**
 * The version of the module in the running kernel; undefined when there is none.
 * @param root prefix of /sys, for tests
 */
export function loadedVersion(root = ""): string | undefined {
  if (!existsSync(`${root}/sys/module/lanner`)) return undefined;
  return readStart(`${root}/sys/module/lanner/version`, 64)?.trim() ?? "";
}

function fromFile(path: string, kernel: string): FoundModule {
  return orProblem(path, kernel, () => checked(path, readUnpacked(path), kernel));
}

/** Only the bundle's module for this kernel counts; a bundle without one says so. */
function fromBundle(origin: string, read: () => Uint8Array, kernel: string): FoundModule {
  return orProblem(origin, kernel, () => {
    const found = readBundle(read(), origin).find((each) => each.release === kernel && each.machine === machineName());
    if (found === undefined) return otherModule(origin, kernel, `has no module for kernel ${kernel}`);
    return checked(origin, found.image, kernel);
  });
}

/** A file that can't be read is one with a problem: there may be others. */
function orProblem(origin: string, kernel: string, find: () => FoundModule): FoundModule {
  try {
    return find();
  } catch (error) {
    if (!(error instanceof DriverError)) throw error;
    return unfit(origin, { cause: error.reason, next: error.next ?? takeAnother(kernel) });
  }
}

function unfit(origin: string, problem: Obstacle): FoundModule {
  return { facts: { origin, problem, signed: false } };
}

/** @param what the end of a sentence that begins with the file's name */
function otherModule(origin: string, kernel: string, what: string): FoundModule {
  return unfit(origin, { cause: `${origin} ${what}`, next: takeAnother(kernel) });
}

function takeAnother(kernel: string): string {
  return `copy the right file here, or build one (lanner driver build --kernel ${kernel} --headers DIR)`;
}

/** The kernel takes a module of its own release only; asking it would leave a line in its log. */
function checked(origin: string, image: Uint8Array, kernel: string): FoundModule {
  const info = moduleInfo(image);
  const machine = machineName();
  if (typeof info === "string") return otherModule(origin, kernel, info);
  if (info.machine !== machine) return otherModule(origin, kernel, `is for ${info.machine}, not ${machine}`);
  if (info.release !== kernel) return otherModule(origin, kernel, `is for kernel ${info.release}, not ${kernel}`);
  return { facts: { origin, problem: null, signed: info.signed }, image };
}
