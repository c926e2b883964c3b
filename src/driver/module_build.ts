// SPDX-License-Identifier: Apache-2.0

/** Compiling the kernel module from the sources in the executable, with the kernel's own build system. */
import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";
import { z } from "zod";
import { buildElsewhere } from "../doctor/obstacle.ts";
import { embeddedFile } from "../native/embedded.ts";
import { complaint } from "./complaint.ts";
import { DriverError } from "./error.ts";
import { MODULE_FILE, moduleInfo } from "./module_file.ts";
import { checkKey, type SigningKey, signModule } from "./module_sign.ts";
import { inWorkFolder } from "./work_folder.ts";

/** scripts/build's native/module.json: file names and their text. */
const Sources = z.record(z.string(), z.string());

/** Characters of make's output that are kept. */
const OUTPUT_LIMIT = 1 << 20;

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

/** What is to be built. */
export interface BuildOptions {
  readonly kernel: string;
  /** As `headersOf` takes it. */
  readonly headers?: string;
  /** Signs it. */
  readonly key?: SigningKey;
  /** Is given what make and the compiler say when they fail. */
  readonly tell?: (output: string) => void;
}

/**
 * Compiles the module for a kernel release; returns the file's bytes. Leaves nothing behind.
 * @throws DriverError when something is missing, the compiler refuses, or the headers are another kernel's.
 */
export async function buildModule({ kernel, headers: folder, key, tell }: BuildOptions): Promise<Uint8Array> {
  const headers = headersOf(kernel, folder);
  if (headers === undefined) {
    throw new DriverError({
      cause: `no headers of kernel ${kernel} in ${folder ?? `/lib/modules/${kernel}/build`}`,
      next: `install linux-headers-${kernel} (kernel-devel-${kernel} on Red Hat's), name their folder with ` +
        "--headers, or build on another machine and carry the file here",
    });
  }
  const [missing] = missingTools();
  if (missing !== undefined) {
    throw new DriverError({
      cause: `${missing} is missing`,
      next: "install make and gcc, or build on another machine with --kernel",
    });
  }
  if (key !== undefined) checkKey(key);
  const image = await inWorkFolder(async (work, stop) => {
    writeSources(work);
    const { ok, output } = await make(headers, join(work, "module"), stop);
    const built = join(work, "module", MODULE_FILE);
    if (ok && existsSync(built)) return readFileSync(built);
    tell?.(output);
    throw new DriverError({
      cause: ok
        ? `make in ${headers} ends well but makes no ${MODULE_FILE} for kernel ${kernel}`
        : `the module does not compile for kernel ${kernel} (${complaint(output).replaceAll(`${work}/`, "")})`,
      next: `see it whole with lanner driver build --verbose, or ${buildElsewhere(kernel)}`,
    });
  });
  const info = moduleInfo(image);
  if (typeof info === "string") {
    throw new DriverError({
      cause: `what was built for kernel ${kernel} ${info}`,
      next: `see that ${headers} is a kernel's build folder, or ${buildElsewhere(kernel)}`,
    });
  }
  if (info.release !== kernel) {
    throw new DriverError({
      cause: `the headers in ${headers} are kernel ${info.release}'s, not ${kernel}'s`,
      next: "name the right folder with --headers",
    });
  }
  return key === undefined ? image : signModule(image, headers, key);
}

function writeSources(work: string): void {
  const sources = Sources.parse(JSON.parse(new TextDecoder().decode(embeddedFile("native/module.json"))));
  for (const [name, text] of Object.entries(sources)) {
    mkdirSync(dirname(join(work, name)), { recursive: true });
    writeFileSync(join(work, name), text);
  }
}

/** Runs the kernel's make on the folder of sources until it ends or is to stop; it ends once all that it started did. */
function make(headers: string, sources: string, stop: AbortSignal): Promise<{ ok: boolean; output: string }> {
  return new Promise((resolve, reject) => {
    // The module's own BTF would want pahole and the kernel's image; nothing reads it.
    const args = ["-C", headers, `M=${sources}`, "CONFIG_DEBUG_INFO_BTF_MODULES=", "modules"];
    const child = spawn("make", args, { stdio: ["ignore", "pipe", "pipe"], detached: true });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8");
      stream.on("data", (text: string) => {
        if (output.length < OUTPUT_LIMIT) output += text;
      });
    }
    stop.addEventListener("abort", () => {
      const runs = child.pid !== undefined && child.exitCode === null && child.signalCode === null;
      if (runs) process.kill(-child.pid, "SIGTERM"); // the compilers as well
    });
    child.on("error", reject);
    child.on("close", (code) => resolve({ ok: code === 0, output }));
  });
}
