// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { buildEngine } from "../../src/engine/build.ts";
import { passesFilter } from "../../src/engine/filter_model.ts";
import { type EventPlan, type Plan, planOf } from "../../src/engine/plan.ts";
import { testText } from "../../src/engine/plan_words.ts";
import { payloadsOf } from "../../src/engine/plan_payloads.ts";
import { parseServices } from "../../src/engine/services.ts";
import { RecordReader } from "../../src/events/record.ts";
import { FIELD_CATALOGUE } from "../../src/fields/catalogue.ts";
import { ruleOf, ruleSetOf } from "../support/engine.ts";
import { buildRecord, memoryOf, type ParamValue } from "../support/records.ts";
import type { CompiledRule } from "../../src/engine/engine.ts";

function compiled(...conditions: readonly string[]): readonly CompiledRule[] {
  const rules = ruleSetOf(conditions.map((condition, i) => ruleOf(condition, `rule ${i + 1}`)));
  const services = parseServices("");
  const { engine } = buildEngine(rules, FIELD_CATALOGUE, { matching: "all", minimumPriority: "Debug", services });
  assert.ok(engine);
  return engine.rules;
}

function planned(...conditions: readonly string[]): Plan {
  return planOf(compiled(...conditions), { services: parseServices("") });
}

function event(plan: Plan, name: string): EventPlan | undefined {
  return [...plan.events.values()].find(({ type }) => type.name === name);
}

/** Clauses of an event type in words. */
function words(plan: Plan, name: string): string[] {
  const found = event(plan, name);
  return (found?.clauses ?? []).map(({ tests }) => tests.map((each) => testText(each, found!.type)).join("; "));
}

describe("the plan in words", () => {
  const cases: readonly (readonly [string, readonly string[], readonly string[]])[] = [
    ["paths of several rules are one question", [
      "evt.type = openat and fd.name = /a",
      "evt.type = openat and fd.name startswith /b/",
    ], ["name is /a or begins with /b/"]],
    ["what the kernel can't decide is left out of a conjunction", [
      "evt.type = openat and proc.pname = cat and evt.is_open_write = true",
    ], ["flags has O_WRONLY"]],
    ["and lets everything pass in a disjunction", ["evt.type = openat and (proc.pname = cat or fd.name = /a)"], [""]],
    ["negations go down to the comparisons", [
      "evt.type = openat and not (proc.pname = cat or fd.name startswith /tmp/ or evt.rawres < 0)",
    ], ["result ≥ 0; name not: it begins with /tmp/"]],
    ["names, programs and logins of processes are asked for, exceptions in one", [
      "evt.type = openat and not proc.name in (cat, su) and not proc.name startswith sh and fd.name = /a",
      "evt.type = openat and proc.exepath startswith /tmp/ and not user.loginuid = -1",
    ], [
      "name is /a; process name not: it is cat, su or begins with sh",
      "loginuid ≤ -2 or ≥ 0; executable begins with /tmp/",
    ]],
    ["a part of a path is not turned round", ["evt.type = openat and not fd.directory = /etc"], [""]],
    ["contradictions are left out", ["evt.type = openat and evt.rawres > 0 and evt.failed = true"], []],
    ["a weaker clause takes a stronger one in", [
      "evt.type = openat and fd.name = /a",
      "evt.type = openat and fd.name = /a and evt.is_open_read = true",
    ], ["name is /a"]],
  ];
  for (const [name, conditions, expected] of cases) {
    test(name, () => assert.deepEqual(words(planned(...conditions), "openat"), expected));
  }

  test("more alternatives than the kernel takes let everything pass and are blamed", () => {
    const alternatives = Array.from({ length: 70 }, (_, i) => `(user.uid = ${i} and fd.name = /${i})`);
    const found = event(planned(`evt.type = openat and (${alternatives.join(" or ")})`), "openat");
    assert.deepEqual(found?.forced, [{ rule: "rule 1", every: true, blame: ["more than 64 alternatives"] }]);
  });

  test("a rule that wants everything is named with what is to blame", () => {
    const plan = planned("evt.type = openat and fd.name = /a", "evt.type = openat and proc.pname in (a, b, c, d)");
    assert.deepEqual(event(plan, "openat")?.forced, [
      { rule: "rule 2", every: true, blame: ["proc.pname in (a, b, c, …)"] },
    ]);
  });

  test("a rule of which only the outcome can be decided is named, too", () => {
    const forced = event(planned("evt.type = openat and evt.rawres >= 0 and proc.pname = a"), "openat")?.forced;
    assert.deepEqual(forced, [{ rule: "rule 1", every: false, blame: ["proc.pname = a"] }]);
  });

  test("what no rule names is not attached, but what keeps the process table", () => {
    const names = [...planned("evt.type = openat").events.keys()].map(({ name }) => name);
    assert.deepEqual(names, ["procexit", "clone", "fork", "vfork", "execve", "openat", "execveat", "clone3"]);
  });
});

describe("a guest's disk", () => {
  const rules = compiled("evt.type in (open, openat, creat) and vm.disk_of exists and not vm.disk_of = val(vm.id)");
  const disks = { paths: ["/dev/vg/web", "/var/vm/web.img"], inodes: [7, 12, 13] };

  test("is any file as long as the disks are not known", () => {
    assert.deepEqual(words(planOf(rules), "openat"), [""]);
  });

  test("is none where there are no guests", () => {
    assert.deepEqual(words(planOf(rules, { disks: { paths: [], inodes: [] } }), "openat"), []);
  });

  test("is asked for by its path, and by its inode when it was opened by another", () => {
    assert.deepEqual(words(planOf(rules, { disks }), "openat"), [
      "name is /dev/vg/web, /var/vm/web.img",
      "result ≥ 0; ino 7 or 12 to 13",
    ]);
  });

  test("of very many the inodes become ranges", () => {
    const inodes = Array.from({ length: 500 }, (_, i) => 1000 * (i % 20) + i);
    const plan = planOf(rules, { disks: { paths: ["/a"], inodes } });
    for (const ino of inodes) assert.ok(passes(plan, { fd: 3, name: "/link", ino }), `${ino}`);
    assert.ok(!passes(plan, { fd: 3, name: "/link", ino: 999_999 }));
  });

  const opens: readonly (readonly [string, Record<string, ParamValue>, boolean])[] = [
    ["by its path", { fd: 3, name: "/var/vm/web.img", ino: 99 }, true],
    ["by its path in vain", { fd: -13, name: "/var/vm/web.img" }, true],
    ["through a link", { fd: 3, name: "/tmp/link", ino: 12 }, true],
    ["by a path that is not normal", { fd: 3, name: "/var/vm/../vm/web.img", ino: 12 }, true],
    ["another file", { fd: 3, name: "/tmp/other", ino: 11 }, false],
    ["another file in vain", { fd: -2, name: "/tmp/other" }, false],
  ];
  for (const [name, params, expected] of opens) {
    test(`${name} ${expected ? "passes" : "is kept back"}`, () => {
      assert.equal(passes(planOf(rules, { disks }), params), expected);
    });
  }
});

function passes(plan: Plan, params: Record<string, ParamValue>): boolean {
  const { memory } = memoryOf(buildRecord("openat", params));
  return passesFilter(plan, new RecordReader(memory), {});
}

test("a payload is collected for the rules that read it in a condition or an output", () => {
  const rules = compiled("evt.type = openat and proc.env contains X", "evt.type = openat and toupper(proc.args) = X");
  const payloads = payloadsOf(rules);
  assert.deepEqual([...payloads], [
    ["environment", ["rule 1"]],
    ["arguments", ["rule 2"]],
    ["directory", []],
    ["data", []],
  ]);
});
