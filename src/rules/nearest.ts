// SPDX-License-Identifier: Apache-2.0

/** Longer names are not compared: nobody mistypes them by a letter or two, but a hostile file is full of them. */
const MAX_LENGTH = 80;

/**
 * The candidate that `name` was probably meant to be: the one with the fewest inserted, removed, changed or swapped
 * letters, if these are few for its length; undefined when none is near.
 */
export function nearest(name: string, candidates: Iterable<string>): string | undefined {
  if (name.length > MAX_LENGTH) return undefined;
  const wanted = name.toLowerCase();
  let best: string | undefined;
  let bestDistance = Math.min(3, Math.floor(name.length / 3));
  for (const candidate of candidates) {
    if (candidate === name || Math.abs(candidate.length - name.length) > bestDistance) continue;
    const found = distance(wanted, candidate.toLowerCase());
    if (found < bestDistance || (found === bestDistance && found > 0 && best === undefined)) {
      best = candidate;
      bestDistance = found;
    }
  }
  return best;
}

/** The words of a hint: `did you mean 'x'?`, or undefined when nothing is near. */
export function didYouMean(name: string, candidates: Iterable<string>): string | undefined {
  const found = nearest(name, candidates);
  return found === undefined ? undefined : `did you mean '${found}'?`;
}

/** Damerau-Levenshtein distance, adjacent letters only. */
function distance(a: string, b: string): number {
  let older: number[] = [];
  let old = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1];
      let least = Math.min(old[column]! + 1, current[column - 1]! + 1, old[column - 1]! + (same ? 0 : 1));
      if (row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]) {
        least = Math.min(least, older[column - 2]! + 1);
      }
      current.push(least);
    }
    older = old;
    old = current;
  }
  return old[b.length]!;
}
