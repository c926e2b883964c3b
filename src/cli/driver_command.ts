// SPDX-License-Identifier: Apache-2.0

/** `lanner driver build | bundle | install | status | remove`: the kernel module's file and whether it is loaded. */
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { release } from "node:os";
import { dirname, resolve } from "node:path";
import process from "node:process";
import { fileObstacle, moduleObstacle, sentence } from "../doctor/obstacle.ts";
import { type Bundled, writeBundle } from "../driver/bundle.ts";
import { DriverError } from "../driver/error.ts";
import { hostFacts } from "../driver/host_facts.ts";
import { machineName } from "../driver/machine.ts";
import { buildModule } from "../driver/module_build.ts";
import { moduleInfo } from "../driver/module_file.ts";
import { findModules, installedPath, moduleFacts } from "../driver/module_find.ts";
import { indexModules, loadModule, removeModule } from "../driver/module_load.ts";
import type { SigningKey } from "../driver/module_sign.ts";
import { readUnpacked } from "../driver/unpack.ts";
import { embeddedFile } from "../native/embedded.ts";
import type { Shim } from "../native/contract.ts";
import { loadShim } from "../native/load.ts";
import { CommandError, EXIT, UsageError } from "./errors.ts";
import { say } from "./say.ts";

/** systemd loads what files here name. */
const LOAD_AT_BOOT = "/etc/modules-load.d/lanner.conf";

/** Which kernel a command is about; the running one unless given. */
interface KernelOptions {
  readonly kernel?: string;
  readonly headers?: string;
  readonly signKey?: string;
  readonly signCert?: string;
}

const kernelOf = ({ kernel }: KernelOptions): string => kernel ?? release();

/** Builds the module as the options say. */
function build(kernel: string, options: KernelOptions): Uint8Array {
  const key = signingKey(options);
  return buildModule({
    kernel,
    ...(options.headers === undefined ? {} : { headers: options.headers }),
    ...(key === undefined ? {} : { key }),
  });
}

function signingKey({ signKey, signCert }: KernelOptions): SigningKey | undefined {
  if (signKey !== undefined) return { key: signKey, certificate: signCert ?? signKey };
  if (signCert !== undefined) throw new UsageError("--sign-cert needs --sign-key");
  return undefined;
}

function withShim(use: (shim: Shim) => void): void {
  const shim = loadShim(embeddedFile("native/shim.so"));
  try {
    use(shim);
  } finally {
    shim.unload();
  }
}

/** Runs a step that writes files; errors of the file system become one line. */
function orFail<T>(what: string, step: () => T): T {
  try {
    return step();
  } catch (error) {
    if (
      error instanceof CommandError || error instanceof DriverError || error instanceof UsageError ||
      !(error instanceof Error)
    ) throw error;
    throw new CommandError(`${what}: ${error.message}`);
  }
}

function writeInto(path: string, bytes: Uint8Array): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, bytes);
}

/** `lanner driver build`. Returns the exit code. */
export function driverBuildCommand(options: KernelOptions & { readonly write: string }): number {
  const to = resolve(options.write);
  const kernel = kernelOf(options);
  orFail(`${to} can't be written`, () => writeInto(to, build(kernel, options)));
  say(`${to}: for kernel ${kernel}`);
  return EXIT.ok;
}

/**
 * `lanner driver bundle RELEASE|FILE...`: modules for many kernels in one file; those of releases are built. Returns the
 * exit code.
 */
export function driverBundleCommand(
  releases: readonly string[],
  options: Omit<KernelOptions, "kernel"> & { readonly write: string },
): number {
  const to = resolve(options.write);
  const modules = releases.map((name): Bundled => {
    if (!existsSync(name)) return { release: name, machine: machineName(), image: build(name, options) };
    const image = readUnpacked(name);
    const info = moduleInfo(image);
    if (typeof info === "string") throw new CommandError(`${name} ${info}`);
    return { release: info.release, machine: info.machine, image };
  });
  const bytes = writeBundle(modules);
  orFail(`${to} can't be written`, () => writeInto(to, bytes));
  for (const module of modules) say(`${module.release} ${module.machine}: ${module.image.length} bytes`);
  say(`${to}: ${modules.length} module${modules.length === 1 ? "" : "s"}, ${bytes.length} bytes; put it beside lanner`);
  return EXIT.ok;
}

/**
 * `lanner driver install`: builds unless given a file, puts it below /lib/modules, has it loaded at boot, and loads it
 * when it is for the running kernel. Returns the exit code.
 */
export function driverInstallCommand(options: KernelOptions & { readonly module?: string }): number {
  const kernel = kernelOf(options);
  const to = installedPath(kernel);
  const image = options.module === undefined ? build(kernel, options) : moduleFor(kernel, options.module);
  orFail(`${to} can't be installed`, () => {
    writeInto(to, image);
    writeInto(LOAD_AT_BOOT, new TextEncoder().encode("lanner\n"));
  });
  indexModules(kernel);
  say(`${to}: installed, loaded at boot by ${LOAD_AT_BOOT}`);
  if (kernel !== release()) return EXIT.ok;
  withShim((shim) => say(`module: ${loadModule(shim, hostFacts()).origin}`));
  return EXIT.ok;
}

/** A file that the kernel would refuse must not be put where it is loaded at boot. */
function moduleFor(kernel: string, path: string): Uint8Array {
  const [found] = findModules(kernel, path);
  const { facts, image } = found!;
  const obstacle = kernel === release() ? fileObstacle(hostFacts(), facts) : facts.problem ?? undefined;
  if (obstacle !== undefined) throw new DriverError(obstacle);
  return image!;
}

/** `lanner driver status`. Returns the exit code: 1 when there can be no module for this kernel. */
export function driverStatusCommand(json: boolean): number {
  const host = hostFacts();
  const facts = moduleFacts(host.release, findModules(host.release));
  const why = moduleObstacle(host, facts);
  const obstacle = why === undefined ? null : sentence(why);
  const status = { kernel: host.release, ...facts, loadedAtBoot: existsSync(LOAD_AT_BOOT), obstacle };
  if (json) {
    process.stdout.write(`${JSON.stringify(status, undefined, 2)}\n`);
  } else {
    const rows = [
      ["kernel", status.kernel],
      ["module loaded", facts.loaded ? "yes" : "no"],
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
export function driverRemoveCommand(options: KernelOptions): number {
  const kernel = kernelOf(options);
  if (kernel === release()) withShim(removeModule);
  orFail("the module can't be removed", () => {
    rmSync(installedPath(kernel), { force: true });
    rmSync(LOAD_AT_BOOT, { force: true });
  });
  indexModules(kernel);
  say(`no module for kernel ${kernel} any more`);
  return EXIT.ok;
}
