// SPDX-License-Identifier: Apache-2.0

/** Sets of whole numbers as ranges: what a plan asks of a number that the kernel has. */

/** All numbers from the first to the last, both included. Doubles: what does not fit into 53 bits is never decided. */
export type Range = readonly [from: number, to: number];

/** Disjoint, ascending, not adjacent. */
export type Ranges = readonly Range[];

const LOWEST = Number.MIN_SAFE_INTEGER;
const HIGHEST = Number.MAX_SAFE_INTEGER;

/** More ranges than this in one test are joined over their narrowest gaps, which lets more numbers in, never fewer. */
const MAX_RANGES = 16;

/** The set that these ranges, in any order, come to. */
export function rangesOf(parts: Iterable<Range>): Ranges {
  const sorted = [...parts].filter(([from, to]) => from <= to).sort(([a], [b]) => a - b);
  const joined: [number, number][] = [];
  for (const [from, to] of sorted) {
    const last = joined.at(-1);
    if (last !== undefined && from <= last[1] + 1) last[1] = Math.max(last[1], to);
    else joined.push([from, to]);
  }
  return joined;
}

/** Numbers that are in either. */
export function uniteRanges(a: Ranges, b: Ranges): Ranges {
  return rangesOf([...a, ...b]);
}

/** Numbers that are in both. */
export function intersectRanges(a: Ranges, b: Ranges): Ranges {
  return rangesOf(
    a.flatMap(([from, to]) => b.map(([start, end]): Range => [Math.max(from, start), Math.min(to, end)])),
  );
}

/** Numbers that are in none of them. */
export function complementRanges(ranges: Ranges): Ranges {
  const rest: Range[] = [];
  let next = LOWEST;
  for (const [from, to] of ranges) {
    rest.push([next, from - 1]);
    next = to + 1;
  }
  rest.push([next, HIGHEST]);
  return rangesOf(rest);
}

/** Whether every number is in them. */
export function isEveryNumber(ranges: Ranges): boolean {
  return ranges.length === 1 && ranges[0]![0] === LOWEST && ranges[0]![1] === HIGHEST;
}

export function inRanges(ranges: Ranges, value: number): boolean {
  return ranges.some(([from, to]) => value >= from && value <= to);
}

/** The same numbers and perhaps some more, in few enough ranges. */
export function boundRanges(ranges: Ranges, most = MAX_RANGES): Ranges {
  const bounded = ranges.map(([from, to]): [number, number] => [from, to]);
  while (bounded.length > most) {
    let narrowest = 1;
    const gap = (i: number) => bounded[i]![0] - bounded[i - 1]![1];
    for (let i = 2; i < bounded.length; i++) if (gap(i) < gap(narrowest)) narrowest = i;
    bounded[narrowest - 1]![1] = bounded[narrowest]![1];
    bounded.splice(narrowest, 1);
  }
  return bounded;
}

/**
 * The numbers that a comparison with constants holds of, found by asking it: between two neighbouring constants the
 * outcome cannot change.
 */
export function rangesWhere(holds: (value: number) => boolean, constants: readonly number[]): Ranges {
  const points = [...new Set(constants)].sort((a, b) => a - b);
  const found: Range[] = [];
  let next = LOWEST;
  for (const point of points) {
    if (next < point && holds(point - 1)) found.push([next, point - 1]);
    if (holds(point)) found.push([point, point]);
    next = point + 1;
  }
  if (next <= HIGHEST && holds(next)) found.push([next, HIGHEST]);
  return rangesOf(found);
}
