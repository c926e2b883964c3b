// SPDX-License-Identifier: Apache-2.0

/** `lanner driver build | install | status | remove`: the kernel module's file and whether it is loaded. */
import { copyFileSync, existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { release } from "node:os";
import { dirname, resolve } from "node:path";
import process from "node:process";
import { embeddedFile } from "../native/embedded.ts";
import type { Shim } from "../native/contract.ts";
import { loadShim } from "../native/load.ts";
import { buildModule, type SigningKey } from "./driver_build.ts";
import {
  findModule,
  indexModules,
  insertModule,
  installedPath,
  moduleLoaded,
  removeModule,
  versionMagic,
} from "./driver_module.ts";
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
const headersOf = (options: KernelOptions): string => options.headers ?? `/lib/modules/${kernelOf(options)}/build`;

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
    if (error instanceof CommandError || error instanceof UsageError || !(error instanceof Error)) throw error;
    throw new CommandError(`${what}: ${error.message}`);
  }
}

/** `lanner driver build`. Returns the exit code. */
export function driverBuildCommand(options: KernelOptions & { readonly write: string }): number {
  const to = resolve(options.write);
  orFail(
    "the module can't be built",
    () => buildModule(kernelOf(options), headersOf(options), to, signingKey(options)),
  );
  say(`${to}: for kernel ${versionMagic(to)?.split(" ")[0] ?? kernelOf(options)}`);
  return EXIT.ok;
}

/**
 * `lanner driver install`: builds unless given a file, puts it below /lib/modules, has it loaded at boot, and loads it
 * when it is for the running kernel. Returns the exit code.
 */
export function driverInstallCommand(options: KernelOptions & { readonly module?: string }): number {
  const kernel = kernelOf(options);
  const to = installedPath(kernel);
  orFail(`${to} can't be installed`, () => {
    if (options.module === undefined) {
      buildModule(kernel, headersOf(options), to, signingKey(options));
    } else {
      requireRelease(options.module, kernel);
      mkdirSync(dirname(to), { recursive: true });
      copyFileSync(options.module, to);
    }
    mkdirSync(dirname(LOAD_AT_BOOT), { recursive: true });
    writeFileSync(LOAD_AT_BOOT, "lanner\n");
  });
  indexModules(kernel);
  say(`${to}: installed, loaded at boot by ${LOAD_AT_BOOT}`);
  if (kernel !== release()) return EXIT.ok;
  withShim((shim) => say(`module: ${insertModule(shim)}`));
  return EXIT.ok;
}

/** A file that the kernel would refuse must not be put where it is loaded at boot. */
function requireRelease(path: string, kernel: string): void {
  const magic = versionMagic(path);
  if (magic === undefined) throw new CommandError(`${path} is not a kernel module, or was cut off`);
  if (magic.split(" ")[0] !== kernel) {
    throw new CommandError(`${path} is for kernel ${magic.split(" ")[0]}, not ${kernel}`);
  }
}

/** `lanner driver status`. Returns the exit code: 1 when there is no module for this kernel. */
export function driverStatusCommand(json: boolean): number {
  const file = findModule(release());
  const status = {
    kernel: release(),
    loaded: moduleLoaded(),
    file: file ?? null,
    builtFor: file === undefined ? null : versionMagic(file)?.split(" ")[0] ?? null,
    loadedAtBoot: existsSync(LOAD_AT_BOOT),
    headers: existsSync(`/lib/modules/${release()}/build/Makefile`),
  };
  if (json) {
    process.stdout.write(`${JSON.stringify(status, undefined, 2)}\n`);
  } else {
    const yes = (is: boolean) => is ? "yes" : "no";
    process.stdout.write(
      `kernel          ${status.kernel}\n` +
        `module loaded   ${yes(status.loaded)}\n` +
        `module file     ${status.file ?? "none: lanner driver install"}\n` +
        (status.builtFor === null ? "" : `built for       ${status.builtFor}\n`) +
        `loaded at boot  ${yes(status.loadedAtBoot)}\n` +
        `headers         ${status.headers ? "there" : `none (linux-headers-${status.kernel})`}\n`,
    );
  }
  return status.loaded || file !== undefined ? EXIT.ok : EXIT.failed;
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
