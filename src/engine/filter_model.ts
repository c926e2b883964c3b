// SPDX-License-Identifier: Apache-2.0

/**
 * What the kernel's filter decides, as TypeScript: the meaning that native/sense/filter.h must have, by which a plan is
 * tested on records. The kernel may know less of an event than its record tells (a directory that was not walked yet),
 * and then lets it pass.
 */
import { FLAG_TRUNCATED, type RecordReader } from "../events/record.ts";
import { EVENT_BY_CODE } from "../events/table.ts";
import {
  AF_INET,
  AF_INET6,
  AF_UNIX,
  isMapped,
  port,
  TUPLE_INET6_BYTES,
  TUPLE_INET_BYTES,
} from "../events/render_address.ts";
import type { BinaryString } from "../events/text.ts";
import type { EventType } from "../events/types.ts";
import { layout } from "../fields/layout.ts";
import { HOST_CONTAINER } from "../host/container.ts";
import type { Process } from "../host/process.ts";
import { maskAddress } from "./literal.ts";
import type { Plan } from "./plan.ts";
import type { Clause, End, NetworkPattern, NumberSubject, ProcessText, Test } from "./plan_clause.ts";
import { isNormalPath, NAME_MAX_BYTES, PATH_MAX_BYTES, pathInSet } from "./plan_paths.ts";
import { inRanges } from "./plan_ranges.ts";
import { endParams } from "./plan_sockets.ts";
import { keepsState } from "./plan_state.ts";

/** A value that the kernel does not have, of which every test holds; or that rules don't have either. */
type Absent = "unknown" | "missing";

/** A login id that is not set. */
const NO_LOGIN = 0xffffffff;

/** EINPROGRESS as a result: a connect that is under way has its ends. */
const IN_PROGRESS = -115;

/** The role of a socket that waits for clients. */
const SERVER = 2;

/** What is known of an event's process, as user space has it; what is left out is not known. */
export interface KnownProcess {
  readonly inContainer?: boolean;
  readonly name?: BinaryString;
  readonly exepath?: BinaryString;
  /** 4294967295 when not set. */
  readonly loginuid?: number;
}

/** What user space knows of a process, all of which the kernel may know. */
export function knownOf(process: Process | undefined): KnownProcess {
  if (process === undefined) return {};
  const { container, comm: name, exepath, loginuid } = process;
  return { inContainer: container.type !== HOST_CONTAINER.type, name, exepath, loginuid };
}

/** Whether an event of this process passes the filter. */
export function passesFilter(plan: Plan, record: RecordReader, process: KnownProcess): boolean {
  const type = EVENT_BY_CODE[record.type];
  if (type === undefined) return true;
  if (keepsState(type, record)) return true;
  const event = plan.events.get(type);
  if (event === undefined) return false;
  return event.clauses.some((clause) => meets(clause, type, record, process));
}

function meets({ tests }: Clause, type: EventType, record: RecordReader, process: KnownProcess): boolean {
  return tests.every((test) => holds(test, type, record, process));
}

function holds(test: Test, type: EventType, record: RecordReader, process: KnownProcess): boolean {
  switch (test.kind) {
    case "number": {
      const value = numberOf(test.of, type, record, process);
      if (value === "unknown") return true;
      return value === "missing" ? test.missing : inRanges(test.ranges, value);
    }
    case "bits": {
      if (!record.hasNumber(test.index)) return true;
      const set = record.low(test.index) & test.mask;
      return test.wanted === "any" ? set !== 0 : test.wanted === "all" ? set === test.mask : set === 0;
    }
    case "path": {
      const path = pathOf(test.index, type, record);
      return path === undefined || pathInSet(test.paths, path) !== test.outside;
    }
    case "address": {
      const end = endOf(test.end, type, record);
      if (end === "unknown") return true;
      if (end === "missing") return test.missing;
      return test.networks.some((network) => contains(network, end.address)) !== test.outside;
    }
    case "process": {
      const text = textOf(test.of, process);
      return text === undefined || pathInSet(test.paths, text) !== test.outside;
    }
    case "container":
      return process.inContainer === undefined || process.inContainer === test.inside;
  }
}

/** A text of a process that the kernel may know. */
export function textOf(of: ProcessText, { name, exepath }: KnownProcess): BinaryString | undefined {
  if (of === "exepath") return exepath === undefined ? undefined : usual(exepath);
  return name === undefined || name === "" || name.length > NAME_MAX_BYTES ? undefined : name;
}

/** A number that the kernel has of an event or its process. */
export function numberOf(
  of: NumberSubject,
  type: EventType,
  record: RecordReader,
  { loginuid }: KnownProcess = {},
): number | Absent {
  if (of.kind === "loginuid") return loginuid === undefined ? "unknown" : loginuid === NO_LOGIN ? -1 : loginuid;
  if (of.kind === "header") return of.id === "uid" ? record.uid : record.gid;
  if (of.kind === "port") {
    const end = endOf(of.end, type, record);
    return typeof end === "string" ? end : end.port;
  }
  if (!record.hasNumber(of.index)) return "unknown";
  switch (of.width) {
    case "s64":
      return record.number(of.index);
    case "s32":
      return record.low(of.index);
    case "u32":
      return record.low(of.index) >>> 0;
  }
}

/** A path parameter made absolute; undefined when it is odd in any way. */
export function pathOf(index: number, type: EventType, record: RecordReader): BinaryString | undefined {
  if (record.len(index) <= 1 || (record.flags & FLAG_TRUNCATED) !== 0) return undefined;
  const path = record.text(index);
  if (path.startsWith("/")) return usual(path);
  const directory = layout(type).directory[index]!;
  if (directory < 0 || record.len(directory) <= 1) return undefined;
  const from = record.text(directory);
  return isNormalPath(from) && isNormalPath(`/${path}`) ? usual(`${from === "/" ? "" : from}/${path}`) : undefined;
}

function usual(path: BinaryString): BinaryString | undefined {
  return path.length <= PATH_MAX_BYTES && isNormalPath(path) ? path : undefined;
}

/** One end of an event's socket. */
export function endOf(
  which: End,
  type: EventType,
  record: RecordReader,
): { address: BinaryString; port: number } | Absent {
  const [tuple, fdTuple, result, role] = endParams(type);
  if (!record.hasNumber(result)) return "unknown";
  const done = record.number(result) >= 0 || record.number(result) === IN_PROGRESS;
  const index = tuple >= 0 && record.len(tuple) > 0 && done ? tuple : fdTuple;
  if (index < 0) return done ? "unknown" : "missing";
  const length = record.len(index);
  if (length === 0) return "unknown";
  const { u8, buffer } = record.memory;
  const at = record.offset(index);
  if (u8[at] === AF_UNIX) return "missing";
  const bytes = u8[at] === AF_INET && length === TUPLE_INET_BYTES
    ? 4
    : u8[at] === AF_INET6 && length === TUPLE_INET6_BYTES
    ? 16
    : 0;
  if (bytes === 0) return "unknown";
  const source = at + 1;
  const destination = source + bytes + 2;
  const ports = [port(u8, source + bytes), port(u8, destination + bytes)] as const;
  const known = role < 0
    ? ports[0] !== 0 && ports[1] !== 0
    : record.lowOr(role, 0) === SERVER && ports[0] !== 0 && ports[1] === 0;
  if (!known) return "unknown";
  const skip = bytes === 16 && isMapped(u8, source) && isMapped(u8, destination) ? 12 : 0;
  const start = which === "source" ? source : destination;
  return { address: buffer.toString("latin1", start + skip, start + bytes), port: port(u8, start + bytes) };
}

function contains({ address, bits }: NetworkPattern, value: BinaryString): boolean {
  return value.length === address.length && maskAddress(value, bits) === address;
}
