// SPDX-License-Identifier: Apache-2.0

/**
 * Conditions become JavaScript: for each event type one function, which asks every rule that can match such an event,
 * in order, and keeps what it learns on the way. A field is read at most once per event and a part of a condition that
 * stands in several places is decided at most once, both only when first needed; text that lies in the record is
 * compared there.
 *
 * Nothing of a rule's text enters the source: it consists of the words below, operators from a fixed list and numbers
 * that index the constants handed to it.
 */
import type { Event } from "../fields/event.ts";
import type { BoundField, Slice } from "../fields/field.ts";
import type { BoundCheck } from "./check.ts";
import type { Condition } from "./condition.ts";

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

/** Flags kept in one variable: a small integer in every engine. */
const FLAGS_PER_WORD = 30;

/** The function that asks the candidates in their order. */
export function compileMatcher(candidates: readonly Candidate[], matching: "first" | "all"): Matcher {
  const writer = new Writer(candidates.map(({ condition }) => condition));
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
  const names = ["fields", "slices", "predicates", "bytes", "operands", "checks"] as const;
  const make = new Function(...names, source);
  return make(...names.map((name) => writer[name])) as Matcher;
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
  for (const child of childrenOf(condition)) collect(child, seen);
}

function childrenOf(condition: Condition): readonly Condition[] {
  if (condition.kind === "not") return [condition.child];
  return condition.kind === "and" || condition.kind === "or" ? condition.children : [];
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
  /** How many places ask each condition. */
  readonly #uses = new Map<Condition, number>();
  /** How many conditions read each field, by how they read it. */
  readonly #reads = new Map<string, number>();
  readonly #fieldNumbers = new Map<string, number>();
  readonly #written = new Map<Condition, Expression>();
  readonly #readers = new Map<string, string>();
  #flags = 0;
  #functions = 0;

  constructor(conditions: readonly Condition[]) {
    for (const condition of conditions) this.#count(condition);
  }

  #count(condition: Condition): void {
    const uses = (this.#uses.get(condition) ?? 0) + 1;
    this.#uses.set(condition, uses);
    if (uses > 1) return;
    if (condition.kind === "check") {
      const key = readKey(condition.check);
      this.#reads.set(key, (this.#reads.get(key) ?? 0) + 1);
    }
    for (const child of childrenOf(condition)) this.#count(child);
  }

  /** An expression that is true when the condition holds. */
  condition(condition: Condition): string {
    return this.#expression(condition).text;
  }

  #expression(condition: Condition): Expression {
    const known = this.#written.get(condition);
    if (known !== undefined) return known;
    const plain = this.#plain(condition);
    const shared = this.#uses.get(condition)! > 1 && condition.kind !== "constant" && condition.kind !== "not";
    const expression = shared
      ? { text: this.#remembered(plain.text), height: 1 }
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
        const children = condition.children.map((child) => this.#expression(child));
        const operator = condition.kind === "and" ? " && " : " || ";
        const height = Math.max(...children.map((child) => child.height)) + Math.ceil(Math.log2(children.length)) + 1;
        return { text: balanced(children.map(({ text }) => text), operator), height };
      }
    }
  }

  #check(check: BoundCheck): string {
    const { predicate, left: { field } } = check;
    if (predicate === undefined || field === undefined) {
      return `${this.#constant("checks", check)}.holds(event)`;
    }
    const number = this.#field(field);
    const once = this.#reads.get(readKey(check)) === 1;
    if (readsBytes(check)) {
      const locate = `field${number}.locate(event, slice${number})`;
      const located = once ? locate : this.#reader(readKey(check), () => this.#remembered(locate));
      return `(${located} && ${this.#constant("bytes", predicate.onBytes)}(slice${number}))`;
    }
    const value = this.#reader(readKey(check), () => this.#value(number, once));
    const { inline } = predicate;
    const asked = inline === undefined
      ? `${this.#constant("predicates", predicate)}.holds(value${number})`
      : `value${number} ${inline.operator} ${this.#constant("operands", inline.operand)}`;
    return `(${value} !== undefined && ${asked})`;
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
