// SPDX-License-Identifier: Apache-2.0

/**
 * The heart of the plan: an alert without the filter is an alert with it. On generated rules and events, on the shipped
 * and the official rules; and each way of breaking the plan is seen to be noticed.
 */
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { buildEngine } from "../../src/engine/build.ts";
import type { CompiledRule, Engine } from "../../src/engine/engine.ts";
import { knownOf, type KnownProcess, passesFilter } from "../../src/engine/filter_model.ts";
import { type Plan, planOf, type PlanOptions } from "../../src/engine/plan.ts";
import { ask, both, type Clauses, either, NEVER, type Question, type Test } from "../../src/engine/plan_clause.ts";
import { clausesOf } from "../../src/engine/plan_fields.ts";
import { complementRanges } from "../../src/engine/plan_ranges.ts";
import { NET_FIELDS, netClauses } from "../../src/engine/plan_sockets.ts";
import { parseServices } from "../../src/engine/services.ts";
import { FIELD_CATALOGUE } from "../../src/fields/catalogue.ts";
import type { Event } from "../../src/fields/event.ts";
import { loadRules, type RuleFile } from "../../src/rules/loader.ts";
import type { RuleSet } from "../../src/rules/ruleset.ts";
import { ruleOf, ruleSetOf } from "../support/engine.ts";
import { seeded } from "../support/rules.ts";
import { Choice, randomCheck, randomCondition, randomEvent } from "./plan_cases.ts";

const SERVICES = parseServices("");

function engineOf(rules: RuleSet): Engine {
  const { engine, diagnostics } = buildEngine(rules, FIELD_CATALOGUE, {
    matching: "all",
    minimumPriority: "Debug",
    services: SERVICES,
  });
  assert.ok(engine, diagnostics.map(({ message }) => message).join("\n"));
  return engine;
}

function plan(rules: readonly CompiledRule[], decide?: PlanOptions["decide"]): Plan {
  return planOf(rules, { services: SERVICES, ...(decide === undefined ? {} : { decide }) });
}

type Known = (event: Event) => KnownProcess;

function passes(plan: Plan, event: Event, known: Known = ({ process }) => knownOf(process)): boolean {
  return passesFilter(plan, event.record, known(event));
}

/** Rules that alert on the event. */
function alerts(engine: Engine, event: Event): string[] {
  const names: string[] = [];
  engine.evaluateAll(event, ({ rule }) => names.push(rule.name));
  return names;
}

function eventText({ type, record }: Event): string {
  const params = type.params.map(({ name, type: kind }, i) => {
    if (record.len(i) === 0) return "";
    return `${name}=${
      /CHARBUF|PATH/.test(kind) ? JSON.stringify(record.text(i)) : record.hasNumber(i) ? record.number(i) : "…"
    }`;
  });
  return `${type.name} uid=${record.uid} gid=${record.gid} ${params.filter((text) => text !== "").join(" ")}`;
}

/** The first event that the plan keeps back although a rule matches it. */
function missed(engine: Engine, plan: Plan, events: readonly Event[], known?: Known): string | undefined {
  for (const event of events) {
    const names = alerts(engine, event);
    if (names.length > 0 && !passes(plan, event, known)) return `${names.join(", ")}: ${eventText(event)}`;
  }
  return undefined;
}

function randomEvents(length: number, names?: readonly string[]): readonly Event[] {
  const choice = new Choice(seeded(4711));
  return Array.from({ length }, () => randomEvent(choice, names));
}

const EVENTS = randomEvents(3000);

const SEEDS = 200;

/** A rule set of a seed: its conditions share comparisons. */
function conditionsOf(seed: number): string[] {
  const choice = new Choice(seeded(seed * 7919));
  const pool = Array.from({ length: 3 + choice.below(10) }, () => randomCheck(choice));
  return Array.from({ length: 1 + choice.below(6) }, () => randomCondition(choice, pool, 1 + choice.below(4)));
}

function rulesOf(conditions: readonly string[]): RuleSet {
  return ruleSetOf(conditions.map((condition) => ruleOf(condition, condition)));
}

describe("no event that a rule matches is kept back", () => {
  test("of generated rules, and many that no rule matches are", () => {
    let dropped = 0, uninteresting = 0;
    for (let seed = 1; seed <= SEEDS; seed++) {
      const engine = engineOf(rulesOf(conditionsOf(seed)));
      const made = plan(engine.rules);
      assert.equal(missed(engine, made, EVENTS), undefined, `seed ${seed}`);
      for (const event of EVENTS.slice(0, 200)) {
        if (alerts(engine, event).length > 0) continue;
        uninteresting++;
        if (!passes(made, event)) dropped++;
      }
    }
    assert.ok(dropped > uninteresting / 4, `only ${dropped} of ${uninteresting} uninteresting events were dropped`);
  });

  const official = new URL("../../../shared/compat/falco_rules.yaml", import.meta.url);
  const shipped = new URL("../../rules/", import.meta.url);
  const files: readonly (readonly [string, () => RuleFile[], string | false])[] = [
    ["of the shipped rules", () =>
      readdirSync(shipped).filter((name) => /\.ya?ml$/.test(name)).map((name) => ({
        name,
        content: readFileSync(new URL(name, shipped)),
      })), false],
    [
      "of Falco's stable rules",
      () => [{ name: "falco_rules.yaml", content: readFileSync(official) }],
      existsSync(official) ? false : "../shared/compat/falco_rules.yaml is not here",
    ],
  ];
  for (const [name, read, skip] of files) {
    test(name, { skip }, () => {
      const engine = engineOf(loadRules(read()));
      const made = plan(engine.rules);
      assert.equal(missed(engine, made, EVENTS), undefined);
      const opens = EVENTS.filter(({ type }) => type.name === "openat");
      const kept = opens.filter((event) => passes(made, event));
      assert.ok(kept.length < opens.length, "no open is dropped");
    });
  }
});

/** One comparison for each way in which a plan decides one. Each must hold of some generated events and not of others. */
const DECIDED: readonly string[] = [
  "evt.type = openat and fd.name = /etc/shadow",
  "evt.type = openat and fd.name in (/etc/shadow, /tmp/x)",
  "evt.type = openat and fd.name startswith /etc/",
  "evt.type = openat and fd.name endswith shadow",
  "evt.type = openat and fd.name contains pam",
  "evt.type = openat and fd.name pmatch (/etc, /tmp/x)",
  "evt.type = openat and fd.name glob /etc/*",
  "evt.type = openat and fd.name != /etc/shadow",
  "evt.type = openat and fd.directory = /etc",
  "evt.type = openat and fd.filename = shadow",
  "evt.type = openat and fd.nameraw startswith pam",
  "evt.type = openat and fd.nameraw endswith shadow",
  "evt.type = open and evt.arg.name = /etc/shadow",
  "evt.type = unlink and evt.arg.path startswith /etc",
  "evt.type = rename and evt.arg.oldpath startswith /etc",
  "evt.type = renameat2 and fs.path.target startswith /etc",
  "evt.type = linkat and fs.path.source startswith /etc",
  "evt.type = mkdirat and evt.abspath startswith /etc",
  "evt.type = symlink and evt.arg.target startswith /etc",
  "evt.type = openat and evt.rawres >= 0",
  "evt.type = openat and evt.res = SUCCESS",
  "evt.type = openat and evt.failed = true",
  "evt.type = openat and fd.num < 0",
  "evt.type = openat and evt.is_open_read = true",
  "evt.type = openat and evt.is_open_write = true",
  "evt.type = openat and evt.is_open_create = true",
  "evt.type = openat and evt.is_open_exec = true",
  "evt.type = openat and evt.arg.flags contains O_TRUNC",
  "evt.type = openat and fd.typechar = d",
  "evt.type = unshare and evt.arg.flags contains CLONE_NEWUSER",
  "evt.type = chmod and evt.arg.mode contains S_ISUID",
  "evt.type = ptrace and evt.arg.request in (PTRACE_ATTACH, PTRACE_SEIZE)",
  "evt.type = socket and evt.arg.domain = AF_PACKET",
  "evt.type = setuid and evt.rawarg.uid = 0",
  "evt.type = kill and evt.arg.sig = SIGHUP",
  "evt.type = socket and evt.arg.proto = 17",
  "evt.type = socket and evt.arg.type in (1, 3)",
  "evt.type = listen and evt.arg.backlog != 3",
  "evt.type = prctl and evt.arg.option = PR_SET_DUMPABLE",
  "evt.type = mkdir and evt.arg.mode in (493, 755, 0755)",
  "evt.type = openat and user.uid = 0",
  "evt.type = openat and group.gid = 3",
  "evt.type = openat and user.loginuid = 1000",
  "evt.type = openat and user.loginuid = -1",
  "evt.type = openat and user.loginuid >= 1000",
  "evt.type = openat and user.loginuid in (-1, 3000000000)",
  "evt.type = openat and user.loginuid != -1",
  "evt.type = openat and proc.name = cat",
  "evt.type = openat and proc.name != cat",
  "evt.type = openat and proc.name in (cat, su)",
  "evt.type = openat and proc.name startswith ca",
  "evt.type = openat and proc.name startswith /",
  "evt.type = openat and proc.name endswith x",
  "evt.type = openat and proc.name contains gin",
  "evt.type = openat and proc.name glob ngi*",
  "evt.type = openat and proc.exepath = /usr/bin/cat",
  "evt.type = openat and proc.exepath in (/usr/bin/cat, /tmp/x)",
  "evt.type = openat and proc.exepath startswith /tmp/",
  "evt.type = openat and proc.exepath endswith su",
  "evt.type = openat and proc.exepath pmatch (/tmp, /usr/bin/su)",
  "evt.type = openat and proc.exepath != /tmp/x",
  "evt.type = openat and container.id = host",
  "evt.type = openat and container.id != host",
  "evt.type in (dup, dup2, dup3) and fd.typechar = 4",
  "evt.type = connect and fd.sockfamily = ip",
  "evt.type = connect and fd.l4proto = tcp",
  "evt.type = connect and fd.sip = 8.8.8.8",
  "evt.type = connect and fd.snet in (10.0.0.0/8, 8.8.8.8/32)",
  "evt.type = connect and fd.sport = 443",
  "evt.type = connect and fd.port = 443",
  "evt.type = accept and fd.cport = 443",
  "evt.type = accept and fd.lip = 10.0.0.2",
  "evt.type = sendto and fd.sport = 443",
  "evt.type = sendto and fd.sip = 8.8.8.8",
  "evt.type = sendmsg and fd.snet in (10.0.0.0/8, 8.8.8.8/32)",
  "evt.type = sendmsg and fd.net = 10.0.0.0/8",
  "evt.type = recvfrom and fd.rport = 443",
  "evt.type = recvmsg and fd.port = 443",
  "evt.type = bind and fd.sport = 443",
  "evt.type = listen and fd.ip = 10.0.0.2",
  "evt.type in (dup, dup2, dup3) and fd.rip = 8.8.8.8",
];

/** Ways of breaking what an atom comes to. */
const BREAKS: readonly (readonly [string, (clauses: Clauses) => Clauses])[] = [
  ["turned round", turnedRound],
  ["never", () => NEVER],
];

describe("a plan that is broken at one atom is noticed", () => {
  for (const condition of DECIDED) {
    test(condition, () => {
      const [restriction, atom] = condition.split(" and ") as [string, string];
      const events = randomEvents(600, restriction.match(/\b(?!evt|type|in)[a-z]+[0-9]*\b/g) ?? []);
      for (const text of [condition, `${restriction} and not ${atom}`]) {
        const engine = engineOf(rulesOf([text]));
        assert.equal(missed(engine, plan(engine.rules), events), undefined, "it is whole");
        for (const [how, change] of BREAKS) {
          let decided = false;
          const broken = plan(engine.rules, (each) => {
            const clauses = clausesOf(each);
            decided ||= clauses !== undefined;
            return clauses && change(clauses);
          });
          assert.ok(decided || text !== condition, "the kernel decides it");
          if (decided) assert.notEqual(missed(engine, broken, events), undefined, `${text}: ${how}`);
        }
      }
    });
  }

  test("a part of a path turned round as if it were the whole", () => {
    for (const part of ["fd.directory = /etc", "fd.filename = shadow", "fd.directory startswith /etc"]) {
      const engine = engineOf(rulesOf([`evt.type = openat and not ${part}`]));
      const broken = plan(engine.rules, (atom) => {
        return clausesOf(atom) ?? turnedRound(clausesOf({ ...atom, positive: true }) ?? []);
      });
      assert.notEqual(missed(engine, broken, EVENTS), undefined, part);
    }
  });

  const mistaken: readonly (readonly [string, string, Known])[] = [
    ["that nothing is known of taken for one of some name", "proc.name = cat", ({ process }) => {
      return process === undefined ? { name: "cat" } : knownOf(process);
    }],
    ["whose name is its parent's taken for one with its own", "proc.name = cat", () => ({ name: "cat" })],
    ["whose program is empty taken for one with some", "proc.exepath startswith /", ({ process }) => {
      return { exepath: process?.exepath || "/other" };
    }],
    ["of a login that is not set taken for root's", "user.loginuid >= 0", ({ process }) => {
      return { loginuid: process === undefined || process.loginuid === 4294967295 ? 0 : process.loginuid };
    }],
  ];
  for (const [whose, atom, known] of mistaken) {
    test(`a process ${whose}`, () => {
      const engine = engineOf(rulesOf([`evt.type = openat and not ${atom}`]));
      assert.equal(missed(engine, plan(engine.rules), EVENTS), undefined, "it is whole");
      assert.notEqual(missed(engine, plan(engine.rules), EVENTS, known), undefined);
    });
  }

  const undecided: readonly (readonly [string, NonNullable<PlanOptions["decide"]>])[] = [
    ["an atom that can't be decided taken for false", (atom) => clausesOf(atom) ?? []],
    ["a negation that can't be decided taken for false", (atom) => clausesOf(atom) ?? (atom.positive ? undefined : [])],
    ["a path's first pattern left out", (atom) => withoutFirstPattern(clausesOf(atom))],
    ["a number's last range left out", (atom) => withoutLastRange(clausesOf(atom))],
    ["a missing value taken for one that is there", (atom) => valuesPresent(clausesOf(atom))],
    ["a socket's end that may be either taken for its source", (atom) => {
      const name = atom.check.left.field?.field.name ?? "";
      return NET_FIELDS.has(name) ? netClauses(atom, { ends: ["source"], one: false }) : clausesOf(atom);
    }],
  ];
  for (const [name, decide] of undecided) {
    test(name, () => {
      for (let seed = 1; seed <= 4 * SEEDS; seed++) {
        const engine = engineOf(rulesOf(conditionsOf(seed)));
        if (missed(engine, plan(engine.rules, decide), EVENTS) !== undefined) return;
      }
      assert.fail("not noticed");
    });
  }
});

/** Met by what the clauses rule out, as far as it is known. */
function turnedRound(clauses: Clauses): Clauses {
  return both(...clauses.map(({ tests }) => either(...tests.map((test) => ask(opposite(test))))));
}

function opposite(test: Test): Question {
  const { key: _, subject: __, ...question } = test;
  switch (question.kind) {
    case "number":
      return { ...question, ranges: complementRanges(question.ranges), missing: !question.missing };
    case "bits":
      return { ...question, wanted: question.wanted === "none" ? "any" : "none" };
    case "path":
    case "process":
    case "address":
      return { ...question, outside: !question.outside };
    case "container":
      return { ...question, inside: !question.inside };
  }
}

type Edit = (test: Test) => Test;

function edited(clauses: Clauses | undefined, edit: Edit): Clauses | undefined {
  return clauses?.map(({ tests, rules }) => ({ tests: tests.map(edit).map(rekeyed), rules }));
}

function rekeyed(test: Test): Test {
  const { key: _, ...question } = test;
  return { ...test, key: JSON.stringify(question) };
}

function withoutFirstPattern(clauses: Clauses | undefined): Clauses | undefined {
  return edited(clauses, (test) => {
    if ((test.kind !== "path" && test.kind !== "process") || test.outside) return test;
    const [, ...prefix] = test.paths.prefix;
    return { ...test, paths: { ...test.paths, prefix } };
  });
}

function withoutLastRange(clauses: Clauses | undefined): Clauses | undefined {
  return edited(clauses, (test) => test.kind === "number" ? { ...test, ranges: test.ranges.slice(0, -1) } : test);
}

function valuesPresent(clauses: Clauses | undefined): Clauses | undefined {
  return edited(clauses, (test) => test.kind === "address" ? { ...test, missing: false } : test);
}
