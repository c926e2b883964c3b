// SPDX-License-Identifier: Apache-2.0

import { statSync } from "node:fs";
import type { BinaryString } from "../events/text.ts";
import { readStart } from "./files.ts";
import type { Names } from "./host.ts";

/** How often, in ms, files are checked for a change at most. */
const CHECK_EVERY_MS = 1000;

/** What is read of a file at most; a directory service's dump of a million accounts is shorter. */
const LIMIT_BYTES = 64 << 20;

/** Names for ids that can be listed, for a snapshot. */
export interface NameTable extends Names {
  readonly users: ReadonlyMap<number, BinaryString>;
  readonly groups: ReadonlyMap<number, BinaryString>;
}

/**
 * Names from the lines of passwd or group: `NAME:PASSWORD:ID:…`. As libc does it: the first line of an id counts, lines
 * that are not of this form are passed over.
 */
export function parseNames(text: BinaryString): Map<number, BinaryString> {
  const names = new Map<number, BinaryString>();
  for (const line of text.split("\n")) {
    const [name, , digits] = line.split(":", 3);
    if (!name || digits === undefined || !/^\d{1,10}$/.test(digits) || /^[#+-]/.test(name)) continue;
    const id = Number(digits);
    if (id <= 4294967295 && !names.has(id)) names.set(id, name);
  }
  return names;
}

/** One file of names, read again when another is in its place. */
class NameFile {
  readonly #path: string;
  #version = "";
  #names: ReadonlyMap<number, BinaryString> = new Map();

  constructor(path: string) {
    this.#path = path;
  }

  get names(): ReadonlyMap<number, BinaryString> {
    return this.#names;
  }

  /** A file that is gone gives no names: that is what the host would answer, too. */
  check(): void {
    const stat = statSync(this.#path, { throwIfNoEntry: false });
    const version = stat === undefined ? "" : `${stat.ino} ${stat.size} ${stat.mtimeMs}`;
    if (version === this.#version) return;
    const text = version === "" ? "" : readStart(this.#path, LIMIT_BYTES);
    if (text === undefined) return; // tried again at the next check
    this.#version = version;
    this.#names = parseNames(text);
  }
}

/** User and group names of this host from etc/passwd and etc/group under `root`, following their changes. */
export class FileNames implements NameTable {
  readonly #users: NameFile;
  readonly #groups: NameFile;
  readonly #now: () => number;
  #checked = -Infinity;

  /** @param now wall clock in ms; a test has its own */
  constructor(root = "", now: () => number = Date.now) {
    this.#users = new NameFile(`${root}/etc/passwd`);
    this.#groups = new NameFile(`${root}/etc/group`);
    this.#now = now;
  }

  get users(): ReadonlyMap<number, BinaryString> {
    this.#check();
    return this.#users.names;
  }

  get groups(): ReadonlyMap<number, BinaryString> {
    this.#check();
    return this.#groups.names;
  }

  user(uid: number): BinaryString | undefined {
    return this.users.get(uid);
  }

  group(gid: number): BinaryString | undefined {
    return this.groups.get(gid);
  }

  #check(): void {
    const now = this.#now();
    if (Math.abs(now - this.#checked) < CHECK_EVERY_MS) return;
    this.#checked = now;
    try {
      this.#users.check();
      this.#groups.check();
    } catch {
      // not allowed to look: the names known so far stay
    }
  }
}

/** Names that never change: a recording's. */
export class FixedNames implements NameTable {
  constructor(readonly users: ReadonlyMap<number, BinaryString>, readonly groups: ReadonlyMap<number, BinaryString>) {}

  user(uid: number): BinaryString | undefined {
    return this.users.get(uid);
  }

  group(gid: number): BinaryString | undefined {
    return this.groups.get(gid);
  }
}
