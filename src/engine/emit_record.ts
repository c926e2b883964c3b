// SPDX-License-Identifier: Apache-2.0

/** Numbers of the record at hand as JavaScript: what `has`, `low` and `high` of a Source stand for. */
import { RECORD_HEADER_BYTES } from "../events/record.ts";
import type { Scope } from "./scope.ts";

/** What every matcher that reads records begins with; RecordReader does the same. */
const READ_RECORD = [
  "const record = event.record, base = record.base >> 2, count = record.paramCount;",
  `const table = base + ${RECORD_HEADER_BYTES >> 2};`,
  "let entry = 0;",
];

/** Writes expressions over records into one scope. Where the parameters are is found out as the matcher starts. */
export class RecordEmitter {
  readonly #scope: Scope;
  readonly #params = new Map<string, string>();
  #words = "";

  constructor(scope: Scope) {
    this.#scope = scope;
  }

  /** The expression, in parentheses. */
  expand(source: string): string {
    const expanded = source.replace(/\b(has|low|high)\((\d+)\)/g, (_, what: string, index: string) => {
      const at = this.#param(index);
      if (what === "has") return `(${at} >= 0)`;
      return `(${at} < 0 ? 0 : ${this.#words}[${at}${what === "high" ? " + 1" : ""}])`;
    });
    return `(${expanded})`;
  }

  /**
   * The register that holds at which word parameter `index` has its number, -1 where it has none:
   * `const r2 = 3 < count && ((entry = r1[table + 3]) & 0xffff) >= 8 ? base + ((entry >>> 16) << 1) : -1;`
   */
  #param(index: string): string {
    const known = this.#params.get(index);
    if (known !== undefined) return known;
    if (this.#params.size === 0) {
      this.#scope.resets.push(...READ_RECORD);
      this.#words = this.#scope.register("record.memory.i32");
    }
    const entry = `(entry = ${this.#words}[table + ${index}])`;
    const register = this.#scope.register(
      `${index} < count && (${entry} & 0xffff) >= 8 ? base + ((entry >>> 16) << 1) : -1`,
    );
    this.#params.set(index, register);
    return register;
  }
}
