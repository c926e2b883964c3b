// SPDX-License-Identifier: Apache-2.0

/** The gate, run from the drivers' own C: it lets every open pass that the plan lets pass, and few others. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { buildEngine } from "../../src/engine/build.ts";
import { passesFilter } from "../../src/engine/filter_model.ts";
import { type Plan, planOf } from "../../src/engine/plan.ts";
import { isNormalPath } from "../../src/engine/plan_paths.ts";
import { tablesOf } from "../../src/engine/plan_tables.ts";
import { parseServices } from "../../src/engine/services.ts";
import { FIELD_CATALOGUE } from "../../src/fields/catalogue.ts";
import type { Event } from "../../src/fields/event.ts";
import { layout } from "../../src/fields/layout.ts";
import { ruleOf, ruleSetOf } from "../support/engine.ts";
import { seeded } from "../support/rules.ts";
import { Choice, randomCheck, randomCondition, randomEvent } from "./plan_cases.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const services = parseServices("");
const CALLS = ["open", "openat"];

function planned(conditions: readonly string[]): Plan {
  const { engine } = buildEngine(ruleSetOf(conditions.map((each) => ruleOf(each, each))), FIELD_CATALOGUE, {
    matching: "all",
    minimumPriority: "Debug",
    services,
  });
  assert.ok(engine);
  return planOf(engine.rules, { services });
}

/** An open as the gate sees it. */
interface Open {
  readonly call: string;
  readonly result: number;
  readonly flags: number;
  readonly path: string;
}

function openOf({ type, record }: Event): Open {
  const { result, flags, openedPath } = layout(type);
  return {
    call: type.name,
    result: record.number(result),
    flags: record.number(flags),
    path: record.text(openedPath),
  };
}

describe("the gate", () => {
  const folder = mkdtempSync(join(tmpdir(), "lanner-gate-"));
  after(() => rmSync(folder, { recursive: true }));
  const program = join(folder, "gate");
  execFileSync("gcc", [
    ...["-O2", "-Wall", "-Wextra", "-Werror", "-I", `${ROOT}native`],
    ...["-o", program, `${ROOT}tests/engine/gate.c`],
  ]);

  /** Which opens pass. */
  function passing(plan: Plan, opens: readonly Open[]): readonly boolean[] {
    const tables = join(folder, "tables");
    writeFileSync(tables, tablesOf(plan).bytes);
    const lines = opens.map(({ call, result, flags, path }) => {
      return `${CALLS.indexOf(call)} ${result} ${flags >>> 0} ${Buffer.from(path, "latin1").toString("hex")}\n`;
    });
    const answer = execFileSync(program, [tables], { input: lines.join(""), encoding: "latin1" }).trim().split("\n");
    assert.equal(answer.length, opens.length);
    return answer.map((each) => each === "1");
  }

  const choice = new Choice(seeded(2718));
  const events = Array.from({ length: 3000 }, () => randomEvent(choice, CALLS)).filter(({ type, record }) => {
    const { result, flags, openedPath } = layout(type);
    const path = record.text(openedPath);
    return record.hasNumber(result) && record.hasNumber(flags) && path !== "" && path.length < 256;
  });
  const opens = events.map(openOf);

  test("lets pass what the plan lets pass, and drops much of the rest", () => {
    let unwanted = 0, dropped = 0;
    for (let seed = 1; seed <= 30; seed++) {
      const random = new Choice(seeded(seed * 7907));
      const pool = Array.from({ length: 3 + random.below(8) }, () => randomCheck(random));
      const plan = planned(Array.from({ length: 1 + random.below(5) }, () => randomCondition(random, pool, 3)));
      const passes = passing(plan, opens);
      events.forEach((event, i) => {
        if (passesFilter(plan, event.record, {})) {
          assert.ok(passes[i], `seed ${seed}: ${JSON.stringify(opens[i])} is dropped`);
        } else {
          unwanted++;
          if (!passes[i]) dropped++;
        }
      });
    }
    assert.ok(dropped > unwanted / 2, `only ${dropped} of ${unwanted} unwanted opens were dropped`);
  });

  test("shares bits among clauses when there are many", () => {
    const paths = Array.from({ length: 90 }, (_, i) => `/many/${i}/paths`);
    const plan = planned([
      ...paths.slice(0, 45).map((path, i) => `evt.type = open and fd.name = ${path} and evt.rawres = ${i}`),
      ...paths.slice(45).map((path, i) => `evt.type = openat and fd.name = ${path} and evt.rawres = ${i}`),
    ]);
    const wanted = paths.map((path, i) => ({ call: CALLS[i < 45 ? 0 : 1]!, result: i % 45, flags: 1, path }));
    assert.deepEqual([...new Set(passing(plan, wanted))], [true]);
    const failed = wanted.map((open) => ({ ...open, result: -2 }));
    assert.deepEqual([...new Set(passing(plan, failed))], [false]);
  });

  test("knows a path that is not normal, or not absolute, which passes", () => {
    const plan = planned(["evt.type = open and fd.name = /never/to/be/found"]);
    const paths = Array.from({ length: 20000 }, () => {
      const length = choice.in(20) ? 230 + choice.below(26) : 1 + choice.below(30);
      const letters = Array.from({ length: length - 1 }, () => choice.one(["/", ".", "a", "b", "\x80", "c", "d"]));
      return (choice.in(10) ? "" : "/") + letters.join("") + (choice.in(2) ? "e" : "");
    }).filter((path) => path !== "" && path.length < 256);
    const passes = passing(plan, paths.map((path) => ({ call: "open", result: 3, flags: 1, path })));
    const normal = paths.map((path) => isNormalPath(path) && path !== "/");
    assert.deepEqual(paths.filter((_, i) => !normal[i] && !passes[i]), []);
    const known = normal.filter((each) => each).length;
    assert.ok(known > 1000 && known < paths.length - 1000, `${known} of ${paths.length} are normal`);
    const alike = normal.filter((each, i) => each && passes[i]).length; // two texts may fall into one bucket
    assert.ok(alike < known / 50, `${alike} of ${known} normal paths pass`);
  });

  test("asks for pairs of dots and slashes only where every path of a set has them", () => {
    const plan = planned([
      "evt.type = open and fd.name contains ../ and fd.name startswith /home",
      "evt.type = open and fd.name contains /.ssh/ and fd.name startswith /data",
    ]);
    const paths = ["/home/a../b", "/home/a/b", "/home/.a", "/data/.ssh/x", "/data/a", "/elsewhere/.ssh/x"];
    const passes = passing(plan, paths.map((path) => ({ call: "open", result: 3, flags: 1, path })));
    assert.deepEqual(passes, [true, false, false, true, false, false]);
  });
});
