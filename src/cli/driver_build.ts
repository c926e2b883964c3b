// SPDX-License-Identifier: Apache-2.0

/** Compiling the kernel module from the sources in the executable, with the kernel's own build system. */
import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { z } from "zod";
import { embeddedFile } from "../native/embedded.ts";
import { CommandError } from "./errors.ts";

/** scripts/build's native/module.json: file names and their text. */
const Sources = z.record(z.string(), z.string());

/** Lines of the compiler's complaints that are shown. */
const SHOWN_LINES = 8;

function hasProgram(name: string): boolean {
  try {
    execFileSync(name, ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

/** @throws CommandError naming the first thing that is missing. */
function requireTools(kernel: string, headers: string): void {
  if (!existsSync(join(headers, "Makefile"))) {
    throw new CommandError(
      `no headers of kernel ${kernel} in ${headers}: install linux-headers-${kernel} (kernel-devel-${kernel} on ` +
        "Red Hat's), name their folder with --headers, or build on another machine and carry the file here",
    );
  }
  const missing = ["make", "gcc", "ld"].find((name) => !hasProgram(name));
  if (missing !== undefined) {
    throw new CommandError(`${missing} is missing: install make and gcc, or build on another machine with --kernel`);
  }
}

/** The complaint of a failed make: errors first, for the rest follows from them. */
function complaint(error: unknown): string {
  const { stdout, stderr } = error as { stdout?: Uint8Array; stderr?: Uint8Array };
  const lines = [stderr, stdout].flatMap((out) => new TextDecoder().decode(out).split("\n")).filter((line) => line);
  const errors = lines.filter((line) => /error|not found|missing/i.test(line));
  return (errors.length > 0 ? errors : lines).slice(0, SHOWN_LINES).join("\n");
}

/** A key that the kernel trusts (as the machine owner's, MOK) and its certificate. */
export interface SigningKey {
  readonly key: string;
  readonly certificate: string;
}

/** Signs a module with the program that comes with the kernel's headers. */
function sign(path: string, headers: string, { key, certificate }: SigningKey): void {
  const program = join(headers, "scripts/sign-file");
  if (!existsSync(program)) throw new CommandError(`the module can't be signed: ${program} is not there`);
  try {
    execFileSync(program, ["sha256", key, certificate, path], { stdio: "pipe" });
  } catch (error) {
    throw new CommandError(`the module can't be signed: ${complaint(error)}`);
  }
}

/**
 * Compiles the module for a kernel release into the file `to`.
 * @param headers the kernel's build directory
 * @param key signs it
 * @throws CommandError when something is missing or the compiler refuses.
 */
export function buildModule(kernel: string, headers: string, to: string, key?: SigningKey): void {
  requireTools(kernel, headers);
  const sources = Sources.parse(JSON.parse(new TextDecoder().decode(embeddedFile("native/module.json"))));
  const folder = mkdtempSync(join(tmpdir(), "lanner-module-"));
  try {
    for (const [name, text] of Object.entries(sources)) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), text);
    }
    // The module's own BTF would want pahole and the kernel's image; nothing reads it.
    const args = ["-C", headers, `M=${join(folder, "module")}`, "CONFIG_DEBUG_INFO_BTF_MODULES=", "modules"];
    try {
      execFileSync("make", args, { stdio: "pipe", maxBuffer: 64 << 20 });
    } catch (error) {
      throw new CommandError(`the module does not compile for kernel ${kernel}:\n${complaint(error)}`);
    }
    const built = join(folder, "module", "lanner.ko");
    if (key !== undefined) sign(built, headers, key);
    mkdirSync(dirname(to), { recursive: true });
    copyFileSync(built, to);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
