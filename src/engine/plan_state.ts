// SPDX-License-Identifier: Apache-2.0

import type { RecordReader } from "../events/record.ts";
import { EVENT_TYPES } from "../events/table.ts";
import type { EventType } from "../events/types.ts";
import { layout } from "../fields/layout.ts";
import { EXEC, LIFECYCLE } from "../host/lifecycle.ts";

/** Event types whose records keep the process table. */
export const STATE_TYPES: ReadonlySet<EventType> = new Set(EVENT_TYPES.filter(({ code }) => LIFECYCLE[code] !== 0));

/** Whether the process table needs this record, whatever rules say: an exec that failed tells it nothing. */
export function keepsState(type: EventType, record: RecordReader): boolean {
  if (!STATE_TYPES.has(type)) return false;
  const { result } = layout(type);
  return LIFECYCLE[type.code] !== EXEC || !record.hasNumber(result) || record.number(result) >= 0;
}
