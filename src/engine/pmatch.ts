// SPDX-License-Identifier: Apache-2.0

/**
 * `pmatch`: whether one of many paths is a prefix of the value, component by component (compat/language.md §2.1).
 */
import type { BinaryString } from "../events/text.ts";
import type { Slice } from "../fields/field.ts";
import { type BytesTest, indexBytes } from "./bytes.ts";
import { globTest } from "./glob.ts";

/** A place in the tree of paths. */
interface Node {
  /** A listed path ends here: everything below matches, and nothing longer is kept. */
  ends: boolean;
  readonly literals: Map<BinaryString, Node>;
  readonly globs: Map<BinaryString, Node>;
}

/** The same, ready to be walked without allocating. */
interface Branch {
  readonly ends: boolean;
  readonly literal: (at: Slice) => number;
  readonly literals: readonly Branch[];
  readonly globTests: readonly BytesTest[];
  readonly globs: readonly Branch[];
}

function insert(root: Node, path: BinaryString): void {
  let node = root;
  for (const component of path.split("/")) {
    if (component === "") continue;
    if (node.ends) return;
    const children = /[?*[]/.test(component) ? node.globs : node.literals;
    let child = children.get(component);
    if (child === undefined) {
      child = emptyNode();
      children.set(component, child);
    }
    node = child;
  }
  node.ends = true;
  node.literals.clear();
  node.globs.clear();
}

function emptyNode(): Node {
  return { ends: false, literals: new Map(), globs: new Map() };
}

function finish(node: Node): Branch {
  return {
    ends: node.ends,
    literal: indexBytes([...node.literals.keys()]),
    literals: [...node.literals.values()].map(finish),
    globTests: [...node.globs.keys()].map((pattern) => globTest(pattern)),
    globs: [...node.globs.values()].map(finish),
  };
}

/** Points `at` at the next component at or after `from` and returns true; false when there is none before `end`. */
function nextComponent(at: Slice, from: number, end: number): boolean {
  const { u8 } = at;
  while (from < end && u8[from] === 47) from++;
  if (from === end) return false;
  let to = from + 1;
  while (to < end && u8[to] !== 47) to++;
  at.offset = from;
  at.length = to - from;
  return true;
}

/**
 * The test of a `pmatch` list. Literal components are tried before globs. Falco's quirk is kept: each glob at one
 * level that matches but leads nowhere moves on by a component before the next glob of that level is tried.
 */
export function pmatchTest(paths: Iterable<BinaryString>): BytesTest {
  const root = emptyNode();
  for (const path of paths) insert(root, path);
  const tree = finish(root);
  const component: Slice = { u8: new Uint8Array(0), offset: 0, length: 0 };

  function walk(branch: Branch, from: number, end: number): boolean {
    if (branch.ends) return true;
    if (!nextComponent(component, from, end)) return false;
    let next = component.offset + component.length;
    const literal = branch.literal(component);
    if (literal >= 0) {
      if (walk(branch.literals[literal]!, next, end)) return true;
      nextComponent(component, from, end);
    }
    for (let i = 0; i < branch.globs.length; i++) {
      if (!branch.globTests[i]!(component)) continue;
      if (walk(branch.globs[i]!, next, end)) return true;
      if (!nextComponent(component, next, end)) return false;
      next = component.offset + component.length;
    }
    return false;
  }

  return (at) => {
    component.u8 = at.u8;
    return walk(tree, at.offset, at.offset + at.length);
  };
}
