// SPDX-License-Identifier: Apache-2.0

import type { Expr, MacroRef } from "./ast.ts";

/** A macro as the resolver needs it. */
export interface MacroSource {
  readonly name: string;
  /** Its parsed condition; undefined when that failed. */
  readonly condition: Expr | undefined;
  readonly index: number;
  /** It sees the macros whose index is lower. */
  readonly visibility: number;
}

/** Why a reference could not be resolved. */
export type MacroProblem =
  | { readonly kind: "undefined" | "loop"; readonly ref: MacroRef }
  /** Macros that use macros that use … so many that the condition can't be compiled. */
  | { readonly kind: "size" | "depth"; readonly ref: MacroRef };

/** A condition without references. */
export interface Resolved {
  readonly condition: Expr;
  /** Macros that it refers to itself, in the order of first use. */
  readonly macros: readonly string[];
}

/** Checks in a condition when each macro is written out where it is used; nodes nested in each other. */
export const MAX_CHECKS = 200_000;
export const MAX_DEPTH = 4000;

interface Measure {
  readonly checks: number;
  readonly depth: number;
}

type Entry =
  | { readonly state: "open" }
  | { readonly state: "failed"; readonly problems: readonly MacroProblem[] }
  | { readonly state: "done"; readonly resolved: Resolved; readonly measure: Measure };

/** Macros may use macros this deep. */
const MAX_CHAIN = 1000;

/**
 * Puts the conditions of macros in place of references to them. A macro is resolved once and its one tree stands
 * wherever it is used, so that equal sub-conditions are recognised by identity and nesting macros costs no memory.
 */
export class MacroResolver {
  private readonly entries = new Map<string, Entry>();
  private chain = 0;

  constructor(private readonly macros: ReadonlyMap<string, MacroSource>) {}

  /** The macro `name` resolved, or the problems of its own condition (none if these are another macro's). */
  macro(name: string): Resolved | readonly MacroProblem[] {
    const source = this.macros.get(name);
    if (source === undefined) return [];
    const entry = this.resolveMacro(source);
    return entry.state === "done" ? entry.resolved : entry.state === "failed" ? entry.problems : [];
  }

  /** A rule's condition resolved, or the problems of its own references (none if these are in macros). */
  rule(condition: Expr): Resolved | readonly MacroProblem[] {
    const entry = this.resolve(condition, Infinity);
    return entry.state === "done" ? entry.resolved : entry.state === "failed" ? entry.problems : [];
  }

  /** `names` and the macros that these use, in the order of first use. */
  withUsed(names: readonly string[]): string[] {
    const seen = new Set<string>();
    const pending = [...names].reverse();
    for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
      const entry = this.entries.get(name);
      if (seen.has(name) || entry?.state !== "done") continue;
      seen.add(name);
      for (let i = entry.resolved.macros.length - 1; i >= 0; i--) pending.push(entry.resolved.macros[i]!);
    }
    return [...seen];
  }

  private resolveMacro(source: MacroSource): Entry {
    const known = this.entries.get(source.name);
    if (known !== undefined) return known;
    this.entries.set(source.name, { state: "open" });
    this.chain++;
    const entry = source.condition === undefined
      ? { state: "failed", problems: [] } as const
      : this.resolve(source.condition, source.visibility);
    this.chain--;
    this.entries.set(source.name, entry);
    return entry;
  }

  private resolve(condition: Expr, visibility: number): Entry {
    const problems: MacroProblem[] = [];
    const used = new Set<string>();
    let failed = false;

    const substitute = (ref: MacroRef): { readonly condition: Expr; readonly measure: Measure } => {
      const measure = { checks: 1, depth: 1 };
      const source = this.macros.get(ref.name);
      if (source === undefined || source.index >= visibility) {
        problems.push({ kind: "undefined", ref });
        return { condition: ref, measure };
      }
      if (this.chain >= MAX_CHAIN) {
        problems.push({ kind: "depth", ref });
        return { condition: ref, measure };
      }
      const entry = this.resolveMacro(source);
      if (entry.state === "done") {
        used.add(ref.name);
        const { checks, depth } = entry.measure;
        return { condition: entry.resolved.condition, measure: { checks, depth: depth + 1 } };
      }
      if (entry.state === "open") problems.push({ kind: "loop", ref });
      failed = true;
      return { condition: ref, measure };
    };

    const walk = (expr: Expr): { readonly condition: Expr; readonly measure: Measure } => {
      switch (expr.kind) {
        case "check":
          return { condition: expr, measure: { checks: 1, depth: 1 } };
        case "macro":
          return substitute(expr);
        case "not": {
          const { condition: child, measure } = walk(expr.child);
          return {
            condition: child === expr.child ? expr : { ...expr, child },
            measure: { checks: measure.checks, depth: measure.depth + 1 },
          };
        }
        case "and":
        case "or": {
          const children: Expr[] = [];
          let checks = 0;
          let depth = 0;
          let changed = false;
          for (const child of expr.children) {
            const result = walk(child);
            children.push(result.condition);
            changed ||= result.condition !== child;
            checks += result.measure.checks;
            depth = Math.max(depth, result.measure.depth);
            if (result.measure.checks <= MAX_CHECKS && checks > MAX_CHECKS && child.kind === "macro") {
              problems.push({ kind: "size", ref: child });
            }
          }
          return { condition: changed ? { ...expr, children } : expr, measure: { checks, depth: depth + 1 } };
        }
      }
    };

    const { condition: resolved, measure } = walk(condition);
    if (problems.length === 0 && (measure.checks > MAX_CHECKS || measure.depth > MAX_DEPTH)) {
      const ref = firstRef(condition);
      if (ref !== undefined) problems.push({ kind: measure.checks > MAX_CHECKS ? "size" : "depth", ref });
    }
    if (failed || problems.length > 0) return { state: "failed", problems };
    return { state: "done", resolved: { condition: resolved, macros: [...used] }, measure };
  }
}

/** The macros that a condition refers to itself. */
export function references(condition: Expr): MacroRef[] {
  const found: MacroRef[] = [];
  const pending: Expr[] = [condition];
  for (let expr = pending.pop(); expr !== undefined; expr = pending.pop()) {
    if (expr.kind === "macro") found.push(expr);
    else if (expr.kind === "not") pending.push(expr.child);
    else if (expr.kind !== "check") {
      for (let i = expr.children.length - 1; i >= 0; i--) pending.push(expr.children[i]!);
    }
  }
  return found;
}

function firstRef(condition: Expr): MacroRef | undefined {
  return references(condition)[0];
}
