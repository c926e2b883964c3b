// SPDX-License-Identifier: Apache-2.0

/** `lanner driver build | bundle | install | status | remove`: the kernel module's file and whether it is loaded. */
import { existsSync, statSync } from "node:fs";
import { release } from "node:os";
import { basename, resolve } from "node:path";
import process from "node:process";
import type { HostFacts } from "../doctor/facts.ts";
import { fileObstacle, moduleObstacle, modulesObstacle, sentence } from "../doctor/obstacle.ts";
import { BUNDLE_FILE, type Bundled, writeBundle } from "../driver/bundle.ts";
import { DriverError } from "../driver/error.ts";
import { hostFacts } from "../driver/host_facts.ts";
import { buildModule, headersOf } from "../driver/module_build.ts";
import { MODULE_VERSION, moduleInfo } from "../driver/module_file.ts";
import { findModules, loadedVersion, moduleFacts } from "../driver/module_find.ts";
import { installedPath, installFiles, leftovers, loadAtBootPath, removeFiles } from "../driver/module_install.ts";
import { indexModules, insertModule, removeModule } from "../driver/module_load.ts";
import { type SigningKey, signModule } from "../driver/module_sign.ts";
import { isRelease } from "../driver/release.ts";
import { readUnpacked } from "../driver/unpack.ts";
import { writeWhole } from "../driver/whole_file.ts";
import { embeddedFile } from "../native/embedded.ts";
import type { Shim } from "../native/contract.ts";
import { loadShim } from "../native/load.ts";
import { errorWords } from "../outputs/errno.ts";
import { EXIT, UsageError } from "./errors.ts";
import { say } from "./say.ts";

/** Which kernel a command is about; the running one unless given. */
interface KernelOptions {
  readonly kernel?: string;
  readonly headers?: string;
  readonly signKey?: string;
  readonly signCert?: string;
  readonly verbose?: true;
}

/** The system that is worked on, another one in tests. */
export interface System {
  /** Prefix of /lib, /etc, /proc and /sys. */
  readonly root: string;
  readonly loadShim: () => Shim;
}

const HERE: System = { root: "", loadShim: () => loadShim(embeddedFile("native/shim.so")) };

const kernelOf = ({ kernel }: KernelOptions): string => kernel ?? release();

/** Builds the module as the options say. */
function build(kernel: string, options: KernelOptions): Promise<Uint8Array> {
  const key = signingKey(options);
  return buildModule({
    kernel,
    ...(options.headers === undefined ? {} : { headers: options.headers }),
    ...(key === undefined ? {} : { key }),
    ...(options.verbose === undefined ? {} : { tell: (output: string) => say(output.trimEnd()) }),
  });
}

function signingKey({ signKey, signCert }: KernelOptions): SigningKey | undefined {
  if (signKey !== undefined) return { key: signKey, ...(signCert === undefined ? {} : { certificate: signCert }) };
  if (signCert !== undefined) throw new UsageError("--sign-cert needs --sign-key");
  return undefined;
}

/** A module that is there, signed as the options say. */
async function signed(image: Uint8Array, kernel: string, options: KernelOptions): Promise<Uint8Array> {
  const key = signingKey(options);
  return key === undefined ? image : await signModule(image, headersOf(kernel, options.headers), key);
}

function withShim({ loadShim }: System, use: (shim: Shim) => void): void {
  const shim = loadShim();
  try {
    use(shim);
  } finally {
    shim.unload();
  }
}

/** The file that a command was asked for. */
function writeOut(path: string, bytes: Uint8Array): void {
  try {
    writeWhole(path, bytes);
  } catch (error) {
    throw new DriverError({
      cause: `${path} can't be written: ${errorWords(error)}`,
      next: "name another file with -w",
    });
  }
}

/** `lanner driver build`. Returns the exit code. */
export async function driverBuildCommand(options: KernelOptions & { readonly write: string }): Promise<number> {
  const to = resolve(options.write);
  const kernel = kernelOf(options);
  writeOut(to, await build(kernel, options));
  say(`${to}: for kernel ${kernel}`);
  return EXIT.ok;
}

/**
 * `lanner driver bundle RELEASE|FILE...`: modules for many kernels in one file; those of releases are built. Returns the
 * exit code.
 */
export async function driverBundleCommand(
  names: readonly string[],
  options: Omit<KernelOptions, "kernel"> & { readonly write: string },
): Promise<number> {
  const to = resolve(options.write);
  signingKey(options);
  for (const name of names) {
    if (!isFile(name) && !isRelease(name)) throw new UsageError(`${name} is neither a module's file nor a release`);
  }
  const modules: Bundled[] = [];
  for (const name of names) {
    const module = await bundled(name, options);
    if (modules.some(({ release, machine }) => release === module.release && machine === module.machine)) {
      throw new DriverError({
        cause: `${name} is the second module for kernel ${module.release}, ${module.machine}`,
        next: "name one of them only",
      });
    }
    modules.push(module);
  }
  const bytes = writeBundle(modules);
  writeOut(to, bytes);
  for (const module of modules) say(`${module.release} ${module.machine}: ${module.image.length} bytes`);
  const where = basename(to) === BUNDLE_FILE ? "put it beside lanner" : `put it beside lanner as ${BUNDLE_FILE}`;
  say(`${to}: ${modules.length} module${modules.length === 1 ? "" : "s"}, ${bytes.length} bytes; ${where}`);
  return EXIT.ok;
}

/** Whether a name is a file's, not a release: by what is there, or by how it looks. */
function isFile(name: string): boolean {
  return statSync(name, { throwIfNoEntry: false })?.isFile() === true || /\/|\.ko(\.(xz|zst|gz))?$/.test(name);
}

async function bundled(name: string, options: KernelOptions): Promise<Bundled> {
  const image = isFile(name) ? readUnpacked(name) : await build(name, options);
  const info = moduleInfo(image);
  if (typeof info === "string") {
    throw new DriverError({
      cause: `${name} ${info}`,
      next: "name modules that this lanner built (lanner driver build), or kernel releases whose headers are here",
    });
  }
  const { release, machine } = info;
  return { release, machine, image: isFile(name) ? await signed(image, release, options) : image };
}

/**
 * `lanner driver install`: builds unless given a file, puts it below /lib/modules, has it loaded at boot, and loads it
 * when it is for the running kernel. What fails leaves every file as it was. Returns the exit code.
 */
export async function driverInstallCommand(
  options: KernelOptions & { readonly module?: string },
  system: System = HERE,
): Promise<number> {
  const { root } = system;
  const kernel = kernelOf(options);
  const host = kernel === release() ? hostFacts(root) : undefined;
  if (host !== undefined) refuseInVain(host, options);
  const image = options.module === undefined
    ? await build(kernel, options)
    : await moduleFor(kernel, options.module, options, host);
  const undo = installFiles(kernel, image, root);
  const to = installedPath(kernel, root);
  let state: string | undefined;
  try {
    if (host !== undefined) state = load(system, host, { name: options.module ?? "what was compiled", image });
  } catch (error) {
    undo();
    throw error;
  }
  indexModules(kernel, root);
  say(`${to}: installed, loaded at boot by ${loadAtBootPath(root)}`);
  if (state !== undefined) say(`module: ${state}`);
  return EXIT.ok;
}

/**
 * What the running kernel will not take must not be put where it is loaded at boot.
 * @throws DriverError
 */
function refuseInVain(host: HostFacts, options: KernelOptions & { readonly module?: string }): void {
  const closed = host.modules.disabled ? undefined : modulesObstacle(host);
  if (closed !== undefined) throw new DriverError(closed);
  if (options.module !== undefined) return;
  const made = { origin: "what would be built", problem: null, signed: signingKey(options) !== undefined };
  const obstacle = fileObstacle(host, made);
  if (obstacle !== undefined) throw new DriverError(obstacle);
}

/** The file that is to be installed, when nothing speaks against it. `host`: the running one, when it is for that. */
async function moduleFor(
  kernel: string,
  path: string,
  options: KernelOptions,
  host: HostFacts | undefined,
): Promise<Uint8Array> {
  const [found] = findModules(kernel, path);
  const { facts, image } = found!;
  const made = signingKey(options) === undefined ? facts : { ...facts, signed: true };
  const obstacle = host === undefined ? facts.problem ?? undefined : fileObstacle(host, made);
  if (obstacle !== undefined) throw new DriverError(obstacle);
  return await signed(image!, kernel, options);
}

/** Has the running kernel take the module now if it may. Returns what became of it, in words. */
function load(system: System, host: HostFacts, module: { readonly name: string; readonly image: Uint8Array }): string {
  const loaded = loadedVersion(system.root);
  if (loaded === MODULE_VERSION) return "one of this version is loaded already; the file is for the next boot";
  if (host.modules.disabled) {
    return "from the next boot on: until then loading modules is switched off (kernel.modules_disabled=1)";
  }
  withShim(system, (shim) => insertModule(shim, host, module, system.root));
  return loaded === undefined ? "loaded" : "loaded, in place of one of another version";
}

/** `lanner driver status`. Returns the exit code: 1 when there can be no module for this kernel. */
export function driverStatusCommand(json: boolean, { root }: System = HERE): number {
  const host = hostFacts(root);
  const facts = moduleFacts(host.release, findModules(host.release, undefined, undefined, root), false, root);
  const loaded = loadedVersion(root);
  const why = moduleObstacle(host, facts);
  const obstacle = why === undefined ? null : sentence(why);
  const status = { kernel: host.release, ...facts, loadedAtBoot: existsSync(loadAtBootPath(root)), obstacle };
  if (json) {
    process.stdout.write(`${JSON.stringify(status, undefined, 2)}\n`);
  } else {
    const rows = [
      ["kernel", status.kernel],
      ["module loaded", loaded === undefined ? "no" : facts.loaded ? "yes" : "of another version of lanner"],
      ["loaded at boot", status.loadedAtBoot ? "yes" : "no"],
      ...facts.files.map((file) => ["module file", fileObstacle(host, file)?.cause ?? file.origin]),
      ...(facts.files.length === 0 ? [["module file", "none"]] : []),
      ["headers", facts.headers ?? `none (linux-headers-${status.kernel})`],
      ["compiler", facts.missingTools.length === 0 ? "yes" : `no ${facts.missingTools.join(", ")}`],
      ...(obstacle === null ? [] : [["so", obstacle]]),
    ];
    process.stdout.write(rows.map(([name, text]) => `${name!.padEnd(16)}${text}\n`).join(""));
  }
  return obstacle === null ? EXIT.ok : EXIT.failed;
}

/** `lanner driver remove`. Returns the exit code. */
export function driverRemoveCommand({ kernel = release() }: KernelOptions, system: System = HERE): number {
  const { root } = system;
  try {
    if (kernel === release() && loadedVersion(root) !== undefined) withShim(system, removeModule);
  } finally {
    removeFiles(kernel, root);
    indexModules(kernel, root);
    for (const path of leftovers(kernel, root)) {
      say(
        `${path} is still there: lanner driver install did not put it there; take it away as it came (package, dkms)`,
      );
    }
  }
  say(`kernel ${kernel}: ${leftovers(kernel, root).length === 0 ? "no module any more" : "other modules are left"}`);
  return EXIT.ok;
}
