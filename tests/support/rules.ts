// SPDX-License-Identifier: Apache-2.0

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
