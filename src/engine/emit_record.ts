// SPDX-License-Identifier: Apache-2.0

/** Numbers of the record at hand as JavaScript: what `has`, `low` and `high` of a Source stand for. */
import { RECORD_HEADER_BYTES } from "../events/record.ts";
import type { Source } from "../fields/field.ts";
import type { Scope } from "./scope.ts";

/** What every matcher that reads records begins with; RecordReader does the same. */
const READ_RECORD = [
  "const record = event.record; i32 = record.memory.i32;",
  `const base = record.base >> 2, table = base + ${RECORD_HEADER_BYTES >> 2}, count = record.paramCount;`,
  "let entry = 0;",
];

/** Writes sources into one scope. Where the parameters are is found out once, at the start of the matcher. */
export class RecordEmitter {
  readonly #scope: Scope;
  readonly #params = new Map<string, string>();

  constructor(scope: Scope) {
    this.#scope = scope;
  }

  /** Whether there is a value. */
  present({ present }: Source): string {
    return this.#expand(present);
  }

  /** The value: of a source with texts, its index. */
  value({ value }: Source): string {
    return this.#expand(value);
  }

  #expand(source: string): string {
    return source.replace(/\b(has|low|high)\((\d+)\)/g, (_, what: string, index: string) => {
      const at = this.#param(index);
      if (what === "has") return `(${at} >= 0)`;
      return `(${at} < 0 ? 0 : i32[${at}${what === "high" ? " + 1" : ""}])`;
    });
  }

  /**
   * The variable that holds at which word parameter `index` has its number, -1 where it has none:
   * `p3 = 3 < count && ((entry = i32[table + 3]) & 0xffff) >= 8 ? base + ((entry >>> 16) << 1) : -1;`
   */
  #param(index: string): string {
    const known = this.#params.get(index);
    if (known !== undefined) return known;
    if (this.#params.size === 0) {
      this.#scope.declarations.push("let i32;");
      this.#scope.resets.push(...READ_RECORD);
    }
    const name = `p${index}`;
    this.#params.set(index, name);
    this.#scope.declarations.push(`let ${name} = -1;`);
    this.#scope.resets.push(
      `${name} = ${index} < count && ((entry = i32[table + ${index}]) & 0xffff) >= 8 ? base + ((entry >>> 16) << 1) : -1;`,
    );
    return name;
  }
}
