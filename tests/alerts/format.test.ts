// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import process from "node:process";
import { describe, test } from "node:test";
import type { Alert } from "../../src/alerts/alert.ts";
import { buildAlert, valueJson, valueText } from "../../src/alerts/build.ts";
import { DEFAULT_FORMAT, formatAlert, type FormatOptions } from "../../src/alerts/format.ts";
import type { ValueType } from "../../src/events/types.ts";
import type { Value } from "../../src/fields/field.ts";
import type { AppendOutput } from "../../src/engine/append.ts";
import type { Rule } from "../../src/rules/ruleset.ts";
import { build, FakeEvent, ruleOf } from "../support/engine.ts";

process.env.TZ = "UTC"; // the text line has local time

/** 2023-11-14 22:13:21.000000000 UTC: FakeEvent's boot time and the records' one second. */
const TIME = 1_700_000_001_000_000_000n;

const VALUES: Readonly<Record<string, Value>> = {
  "proc.name": "bash",
  "proc.pname": "",
  "proc.cmdline": "\xc3\xa9cho \xff",
  "fd.name": "/etc/shadow",
  "fd.num": -2,
  "fd.ino": 18446744073709551615n,
  "fd.sip": "\x0a\x00\x00\x01",
  "fd.cip": "\0".repeat(15) + "\x01",
  "fd.sport": 443,
  "proc.leader": true,
  "proc.list": ["a", "b"],
  "proc.pids": [1, 2],
  "proc.usage": 12.34,
  "proc.start": 1_700_000_000_123_456_789n,
  "evt.buffer": "GET\0\x7f\xff",
  "evt.flags": 5,
  "proc.aname[2]": "init",
};

function alertFor(output: string): Alert {
  const { engine, diagnostics } = build([ruleOf({ output })]);
  assert.ok(engine, diagnostics[0]?.message);
  const event = new FakeEvent(VALUES);
  const found = engine.evaluate(event);
  assert.ok(found);
  return buildAlert(event, found.rule, found.template);
}

describe("an output's fields are filled in", () => {
  const cases: readonly (readonly [string, string])[] = [
    ["plain", "plain"],
    ["%proc.name", "bash"],
    ["a %proc.name b", "a bash b"],
    ["%proc.name%fd.num", "bash-2"],
    ["%proc.namefoo", "bashfoo"],
    ["%proc.name.foo", "bash.foo"],
    ["%proc.name.", "bash."],
    ["%proc.name[2]", "bash[2]"],
    ["%proc.aname[2]", "init"],
    ["%proc.aname[3]", "<NA>"],
    ["%proc.aname[x]", "<NA>[x]"],
    ['%proc.aname["2"]', "init"],
    ["(%proc.name)", "(bash)"],
    ["user=%user.uid", "user=<NA>"],
    ["%proc.pname|", "|"],
    ["%proc.cmdline", "écho \ufffd"],
    ["%fd.num", "-2"],
    ["%fd.ino", "18446744073709551615"],
    ["%fd.sip %fd.cip %fd.sport", "10.0.0.1 ::1 443"],
    ["%proc.leader", "true"],
    ["%proc.list %proc.pids", "(a,b) (1,2)"],
    ["%proc.usage", "12.3"],
    ["%proc.start", "1700000000123456789"],
    ["%evt.buffer", "GET..."],
    ["%evt.flags", "5"],
    ["%10proc.name|", "bash      |"],
    ["%2proc.name|", "ba|"],
    ["%4proc.name|", "bash|"],
    ["%0proc.name|", "bash|"],
    ["%6user.uid|", "<NA>  |"],
    ["%1proc.cmdline|", "\ufffd|"],
    ["%3fd.ino|", "184|"],
    ["%toupper(proc.name)", "BASH"],
    ["%toupper(proc.name)x", "BASHx"],
    ["%basename(fd.name)", "shadow"],
    ["%len(proc.list)", "2"],
    ["%tolower(toupper(proc.name))", "bash"],
    ["%8toupper(proc.name)|", "BASH    |"],
    ["%len(fd.directory)", "<NA>"],
    ['%concat(proc.name, ")")', "bash)"],
    ['%getopt(("-t", "v"), "t:")[t]', "v"],
    ["é %proc.name ü", "é bash ü"],
    ["two\nlines %proc.name", "two\nlines bash"],
  ];
  for (const [output, expected] of cases) {
    test(JSON.stringify(output), () => assert.equal(alertFor(output).message, expected));
  }
});

describe("an output that cannot be used is an error", () => {
  const cases: readonly (readonly [string, RegExp, number])[] = [
    ["", /empty/, 0],
    ["100%", /cannot end with a %/, 3],
    ["%proc.name %10", /cannot end with a number/, 11],
    ["100% sure", /no field follows the %/, 3],
    ["a %% b", /no field follows the %/, 2],
    ["%proc.nmae", /unknown filter: proc\.nmae/, 0],
    ["x %fd.ip", /unknown filter: fd\.ip/, 2],
    ["%toupper(fd.num)", /unknown filter/, 0],
    ["%toupper(", /unknown filter/, 0],
    ["%val(proc.name)", /unknown filter/, 0],
    ["%99999proc.name", /width 99999/, 1],
  ];
  for (const [output, message, index] of cases) {
    test(JSON.stringify(output), () => {
      const { engine, diagnostics } = build([ruleOf({ output })]);
      assert.equal(engine, undefined);
      assert.equal(diagnostics.length, 1);
      assert.equal(diagnostics[0]!.code, "LOAD_ERR_COMPILE_OUTPUT");
      assert.match(diagnostics[0]!.message, message);
      assert.equal(diagnostics[0]!.position.offset, index);
      if (output === "%proc.nmae") assert.equal(diagnostics[0]!.hint, "did you mean 'proc.name'?");
    });
  }
});

describe("values have JSON's types by the field's type", () => {
  const cases: readonly (readonly [Value, ValueType, unknown, string])[] = [
    ["a", "CHARBUF", "a", "a"],
    ["\xc3\xa9\xff", "FSPATH", "é\ufffd", "\xc3\xa9\xff"],
    [5, "INT64", 5, "5"],
    [5n, "UINT64", 5n, "5"],
    [0, "PORT", 0, "0"],
    [7n, "RELTIME", 7n, "7"],
    [true, "BOOL", true, "true"],
    [false, "BOOL", false, "false"],
    [2, "FLAGS32", "2", "2"],
    [2, "ENUMFLAGS32", 2, "2"],
    [1.25, "DOUBLE", 1.25, "1.3"],
    ["\x7f\0\0\x01", "IPADDR", "127.0.0.1", "127.0.0.1"],
    [["a", "b"], "CHARBUF", ["a", "b"], "(a,b)"],
    [[], "CHARBUF", [], "()"],
    [["\x01\x02\x03\x04"], "IPADDR", ["1.2.3.4"], "(1.2.3.4)"],
    ["\0a", "BYTEBUF", ".a", ".a"],
  ];
  for (const [value, type, json, text] of cases) {
    test(`${type} ${text}`, () => {
      assert.deepEqual(valueJson(value, type), json);
      assert.equal(valueText(value, type), text);
    });
  }
});

const ALERT: Alert = {
  rule: 'Read "shadow"',
  priority: "Warning",
  source: "syscall",
  tags: ["a", "b"],
  hostname: "falcon",
  time: TIME + 42n,
  message: 'read /a\n"b"\\ \x01 é',
  fields: new Map<string, string | number | bigint | null | boolean | string[]>([
    ["proc.name", "x"],
    ["fd.ino", 18446744073709551615n],
    ["evt.num", 3],
    ["user.name", null],
    ["proc.list", ["a"]],
    ["proc.leader", true],
  ]),
};

const ESCAPED = 'read /a\\n\\"b\\"\\\\ \\u0001 é';
const FIELDS =
  '{"evt.num":3,"evt.time":1700000001000000042,"fd.ino":18446744073709551615,"proc.leader":true,"proc.list":["a"],' +
  '"proc.name":"x","user.name":null}';

describe("an alert's line", () => {
  const cases: readonly (readonly [string, Partial<FormatOptions>, string])[] = [
    ["text with local time", {}, `22:13:21.000000042: Warning ${ESCAPED}`],
    ["text with UTC date", { isoTime: true }, `2023-11-14T22:13:21.000000042+0000: Warning ${ESCAPED}`],
    [
      "JSON",
      { json: true },
      `{"hostname":"falcon","output":"22:13:21.000000042: Warning ${ESCAPED}","output_fields":${FIELDS},` +
      `"priority":"Warning","rule":"Read \\"shadow\\"","source":"syscall","tags":["a","b"],` +
      `"time":"2023-11-14T22:13:21.000000042Z"}`,
    ],
    [
      "JSON with UTC date",
      { json: true, isoTime: true, includeTags: false },
      `{"hostname":"falcon","output":"2023-11-14T22:13:21.000000042+0000: Warning ${ESCAPED}","output_fields":` +
      `${FIELDS.replace("evt.time", "evt.time.iso8601")},` +
      `"priority":"Warning","rule":"Read \\"shadow\\"","source":"syscall","time":"2023-11-14T22:13:21.000000042Z"}`,
    ],
    [
      "JSON with as little as may be",
      { json: true, includeOutput: false, includeFields: false, includeTags: false },
      `{"hostname":"falcon","priority":"Warning","rule":"Read \\"shadow\\"","source":"syscall",` +
      `"time":"2023-11-14T22:13:21.000000042Z"}`,
    ],
    [
      "JSON with the message alone",
      { json: true, includeMessage: true, includeOutput: false, includeFields: false, includeTags: false },
      `{"hostname":"falcon","message":"${ESCAPED}","priority":"Warning","rule":"Read \\"shadow\\"",` +
      `"source":"syscall","time":"2023-11-14T22:13:21.000000042Z"}`,
    ],
  ];
  for (const [name, options, expected] of cases) {
    test(name, () => {
      const line = formatAlert(ALERT, { ...DEFAULT_FORMAT, ...options });
      assert.equal(line, expected);
      assert.ok(!line.includes("\n"));
      if (options.json) JSON.parse(line);
    });
  }
});

test("output_fields has every plain field once, by its expression, and no transformed one", () => {
  const { fields } = alertFor("%proc.name %fd.ino %toupper(proc.name) %proc.aname[2] %user.uid %proc.list %proc.name");
  assert.deepEqual([...fields], [
    ["proc.name", "bash"],
    ["fd.ino", 18446744073709551615n],
    ["proc.aname[2]", "init"],
    ["user.uid", null],
    ["proc.list", ["a", "b"]],
  ]);
});

test("an alert carries the rule, the host and the event's time", () => {
  const alert = alertFor("x");
  assert.equal(alert.time, TIME);
  assert.equal(alert.hostname, "falcon");
  assert.equal(alert.rule, "r");
  assert.equal(alert.priority, "Notice");
});

describe("what the configuration appends to outputs", () => {
  const values = { "proc.name": "sh", "fd.num": 3, "proc.start": 5n };
  const made = (appendOutput: readonly AppendOutput[], rule: Partial<Rule> = {}) => {
    const { engine, diagnostics } = build([ruleOf({ output: "x", tags: ["a", "b"], ...rule })], { appendOutput });
    if (engine === undefined) return diagnostics[0]!.message;
    const event = new FakeEvent(values);
    const found = engine.evaluate(event)!;
    const { message, fields } = buildAlert(event, found.rule, found.template);
    return [message, [...fields]];
  };
  const cases: readonly (readonly [string, readonly AppendOutput[], unknown])[] = [
    ["nothing", [], ["x", []]],
    ["text", [{ output: "p=%proc.name" }], ["x p=sh", [["proc.name", "sh"]]]],
    ["texts in order", [{ output: "1" }, { output: "2" }], ["x 1 2", []]],
    ["for the rule's name", [{ rule: "r", output: "1" }, { rule: "R", output: "2" }], ["x 1", []]],
    ["for the rule's source", [{ source: "syscall", output: "1" }, { source: "k8s", output: "2" }], ["x 1", []]],
    ["for all of some tags", [{ tags: ["b", "a"], output: "1" }, { tags: ["a", "c"], output: "2" }], ["x 1", []]],
    ["a field as it is", [{ fields: ["fd.num", "proc.start"] }], ["x", [["fd.num", 3], ["proc.start", 5n]]]],
    ["a missing field", [{ fields: ["fd.ino"] }], ["x", [["fd.ino", null]]]],
    ["a field with a format", [{ fields: [{ key: "k", format: "<%fd.num>" }] }], ["x", [["k", "<3>"]]]],
    ["a broken format", [{ output: "%no.field" }], "unknown filter: no.field"],
    ["a broken field", [{ fields: ["no.field"] }], "unknown filter: no.field"],
    ["two fields as one", [{ fields: ["proc.name%fd.num"] }], "extra field 'proc.name%fd.num' is not a field"],
  ];
  for (const [name, entries, expected] of cases) test(name, () => assert.deepEqual(made(entries), expected));
});
