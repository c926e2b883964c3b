// SPDX-License-Identifier: Apache-2.0

import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { FileError, readWhole } from "../files/read.ts";
import { errorWords } from "../outputs/errno.ts";
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

/** The shell's `<(command)` gives a pipe. */
const read = (path: string): Uint8Array => readWhole(path, { limit: MAX_FILE_BYTES, pipes: true });

function readError(path: string, error: unknown): Diagnostic {
  const reason = error instanceof FileError ? error.message : errorWords(error);
  return {
    severity: "error",
    code: "LOAD_ERR_FILE_READ",
    message: `can't read ${path}: ${reason}`,
    hint: "check the path and its permissions; rules may be split into several files",
    position: { file: path, line: 1, column: 1, offset: 0 },
    item: { type: "file", name: path },
    snippet: "",
  };
}
