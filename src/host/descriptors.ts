// SPDX-License-Identifier: Apache-2.0

/** The descriptors that a living process has now, by /proc: for rules that ask for others than the event's own. */
import { readdirSync, statSync } from "node:fs";
import type { BinaryString } from "../events/text.ts";
import { readLink } from "./files.ts";
import { withoutDeleted } from "./program.ts";
import { findSocket } from "./sockets.ts";

/** What is behind a descriptor. */
export interface Descriptor {
  /** Falco's word, as `fd.type` has it; the text `<NA>` for what it has none for. */
  readonly type: string;
  /** As `fd.name`: a path, a socket's ends, else what /proc calls it or nothing. */
  readonly name: BinaryString;
}

/** Descriptors of processes. */
export interface Descriptors {
  /** What is behind a descriptor of a process; undefined when it is not open, or the process is gone. */
  of(pid: number, fd: number): Descriptor | undefined;
  /** All descriptors of a process, in no order that means anything; undefined when it is gone. */
  list(pid: number): readonly number[] | undefined;
}

/** Falco's words for anonymous inodes, by what they are called. */
const ANONYMOUS: readonly (readonly [RegExp, string])[] = [
  [/^\[?eventfd/, "event"],
  [/^\[?eventpoll/, "eventpoll"],
  [/^\[?signalfd/, "signalfd"],
  [/^\[?timerfd/, "timerfd"],
  [/^\[?io_uring/, "io_uring"],
  [/^\[?userfaultfd/, "userfaultfd"],
  [/^\[?pidfd/, "pidfd"],
  [/^inotify/, "inotify"],
  [/^\[?bpf/, "bpf"],
];

/** What a link of /proc/PID/fd means that is no path. */
function byLink(link: BinaryString, net: string): Descriptor | undefined {
  if (link.startsWith("pipe:[")) return { type: "pipe", name: link };
  const inode = /^socket:\[(\d+)\]$/.exec(link)?.[1];
  if (inode !== undefined) return findSocket(inode, net);
  if (link.startsWith("anon_inode:")) {
    const kind = link.slice(11);
    return { type: ANONYMOUS.find(([pattern]) => pattern.test(kind))?.[1] ?? "<NA>", name: "" };
  }
  if (link.startsWith("/memfd:")) return { type: "memfd", name: withoutDeleted(link) };
  return link.startsWith("pidfd:") ? { type: "pidfd", name: "" } : undefined;
}

/** Descriptors by the procfs mounted at `root`. */
export class ProcDescriptors implements Descriptors {
  readonly #root: string;

  constructor(root: string) {
    this.#root = root;
  }

  of(pid: number, fd: number): Descriptor | undefined {
    const path = `${this.#root}/${pid}/fd/${fd}`;
    const link = readLink(path);
    if (link === undefined) return undefined;
    const special = byLink(link, `${this.#root}/${pid}/net`);
    if (special !== undefined) return special;
    try {
      const stat = statSync(path);
      const type = stat.isDirectory() ? "directory" : stat.isFIFO() ? "pipe" : "file";
      return { type, name: withoutDeleted(link) };
    } catch {
      return undefined; // closed meanwhile
    }
  }

  list(pid: number): readonly number[] | undefined {
    try {
      return readdirSync(`${this.#root}/${pid}/fd`).map(Number);
    } catch {
      return undefined;
    }
  }
}
