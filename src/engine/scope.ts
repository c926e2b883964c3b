// SPDX-License-Identifier: Apache-2.0

/** Flags kept in one variable: a small integer in every engine. */
const FLAGS_PER_WORD = 30;

/** A bit of the generated code's memory, as expressions. */
export interface Flag {
  readonly test: string;
  readonly set: string;
}

/** Stands for the registers, in lists of parameters and arguments, until all are known. */
const REGISTERS = "$";

/**
 * What a generated function stands in: constants that it is handed, variables that keep what is known of the event at
 * hand, and functions of its own. Names are numbered, and nothing but names and numbers is ever written.
 *
 * What is known of every event from the start is in registers: local variables of the matcher, which it hands on to
 * each function that it calls, because engines read those faster than variables that functions share.
 */
export class Scope {
  /** Constants, variables and functions outside the matcher. */
  readonly declarations: string[] = [];
  /** What the matcher does first: forgets the last event and fills the registers. */
  readonly resets: string[] = [];
  readonly #registers: string[] = ["event", "matches"];
  /** What the generated code finds as `constants`. */
  readonly constants: unknown[] = [];
  readonly #names = new Map<unknown, string>();
  #flags = 0;
  #variables = 0;
  #functions = 0;

  /** The name of a constant: `const c4 = constants[4];`. Equal values have one name. */
  constant(value: unknown): string {
    const known = this.#names.get(value);
    if (known !== undefined) return known;
    const number = this.constants.push(value) - 1;
    const name = `c${number}`;
    this.declarations.push(`const ${name} = constants[${number}];`);
    this.#names.set(value, name);
    return name;
  }

  /** The name of a variable that keeps its value from event to event: `let v2;`. */
  variable(): string {
    const name = `v${this.#variables++}`;
    this.declarations.push(`let ${name};`);
    return name;
  }

  /** A new register that has this value: `const r3 = …;`. */
  register(value: string): string {
    const name = `r${this.#registers.length - 1}`;
    this.#registers.push(name);
    this.resets.push(`const ${name} = ${value};`);
    return name;
  }

  /** A call of a new function with this body: `function f7(event, r1) { return …; }`, and `f7(event, r1)` to call it. */
  call(body: string): string {
    const name = `f${this.#functions++}`;
    this.declarations.push(`function ${name}(${REGISTERS}) { ${body} }`);
    return `${name}(${REGISTERS})`;
  }

  /** The matcher with this body, and all that it needs: the source of a function of `constants` that returns it. */
  finish(body: string): string {
    const lines = [
      `"use strict";`,
      ...this.declarations,
      "return function matcher(event, matches) {",
      ...this.resets,
      body,
      "};",
    ];
    return lines.join("\n").replaceAll(REGISTERS, this.#registers.join(", "));
  }

  /** Two bits that are forgotten with each event: `(known0 & 4) !== 0`, `known0 |= 4`, and the same of `holds0`. */
  flag(): Readonly<Record<"known" | "holds", Flag>> {
    const flag = this.#flags++;
    const word = Math.floor(flag / FLAGS_PER_WORD);
    const bit = 1 << (flag % FLAGS_PER_WORD);
    if (flag % FLAGS_PER_WORD === 0) {
      this.declarations.push(`let known${word} = 0, holds${word} = 0;`);
      this.resets.push(`known${word} = 0; holds${word} = 0;`);
    }
    const access = (name: string): Flag => ({ test: `(${name} & ${bit}) !== 0`, set: `${name} |= ${bit}` });
    return { known: access(`known${word}`), holds: access(`holds${word}`) };
  }

  /**
   * A truth that is found out at most once per event:
   * `((known0 & 4) !== 0 ? (holds0 & 4) !== 0 : f3(event, …))`, where f3 finds it out and sets the flags.
   */
  remembered(truth: string): string {
    const { known, holds } = this.flag();
    const finder = this.call(`${known.set}; if (${truth}) { ${holds.set}; return true; } return false;`);
    return `(${known.test} ? ${holds.test} : ${finder})`;
  }

  /** A value that is read at most once per event, and the variable that holds it from then on. */
  rememberedValue(value: string): { readonly value: string; readonly variable: string } {
    const { known } = this.flag();
    const variable = this.variable();
    const reader = this.call(`${known.set}; return (${variable} = ${value});`);
    return { value: `(${known.test} ? ${variable} : ${reader})`, variable };
  }
}
