// SPDX-License-Identifier: Apache-2.0

import { statSync } from "node:fs";
import type { BinaryString } from "../events/text.ts";
import { type Accounts, parseGroups, parseUsers, type User } from "./accounts.ts";
import type { Container } from "./container.ts";
import { ContainerUsers } from "./container_users.ts";
import { readStart } from "./files.ts";
import type { Names } from "./host.ts";
import type { Process } from "./process.ts";

/** How often, in ms, files are checked for a change at most. */
const CHECK_EVERY_MS = 1000;

/** What is read of a file at most; a directory service's dump of a million accounts is shorter. */
const LIMIT_BYTES = 64 << 20;

/** Names for ids that can be listed, for a snapshot. */
export interface NameTable extends Names, Accounts {
  /** What is known of a container's own users and groups. */
  ofContainer(container: Container): Accounts | undefined;
}

/** One file of names, read again when another is in its place. */
class NameFile<T> {
  readonly #path: string;
  readonly #parse: (text: BinaryString) => ReadonlyMap<number, T>;
  #version = "";
  #names: ReadonlyMap<number, T> = new Map();

  constructor(path: string, parse: (text: BinaryString) => ReadonlyMap<number, T>) {
    this.#path = path;
    this.#parse = parse;
  }

  get names(): ReadonlyMap<number, T> {
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
    this.#names = this.#parse(text);
  }
}

/**
 * User and group names of this host from etc/passwd and etc/group under `root`, following their changes, and those of
 * its containers from theirs.
 */
export class FileNames implements NameTable {
  readonly #users: NameFile<User>;
  readonly #groups: NameFile<BinaryString>;
  readonly #containers: ContainerUsers;
  readonly #now: () => number;
  #checked = -Infinity;

  /** @param now wall clock in ms; a test has its own */
  constructor(root = "", now: () => number = Date.now) {
    this.#users = new NameFile(`${root}/etc/passwd`, parseUsers);
    this.#groups = new NameFile(`${root}/etc/group`, parseGroups);
    this.#containers = new ContainerUsers(root, now);
    this.#now = now;
  }

  get users(): ReadonlyMap<number, User> {
    this.#check();
    return this.#users.names;
  }

  get groups(): ReadonlyMap<number, BinaryString> {
    this.#check();
    return this.#groups.names;
  }

  user(uid: number, of?: Process): User | undefined {
    return this.#accounts(of, "users", uid).users.get(uid);
  }

  group(gid: number, of?: Process): BinaryString | undefined {
    return this.#accounts(of, "groups", gid).groups.get(gid);
  }

  ofContainer(container: Container): Accounts | undefined {
    return this.#containers.known(container);
  }

  /** To be told of every process that is new or has changed. */
  learn(process: Process): void {
    this.#containers.learn(process);
  }

  #accounts(of: Process | undefined, kind: keyof Accounts, id: number): Accounts {
    if (of === undefined || of.container.type === "host") return this;
    return this.#containers.of(of, this, kind, id);
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
  readonly users: ReadonlyMap<number, User>;
  readonly groups: ReadonlyMap<number, BinaryString>;
  readonly #ofContainers = new Map<BinaryString, Accounts>();

  constructor({ users, groups }: Accounts) {
    this.users = users;
    this.groups = groups;
  }

  user(uid: number, of?: Process): User | undefined {
    return this.#accounts(of).users.get(uid);
  }

  group(gid: number, of?: Process): BinaryString | undefined {
    return this.#accounts(of).groups.get(gid);
  }

  ofContainer({ fullId }: Container): Accounts | undefined {
    return this.#ofContainers.get(fullId);
  }

  /** Takes in what is known of the container with this id. */
  learnContainer(fullId: BinaryString, accounts: Accounts): void {
    this.#ofContainers.set(fullId, accounts);
  }

  #accounts(of: Process | undefined): Accounts {
    return of === undefined || of.container.type === "host" ? this : this.ofContainer(of.container) ?? this;
  }
}
