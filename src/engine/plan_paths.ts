// SPDX-License-Identifier: Apache-2.0

/**
 * What a plan asks of a path or of a process's name: whether it is one of these, begins, ends with or contains one of
 * these. Of paths only the normal ones are asked (absolute, with no `//`, `.`, `..` in them and no slash at their end), of
 * which every field that names the path has the same value, and of names those that are not empty; any other passes
 * unasked.
 */
import { Buffer } from "node:buffer";
import type { BinaryString } from "../events/text.ts";
import { isNormal } from "../fields/path.ts";
import type { Operator } from "../rules/ast.ts";

/** A normal path, or a name, is in the set when one of these matches it. */
export interface PathSet {
  readonly exact: readonly BinaryString[];
  readonly prefix: readonly BinaryString[];
  readonly suffix: readonly BinaryString[];
  readonly contains: readonly BinaryString[];
}

/** A set that has every path a comparison can hold of; `exact` when it has no other normal path. */
export interface PathBound {
  readonly paths: PathSet;
  readonly exact: boolean;
}

/**
 * What part of the path a field is; `raw`: as it was passed, which is the path itself or, relative, its end. `name` is no
 * path but the name of a process.
 */
export type PathPart = "path" | "raw" | "directory" | "filename" | "name";

const NOTHING: PathSet = { exact: [], prefix: [], suffix: [], contains: [] };

/** Longer texts to look for are cut, which lets more paths in: the kernel compares them at every place. */
const CONTAINS_MAX_BYTES = 8;

/** Longer ones pass unasked. The kernel's buffer; literals are no longer than this, so none is missed. */
export const PATH_MAX_BYTES = 255;

/** The same of a process's name, of which the kernel keeps no more (TASK_COMM_LEN). */
export const NAME_MAX_BYTES = 15;

/** Whether a text is a path that can be asked about. */
export function isNormalPath(path: BinaryString): boolean {
  const bytes = Buffer.from(path, "latin1");
  return isNormal(bytes, 0, bytes.length);
}

/** Whether a normal path is in the set. */
export function pathInSet({ exact, prefix, suffix, contains }: PathSet, path: BinaryString): boolean {
  return exact.includes(path) || prefix.some((text) => path.startsWith(text)) ||
    suffix.some((text) => path.endsWith(text)) || contains.some((text) => path.includes(text));
}

/** Paths that are in one of the sets, each pattern once and none that another makes needless. */
export function unitePaths(...sets: readonly PathSet[]): PathSet {
  const all = (key: keyof PathSet) => [...new Set(sets.flatMap((set) => set[key]))].sort();
  const contains = all("contains").filter((text, _, texts) =>
    !texts.some((other) => other !== text && text.includes(other))
  );
  const within = (text: string) => contains.some((part) => text.includes(part));
  const prefix = all("prefix").filter((text, _, texts) =>
    !within(text) && !texts.some((other) => other !== text && text.startsWith(other))
  );
  const suffix = all("suffix").filter((text, _, texts) =>
    !within(text) && !texts.some((other) => other !== text && text.endsWith(other))
  );
  const rest = { exact: [], prefix, suffix, contains };
  return { ...rest, exact: all("exact").filter((text) => !pathInSet(rest, text)) };
}

/** Number of patterns. */
export function countPaths({ exact, prefix, suffix, contains }: PathSet): number {
  return exact.length + prefix.length + suffix.length + contains.length;
}

/** Every path is in it. */
export function isEveryPath(paths: PathSet): boolean {
  return paths.prefix.includes("/") || paths.contains.includes("/") || isEveryName(paths);
}

/** Every text is in it. */
export function isEveryName({ prefix, suffix, contains }: PathSet): boolean {
  return [...prefix, ...suffix, ...contains].includes("");
}

function bound(paths: Partial<PathSet>, exact: boolean): PathBound {
  return { paths: { ...NOTHING, ...paths }, exact };
}

/** Looks for the beginning of a text that is too long to look for whole. */
function containing(text: BinaryString, exact: boolean): PathBound {
  return bound({ contains: [text.slice(0, CONTAINS_MAX_BYTES)] }, exact && text.length <= CONTAINS_MAX_BYTES);
}

/** All of these sets together. */
function together(bounds: readonly PathBound[]): PathBound {
  return {
    paths: unitePaths(...bounds.map(({ paths }) => paths)),
    exact: bounds.every(({ exact }) => exact),
  };
}

/**
 * The normal paths of which `part operator literal` can hold for one of the literals; undefined when that can't be told.
 * `!=` is the caller's to turn round.
 */
export function pathsWhere(
  part: PathPart,
  operator: Operator,
  literals: readonly BinaryString[],
): PathBound | undefined {
  const single = SINGLE[part];
  if (operator === "pmatch") return part === "path" || part === "directory" ? pathsBelow(part, literals) : undefined;
  const bounds: PathBound[] = [];
  for (const literal of literals) {
    const found = single(operator, literal);
    if (found === undefined) return undefined;
    bounds.push(found);
  }
  return together(bounds);
}

type Single = (operator: Operator, literal: BinaryString) => PathBound | undefined;

const ofPath: Single = (operator, literal) => {
  switch (operator) {
    case "=":
    case "!=":
    case "in":
    case "intersects":
      return bound(isNormalPath(literal) ? { exact: [literal] } : {}, true);
    case "startswith":
      return bound({ prefix: [literal] }, true);
    case "endswith":
      return bound({ suffix: [literal] }, true);
    case "contains":
      return containing(literal, true);
    case "glob":
      return ofGlob(literal);
    default:
      return undefined;
  }
};

const ofRaw: Single = (operator, literal) => {
  switch (operator) {
    case "=":
    case "in":
    case "intersects":
      return bound(literal.startsWith("/") ? { exact: [literal] } : { suffix: [`/${literal}`] }, false);
    case "startswith":
      return literal.startsWith("/") ? bound({ prefix: [literal] }, false) : containing(`/${literal}`, false);
    case "endswith":
      return bound({ suffix: [literal] }, false);
    case "contains":
      return containing(literal, false);
    case "glob": {
      const { tail } = literalEnds(literal);
      return tail === "" ? undefined : bound({ suffix: [tail] }, false);
    }
    default:
      return undefined;
  }
};

const ofDirectory: Single = (operator, literal) => {
  switch (operator) {
    case "=":
    case "in":
    case "intersects":
      // a directory that is opened as one is its own directory
      if (!isNormalPath(literal)) return bound({}, false);
      return literal === "/"
        ? bound({ prefix: ["/"] }, false)
        : bound({ exact: [literal], prefix: [`${literal}/`] }, false);
    case "startswith":
      return bound({ prefix: [literal] }, false);
    case "endswith":
    case "contains":
      return containing(literal, false);
    case "glob": {
      const { head } = literalEnds(literal);
      return head === "" ? undefined : bound({ prefix: [head] }, false);
    }
    default:
      return undefined;
  }
};

const ofFilename: Single = (operator, literal) => {
  switch (operator) {
    case "=":
    case "in":
    case "intersects":
      return bound(literal.includes("/") ? {} : { suffix: [`/${literal}`] }, false);
    case "startswith":
      return containing(`/${literal}`, false);
    case "endswith":
      return bound({ suffix: [literal] }, false);
    case "contains":
      return containing(literal, false);
    case "glob": {
      const { head, tail, whole } = literalEnds(literal);
      if (whole) return bound({ suffix: [`/${literal}`] }, false);
      if (tail !== "") return bound({ suffix: [tail] }, false);
      return head === "" ? undefined : containing(`/${head}`, false);
    }
    default:
      return undefined;
  }
};

const ofName: Single = (operator, literal) => {
  switch (operator) {
    case "=":
    case "!=":
    case "in":
    case "intersects":
      return bound(literal !== "" && literal.length <= NAME_MAX_BYTES ? { exact: [literal] } : {}, true);
    case "glob": {
      const { head, tail, whole } = literalEnds(literal);
      if (whole) return ofName("=", literal);
      if (head !== "") return bound({ prefix: [head] }, `${head}*` === literal);
      return tail === "" ? undefined : bound({ suffix: [tail] }, `*${tail}` === literal);
    }
    case "startswith":
    case "endswith":
    case "contains":
      return ofPath(operator, literal);
    default:
      return undefined;
  }
};

const SINGLE: Readonly<Record<PathPart, Single>> = {
  path: ofPath,
  raw: ofRaw,
  directory: ofDirectory,
  filename: ofFilename,
  name: ofName,
};

/** What every text that a glob matches begins and ends with; `whole` when there is nothing else in it. */
function literalEnds(pattern: BinaryString): { head: BinaryString; tail: BinaryString; whole: boolean } {
  const head = /^[^*?[\\]*/.exec(pattern)![0];
  const tail = /[^*?[\]\\]*$/.exec(pattern)![0];
  return { head, tail, whole: head.length === pattern.length };
}

function ofGlob(pattern: BinaryString): PathBound | undefined {
  const { head, tail, whole } = literalEnds(pattern);
  if (whole) return bound(isNormalPath(pattern) ? { exact: [pattern] } : {}, true);
  if (head.length > 1 || tail === "") {
    return head === "" ? undefined : bound({ prefix: [head] }, `${head}*` === pattern);
  }
  return bound({ suffix: [tail] }, `*${tail}` === pattern);
}

/** `pmatch`: each listed path and all below it; of one with a glob, what comes before that. */
function pathsBelow(part: PathPart, literals: readonly BinaryString[]): PathBound {
  return together(literals.map((literal) => {
    const components = literal.split("/").filter((component) => component !== "");
    const glob = components.findIndex((component) => /[?*[]/.test(component));
    if (glob >= 0) {
      const head = components.slice(0, glob).map((component) => `/${component}`).join("");
      return bound({ prefix: [`${head}/${literalEnds(components[glob]!).head}`] }, false);
    }
    const path = components.map((component) => `/${component}`).join("");
    if (path === "") return bound({ prefix: ["/"] }, part === "path");
    return bound({ exact: [path], prefix: [`${path}/`] }, part === "path");
  }));
}
