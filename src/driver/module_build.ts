// SPDX-License-Identifier: Apache-2.0

/** Compiling the kernel module from the sources in the executable, with the kernel's own build system. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { z } from "zod";
import { embeddedFile } from "../native/embedded.ts";
import { DriverError } from "./error.ts";
import { MODULE_FILE, moduleInfo } from "./module_file.ts";
import { type SigningKey, signModule } from "./module_sign.ts";

/** scripts/build's native/module.json: file names and their text. */
const Sources = z.record(z.string(), z.string());

/** Lines of the compiler's complaints that are shown. */
const SHOWN_LINES = 8;

/**
 * The build folder of a kernel's headers; undefined when there is none.
 * @param folder holds them, or one folder of them for each kernel; by default where distributions put them
 */
export function headersOf(kernel: string, folder?: string): string | undefined {
  const folders = folder === undefined
    ? [`/lib/modules/${kernel}/build`, `/usr/src/linux-headers-${kernel}`, `/usr/src/kernels/${kernel}`]
    : [folder, join(folder, `linux-headers-${kernel}`), join(folder, kernel), join(folder, kernel, "build")];
  return folders.find((path) => existsSync(join(path, "Makefile")));
}

/** What building needs and is not there. */
export function missingTools(): readonly string[] {
  return ["make", "gcc", "ld"].filter((name) => !hasProgram(name));
}

function hasProgram(name: string): boolean {
  try {
    execFileSync(name, ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

/** The complaint of a failed program: errors first, for the rest follows from them. */
export function complaint(error: unknown): string {
  const { stdout, stderr } = error as { stdout?: Uint8Array; stderr?: Uint8Array };
  const lines = [stderr, stdout].flatMap((out) => new TextDecoder().decode(out).split("\n")).filter((line) => line);
  const errors = lines.filter((line) => /error|not found|missing/i.test(line));
  return (errors.length > 0 ? errors : lines).slice(0, SHOWN_LINES).join("\n");
}

/** What is to be built. */
export interface BuildOptions {
  readonly kernel: string;
  /** As `headersOf` takes it. */
  readonly headers?: string;
  /** Signs it. */
  readonly key?: SigningKey;
}

/**
 * Compiles the module for a kernel release; returns the file's bytes. Leaves nothing behind.
 * @throws DriverError when something is missing, the compiler refuses, or the headers are another kernel's.
 */
export function buildModule({ kernel, headers: folder, key }: BuildOptions): Uint8Array {
  const headers = headersOf(kernel, folder);
  if (headers === undefined) {
    throw new DriverError(
      `no headers of kernel ${kernel} in ${
        folder ?? `/lib/modules/${kernel}/build`
      }: install linux-headers-${kernel} ` +
        `(kernel-devel-${kernel} on Red Hat's), name their folder with --headers, or build on another machine and ` +
        "carry the file here",
    );
  }
  const [missing] = missingTools();
  if (missing !== undefined) {
    throw new DriverError(`${missing} is missing: install make and gcc, or build on another machine with --kernel`);
  }
  const work = workFolder();
  try {
    compile(kernel, headers, work);
    const built = join(work, "module", MODULE_FILE);
    if (key !== undefined) signModule(built, headers, key);
    const image = readFileSync(built);
    const info = moduleInfo(image);
    if (typeof info === "string") throw new DriverError(`what was built for kernel ${kernel} ${info}`);
    if (info.release !== kernel) {
      throw new DriverError(
        `the headers in ${headers} are kernel ${info.release}'s, not ${kernel}'s: name the right ` +
          "folder with --headers",
      );
    }
    return image;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function workFolder(): string {
  try {
    return mkdtempSync(join(tmpdir(), "lanner-module-"));
  } catch (error) {
    throw new DriverError(
      `the module can't be built in ${tmpdir()}: ${
        error instanceof Error ? error.message : error
      }; name another folder with TMPDIR=`,
    );
  }
}

function compile(kernel: string, headers: string, work: string): void {
  const sources = Sources.parse(JSON.parse(new TextDecoder().decode(embeddedFile("native/module.json"))));
  for (const [name, text] of Object.entries(sources)) {
    mkdirSync(dirname(join(work, name)), { recursive: true });
    writeFileSync(join(work, name), text);
  }
  // The module's own BTF would want pahole and the kernel's image; nothing reads it.
  const args = ["-C", headers, `M=${join(work, "module")}`, "CONFIG_DEBUG_INFO_BTF_MODULES=", "modules"];
  try {
    execFileSync("make", args, { stdio: "pipe", maxBuffer: 64 << 20 });
  } catch (error) {
    throw new DriverError(`the module does not compile for kernel ${kernel}:\n${complaint(error)}`);
  }
}
