// SPDX-License-Identifier: Apache-2.0

import type { Event } from "../fields/event.ts";
import type { Check, Expr } from "../rules/ast.ts";
import type { BoundCheck } from "./check.ts";

/**
 * Whether a condition holds, by walking its tree as the language defines it: the reference that compiled conditions
 * are tested against and measured by. Not for the hot path.
 */
export function interpret(expr: Expr, checks: ReadonlyMap<Check, BoundCheck>, event: Event): boolean {
  switch (expr.kind) {
    case "and":
      return expr.children.every((child) => interpret(child, checks, event));
    case "or":
      return expr.children.some((child) => interpret(child, checks, event));
    case "not":
      return !interpret(expr.child, checks, event);
    case "check": {
      const check = checks.get(expr);
      if (check === undefined) throw new Error("a check was not bound");
      return check.holds(event);
    }
    case "macro":
      throw new Error(`macro ${expr.name} was not resolved`);
  }
}
