// SPDX-License-Identifier: Apache-2.0

/** Where in each event type's record the things lie that several fields read. Built once from the event table. */
import { EVENT_BY_CODE } from "../events/table.ts";
import type { EventType } from "../events/types.ts";

/** Which way a SOCKTUPLE parameter is written: source local (connect, send) or source remote (accept, receive). */
export type Direction = "outbound" | "inbound";

/** Parameter indices of one event type; -1 for what it does not have. */
export interface Layout {
  /** Result of the system call; -1 for events that are none (procexit). */
  readonly result: number;
  /** Descriptor that `fd.*` speaks of: the result of what makes one, a pipe's second, the argument of what uses one. */
  readonly fd: number;
  /** open, openat, openat2, creat: the path that was opened. */
  readonly openedPath: number;
  readonly flags: number;
  readonly mode: number;
  readonly creatFlags: number;
  readonly dev: number;
  readonly ino: number;
  readonly tuple: number;
  readonly direction: Direction;
  readonly data: number;
  readonly workdir: number;
  readonly fdType: number;
  readonly fdPath: number;
  readonly fdDev: number;
  readonly fdIno: number;
  readonly fdTuple: number;
  readonly fdProto: number;
  readonly fdRole: number;
  readonly newPeer: number;
  /** For each parameter: index of the directory that it was relative to (`NAME_dir`), or -1. */
  readonly directory: readonly number[];
}

const OPENS: ReadonlySet<string> = new Set(["open", "openat", "openat2", "creat"]);

/** The descriptor argument of events that work on one: `fd`, or the directory of the calls that take a path. */
const USED_FD = ["fd", "dirfd", "linkdirfd"];

function layoutOf(type: EventType): Layout {
  const at = (name: string) => type.index.get(name) ?? -1;
  const used = USED_FD.map(at).find((index) => index >= 0) ?? -1;
  const pipe = at("fd2"); // of a pipe's two, Falco's is the one that is written to
  const opens = OPENS.has(type.name);
  return {
    result: type.name === "procexit" ? -1 : 0,
    fd: pipe >= 0 ? pipe : type.createsFd ? 0 : type.usesFd ? used : -1,
    openedPath: opens ? at("name") : -1,
    flags: at("flags"),
    mode: at("mode"),
    creatFlags: at("creat_flags"),
    dev: at("dev"),
    ino: at("ino"),
    tuple: at("tuple"),
    direction: type.category === "io_read" || type.createsFd ? "inbound" : "outbound",
    data: at("data"),
    workdir: at("workdir"),
    fdType: at("fd_type"),
    fdPath: at("fd_path"),
    fdDev: at("fd_dev"),
    fdIno: at("fd_ino"),
    fdTuple: at("fd_tuple"),
    fdProto: at("fd_proto"),
    fdRole: at("fd_role"),
    newPeer: at("new_peer"),
    directory: type.params.map((param) => at(`${param.name}_dir`)),
  };
}

const LAYOUTS: readonly (Layout | undefined)[] = EVENT_BY_CODE.map((type) => type && layoutOf(type));

/** Layout of an event type of the table. */
export function layout(type: EventType): Layout {
  return LAYOUTS[type.code]!;
}
