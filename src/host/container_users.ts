// SPDX-License-Identifier: Apache-2.0

import { statSync } from "node:fs";
import { type Accounts, readAccounts } from "./accounts.ts";
import type { Container } from "./container.ts";
import type { Process } from "./process.ts";

/** How often, in ms, a container's files are read again at most because an id is not in them. */
const READ_EVERY_MS = 1000;

const NONE: Accounts = { users: new Map(), groups: new Map() };

/** A container's accounts, and when they were read. */
interface Known {
  readonly accounts: Accounts;
  readonly readAt: number;
}

/**
 * Users and groups of containers, by their own files: 1000 is somebody else in each. Read through a living process,
 * early (`learn`), since a container may be gone when a rule asks; of one that is, by what the host has of its image.
 */
export class ContainerUsers {
  readonly #root: string;
  readonly #now: () => number;
  readonly #readFiles: typeof readAccounts;
  readonly #known = new WeakMap<Container, Known>();
  /** Identity of the host's own root directory; undefined before it was looked at. */
  #hostRoot: string | undefined;

  /**
   * @param root prefix of the host's file system
   * @param now wall clock in ms; a test has its own
   * @param readFiles reads a root's files; a test has something happen meanwhile
   */
  constructor(root: string, now: () => number = Date.now, readFiles = readAccounts) {
    this.#root = root;
    this.#now = now;
    this.#readFiles = readFiles;
  }

  /** To be told of every process that is new or has changed. */
  learn(process: Process): void {
    if (process.container.type !== "host" && !this.#known.has(process.container)) this.#read(process);
  }

  /**
   * The accounts of the container that a process is in; none when it ended before anybody looked.
   * @param host what a process has that lives in the host's own root, as a runtime's helper does until it moves
   * @param id looked for, so that files are read again when it isn't there
   */
  of(process: Process, host: Accounts, kind: keyof Accounts, id: number): Accounts {
    const known = this.#known.get(process.container);
    const isEnough = known !== undefined &&
      (known.accounts[kind].has(id) || Math.abs(this.#now() - known.readAt) < READ_EVERY_MS);
    if (isEnough) return known.accounts;
    const fresh = this.#read(process);
    return fresh === "host" ? host : fresh ?? known?.accounts ?? NONE;
  }

  /** What is known of a container, for a snapshot. */
  known(container: Container): Accounts | undefined {
    return this.#known.get(container)?.accounts;
  }

  #read(process: Process): Accounts | "host" | undefined {
    const { container } = process;
    try {
      const living = this.#readLiving(process);
      // a helper is there before its container: what the image has may be gone when its processes are seen
      const found = living === undefined || living === "host" ? this.#readStored(container) ?? living : living;
      if (found !== undefined && found !== "host") this.#known.set(container, { accounts: found, readAt: this.#now() });
      return found;
    } catch {
      return undefined; // it can't be looked at
    }
  }

  #readLiving({ pid, alive }: Process): Accounts | "host" | undefined {
    const root = `${this.#root}/proc/${pid}/root`;
    const identity = alive ? identityOf(root) : undefined;
    if (identity === undefined) return undefined;
    this.#hostRoot ??= identityOf(this.#root);
    if (identity === this.#hostRoot) return "host";
    const found = this.#readFiles({ users: [`${root}/etc/passwd`], groups: [`${root}/etc/group`] });
    // when it ended or moved meanwhile, what was found may be another root's, or nothing
    return identityOf(root) === identity ? found : undefined;
  }

  #readStored({ facts: { accountFiles } }: Container): Accounts | undefined {
    const found = accountFiles && readAccounts(accountFiles);
    return found && found.users.size + found.groups.size > 0 ? found : undefined;
  }
}

/** Undefined when there is no such directory (any more). */
function identityOf(directory: string): string | undefined {
  const stat = statSync(`${directory}/`, { bigint: true, throwIfNoEntry: false });
  return stat && `${stat.dev} ${stat.ino}`;
}
