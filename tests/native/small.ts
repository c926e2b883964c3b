// SPDX-License-Identifier: Apache-2.0

/** Compiles small.bpf.c, and says whether this machine can run probes at all. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** Why the tests of this folder can't run here; false when they can. */
export const unable: string | false = process.getuid?.() !== 0
  ? "needs root"
  : !existsSync(`${ROOT}build/native/shim.so`)
  ? "needs scripts/build"
  : false;

/** How small.bpf.c can be broken. */
export type Flaw = "BROKEN_PROGRAM" | "MISSING_TRACEPOINT" | "WITHOUT_FILLERS";

/** The small probe's ELF bytes. */
export function smallProbe(...flaws: readonly Flaw[]): Uint8Array {
  const folder = mkdtempSync(join(tmpdir(), "lanner-"));
  try {
    const libs = execFileSync(`${ROOT}scripts/build-libs`, [`${machine()}-linux-gnu.2.17`], { encoding: "utf8" })
      .trim();
    const out = join(folder, "small.bpf.o");
    execFileSync("clang", [
      ...["-target", "bpf", "-mcpu=v2", "-O2", "-g", "-Wall", "-Wextra", "-Werror", "-Wno-unused-parameter"],
      ...flaws.map((flaw) => `-D${flaw}`),
      ...["-I", `${ROOT}native`, "-isystem", `${libs}/include`, "-isystem", `/usr/include/${machine()}-linux-gnu`],
      ...["-c", `${ROOT}tests/native/small.bpf.c`, "-o", out],
    ]);
    return readFileSync(out);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function machine(): string {
  return process.arch === "arm64" ? "aarch64" : "x86_64";
}
