// SPDX-License-Identifier: Apache-2.0

/** Events over hand-built records with a process tree and a host, to read fields from. */
import { Buffer } from "node:buffer";
import { RecordReader } from "../../src/events/record.ts";
import { EVENT_BY_NAME } from "../../src/events/table.ts";
import { resolveField } from "../../src/fields/catalogue.ts";
import type { Event } from "../../src/fields/event.ts";
import type { BoundField, Slice, Value } from "../../src/fields/field.ts";
import { TextBuffer } from "../../src/fields/text_buffer.ts";
import { HOST_CONTAINER } from "../../src/host/container.ts";
import type { Descriptors } from "../../src/host/descriptors.ts";
import { type Guests, GuestTable } from "../../src/host/guests.ts";
import type { Host } from "../../src/host/host.ts";
import type { Process } from "../../src/host/process.ts";
import type { AddressNames } from "../../src/host/resolver.ts";
import { buildRecord, type HeaderValues, memoryOf, type ParamValue } from "../support/records.ts";

/** When the test host booted, ns since the epoch. */
export const BOOT = 1_700_000_000_000_000_000n;

const PLAIN: Process = {
  pid: 4000,
  revision: 0,
  parent: undefined,
  ppid: 1,
  comm: "cat",
  exe: "cat",
  args: "",
  exepath: "/usr/bin/cat",
  env: "",
  cwd: "/home/user",
  uid: 0,
  gid: 0,
  loginuid: 4294967295,
  sid: 4000,
  pgid: 4000,
  vpid: 4000,
  vtid: 4000,
  vpgid: 4000,
  tty: 0,
  exeFlags: 0,
  exeIno: 0n,
  exeInoCtime: 0n,
  exeInoMtime: 0n,
  capInheritable: 0n,
  capPermitted: 0n,
  capEffective: 0n,
  fdlimit: 1024,
  vmSize: 0,
  vmRss: 0,
  vmSwap: 0,
  majorFaults: 0,
  minorFaults: 0,
  startTime: 0n,
  startBoot: 0,
  execTime: 0n,
  pidnsStartTime: 0n,
  cgroups: "",
  container: HOST_CONTAINER,
  threads: 1,
  alive: true,
};

const USERS = new Map([
  [33, { name: "www-data", home: "/var/www", shell: "/usr/sbin/nologin" }],
  [1000, { name: "ada", home: "/home/ada", shell: "" }],
]);

/** A process that differs from a plain `cat` in what is given. */
export function processOf(facts: Partial<Process> = {}): Process {
  return { ...PLAIN, ...facts };
}

/** A chain of processes, the first the oldest; gives the youngest. Each leads neither session nor group. */
export function chain(...names: string[]): Process {
  let parent: Process | undefined;
  names.forEach((comm, i) => {
    const pid = 100 + i;
    const ids = { pid, vpid: pid, vtid: pid, sid: 1, pgid: 1, vpgid: 1, ppid: parent?.pid ?? 0 };
    parent = processOf({ ...ids, parent, comm, exe: `/bin/${comm}`, exepath: `/usr/bin/${comm}` });
  });
  return parent!;
}

/** What an event is made of; what is left out is plain. */
export interface EventParts {
  readonly header?: HeaderValues;
  /** null: nothing is known of the process. */
  readonly process?: Process | null;
  /** Other processes that the host knows. */
  readonly others?: readonly Process[];
  readonly num?: number;
  readonly firstTime?: bigint;
  readonly guests?: Guests;
  readonly descriptors?: Descriptors;
  readonly addressNames?: AddressNames;
}

/** An event of a type with these parameters. */
export function eventOf(type: string, params: Record<string, ParamValue> = {}, parts: EventParts = {}): Event {
  const process = parts.process === undefined ? processOf() : parts.process ?? undefined;
  const known = new Map([...(parts.others ?? []), ...(process ? [process] : [])].map((p) => [p.pid, p]));
  const { memory, offsets } = memoryOf(buildRecord(type, params, { pid: process?.pid ?? 4000, ...parts.header }));
  const record = new RecordReader(memory);
  record.moveTo(offsets[0]!);
  const host: Host = {
    hostname: "falcon",
    bootTime: BOOT,
    processes: { get: (pid) => known.get(pid), size: known.size, lineage: 0, apply: () => process, settle: () => {} },
    names: {
      user: (uid) => USERS.get(uid),
      group: (gid) => ({ 33: "www-data", 1000: "staff" } as Record<number, string>)[gid],
    },
    guests: parts.guests ?? new GuestTable(),
    ...(parts.descriptors === undefined ? {} : { descriptors: parts.descriptors }),
    ...(parts.addressNames === undefined ? {} : { addressNames: parts.addressNames }),
  };
  return {
    type: EVENT_BY_NAME.get(type)!,
    record,
    process,
    host,
    num: parts.num ?? 1,
    firstTime: parts.firstTime ?? 0n,
  };
}

/** The bound field of an expression as rules write it. */
export function bind(expression: string): BoundField {
  const [, name, argument] = /^([^[]+)(?:\[(.*)\])?$/.exec(expression)!;
  const bound = resolveField(name!, argument);
  if (bound === undefined) throw new Error(`no field ${expression}`);
  return bound;
}

const LAID = new TextBuffer();

/**
 * The value of an expression on an event. Where the field can be compared in place, what `locate` points at and what
 * `lay` lays down must be the same: a difference throws.
 */
export function valueOf(expression: string, event: Event): Value | undefined {
  const bound = bind(expression);
  const value = bound.get(event);
  LAID.u8.fill(0x2f, LAID.offset); // what another text has left behind
  if (bound.lay?.(event, LAID)) {
    const end = LAID.offset + LAID.length;
    const laid = Buffer.from(LAID.u8).toString("latin1", LAID.offset, end);
    if (laid !== value) throw new Error(`${expression}: ${laid} laid down, but ${String(value)} as a value`);
    const behind = LAID.u8.subarray(end, (end + 3) & ~3);
    if (behind.some((byte) => byte !== 0)) throw new Error(`${expression}: no zeros behind it`);
  }
  if (bound.locate !== undefined) {
    const slice: Slice = { u8: new Uint8Array(0), offset: 0, length: 0 };
    const located = bound.locate(event, slice)
      ? Buffer.from(slice.u8).toString("latin1", slice.offset, slice.offset + slice.length)
      : undefined;
    if (located !== value) throw new Error(`${expression}: ${located} in place, but ${String(value)} as a value`);
  }
  if (value !== undefined && !bound.presentOn(event.type)) throw new Error(`${expression} denied it has a value`);
  return value;
}

/** Character code of a descriptor's type, as records carry it. */
export function typeCode(char: string): number {
  return char.charCodeAt(0);
}
