// SPDX-License-Identifier: Apache-2.0

import type { Diagnostic, ItemContext } from "../../src/rules/diagnostic.ts";

/** The parts of the rules file that a diagnostic is about, the largest first: `rule 'r', rule condition`. */
export function partsOf({ item }: Pick<Diagnostic, "item">): string {
  const parts: string[] = [];
  for (let part: ItemContext | undefined = item; part !== undefined; part = part.within) {
    parts.unshift(`${part.type}${part.name && ` '${part.name}'`}`);
  }
  return parts.join(", ");
}

/** A tree without the spans in it, for comparing trees of different texts. */
export function withoutSpans(tree: unknown): unknown {
  return JSON.parse(JSON.stringify(tree, (key, value) => key === "span" || key === "operatorSpan" ? undefined : value));
}

/** A generator of the numbers 0 ≤ n < 1 that gives the same ones for the same seed (xorshift32). */
export function seeded(seed: number): () => number {
  let state = seed | 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}
