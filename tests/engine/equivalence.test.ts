// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { interpret } from "../../src/engine/interpreter.ts";
import type { Value } from "../../src/fields/field.ts";
import { build, FakeEvent, ruleOf } from "../support/engine.ts";
import { Random } from "../support/random.ts";

const TEXTS = ["", "a", "b", "ab", "ba", "/a", "/a/b", "/ab", "A", "aab"];
const NUMBERS = ["-1", "0", "1", "2", "3"];
const TYPES = ["open", "openat", "execve", "connect", "procexit"];
const TEXT_FIELDS = [
  "proc.name",
  "proc.pname",
  "fd.name",
  "fd.directory",
  "fd.filename",
  "proc.aname",
  "proc.aname[1]",
];
const NUMBER_FIELDS = ["fd.num", "fd.ino", "evt.num", "proc.tiny"];

const quoted = (text: string) => `"${text}"`;
const list = (random: Random, items: readonly string[]) =>
  `(${Array.from({ length: random.below(4) }, () => quoted(random.pick(items))).join(", ")})`;

function randomCheck(random: Random): string {
  switch (random.below(12)) {
    case 0:
      return `evt.type ${random.pick(["=", "!="])} ${random.pick(TYPES)}`;
    case 1:
      return `evt.type in (${random.pick(TYPES)}, ${random.pick(TYPES)})`;
    case 2:
    case 3: {
      const operator = random.pick(["=", "!=", "<", "<=", ">", ">="]);
      return `${random.pick(NUMBER_FIELDS)} ${operator} ${random.pick(NUMBERS)}`;
    }
    case 4:
      return `${random.pick(NUMBER_FIELDS)} in ${list(random, NUMBERS)}`;
    case 5:
      return `proc.list ${random.pick(["in", "intersects"])} ${list(random, TEXTS)}`;
    case 6:
      return `${random.pick(TEXT_FIELDS)} exists`;
    case 7:
      return `${random.pick(TEXT_FIELDS)} ${random.pick(["in", "intersects", "pmatch"])} ${list(random, TEXTS)}`;
    case 8:
      return `toupper(${random.pick(["proc.name", "fd.name"])}) = ${quoted(random.pick(TEXTS))}`;
    case 9:
      return `proc.name ${random.pick(["=", "!=", "startswith", "<"])} val(proc.pname)`.replace("< val", ">= val");
    default: {
      const operator = random.pick(["=", "!=", "contains", "icontains", "startswith", "endswith", "glob", "iglob"]);
      const field = random.pick(TEXT_FIELDS);
      if (random.below(4) > 0) return `${field} ${operator} ${quoted(random.pick(TEXTS))}`;
      return `${field} ${operator} ${random.pick(["oneof", "anyof", "allof"])} ${list(random, TEXTS)}`;
    }
  }
}

/** Checks come from a small pool, so that rules share them. */
function randomCondition(random: Random, pool: readonly string[], depth: number): string {
  if (depth === 0 || random.below(4) === 0) return random.pick(pool);
  if (random.below(4) === 0) return `not (${randomCondition(random, pool, depth - 1)})`;
  const children = Array.from({ length: 2 + random.below(3) }, () => {
    return `(${randomCondition(random, pool, depth - 1)})`;
  });
  return children.join(random.pick([" and ", " or "]));
}

function randomEvent(random: Random, num: number): FakeEvent {
  const values: Record<string, Value> = {};
  for (const field of TEXT_FIELDS) if (random.below(4) > 0) values[field] = random.pick(TEXTS);
  values["proc.aname"] = Array.from({ length: random.below(3) }, () => random.pick(TEXTS));
  if (random.below(3) > 0) values["proc.list"] = Array.from({ length: random.below(3) }, () => random.pick(TEXTS));
  if (random.below(4) > 0) values["fd.num"] = random.below(5) - 1;
  if (random.below(4) > 0) values["fd.ino"] = random.below(2) === 0 ? random.below(4) : BigInt(random.below(4));
  if (random.below(4) > 0) values["proc.tiny"] = random.below(4);
  const type = random.pick(TYPES);
  if (type !== "open" && type !== "openat") delete values["fd.filename"]; // the fake catalogue promises so
  return new FakeEvent(values, type, num);
}

describe("compiled rules and the interpreter agree", () => {
  for (let seed = 1; seed <= 60; seed++) {
    test(`on random rules and events, seed ${seed}`, () => {
      const random = new Random(seed);
      const pool = Array.from({ length: 4 + random.below(12) }, () => randomCheck(random));
      const rules = Array.from(
        { length: 1 + random.below(12) },
        (_, i) => ruleOf(randomCondition(random, pool, 1 + random.below(4)), `rule ${i}`),
      );
      const first = build(rules).engine!;
      const all = build(rules, { matching: "all" }).engine!;
      for (let num = 1; num <= 40; num++) {
        const event = randomEvent(random, num);
        const expected = first.rules.filter(({ rule, checks }) => interpret(rule.condition, checks, event));
        const names = expected.map(({ rule }) => rule.name);
        event.reads.clear();
        assert.equal(first.evaluate(event)?.rule.name, names[0]);
        const plain = [...event.reads].filter(([field]) => !field.startsWith("proc.") && field !== "fd.name");
        for (const [field, reads] of plain) assert.ok(reads <= 1, `${field} was read ${reads} times`);
        const found: string[] = [];
        all.evaluateAll(event, ({ rule }) => found.push(rule.name));
        assert.deepEqual(found, names);
        assert.equal(all.evaluate(event)?.rule.name, names[0]);
        const once: string[] = [];
        first.evaluateAll(event, ({ rule }) => once.push(rule.name));
        assert.deepEqual(once, names.slice(0, 1));
      }
    });
  }
});
