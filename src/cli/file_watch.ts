// SPDX-License-Identifier: Apache-2.0

import { type BigIntStats, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { CommandError } from "./errors.ts";

/** Time between two looks, in ms. */
const LOOK_EVERY_MS = 1000;

/**
 * Calls back when files have changed: when a name leads to another file or the file has another size or time, and did
 * for two looks in a row, since editors write in several steps. Looks instead of being told: names that are moved over
 * one another, as the links of a Kubernetes volume, are seen too.
 */
export class FileWatch {
  readonly #find: () => readonly string[];
  readonly #changed: () => void;
  readonly #timer: ReturnType<typeof setInterval>;
  #paths: readonly string[];
  #known: string;
  #seen: string;

  /**
   * @param find files and directories whose files count; asked again after a change, and not heeded when it throws
   * CommandError
   */
  constructor(find: () => readonly string[], changed: () => void) {
    this.#find = find;
    this.#changed = changed;
    this.#paths = find();
    this.#known = this.#look();
    this.#seen = this.#known;
    this.#timer = setInterval(() => this.#check(), LOOK_EVERY_MS);
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #check(): void {
    const now = this.#look();
    const steady = now === this.#seen;
    this.#seen = now;
    if (!steady || now === this.#known) return;
    this.#paths = this.#findOr(this.#paths);
    this.#known = this.#seen = this.#look();
    this.#changed();
  }

  #findOr(before: readonly string[]): readonly string[] {
    try {
      return this.#find();
    } catch (error) {
      if (error instanceof CommandError) return before;
      throw error;
    }
  }

  #look(): string {
    return this.#paths.map(signature).join("\n");
  }
}

/** A text that is another when the file, or a file of the directory, was written or replaced. */
function signature(path: string): string {
  const status = statusOf(path);
  if (status?.isDirectory() !== true) return describe(path, status);
  return namesIn(path).map((name) => describe(join(path, name), statusOf(join(path, name)))).join("\n");
}

function describe(path: string, status: BigIntStats | undefined): string {
  return status === undefined ? path : `${path} ${status.dev} ${status.ino} ${status.size} ${status.mtimeNs}`;
}

function statusOf(path: string): BigIntStats | undefined {
  try {
    return statSync(path, { bigint: true });
  } catch {
    return undefined; // not there now, which is a change as well
  }
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory).sort();
  } catch {
    return [];
  }
}
