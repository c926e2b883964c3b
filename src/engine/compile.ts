// SPDX-License-Identifier: Apache-2.0

/**
 * Conditions become JavaScript: for each event type one function, which asks every rule that can match such an event,
 * in order, and keeps what it learns on the way. A field is read at most once per event and a part of a condition that
 * stands in several places is decided at most once, both only when first needed; text that lies in the record is
 * compared there. What the process and its ancestors decide is kept across events (keep.ts).
 *
 * Nothing of a rule's text enters the source: it consists of the words that the emitters write, operators from a fixed
 * list, and numbers: those that index the constants handed to it, those that a rule compares numbers with, and bytes of
 * its texts, four at a time.
 */
import type { Event } from "../fields/event.ts";
import type { EventType } from "../events/types.ts";
import type { Source } from "../fields/field.ts";
import { type Condition, partsOf } from "./condition.ts";
import { CheckEmitter, type Sources, Texts } from "./emit_check.ts";
import { Estimates } from "./estimate.ts";
import { Keeping, type Place } from "./keep.ts";
import { Scope } from "./scope.ts";

/** A rule's condition for one event type, and the number by which the rule is reported. */
export interface Candidate {
  readonly rule: number;
  readonly condition: Condition;
}

/**
 * Asks the rules of one event type. `first`: the number of the first that matches, or -1. `all`: writes the numbers of
 * all that match to the front of `matches`, which has room for them, and returns how many there are.
 */
export type Matcher = (event: Event, matches: Int32Array) => number;

/** Engines optimise functions up to a size only, so rules are spread over functions of about so many parts each. */
const PARTS_PER_FUNCTION = 400;

/** Parts nested deeper than this get a function of their own: parsers of JavaScript recurse. */
const MAX_HEIGHT = 40;

/** What is asked with a lesser chance than this is kept out of the code of what is asked often. */
const SELDOM = 0.1;

/** What is found out before anything is asked: so many conditions, of so many parts each. */
const MOST_GATES = 8;
const MOST_GATE_PARTS = 5;

/** The function that asks the candidates in their order. */
export function compileMatcher(
  candidates: readonly Candidate[],
  matching: "first" | "all",
  sources: Sources = { values: new Map(), parts: new Map(), within: new Map() },
  texts: Texts = new Texts(),
): Matcher {
  const writer = new Writer(candidates.map(({ condition }) => condition), sources, texts);
  const { scope } = writer;
  const parts = split(candidates).map((part) =>
    part.map(({ rule, condition }) => {
      const found = matching === "first" ? `return ${rule | 0};` : `matches[found++] = ${rule | 0};`;
      return `if (${writer.condition(condition)}) ${found}`;
    }).join("\n")
  );
  const source = matching === "first" ? firstOf(parts, scope) : allOf(parts, scope);
  return new Function("constants", source)(scope.constants) as Matcher;
}

function firstOf(parts: readonly string[], scope: Scope): string {
  if (parts.length === 1) return scope.finish(`${parts[0]}\nreturn -1;`);
  const calls = parts.map((part) => `if ((rule = ${scope.call(`${part}\nreturn -1;`)}) >= 0) return rule;`);
  return scope.finish(["let rule = -1;", ...calls, "return -1;"].join("\n"));
}

function allOf(parts: readonly string[], scope: Scope): string {
  scope.declarations.push("let found = 0;");
  scope.resets.push("found = 0;");
  const asked = parts.length === 1 ? parts : parts.map((part) => `${scope.call(part)};`);
  return scope.finish([...asked, "return found;"].join("\n"));
}

/** How records of a type hold what the candidates ask: types that agree on it and on the candidates share a matcher. */
export function sourcesFor(candidates: readonly Candidate[], type: EventType): Sources {
  const seen = new Set<Condition>();
  for (const { condition } of candidates) collect(condition, seen);
  const values = new Map<string, Source>();
  const parts = new Map<string, Source>();
  const within = new Map<string, number>();
  for (const condition of seen) {
    const field = condition.kind === "check" ? condition.check.left.field : undefined;
    const value = field?.source?.(type);
    const part = field?.part?.source?.(type);
    if (field !== undefined && value !== undefined) values.set(field.text, value);
    if (field !== undefined && part !== undefined) parts.set(field.text, part);
    const param = field?.within?.(type) ?? -1;
    if (field !== undefined && param >= 0) within.set(field.text, param);
  }
  return { values, parts, within };
}

function split(candidates: readonly Candidate[]): Candidate[][] {
  const parts: Candidate[][] = [];
  const seen = new Set<Condition>();
  let end = 0;
  for (const candidate of candidates) {
    collect(candidate.condition, seen);
    if (parts.length === 0 || seen.size > end) {
      parts.push([]);
      end = seen.size + PARTS_PER_FUNCTION;
    }
    parts.at(-1)!.push(candidate);
  }
  return parts;
}

function collect(condition: Condition, seen: Set<Condition>): void {
  if (seen.has(condition)) return;
  seen.add(condition);
  for (const child of partsOf(condition)) collect(child, seen);
}

/** An expression of generated source, and how deeply it nests. */
interface Expression {
  readonly text: string;
  readonly height: number;
}

/** Writes the conditions of one matcher into its scope. */
class Writer {
  readonly scope = new Scope();
  readonly #checks: CheckEmitter;
  readonly #keeping: Keeping;
  readonly #estimates: Estimates;
  /** How many places ask each condition. */
  readonly #uses = new Map<Condition, number>();
  readonly #written = new Map<Condition, Expression>();
  #gates = 0;

  constructor(conditions: readonly Condition[], sources: Sources, texts: Texts) {
    this.#checks = new CheckEmitter(this.scope, sources, texts);
    for (const condition of conditions) this.#count(condition);
    this.#keeping = new Keeping(conditions);
    this.#estimates = new Estimates((condition, cost) => {
      const uses = this.#uses.get(condition) ?? 1;
      if (condition.kind === "check") cost = this.#checks.price(condition.check, cost);
      return this.#keeping.price(condition, uses === 1 ? cost : 1 + cost / uses);
    });
    const { memo } = this.#keeping;
    if (memo === undefined) return;
    this.scope.declarations.push(
      `const memo = ${this.scope.constant(memo)}, marks = memo.marks;`,
      "let place = -2;",
    );
    this.scope.resets.push("place = -2;");
  }

  #count(condition: Condition): void {
    const uses = (this.#uses.get(condition) ?? 0) + 1;
    this.#uses.set(condition, uses);
    if (uses > 1) return;
    if (condition.kind === "check") this.#checks.count(condition.check);
    for (const child of partsOf(condition)) this.#count(child);
  }

  /** An expression that is true when the condition holds. */
  condition(condition: Condition): string {
    return this.#expression(condition).text;
  }

  #expression(condition: Condition): Expression {
    const known = this.#written.get(condition);
    if (known !== undefined) return known;
    const place = this.#keeping.placeOf(condition);
    const plain = this.#plain(condition);
    const shared = this.#uses.get(condition)! > 1 && !this.#isCheap(condition);
    const text = shared ? this.#shared(condition, plain.text) : plain.text;
    const expression = place !== undefined
      ? { text: this.#kept(text, place), height: 1 }
      : shared
      ? { text, height: 1 }
      : plain.height > MAX_HEIGHT
      ? { text: this.scope.call(`return ${plain.text};`), height: 1 }
      : plain;
    this.#written.set(condition, expression);
    return expression;
  }

  /** What several places ask: found out when it is first asked, or before anything is, where that is cheap. */
  #shared(condition: Condition, truth: string): string {
    if (this.#gates >= MOST_GATES || !this.#isGate(condition)) return this.scope.remembered(truth);
    this.#gates++;
    return this.scope.register(truth);
  }

  /** Whether a condition is a few cheap ones: `open_read` and its like, which stand before all else. */
  #isGate(condition: Condition): boolean {
    if (condition.kind === "constant" || condition.kind === "check") return this.#isCheap(condition);
    const parts = partsOf(condition);
    return parts.length <= MOST_GATE_PARTS && parts.every((part) => this.#isGate(part));
  }

  /** Whether finding out takes no longer than remembering. */
  #isCheap(condition: Condition): boolean {
    if (condition.kind === "check") return this.#checks.isCheap(condition.check);
    return condition.kind === "constant" || condition.kind === "not";
  }

  #plain(condition: Condition): Expression {
    switch (condition.kind) {
      case "constant":
        return { text: String(condition.value), height: 0 };
      case "not": {
        const child = this.#expression(condition.child);
        return { text: `!(${child.text})`, height: child.height + 1 };
      }
      case "check":
        return { text: this.#checks.check(condition.check), height: 1 };
      default: {
        const { kind, children } = condition;
        return this.#joined(kind, this.#estimates.order(kind, this.#flat(kind, children)));
      }
    }
  }

  /** The parts one after another; those that are seldom asked in a function of their own, so that the others fit. */
  #joined(kind: "and" | "or", parts: readonly Condition[]): Expression {
    let asked = 1;
    const often = parts.findIndex((part) => {
      if (asked < SELDOM) return true;
      const { chance } = this.#estimates.of(part);
      asked *= kind === "and" ? chance : 1 - chance;
      return false;
    });
    if (often < 0 || often === parts.length - 1) return this.#row(kind, parts.map((part) => this.#expression(part)));
    const first = parts.slice(0, often).map((part) => this.#expression(part));
    const rest = this.#row(kind, parts.slice(often).map((part) => this.#expression(part)));
    return this.#row(kind, [...first, { text: this.scope.call(`return ${rest.text};`), height: 1 }]);
  }

  #row(kind: "and" | "or", expressions: readonly Expression[]): Expression {
    const nested = expressions.reduce((most, { height }) => Math.max(most, height), 0);
    const height = nested + Math.ceil(Math.log2(expressions.length)) + 1;
    return { text: balanced(expressions.map(({ text }) => text), kind === "and" ? " && " : " || "), height };
  }

  /** The parts, with those of a nested `and` in an `and` (`or` in `or`) that nothing else asks in its place. */
  #flat(kind: "and" | "or", parts: readonly Condition[]): readonly Condition[] {
    return parts.flatMap((part) => {
      if (part.kind !== kind || this.#uses.get(part) !== 1 || this.#keeping.placeOf(part) !== undefined) return [part];
      return this.#flat(kind, part.children);
    });
  }

  /** A truth that is kept across events for the process that decides it. */
  #kept(truth: string, { word, known, holds }: Place): string {
    const finder = this.scope.call(`return ${truth};`);
    return this.scope.call(
      "if (place === -2) place = memo.find(event);" +
        ` if (place < 0) return ${finder};` +
        ` const mark = marks[place + ${word}];` +
        ` if ((mark & ${known}) !== 0) return (mark & ${holds}) !== 0;` +
        ` if (${finder}) { marks[place + ${word}] |= ${known | holds}; return true; }` +
        ` marks[place + ${word}] |= ${known}; return false;`,
    );
  }
}

/** Operands joined as a balanced tree: thousands in one row would exhaust the stack of a parser. */
function balanced(operands: readonly string[], operator: string): string {
  if (operands.length <= 16) return `(${operands.join(operator)})`;
  const middle = operands.length >> 1;
  return `(${balanced(operands.slice(0, middle), operator)}${operator}${balanced(operands.slice(middle), operator)})`;
}
