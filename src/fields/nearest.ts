// SPDX-License-Identifier: Apache-2.0

/** Edits (insert, delete, replace, swap of neighbours) between two words, or more than `limit` when that is reached. */
function distance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) > limit) return limit + 1;
  let before: number[] = [];
  let above = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      let least = Math.min(above[j]! + 1, row[j - 1]! + 1, above[j - 1]! + same);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) least = Math.min(least, before[j - 2]! + 1);
      row.push(least);
    }
    before = above;
    above = row;
  }
  return above[b.length]!;
}

/** The word that was most likely meant by `word`; undefined when none is near. For "did you mean". */
export function nearest(word: string, words: Iterable<string>): string | undefined {
  let best: string | undefined;
  let limit = Math.max(1, Math.min(4, Math.floor(word.length / 3)));
  for (const candidate of words) {
    const edits = distance(word, candidate, limit);
    if (edits > limit || (best !== undefined && edits === limit)) continue;
    best = candidate;
    limit = edits;
  }
  return best;
}
