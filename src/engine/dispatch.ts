// SPDX-License-Identifier: Apache-2.0

import { EVENT_TYPES } from "../events/table.ts";
import type { EventType } from "../events/types.ts";
import type { Check, Expr } from "../rules/ast.ts";
import type { BoundCheck } from "./check.ts";
import type { Candidate } from "./compile.ts";
import { ConditionTable, specialise } from "./condition.ts";
import { ProcessGroups } from "./keep.ts";
import type { EventSet } from "./eventset.ts";

/** A condition and what its checks mean. */
export interface Judged {
  readonly condition: Expr;
  readonly checks: ReadonlyMap<Check, BoundCheck>;
  /** The event types that it asks for. */
  readonly events: EventSet;
}

/** For each event type that some condition can match: these conditions, as they are for it, in order. */
export type Dispatch = ReadonlyMap<EventType, readonly Candidate[]>;

/**
 * Finds out which conditions can match events of which types; a candidate's number is its condition's index. Types so
 * frequent that nobody wants them by accident are only matched by what names them.
 */
export function dispatchOf(conditions: readonly Judged[]): Dispatch {
  const table = new ConditionTable();
  const groups = new ProcessGroups(table);
  const dispatch = new Map<EventType, readonly Candidate[]>();
  for (const type of EVENT_TYPES) {
    const candidates: Candidate[] = [];
    conditions.forEach(({ condition: expr, checks, events }, rule) => {
      const named = events.names.has(type.name);
      if (named === events.inverted || (type.frequent && !named)) return;
      const condition = groups.of(specialise(expr, type, checks, table));
      if (condition !== table.never) candidates.push({ rule, condition });
    });
    if (candidates.length > 0) dispatch.set(type, candidates);
  }
  return dispatch;
}
