// SPDX-License-Identifier: Apache-2.0

import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Diagnostic } from "./diagnostic.ts";
import type { RuleFile } from "./loader.ts";

/** A larger file is not read: what is in it could not be loaded in reasonable time and memory. */
export const MAX_FILE_BYTES = 16 * 1024 * 1024;

/** What was read, and LOAD_ERR_FILE_READ for what could not be. */
export interface ReadFiles {
  readonly files: readonly RuleFile[];
  readonly diagnostics: readonly Diagnostic[];
}

/** Reads rules files; of a directory the .yml and .yaml files in it, sorted by name, not those of its directories. */
export function readRuleFiles(paths: readonly string[]): ReadFiles {
  const files: RuleFile[] = [];
  const diagnostics: Diagnostic[] = [];
  const attempt = <T>(path: string, read: () => T): T | undefined => {
    try {
      return read();
    } catch (error) {
      diagnostics.push(readError(path, error));
      return undefined;
    }
  };
  for (const path of paths) {
    for (const file of attempt(path, () => expand(path)) ?? []) {
      const content = attempt(file, () => read(file));
      if (content !== undefined) files.push({ name: file, content });
    }
  }
  return { files, diagnostics };
}

function expand(path: string): string[] {
  if (!statSync(path).isDirectory()) return [path];
  const names = readdirSync(path).filter((name) => /\.ya?ml$/.test(name)).sort();
  return names.map((name) => join(path, name)).filter((file) => !statSync(file).isDirectory());
}

class UnfitError extends Error {}

function read(path: string): Uint8Array {
  const status = statSync(path);
  if (!status.isFile()) throw new UnfitError("not a regular file");
  if (status.size > MAX_FILE_BYTES) {
    throw new UnfitError(`larger than ${MAX_FILE_BYTES / 1024 / 1024} MiB; split it into several files`);
  }
  return readFileSync(path);
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "no such file or directory",
  EACCES: "permission denied",
  ELOOP: "too many symbolic links",
};

function readError(path: string, error: unknown): Diagnostic {
  const code = error instanceof Error && "code" in error ? String(error.code) : undefined;
  const reason = error instanceof UnfitError ? error.message : REASONS[code ?? ""] ?? code ?? "it can't be read";
  return {
    severity: "error",
    code: "LOAD_ERR_FILE_READ",
    message: `can't read ${path}: ${reason}`,
    hint: "check the path and its permissions",
    position: { file: path, line: 1, column: 1, offset: 0 },
    item: { type: "file", name: path },
    snippet: "",
  };
}
