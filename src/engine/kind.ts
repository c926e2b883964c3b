// SPDX-License-Identifier: Apache-2.0

import type { ValueType } from "../events/types.ts";
import type { Operator } from "../rules/ast.ts";

/** What values of a type are like, as far as operators care. */
export type Kind = "number" | "boolean" | "string" | "buffer" | "address" | "network" | "opaque";

const NUMBERS: readonly ValueType[] = [
  "INT8",
  "INT16",
  "INT32",
  "INT64",
  "UINT8",
  "UINT16",
  "UINT32",
  "UINT64",
  "DOUBLE",
  "ERRNO",
  "FD",
  "PID",
  "SIGTYPE",
  "RELTIME",
  "ABSTIME",
  "PORT",
  "FLAGS8",
  "FLAGS16",
  "FLAGS32",
  "ENUMFLAGS8",
  "ENUMFLAGS16",
  "ENUMFLAGS32",
  "MODE",
  "SYSCALLID",
];

const KINDS: ReadonlyMap<ValueType, Kind> = new Map<ValueType, Kind>([
  ...NUMBERS.map((type): [ValueType, Kind] => [type, "number"]),
  ["BOOL", "boolean"],
  ["CHARBUF", "string"],
  ["FSPATH", "string"],
  ["FSRELPATH", "string"],
  ["BYTEBUF", "buffer"],
  ["IPADDR", "address"],
  ["IPNET", "network"],
]);

/** The kind of a type; UID, GID, socket addresses and the like are `opaque`: only `exists` is legal (§2.2). */
export function kindOf(type: ValueType): Kind {
  return KINDS.get(type) ?? "opaque";
}

const EQUALITY: readonly Operator[] = ["exists", "=", "!=", "in", "intersects"];
const ORDER: readonly Operator[] = ["<", "<=", ">", ">="];

/** Legal operators by kind: compat/language.md §2.2. */
const LEGAL: Readonly<Record<Kind, readonly Operator[]>> = {
  number: [...EQUALITY, ...ORDER],
  boolean: EQUALITY,
  string: [
    ...EQUALITY,
    ...ORDER,
    "contains",
    "icontains",
    "startswith",
    "endswith",
    "glob",
    "iglob",
    "regex",
    "pmatch",
  ],
  buffer: [...EQUALITY, "contains", "startswith", "endswith", "bcontains", "bstartswith"],
  address: EQUALITY,
  network: EQUALITY,
  opaque: ["exists"],
};

const LIST_TYPES: readonly ValueType[] = ["CHARBUF", "UINT64", "RELTIME", "ABSTIME", "BOOL", "IPADDR", "IPNET"];

/** The operators that a field of this type may stand on the left of. */
export function legalOperators(type: ValueType, list: boolean): readonly Operator[] {
  if (!list) return LEGAL[kindOf(type)];
  return LIST_TYPES.includes(type) ? ["exists", "in", "intersects"] : ["exists"];
}
