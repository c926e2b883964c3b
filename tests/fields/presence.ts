// SPDX-License-Identifier: Apache-2.0

/** Whether fields that are listed have values, of the type that they say. */
import { EVENT_TYPES } from "../../src/events/table.ts";
import type { ValueType } from "../../src/events/types.ts";
import { FIELDS } from "../../src/fields/catalogue.ts";
import type { Event } from "../../src/fields/event.ts";
import type { BoundField, Field, Value } from "../../src/fields/field.ts";
import { bind } from "./support.ts";

/** An argument for each field that takes one, with which it has a value in tests. */
const ARGUMENTS: Readonly<Record<string, string>> = {
  "evt.type.is": "open",
  "evt.abspath": "src",
  "proc.aname": "1",
  "proc.aexe": "1",
  "proc.aexepath": "1",
  "proc.aargs": "1",
  "proc.acmdline": "1",
  "proc.apid": "1",
  "proc.aenv": "1",
  "proc.env": "PATH",
  "proc.args": "0",
  "thread.cgroup": "cpu",
  "container.mount": "0",
  "container.mount.source": "0",
  "container.mount.dest": "0",
  "container.mount.mode": "0",
  "container.mount.rdwr": "0",
  "container.mount.propagation": "0",
  "container.label": "app",
  "k8s.pod.label": "app",
  "fd.types": "0",
};

/** Parameters that `evt.arg` and `evt.rawarg` are asked for: each name once. */
const PARAMS: readonly string[] = [
  ...new Set(EVENT_TYPES.flatMap(({ params }) => params.filter(({ own }) => !own).map(({ name }) => name))),
];

function expressions({ name, argument }: Field): string[] {
  if (name === "evt.arg" || name === "evt.rawarg") return PARAMS.map((param) => `${name}.${param}`);
  const given = ARGUMENTS[name];
  if (argument === "required" && given === undefined) throw new Error(`${name} has no argument in ARGUMENTS`);
  const withArgument = given === undefined ? [] : [`${name}[${given}]`];
  return argument === "required" ? withArgument : [name, ...withArgument];
}

/** Every listed field, with and without argument. */
export const LISTED: readonly BoundField[] = FIELDS.flatMap(expressions).map(bind);

const BIGS: ReadonlySet<ValueType> = new Set(["ABSTIME"]);
const TEXTS: ReadonlySet<ValueType> = new Set(["CHARBUF", "BYTEBUF", "FSPATH", "FSRELPATH", "SOCKADDR", "SOCKTUPLE"]);

function isNumber(value: Value, type: ValueType): boolean {
  if (typeof value === "bigint") return BIGS.has(type) || /64|^PID$|^FD$|^ERRNO$|^RELTIME$/.test(type);
  if (typeof value !== "number" || BIGS.has(type)) return false;
  if (type === "DOUBLE") return Number.isFinite(value);
  if (!Number.isSafeInteger(value)) return false;
  if (type === "PORT") return value >= 0 && value <= 65535;
  return !/^(UINT|FLAGS|ENUMFLAGS|UID|GID|MODE)/.test(type) || value >= 0;
}

/** Whether a value is of a field's type. */
export function isOfType(value: Value, { field, type, list, several }: BoundField): boolean {
  const one = (item: Value): boolean => {
    if (field.type === "DYN") return true; // arguments of one name have different types
    if (type === "BOOL") return typeof item === "boolean";
    if (type === "IPADDR" || type === "IPNET") return typeof item === "string" && /^(.{4}|.{16})$/s.test(item);
    return TEXTS.has(type) ? typeof item === "string" : isNumber(item, type);
  };
  return list || several !== undefined ? Array.isArray(value) && value.every(one) : !Array.isArray(value) && one(value);
}

/** What a field gives: its value in conditions, or in outputs where it has none in conditions. */
export function anyValue(field: BoundField, event: Event): Value | undefined {
  return field.get(event) ?? field.output?.(event);
}
