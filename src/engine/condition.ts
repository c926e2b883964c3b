// SPDX-License-Identifier: Apache-2.0

import type { EventType } from "../events/types.ts";
import type { Check, Expr } from "../rules/ast.ts";
import type { BoundCheck } from "./check.ts";

/** A condition in which equal parts are the same object, so that a part which several rules share is seen to be one. */
export type Condition =
  | { readonly kind: "constant"; readonly id: number; readonly value: boolean }
  | { readonly kind: "check"; readonly id: number; readonly check: BoundCheck }
  | { readonly kind: "not"; readonly id: number; readonly child: Condition }
  | { readonly kind: "and" | "or"; readonly id: number; readonly children: readonly Condition[] };

/** A condition's node without the number that its table gives it. */
type Unnumbered =
  | { readonly kind: "constant"; readonly value: boolean }
  | { readonly kind: "check"; readonly check: BoundCheck }
  | { readonly kind: "not"; readonly child: Condition }
  | { readonly kind: "and" | "or"; readonly children: readonly Condition[] };

/** The conditions that a condition is made of. */
export function partsOf(condition: Condition): readonly Condition[] {
  if (condition.kind === "not") return [condition.child];
  return condition.kind === "and" || condition.kind === "or" ? condition.children : [];
}

/** What is true of whole conditions by what is true of their checks, each found out once. */
export class ByChecks {
  readonly #found = new Map<Condition, boolean>();
  readonly #quantifier: "some" | "every";
  readonly #test: (check: BoundCheck) => boolean;

  constructor(quantifier: "some" | "every", test: (check: BoundCheck) => boolean) {
    this.#quantifier = quantifier;
    this.#test = test;
  }

  /** False of a constant. */
  of(condition: Condition): boolean {
    const known = this.#found.get(condition);
    if (known !== undefined) return known;
    const found = condition.kind === "check"
      ? this.#test(condition.check)
      : condition.kind !== "constant" && partsOf(condition)[this.#quantifier]((part) => this.of(part));
    this.#found.set(condition, found);
    return found;
  }
}

/** Whether a field of a check tells when it was asked last, so that asking is not without effect. */
export function isStateful({ left, right }: BoundCheck): boolean {
  return left.field?.stateful === true || right?.field?.stateful === true;
}

/** Gives equal conditions the same object, and leaves out what constants decide. */
export class ConditionTable {
  readonly #nodes = new Map<string, Condition>();
  readonly #checks = new Map<BoundCheck, Condition>();
  readonly never: Condition = this.#intern("false", { kind: "constant", value: false });
  readonly always: Condition = this.#intern("true", { kind: "constant", value: true });

  #intern(key: string, node: Unnumbered): Condition {
    const known = this.#nodes.get(key);
    if (known !== undefined) return known;
    const made: Condition = { ...node, id: this.#nodes.size };
    this.#nodes.set(key, made);
    return made;
  }

  check(check: BoundCheck): Condition {
    const known = this.#checks.get(check);
    if (known !== undefined) return known;
    const node = this.#intern(`check ${check.key}`, { kind: "check", check });
    this.#checks.set(check, node);
    return node;
  }

  not(child: Condition): Condition {
    if (child.kind === "constant") return child.value ? this.never : this.always;
    if (child.kind === "not") return child.child;
    return this.#intern(`not ${child.id}`, { kind: "not", child });
  }

  /** `and` or `or` of the children, in their order, each once. */
  join(kind: "and" | "or", children: readonly Condition[]): Condition {
    const decisive = kind === "or";
    const needed = new Set<Condition>();
    for (const child of children) {
      if (child.kind !== "constant") needed.add(child);
      else if (child.value === decisive) return child;
    }
    const [first] = needed;
    if (first === undefined) return decisive ? this.never : this.always;
    if (needed.size === 1) return first;
    const rest = [...needed];
    return this.#intern(`${kind} ${rest.map(({ id }) => id).join(" ")}`, { kind, children: rest });
  }
}

/**
 * The condition as it is for events of one type: checks on the type's name are decided, and checks on fields which
 * such events never have are false. A rule whose condition comes out false need not be asked at all.
 */
export function specialise(
  expr: Expr,
  type: EventType,
  checks: ReadonlyMap<Check, BoundCheck>,
  table: ConditionTable,
): Condition {
  const done = new Map<Expr, Condition>(); // a macro's node stands in many places
  const visit = (node: Expr): Condition => {
    const known = done.get(node);
    if (known !== undefined) return known;
    const condition = convert(node);
    done.set(node, condition);
    return condition;
  };
  const convert = (node: Expr): Condition => {
    switch (node.kind) {
      case "and":
      case "or":
        return table.join(node.kind, node.children.map(visit));
      case "not":
        return table.not(visit(node.child));
      case "check": {
        const check = checks.get(node);
        if (check === undefined) throw new Error("a check was not bound");
        return specialiseCheck(check, type, table);
      }
      case "macro":
        throw new Error(`macro ${node.name} was not resolved`);
    }
  };
  return visit(expr);
}

function specialiseCheck(check: BoundCheck, type: EventType, table: ConditionTable): Condition {
  if (!check.presentOn(type)) return table.never;
  const name = check.left.field?.field.name;
  if (check.predicate !== undefined) {
    if (name === "evt.type" || name === "syscall.type") {
      return check.predicate.holds(type.name) ? table.always : table.never;
    }
    if (name === "evt.num") return specialiseNumber(check, table);
  }
  return table.check(check);
}

/** Events are numbered from 1: `evt.num = 0` and its like, by which official rules say "never", are decided. */
function specialiseNumber(check: BoundCheck, table: ConditionTable): Condition {
  const inline = check.predicate?.inline;
  if (inline === undefined) return table.check(check);
  const limit = Number(inline.operand);
  switch (inline.operator) {
    case "==":
      return limit < 1 ? table.never : table.check(check);
    case "!=":
      return limit < 1 ? table.always : table.check(check);
    case "<":
      return limit <= 1 ? table.never : table.check(check);
    case "<=":
      return limit < 1 ? table.never : table.check(check);
    case ">":
      return limit < 1 ? table.always : table.check(check);
    case ">=":
      return limit <= 1 ? table.always : table.check(check);
    default:
      return table.check(check);
  }
}
