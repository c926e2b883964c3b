// SPDX-License-Identifier: Apache-2.0

/** What the matrix saw last on each kernel: kept in the repository, and docs/support.md is made of it. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { Result } from "./judge.ts";
import { ALL, labelOf, type Target } from "./kernels.ts";
import { supportPage } from "./page.ts";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const FOLDER = join(ROOT, "tests/vm/matrix/results");
const LONG = join(ROOT, "tests/vm/long");

/** The page that the results make, by its path from the root. */
export const PAGE = "docs/support.md";

/** A result, and what it depends on beside the kernel: a digest of the binary and the acts. */
const Kept = Result.extend({ fingerprint: z.string() });
export type Kept = z.infer<typeof Kept>;

/** A target's name in paths. */
export const fileNameOf = (target: Target) => labelOf(target).replaceAll(":", "-");

const fileOf = (target: Target) => join(FOLDER, `${fileNameOf(target)}.json`);

/** The last result of a kernel; undefined: it never had one. */
export function lastResult(target: Target): Kept | undefined {
  const file = fileOf(target);
  return existsSync(file) ? Kept.parse(JSON.parse(readFileSync(file, "utf8"))) : undefined;
}

/** Keeps a result, and makes the page of it and the others. */
export function keepResult(target: Target, result: Kept): void {
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(fileOf(target), `${JSON.stringify(result, undefined, 1)}\n`);
  writePage();
}

/** What long runs said, by scripts/vm/keep-run. */
function longRuns(): string[] {
  const names = existsSync(LONG) ? readdirSync(LONG).sort() : [];
  return names.map((name) => readFileSync(join(LONG, name), "utf8").trimEnd());
}

/** The page's text from the results that are kept. */
export function pageText(): string {
  return supportPage(ALL.map((target) => ({ target, result: lastResult(target) })), longRuns());
}

/** Writes the page anew. */
export function writePage(): void {
  writeFileSync(join(ROOT, PAGE), pageText());
}
