// SPDX-License-Identifier: Apache-2.0

/**
 * Conditions become JavaScript: for each event type one function, which asks every rule that can match such an event,
 * in order, and keeps what it learns on the way. A field is read at most once per event and a part of a condition that
 * stands in several places is decided at most once, both only when first needed; text that lies in the record is
 * compared there. What the process alone decides is kept across events (keep.ts).
 *
 * Nothing of a rule's text enters the source: it consists of the words below, operators from a fixed list and numbers
 * that index the constants handed to it.
 */
import type { Event } from "../fields/event.ts";
import { RECORD_HEADER_BYTES } from "../events/record.ts";
import type { EventType } from "../events/types.ts";
import type { BoundField, Slice, Source } from "../fields/field.ts";
import type { BoundCheck } from "./check.ts";
import { type Condition, partsOf } from "./condition.ts";
import { Estimates } from "./estimate.ts";
import { Keeping, type Place } from "./keep.ts";
import type { ProcessMemo } from "./memo.ts";
import type { Predicate } from "./predicate.ts";

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

/** What it costs to locate a text, which all that ask of it share: see estimate.ts. */
const LOCATING = 30;

/** Flags kept in one variable: a small integer in every engine. */
const FLAGS_PER_WORD = 30;

/** The function that asks the candidates in their order. */
export function compileMatcher(
  candidates: readonly Candidate[],
  matching: "first" | "all",
  sources: Sources = new Map(),
): Matcher {
  const writer = new Writer(candidates.map(({ condition }) => condition), sources);
  const parts = split(candidates).map((part, i) => {
    const tests = part.map(({ rule, condition }) => {
      const found = matching === "first" ? `return ${rule | 0};` : `matches[found++] = ${rule | 0};`;
      return `if (${writer.condition(condition)}) ${found}`;
    });
    return matching === "first"
      ? `function part${i}(event) {\n${tests.join("\n")}\nreturn -1;\n}`
      : `function part${i}(event, matches, found) {\n${tests.join("\n")}\nreturn found;\n}`;
  });
  const calls = matching === "first"
    ? ["let rule = -1;", ...parts.map((_, i) => `if ((rule = part${i}(event)) >= 0) return rule;`), "return -1;"]
    : ["let found = 0;", ...parts.map((_, i) => `found = part${i}(event, matches, found);`), "return found;"];
  const source = [
    `"use strict";`,
    ...writer.declarations,
    ...parts,
    `return function matcher(event, matches) {`,
    ...writer.resets,
    ...calls,
    `};`,
  ].join("\n");
  const names = ["fields", "slices", "predicates", "bytes", "operands", "checks", "memos"] as const;
  const make = new Function(...names, source);
  return make(...names.map((name) => writer[name])) as Matcher;
}

/** How fields are read that need no call, by their text. */
export type Sources = ReadonlyMap<string, Source>;

/** How records of a type hold what the candidates ask: types that agree on it and on the candidates share a matcher. */
export function sourcesFor(candidates: readonly Candidate[], type: EventType): Sources {
  const seen = new Set<Condition>();
  for (const { condition } of candidates) collect(condition, seen);
  const sources = new Map<string, Source>();
  for (const condition of seen) {
    const field = condition.kind === "check" ? condition.check.left.field : undefined;
    const source = field?.source?.(type);
    if (field !== undefined && source !== undefined) sources.set(field.text, source);
  }
  return sources;
}

/** The record as variables of a matcher, and what `has`, `low` and `high` stand for. RecordReader has the same. */
const RECORD = "let i32, base = 0, table = 0, count = 0, entry = 0;";
const READ_RECORD = [
  "const record = event.record;",
  `i32 = record.memory.i32; base = record.base >> 2; table = base + ${RECORD_HEADER_BYTES >> 2};`,
  "count = record.paramCount;",
];

function expand(source: string): string {
  return `(${
    source.replace(/\b(has|low|high)\((\d+)\)/g, (_, what: string, index: string) => {
      const present = `${index} < count && ((entry = i32[table + ${index}]) & 0xffff) >= 8`;
      if (what === "has") return `(${present})`;
      return `(${present} ? i32[base + ((entry >>> 16) << 1)${what === "high" ? " + 1" : ""}] : 0)`;
    })
  })`;
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

/** Writes expressions, and collects the constants, memory and functions that they name. */
class Writer {
  /** Constants, variables and functions outside the matcher. */
  readonly declarations: string[] = [];
  /** What the matcher does first: forgets the last event. */
  readonly resets: string[] = [];
  readonly fields: BoundField[] = [];
  readonly slices: Slice[] = [];
  readonly predicates: unknown[] = [];
  readonly bytes: unknown[] = [];
  readonly operands: unknown[] = [];
  readonly checks: unknown[] = [];
  readonly memos: readonly ProcessMemo[];
  readonly #keeping: Keeping;
  readonly #estimates: Estimates;
  /** How many places ask each condition. */
  readonly #uses = new Map<Condition, number>();
  /** How many conditions read each field, by how they read it. */
  readonly #reads = new Map<string, number>();
  /** Fields whose bytes are compared. */
  readonly #located = new Map<string, BoundField>();
  readonly #fieldNumbers = new Map<string, number>();
  readonly #written = new Map<Condition, Expression>();
  readonly #readers = new Map<string, string>();
  #flags = 0;
  #functions = 0;

  constructor(conditions: readonly Condition[], readonly sources: Sources) {
    if (sources.size > 0) {
      this.declarations.push(RECORD);
      this.resets.push(...READ_RECORD);
    }
    for (const condition of conditions) this.#count(condition);
    this.#keeping = new Keeping(conditions);
    this.#estimates = new Estimates((condition, cost) => {
      const uses = this.#uses.get(condition) ?? 1;
      if (condition.kind === "check" && readsBytes(condition.check)) {
        cost += LOCATING / (this.#reads.get(readKey(condition.check)) ?? 1);
      }
      return this.#keeping.price(condition, uses === 1 ? cost : 1 + cost / uses);
    });
    const { memo } = this.#keeping;
    this.memos = memo === undefined ? [] : [memo];
    if (memo === undefined) return;
    this.declarations.push("const memo = memos[0], marks = memo.marks;", "let place = -2;");
    this.resets.push("place = -2;");
  }

  #count(condition: Condition): void {
    const uses = (this.#uses.get(condition) ?? 0) + 1;
    this.#uses.set(condition, uses);
    if (uses > 1) return;
    if (condition.kind === "check") this.#countRead(condition.check);
    for (const child of partsOf(condition)) this.#count(child);
  }

  #countRead(check: BoundCheck): void {
    const key = readKey(check);
    this.#reads.set(key, (this.#reads.get(key) ?? 0) + 1);
    const { field } = check.left;
    if (field !== undefined && readsBytes(check)) this.#located.set(field.text, field);
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
    const shared = this.#uses.get(condition)! > 1 && condition.kind !== "constant" && condition.kind !== "not";
    const text = shared ? this.#remembered(plain.text) : plain.text;
    const expression = place !== undefined
      ? { text: this.#kept(text, place), height: 1 }
      : shared
      ? { text, height: 1 }
      : plain.height > MAX_HEIGHT
      ? { text: this.#ownFunction(`return ${plain.text};`), height: 1 }
      : plain;
    this.#written.set(condition, expression);
    return expression;
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
        return { text: this.#check(condition.check), height: 1 };
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
    return this.#row(kind, [...first, { text: this.#ownFunction(`return ${rest.text};`), height: 1 }]);
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

  #check(check: BoundCheck): string {
    const { predicate, left: { field } } = check;
    if (predicate === undefined || field === undefined) {
      return `${this.#constant("checks", check)}.holds(event)`;
    }
    const source = this.sources.get(field.text);
    if (source !== undefined) return `(${expand(source.present)} && ${this.#asked(predicate, expand(source.value))})`;
    const number = this.#field(field);
    if (readsBytes(check)) {
      return `(${this.#locate(field)} && ${this.#constant("bytes", predicate.onBytes)}(slice${number}))`;
    }
    const once = this.#reads.get(readKey(check)) === 1;
    const value = this.#reader(readKey(check), () => this.#value(number, once));
    return `(${value} !== undefined && ${this.#asked(predicate, `value${number}`)})`;
  }

  /** The predicate's question about a value that is there. */
  #asked(predicate: Predicate, value: string): string {
    const { inline } = predicate;
    if (inline === undefined) return `${this.#constant("predicates", predicate)}.holds(${value})`;
    return `${value} ${inline.operator} ${this.#constant("operands", inline.operand)}`;
  }

  /** Points a field's slice at its value, the first time in an event; from the field that it is a part of, if read. */
  #locate(field: BoundField): string {
    return this.#reader(`bytes ${field.text}`, () => {
      const number = this.#field(field);
      const whole = field.part && this.#located.get(field.part.of);
      if (whole === undefined) return this.#remembered(`field${number}.locate(event, slice${number})`);
      const from = `slice${this.#field(whole)}`;
      const copied = ["u8", "offset", "length"].map((key) => `slice${number}.${key} = ${from}.${key}`).join(", ");
      return this.#remembered(
        `${this.#locate(whole)} && (${copied}, field${number}.part.narrow(event, slice${number}))`,
      );
    });
  }

  #reader(key: string, write: () => string): string {
    const known = this.#readers.get(key);
    if (known !== undefined) return known;
    const reader = write();
    this.#readers.set(key, reader);
    return reader;
  }

  #field(field: BoundField): number {
    const known = this.#fieldNumbers.get(field.text);
    if (known !== undefined) return known;
    const number = this.fields.push(field) - 1;
    this.#fieldNumbers.set(field.text, number);
    this.slices.push({ u8: new Uint8Array(0), offset: 0, length: 0 });
    this.declarations.push(`const field${number} = fields[${number}], slice${number} = slices[${number}];`);
    return number;
  }

  /** Reads a field into its variable, the first time in an event, and yields it. */
  #value(number: number, once: boolean): string {
    this.declarations.push(`let value${number};`);
    const read = `(value${number} = field${number}.get(event))`;
    if (once) return read;
    const { known } = this.#flag();
    const reader = this.#ownFunction(`${known.set}; return ${read};`);
    return `(${known.test} ? value${number} : ${reader})`;
  }

  /** A truth that is found out at most once per event. */
  #remembered(truth: string): string {
    const { known, holds } = this.#flag();
    const finder = this.#ownFunction(`${known.set}; if (${truth}) { ${holds.set}; return true; } return false;`);
    return `(${known.test} ? ${holds.test} : ${finder})`;
  }

  /** A truth that is kept across events for the process that decides it. */
  #kept(truth: string, { word, known, holds }: Place): string {
    const finder = this.#ownFunction(`return ${truth};`);
    return this.#ownFunction(
      "if (place === -2) place = memo.find(event);" +
        ` if (place < 0) return ${finder};` +
        ` const mark = marks[place + ${word}];` +
        ` if ((mark & ${known}) !== 0) return (mark & ${holds}) !== 0;` +
        ` if (${finder}) { marks[place + ${word}] |= ${known | holds}; return true; }` +
        ` marks[place + ${word}] |= ${known}; return false;`,
    );
  }

  #flag(): Record<"known" | "holds", { test: string; set: string }> {
    const flag = this.#flags++;
    const word = Math.floor(flag / FLAGS_PER_WORD);
    const bit = 1 << (flag % FLAGS_PER_WORD);
    if (flag % FLAGS_PER_WORD === 0) {
      this.declarations.push(`let known${word} = 0, holds${word} = 0;`);
      this.resets.push(`known${word} = 0; holds${word} = 0;`);
    }
    const access = (name: string) => ({ test: `(${name} & ${bit}) !== 0`, set: `${name} |= ${bit}` });
    return { known: access(`known${word}`), holds: access(`holds${word}`) };
  }

  #ownFunction(body: string): string {
    const name = `f${this.#functions++}`;
    this.declarations.push(`function ${name}(event) { ${body} }`);
    return `${name}(event)`;
  }

  #constant(list: "predicates" | "bytes" | "operands" | "checks", value: unknown): string {
    const number = this[list].push(value) - 1;
    this.declarations.push(`const ${list}${number} = ${list}[${number}];`);
    return `${list}${number}`;
  }
}

function readsBytes({ predicate, left: { field } }: BoundCheck): boolean {
  return predicate?.onBytes !== undefined && field?.locate !== undefined;
}

function readKey(check: BoundCheck): string {
  return `${readsBytes(check) ? "bytes" : "value"} ${check.left.text}`;
}

/** Operands joined as a balanced tree: thousands in one row would exhaust the stack of a parser. */
function balanced(operands: readonly string[], operator: string): string {
  if (operands.length <= 16) return `(${operands.join(operator)})`;
  const middle = operands.length >> 1;
  return `(${balanced(operands.slice(0, middle), operator)}${operator}${balanced(operands.slice(middle), operator)})`;
}
