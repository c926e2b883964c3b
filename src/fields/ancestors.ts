// SPDX-License-Identifier: Apache-2.0

/** Walks up the process tree. A link that loops (damaged state, reused ids) ends the walk. */
import type { BinaryString } from "../events/text.ts";
import type { Process } from "../host/process.ts";

/** Calls `visit` for each ancestor, the parent first, until it returns true or the tree ends. */
export function walkAncestors(process: Process, visit: (ancestor: Process) => boolean): void {
  // Brent: the marker stands still for 1, 2, 4, … steps; meeting it again means a loop
  let marker: Process = process;
  let steps = 0;
  let power = 1;
  for (let at = process.parent; at !== undefined && at !== marker; at = at.parent) {
    if (visit(at)) return;
    if (++steps === power) {
      marker = at;
      power *= 2;
      steps = 0;
    }
  }
}

/** Up to here a walk ends soon without a look for loops. */
const NEAR = 16;

/** The process itself for 0, its parent for 1, and so on; undefined when the tree is not that deep. */
export function ancestor(process: Process, level: number): Process | undefined {
  let found: Process | undefined = process;
  if (level <= NEAR) {
    for (let left = level; left > 0 && found !== undefined; left--) found = found.parent;
    return found;
  }
  found = undefined;
  let left = level;
  walkAncestors(process, (at) => {
    if (--left > 0) return false;
    found = at;
    return true;
  });
  return found;
}

/** A fact of every ancestor, the parent's first. */
export function ofAncestors<T>(process: Process, fact: (ancestor: Process) => T): T[] {
  const facts: T[] = [];
  walkAncestors(process, (at) => {
    facts.push(fact(at));
    return false;
  });
  return facts;
}

/** The farthest ancestor of those that follow each other with `same`; undefined when the parent is none. */
export function farthest(process: Process, same: (ancestor: Process) => boolean): Process | undefined {
  let found: Process | undefined;
  walkAncestors(process, (at) => {
    if (!same(at)) return true;
    found = at;
    return false;
  });
  return found;
}

/** NUL-terminated strings one behind the other, joined by single spaces. */
export function joinStrings(strings: BinaryString): BinaryString {
  const all = strings.endsWith("\0") ? strings.slice(0, -1) : strings;
  return all.includes("\0") ? all.replaceAll("\0", " ") : all;
}

/** The strings themselves. */
export function splitStrings(strings: BinaryString): BinaryString[] {
  if (strings.length === 0) return [];
  return (strings.endsWith("\0") ? strings.slice(0, -1) : strings).split("\0");
}

/** comm and the arguments behind it: `proc.cmdline`. */
export function commandLine(process: Process): BinaryString {
  return process.args.length === 0 ? process.comm : `${process.comm} ${joinStrings(process.args)}`;
}
