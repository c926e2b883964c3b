// SPDX-License-Identifier: Apache-2.0

import type { Slice, Value } from "../fields/field.ts";
import type { Operator } from "../rules/ast.ts";
import {
  type BytesTest,
  containsBytes,
  endsWithBytes,
  equalsBytes,
  memberBytes,
  onStrings,
  startsWithBytes,
} from "./bytes.ts";
import type { TextQuestion } from "./emit_text.ts";
import { globTest } from "./glob.ts";
import type { Kind } from "./kind.ts";
import { type LiteralValue, maskAddress, type Network } from "./literal.ts";
import { pmatchTest } from "./pmatch.ts";
import { regexTest } from "./regex.ts";

/** The comparisons that generated code spells out instead of calling `holds`. */
export type InlineOperator = "===" | "!==" | "==" | "!=" | "<" | "<=" | ">" | ">=";

/** A question about one present value. */
export interface Predicate {
  holds(value: Value): boolean;
  /** The same question about bytes in place. */
  readonly onBytes?: BytesTest;
  /** The same question for generated code; only where there is `onBytes`. */
  readonly question?: TextQuestion;
  /** The same question as a comparison with a constant. */
  readonly inline?: { readonly operator: InlineOperator; readonly operand: string | number | bigint | boolean };
}

/** True of everything: the question `exists` asks of a present value. */
export const ANYTHING: Predicate = { holds: () => true, onBytes: () => true };

/** A question about text, from its two forms. */
function onText(holds: (text: string) => boolean, onBytes?: BytesTest, question?: TextQuestion): Predicate {
  return {
    holds: (value) => typeof value === "string" && holds(value),
    ...(onBytes === undefined ? {} : { onBytes }),
    ...(question === undefined ? {} : { question }),
  };
}

function onTextBytes(onBytes: BytesTest): Predicate {
  return onText(onStrings(onBytes), onBytes);
}

/** `value operator literal` for one literal of the field's kind. The operator is legal for the kind. */
export function singlePredicate(kind: Kind, operator: Operator, literal: LiteralValue): Predicate {
  if (typeof literal === "object") return networkPredicate(operator, literal);
  if (kind === "number") return numberPredicate(operator, literal);
  const text = String(literal);
  switch (operator) {
    case "=":
      if (typeof literal === "boolean") return { ...equality(literal), inline: { operator: "===", operand: literal } };
      return {
        ...equality(literal),
        onBytes: equalsBytes(text),
        question: { kind: "is", texts: [text] },
        inline: { operator: "===", operand: literal },
      };
    case "!=": {
      const same = equality(literal);
      const inline = { operator: "!==", operand: literal } as const;
      if (typeof literal === "boolean") return { holds: (value) => !same.holds(value), inline };
      const onBytes = equalsBytes(text);
      const question = { kind: "is", texts: [text], negated: true } as const;
      return { holds: (value) => !same.holds(value), onBytes: (at) => !onBytes(at), question, inline };
    }
    case "contains":
    case "bcontains":
      return onText((value) => value.includes(text), containsBytes(text), { kind: "contains", texts: [text] });
    case "icontains":
      return onTextBytes(containsBytes(text, true));
    case "startswith":
    case "bstartswith":
      return onText((value) => value.startsWith(text), startsWithBytes(text), { kind: "starts", texts: [text] });
    case "endswith":
      return onText((value) => value.endsWith(text), endsWithBytes(text), { kind: "ends", texts: [text] });
    case "glob":
      return onTextBytes(globTest(text));
    case "iglob":
      return onTextBytes(globTest(text, true));
    case "regex":
      return onText(regexTest(text));
    case "<":
    case "<=":
    case ">":
    case ">=":
      return onText((value) => ordered(operator, value, text));
    default:
      throw new Error(`${operator} does not compare with one value`);
  }
}

function equality(literal: string | number | bigint | boolean): Predicate {
  return { holds: (value) => value === literal };
}

/** `a operator b` by JavaScript's order, which for binary strings is that of their bytes. */
export function ordered<T extends string | number | bigint>(operator: Operator, a: T, b: T): boolean {
  switch (operator) {
    case "<":
      return a < b;
    case "<=":
      return a <= b;
    case ">":
      return a > b;
    case ">=":
      return a >= b;
    case "!=":
      return a != b; // loose, so that a bigint equals the same number
    default:
      return a == b;
  }
}

function numberPredicate(operator: Operator, literal: string | number | bigint | boolean): Predicate {
  if (typeof literal !== "number" && typeof literal !== "bigint") throw new Error("a number is compared with a number");
  const inline = operator === "=" ? "==" : operator;
  if (inline !== "==" && inline !== "!=" && inline !== "<" && inline !== "<=" && inline !== ">" && inline !== ">=") {
    throw new Error(`${operator} does not compare numbers`);
  }
  return {
    holds: (value) => isNumber(value) && ordered<number | bigint>(operator, value, literal),
    inline: { operator: inline, operand: literal },
  };
}

function isNumber(value: Value): value is number | bigint {
  return typeof value === "number" || typeof value === "bigint";
}

/** Whether an address lies in a network; one of the other family never does. */
function inside(address: Value, { address: network, prefix }: Network): boolean {
  return typeof address === "string" && address.length === network.length && maskAddress(address, prefix) === network;
}

function networkPredicate(operator: Operator, network: Network): Predicate {
  if (operator === "!=") return { holds: (value) => !inside(value, network) };
  return { holds: (value) => inside(value, network) };
}

/** `value in (literals)`, for one value. */
export function memberPredicate(kind: Kind, literals: readonly LiteralValue[]): Predicate {
  if (kind === "network") {
    const networks = literals.map((literal) => singlePredicate(kind, "=", literal));
    return { holds: (value) => networks.some((network) => network.holds(value)) };
  }
  const set = new Set<Value | Network>(literals);
  const holds = (value: Value) => set.has(typeof value === "bigint" ? smallest(value) : value);
  if (kind !== "string" && kind !== "buffer" && kind !== "address") return { holds };
  const texts = literals.map(String);
  return { holds, onBytes: memberBytes(texts), question: { kind: "is", texts } };
}

/** A bigint that a double holds exactly, as that double: literals are kept in this form. */
function smallest(value: bigint): number | bigint {
  const double = Number(value);
  return Number.isSafeInteger(double) ? double : value;
}

/** `value pmatch (paths)`. */
export function pmatchPredicate(paths: readonly string[]): Predicate {
  return onTextBytes(pmatchTest(paths));
}

/** How many of several questions must hold: Falco's modifiers, and none of them for an empty list. */
export function modified(modifier: "oneof" | "anyof" | "allof", predicates: readonly Predicate[]): Predicate {
  const enough = (count: number): boolean =>
    modifier === "anyof" ? count > 0 : modifier === "oneof" ? count === 1 : count > 0 && count === predicates.length;
  const tests = predicates.map(({ onBytes }) => onBytes);
  const holds = (value: Value) => enough(count(predicates, (predicate) => predicate.holds(value)));
  if (!tests.every((test): test is BytesTest => test !== undefined)) return { holds };
  return {
    holds,
    onBytes(at: Slice) {
      let holding = 0;
      for (let i = 0; i < tests.length; i++) if (tests[i]!(at)) holding++;
      return enough(holding);
    },
  };
}

function count<T>(items: readonly T[], holds: (item: T) => boolean): number {
  return items.reduce((sum, item) => sum + (holds(item) ? 1 : 0), 0);
}
