// SPDX-License-Identifier: Apache-2.0

import type { Category, SymbolTable, ValueType } from "./types.ts";

/** One parameter as the event table's rows state it; `extra` is its symbols, or the index of its directory descriptor. */
export type ParamRow = readonly [name: string, type: ValueType, extra?: SymbolTable | number];

/** One event type as the rows state it: `fd` tells whether the call creates (C) or uses (U) a descriptor. */
export type EventRow = readonly [
  code: number,
  name: string,
  category: Category,
  fd: "" | "C" | "U" | "CU",
  params: readonly ParamRow[],
];
