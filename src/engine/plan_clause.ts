// SPDX-License-Identifier: Apache-2.0

/**
 * What a plan lets through: clauses, of which an event must meet one, made of tests that the kernel can decide, all of
 * which must hold. Every operation here may let more events through than it was asked to, never fewer.
 */
import type { BinaryString } from "../events/text.ts";
import { countPaths, isEveryName, isEveryPath, type PathSet, unitePaths } from "./plan_paths.ts";
import { boundRanges, intersectRanges, isEveryNumber, type Ranges, uniteRanges } from "./plan_ranges.ts";

/** An end of the event's SOCKTUPLE parameter. */
export type End = "source" | "destination";

/**
 * A number that the kernel has. A parameter is read as its type's width has it: `s64`, or the lower 32 bits as `s32` or
 * `u32`; `uid` and `gid` are the record's effective ids, `loginuid` is the process's, -1 when it is not set.
 */
export type NumberSubject =
  | { readonly kind: "param"; readonly index: number; readonly width: "s64" | "s32" | "u32" }
  | { readonly kind: "header"; readonly id: "uid" | "gid" }
  | { readonly kind: "loginuid" }
  | { readonly kind: "port"; readonly end: End };

/** What the kernel keeps of a process as user space was told of it: `proc.name`, `proc.exepath`. */
export type ProcessText = "name" | "exepath";

/** The first `bits` of an address of 4 or 16 bytes. */
export interface NetworkPattern {
  readonly address: BinaryString;
  readonly bits: number;
}

/** What a test asks. A test whose subject the kernel does not know holds. */
export type Question =
  | {
    readonly kind: "number";
    readonly of: NumberSubject;
    readonly ranges: Ranges;
    /** The outcome where rules find no value, as of a port of a unix socket. */
    readonly missing: boolean;
  }
  /** Of the bits in `mask`, `any` is set, `all` are, or `none` is. */
  | { readonly kind: "bits"; readonly index: number; readonly mask: number; readonly wanted: "any" | "all" | "none" }
  /** Path parameter `index`, made absolute, is in the set, or (`outside`) is not. */
  | { readonly kind: "path"; readonly index: number; readonly outside: boolean; readonly paths: PathSet }
  /** The process's name, or the path of its executable, is in the set, or (`outside`) is not. */
  | { readonly kind: "process"; readonly of: ProcessText; readonly outside: boolean; readonly paths: PathSet }
  | {
    readonly kind: "address";
    readonly end: End;
    readonly outside: boolean;
    readonly networks: readonly NetworkPattern[];
    /** As of a number. */
    readonly missing: boolean;
  }
  /** The process is in a container, or is none of one. */
  | { readonly kind: "container"; readonly inside: boolean };

/** A question with the text by which equal ones are known, and the text of what it is about. */
export type Test = Question & { readonly key: string; readonly subject: string };

/** All tests must hold. Ordered by key; none means that every event meets it. */
export interface Clause {
  readonly tests: readonly Test[];
  /** Names of the rules that it is for. */
  readonly rules: readonly string[];
}

/** One clause must be met: none means never, one without tests always. */
export type Clauses = readonly Clause[];

export const NEVER: Clauses = [];
export const ALWAYS: Clauses = [{ tests: [], rules: [] }];

/** A disjunction of more clauses than this lets everything pass; a conjunction is left as wide as one of its sides. */
export const MAX_CLAUSES = 64;

export function isAlways(clauses: Clauses): boolean {
  return clauses.some(({ tests }) => tests.length === 0);
}

function subjectOf(question: Question): string {
  switch (question.kind) {
    case "number":
      return `number ${JSON.stringify(question.of)} ${question.missing}`;
    case "bits":
      return `bits ${question.index} ${question.wanted}`;
    case "path":
      return `path ${question.index} ${question.outside}`;
    case "process":
      return `process ${question.of} ${question.outside}`;
    case "address":
      return `address ${question.end} ${question.outside} ${question.missing}`;
    case "container":
      return "container";
  }
}

/** The test that asks this. */
function testOf(question: Question): Test {
  return { ...question, key: JSON.stringify(question), subject: subjectOf(question) };
}

/**
 * The clauses that one question is.
 * @param most ranges of a number; the usual number unless given
 */
export function ask(question: Question, most?: number): Clauses {
  if (question.kind === "number") {
    if (question.ranges.length === 0 && !question.missing) return NEVER;
    if (isEveryNumber(question.ranges) && (question.missing || question.of.kind !== "port")) return ALWAYS;
    return [{ tests: [testOf({ ...question, ranges: boundRanges(question.ranges, most) })], rules: [] }];
  }
  if (question.kind === "path" || question.kind === "process") {
    const isEvery = question.kind === "process" && question.of === "name" ? isEveryName : isEveryPath;
    if (!question.outside && isEvery(question.paths)) return ALWAYS;
    if (question.outside && countPaths(question.paths) === 0) return ALWAYS;
  }
  return [{ tests: [testOf(question)], rules: [] }];
}

/** Met by what meets either. */
export function either(...alternatives: readonly Clauses[]): Clauses {
  const joined: Clause[] = [];
  for (const clause of alternatives.flat()) add(joined, clause);
  if (joined.length <= MAX_CLAUSES) return joined;
  // what is asked of processes rules least out, and keeps clauses apart that could be one
  const wider: Clause[] = [];
  for (const { tests, rules } of joined) add(wider, { tests: tests.filter(({ kind }) => kind !== "process"), rules });
  return wider.length > MAX_CLAUSES ? [{ tests: [], rules: rulesOf(joined) }] : wider;
}

/** Met by what meets both, and perhaps by more. */
export function both(...parts: readonly Clauses[]): Clauses {
  const ascending = parts.toSorted((a, b) => a.length - b.length);
  return ascending.reduce((a, b) => {
    if (isAlways(a)) return b;
    if (isAlways(b) || a.length * b.length > MAX_CLAUSES) return a;
    const joined: Clause[] = [];
    for (const one of a) {
      for (const other of b) {
        const tests = conjoin([...one.tests, ...other.tests]);
        if (tests !== undefined) add(joined, { tests, rules: rulesOf([one, other]) });
      }
    }
    return joined;
  }, ALWAYS);
}

export function rulesOf(clauses: Clauses): readonly string[] {
  return [...new Set(clauses.flatMap(({ rules }) => rules))];
}

/** The tests together; undefined when they cannot all hold. */
function conjoin(tests: readonly Test[]): readonly Test[] | undefined {
  const bySubject = new Map<string, Test[]>();
  for (const test of tests) {
    const same = bySubject.get(test.subject) ?? [];
    bySubject.set(test.subject, same);
    const [first] = same;
    if (first?.kind === "process" && test.kind === "process" && test.outside) {
      same[0] = testOf({ ...question(test), paths: unitePaths(first.paths, test.paths) });
    } else if (first === undefined || (test.kind !== "number" && test.kind !== "container")) {
      if (!same.some(({ key }) => key === test.key)) same.push(test);
    } else if (test.kind === "container") {
      if (first.key !== test.key) return undefined;
    } else if (first.kind === "number") {
      const ranges = intersectRanges(first.ranges, test.ranges);
      if (ranges.length === 0 && !test.missing) return undefined;
      same[0] = testOf({ ...question(test), ranges: boundRanges(ranges) });
    }
  }
  return [...bySubject.values()].flat().sort((a, b) => a.key < b.key ? -1 : 1);
}

/** Adds a clause to others, joined with one of them where that changes nothing. */
function add(clauses: Clause[], added: Clause): void {
  for (let clause: Clause | undefined = added; clause !== undefined;) {
    const place: number = clauses.findIndex((other) => joinable(other, clause!) !== undefined);
    if (place < 0) {
      clauses.push(clause);
      return;
    }
    const other: Clause = clauses[place]!;
    const tests: readonly Test[] = joinable(other, clause)!;
    const rules = rulesOf([other, clause]);
    if (tests === other.tests) {
      clauses[place] = { tests, rules };
      return;
    }
    clauses.splice(place, 1);
    clause = { tests, rules };
  }
}

/** The tests of one clause that is met by exactly what meets either; undefined when there is none. */
function joinable(a: Clause, b: Clause): readonly Test[] | undefined {
  const keysA = new Set(a.tests.map(({ key }) => key));
  const keysB = new Set(b.tests.map(({ key }) => key));
  const onlyA = a.tests.filter(({ key }) => !keysB.has(key));
  if (onlyA.length === 0) return a.tests;
  const onlyB = b.tests.filter(({ key }) => !keysA.has(key));
  if (onlyB.length === 0) return b.tests;
  if (onlyA.length > 1 || onlyB.length > 1) return undefined;
  const union = disjoin(onlyA[0]!, onlyB[0]!);
  if (union === undefined) return undefined;
  const common = a.tests.filter(({ key }) => keysB.has(key));
  return conjoin([...common, ...union.flatMap(({ tests }) => tests)]);
}

/** One test for two of the same subject, as the clauses that it is; undefined when there is none. */
function disjoin(a: Test, b: Test): Clauses | undefined {
  if (a.subject !== b.subject) return undefined;
  if (a.kind === "number" && b.kind === "number") {
    return ask({ ...question(a), ranges: uniteRanges(a.ranges, b.ranges) });
  }
  if (a.kind === "bits" && b.kind === "bits" && a.wanted === "any") {
    return ask({ ...question(a), mask: a.mask | b.mask });
  }
  if (a.kind === "path" && b.kind === "path" && !a.outside) {
    return ask({ ...question(a), paths: unitePaths(a.paths, b.paths) });
  }
  if (a.kind === "process" && b.kind === "process" && !a.outside) {
    return ask({ ...question(a), paths: unitePaths(a.paths, b.paths) });
  }
  if (a.kind === "address" && b.kind === "address" && !a.outside) {
    return ask({ ...question(a), networks: [...a.networks, ...b.networks] });
  }
  return a.kind === "container" ? ALWAYS : undefined;
}

/** The question of a test, without its texts. */
function question<T extends Test>({ key: _, subject: __, ...asked }: T): Omit<T, "key" | "subject"> {
  return asked;
}
