// SPDX-License-Identifier: Apache-2.0

/** The lines of passwd and group, of the host or of a container. */
import { constants, lstatSync } from "node:fs";
import type { BinaryString } from "../events/text.ts";
import type { AccountFiles } from "./container.ts";
import { readStart } from "./files.ts";

/** A user as passwd has it. */
export interface User {
  readonly name: BinaryString;
  readonly home: BinaryString;
  readonly shell: BinaryString;
}

/** Users and groups by id. */
export interface Accounts {
  readonly users: ReadonlyMap<number, User>;
  readonly groups: ReadonlyMap<number, BinaryString>;
}

/** What is read of a container's file at most: its owner could have us remember one after another. */
const CONTAINER_LIMIT_BYTES = 128 << 10;

/**
 * The fields of each id's line: `NAME:PASSWORD:ID:…`. As libc does it: the first line of an id counts, lines that are
 * not of this form are passed over.
 */
function linesById(text: BinaryString): Map<number, readonly BinaryString[]> {
  const lines = new Map<number, readonly BinaryString[]>();
  for (const line of text.split("\n")) {
    const fields = line.split(":", 7);
    const [name, , digits] = fields;
    if (!name || digits === undefined || !/^\d{1,10}$/.test(digits) || /^[#+-]/.test(name)) continue;
    const id = Number(digits);
    if (id <= 4294967295 && !lines.has(id)) lines.set(id, fields);
  }
  return lines;
}

/** Users of a passwd file. */
export function parseUsers(text: BinaryString): Map<number, User> {
  const users = new Map<number, User>();
  for (const [id, [name = "", , , , , home = "", shell = ""]] of linesById(text)) users.set(id, { name, home, shell });
  return users;
}

/** Names of a group file. */
export function parseGroups(text: BinaryString): Map<number, BinaryString> {
  const names = new Map<number, BinaryString>();
  for (const [id, [name = ""]] of linesById(text)) names.set(id, name);
  return names;
}

/**
 * Users and groups of a container by the first of the files in either list that exists. What is not there gives none.
 * Nothing but regular files is opened: a device could take it for an order.
 */
export function readAccounts({ users, groups }: AccountFiles): Accounts {
  return { users: parseUsers(readFirst(users)), groups: parseGroups(readFirst(groups)) };
}

function readFirst(paths: readonly string[]): BinaryString {
  for (const path of paths) {
    const stat = lstatSync(path, { throwIfNoEntry: false });
    if (stat === undefined) continue;
    return stat.isFile() ? readStart(path, CONTAINER_LIMIT_BYTES, constants.O_NOFOLLOW) ?? "" : "";
  }
  return "";
}
