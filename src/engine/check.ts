// SPDX-License-Identifier: Apache-2.0

import { decodeBytes } from "../events/text.ts";
import type { EventType } from "../events/types.ts";
import type { Event } from "../fields/event.ts";
import type { Value } from "../fields/field.ts";
import type { Check, ListLiteral, Literal, Operator, TransformerCall } from "../rules/ast.ts";
import type { Catalogue } from "./catalogue.ts";
import { eventNameHint, isKnownEventName } from "./eventname.ts";
import { globTest } from "./glob.ts";
import { onStrings } from "./bytes.ts";
import { type Kind, kindOf, legalOperators } from "./kind.ts";
import { LiteralError, type LiteralValue, parseHex, parseLiteral } from "./literal.ts";
import { BindError, bindOperand, type Operand } from "./operand.ts";
import {
  ANYTHING,
  memberPredicate,
  modified,
  ordered,
  pmatchPredicate,
  type Predicate,
  singlePredicate,
} from "./predicate.ts";
import { RegexError } from "./regex.ts";
import type { Services } from "./services.ts";

/** What checks are bound against. */
export interface Context {
  readonly catalogue: Catalogue;
  readonly services: Services;
}

/** One comparison of a condition, ready to be asked. */
export interface BoundCheck {
  /** Checks with equal keys have the same outcome on every event. */
  readonly key: string;
  readonly operator: Operator;
  readonly left: Operand;
  readonly right: Operand | undefined;
  /** What is asked of the left side's value, when it is present; undefined when the right side is computed, too. */
  readonly predicate: Predicate | undefined;
  /** The outcome: the meaning that compiled code must have. */
  holds(event: Event): boolean;
  /** False when it cannot hold on any event of this type, because a side is missing there. */
  presentOn(type: EventType): boolean;
}

/**
 * The check that a node of a condition means.
 * @throws BindError when it has none: unknown field, illegal operator, a value that the type does not take.
 */
export function bindCheck(node: Check, context: Context): BoundCheck {
  if (node.left.kind === "transformer" && node.left.name === "val") {
    throw new BindError("val() stands on the right-hand side of an operator only", node.left.span);
  }
  const left = bindOperand(node.left, context.catalogue);
  if (left.field?.field.printOnly) {
    throw new BindError(`\`${left.text}\` can be used in outputs only`, node.left.span);
  }
  checkLegality(node, left);
  if (node.right?.kind === "transformer") return compareOperands(node, node.right, left, context);
  const predicate = overSeveral(node, left, node.right, context);
  return {
    key: JSON.stringify([left.text, node.operator, node.modifier ?? null, literalTexts(node.right)]),
    operator: node.operator,
    left,
    right: undefined,
    predicate,
    holds(event) {
      const value = left.get(event);
      return value !== undefined && predicate.holds(value);
    },
    presentOn: (type) => left.presentOn(type),
  };
}

/** Falco's words for kinds of fields; it counts BOOL among the numbers. */
const KIND_WORDS: Readonly<Record<Kind, string | undefined>> = {
  number: "numeric",
  boolean: "numeric",
  string: "string",
  buffer: "buffer",
  address: "ip address and network",
  network: "ip address and network",
  opaque: undefined,
};

function checkLegality({ operator, operatorSpan, modifier }: Check, { type, list, text }: Operand): void {
  const legal = legalOperators(type, list);
  if (!legal.includes(operator)) {
    const kind = list ? "list" : KIND_WORDS[kindOf(type)];
    throw new BindError(
      `'${operator}' operator not supported for ${kind === undefined ? `type '${type}'` : `${kind} filters`}`,
      operatorSpan,
      `\`${text}\` is ${type}${list ? " list" : ""}: it takes ${legal.join(" ")}`,
    );
  }
  if (modifier !== undefined && list) {
    throw new BindError(`'${modifier}' modifier not supported for list filters`, operatorSpan);
  }
}

function literalTexts(right: Literal | ListLiteral | undefined): readonly string[] {
  if (right === undefined) return [];
  return right.kind === "list" ? right.items.map(({ value }) => value) : [right.value];
}

/** The predicate of a check on its left side's value, which is an array for list fields and `several` fields. */
function overSeveral(
  node: Check,
  left: Operand,
  right: Literal | ListLiteral | undefined,
  context: Context,
): Predicate {
  const { operator } = node;
  if (operator === "exists") {
    return left.several === undefined ? ANYTHING : { holds: (value) => !Array.isArray(value) || value.length > 0 };
  }
  const kind = kindOf(left.type);
  const literals = readLiterals(node, left, right, context);
  if (left.list) {
    const member = memberPredicate(kind, literals);
    return operator === "in" ? overList("every", member) : overList("some", member);
  }
  if (left.several === "either") {
    const any = effectiveOperator(node, kind) === "!=" ? "every" : "some";
    // compat/fields.md §2: `fd.net in` looks at the first network only
    const considered = kind === "network" && node.modifier === undefined && isMembership(operator)
      ? literals.slice(0, 1)
      : literals;
    return scalarPredicate(node, kind, considered, (predicate) => overList(any, predicate));
  }
  const predicate = scalarPredicate(node, kind, literals, (each) => each);
  return left.several === "ancestors" ? overList("some", predicate) : predicate;
}

/** With a modifier, networks are only ever asked for equality (compat/language.md §2). */
function effectiveOperator({ operator, modifier }: Check, kind: Kind): Operator {
  return kind === "network" && modifier !== undefined ? "=" : operator;
}

function isMembership(operator: Operator): boolean {
  return operator === "in" || operator === "intersects";
}

function overList(quantifier: "some" | "every", predicate: Predicate): Predicate {
  const holds = (item: Value) => predicate.holds(item);
  return {
    holds: (value) => {
      if (!Array.isArray(value)) return predicate.holds(value);
      return quantifier === "some" ? value.some(holds) : value.every(holds);
    },
  };
}

/** The predicate on a single value; `widen` makes of each literal's predicate one on all that the field stands for. */
function scalarPredicate(
  node: Check,
  kind: Kind,
  literals: readonly LiteralValue[],
  widen: (predicate: Predicate) => Predicate,
): Predicate {
  const { operator, modifier, right } = node;
  if (modifier !== undefined) {
    const single = effectiveOperator(node, kind);
    return modified(modifier, literals.map((literal) => widen(singlePredicate(kind, single, literal))));
  }
  if (isMembership(operator)) return widen(memberPredicate(kind, literals));
  if (operator === "pmatch") return widen(pmatchPredicate(literals.map(String)));
  const [literal] = literals;
  if (literal === undefined || right === undefined) throw new Error(`${operator} needs a value`);
  return widen(singlePredicate(kind, operator, literal));
}

/** The right-hand values, each checked by the field's type and the operator. */
function readLiterals(
  { operator }: Check,
  left: Operand,
  right: Literal | ListLiteral | undefined,
  { services }: Context,
): LiteralValue[] {
  const items = right === undefined ? [] : right.kind === "list" ? right.items : [right];
  return items.map((item) => {
    checkEventName(left, item);
    try {
      if (operator === "bcontains" || operator === "bstartswith") return parseHex(item.value);
      const literal = parseLiteral(item.value, left.type, services);
      if (operator === "regex") singlePredicate("string", "regex", literal);
      return literal;
    } catch (error) {
      if (error instanceof LiteralError) throw new BindError(decodeBytes(error.message), item.span);
      if (error instanceof RegexError) throw new BindError(`invalid regex pattern: ${error.message}`, item.span);
      throw error;
    }
  });
}

/** Values of `evt.type` must name an event or a system call, lest a typing error silently match nothing. */
function checkEventName({ field }: Operand, { value, span }: Literal): void {
  if (field === undefined || (field.field.name !== "evt.type" && field.field.name !== "syscall.type")) return;
  if (isKnownEventName(value)) return;
  throw new BindError(
    `unknown event type \`${decodeBytes(value)}\``,
    span,
    eventNameHint(value) ?? "`lanner list events` shows every event",
    true,
  );
}

/** `left op val(field)` and `left op transformer(…)`: compat/language.md §4.2. */
function compareOperands(node: Check, call: TransformerCall, left: Operand, { catalogue }: Context): BoundCheck {
  const { operator, modifier } = node;
  const right = bindOperand(call, catalogue);
  for (const side of [left, right]) {
    if (side.noRhs || side.several !== undefined) {
      throw new BindError(`\`${side.text}\` cannot be compared with another field`, call.span);
    }
  }
  const kind = kindOf(left.type);
  if (operator === "pmatch" || operator === "regex" || kind === "network" || modifier !== undefined) {
    throw new BindError(`'${modifier ?? operator}' cannot compare \`${left.text}\` with another field`, call.span);
  }
  if (left.type !== right.type || left.list !== right.list) {
    throw new BindError(
      `\`${right.text}\` has incompatible type: ${typeText(right)}, but \`${left.text}\` is ${typeText(left)}`,
      call.span,
    );
  }
  const compare = left.list ? compareLists(operator) : compareValues(kind, operator);
  return {
    key: JSON.stringify([left.text, operator, null, { right: right.text }]),
    operator,
    left,
    right,
    predicate: undefined,
    holds(event) {
      const a = left.get(event);
      if (a === undefined) return false;
      const b = right.get(event);
      return b !== undefined && compare(a, b);
    },
    presentOn: (type) => left.presentOn(type) && right.presentOn(type),
  };
}

function typeText({ type, list }: Operand): string {
  return list ? `a list of ${type}` : type;
}

function compareLists(operator: Operator): (a: Value, b: Value) => boolean {
  return (a, b) => {
    const set = memberPredicate("string", listOf(b) as LiteralValue[]);
    const holds = (item: Value) => set.holds(item);
    return operator === "in" ? listOf(a).every(holds) : listOf(a).some(holds);
  };
}

function listOf(value: Value): readonly Value[] {
  return Array.isArray(value) ? value : [value];
}

function compareValues(kind: Kind, operator: Operator): (a: Value, b: Value) => boolean {
  const wanted: Operator = isMembership(operator) ? "=" : operator;
  if (kind === "number") {
    return (a, b) => ordered(wanted, a as number | bigint, b as number | bigint);
  }
  if (kind === "boolean") return (a, b) => (wanted === "=" ? a === b : a !== b);
  if (wanted === "glob" || wanted === "iglob") return compareGlob(wanted === "iglob");
  return (a, b) => {
    if (typeof a !== "string" || typeof b !== "string") return false;
    switch (wanted) {
      case "contains":
      case "bcontains":
        return a.includes(b);
      case "startswith":
      case "bstartswith":
        return a.startsWith(b);
      case "endswith":
        return a.endsWith(b);
      case "icontains":
        return singlePredicate(kind, wanted, b).holds(a);
      default:
        return ordered(wanted, a, b);
    }
  };
}

/** A glob that an event brings; the last one is kept compiled. */
function compareGlob(fold: boolean): (a: Value, b: Value) => boolean {
  let pattern: Value | undefined;
  let test: (value: string) => boolean = () => false;
  return (a, b) => {
    if (typeof a !== "string" || typeof b !== "string") return false;
    if (b !== pattern) {
      test = onStrings(globTest(b, fold));
      pattern = b;
    }
    return test(a);
  };
}
