// SPDX-License-Identifier: Apache-2.0

/** Outputs over the real fields; the cases are in formatting.yaml. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { readFileSync } from "node:fs";
import process from "node:process";
import { describe, test } from "node:test";
import { parse } from "yaml";
import { z } from "zod";
import type { FieldValue } from "../../src/alerts/alert.ts";
import { buildAlert } from "../../src/alerts/build.ts";
import { DEFAULT_FORMAT, formatAlert } from "../../src/alerts/format.ts";
import type { AppendOutput } from "../../src/engine/append.ts";
import { buildEngine } from "../../src/engine/build.ts";
import { parseServices } from "../../src/engine/services.ts";
import { withStaticFields } from "../../src/engine/staticfield.ts";
import { encodeText } from "../../src/events/text.ts";
import { FIELD_CATALOGUE } from "../../src/fields/catalogue.ts";
import { chain, eventOf, processOf, typeCode } from "../fields/support.ts";
import { ruleOf, ruleSetOf } from "../support/engine.ts";
import { tuple } from "../support/sockets.ts";

process.env.TZ = "UTC"; // texts have local time

const Param = z.union([
  z.number(),
  z.string(),
  z.strictObject({ char: z.string() }).transform(({ char }) => typeCode(char)),
  z.strictObject({ u64: z.string() }).transform(({ u64 }) => BigInt.asIntN(64, BigInt(u64))),
  z.strictObject({ hex: z.string() }).transform(({ hex }) => new Uint8Array(Buffer.from(hex, "hex"))),
  z.strictObject({ from: z.string(), port: z.number(), to: z.string(), toPort: z.number() })
    .transform(({ from, port, to, toPort }) => tuple(from, port, to, toPort)),
]);

const Event = z.strictObject({
  type: z.string(),
  params: z.record(z.string(), Param),
  /** Without it nothing is known of the process. */
  process: z.strictObject({
    pid: z.number(),
    comm: z.string(),
    exe: z.string(),
    args: z.string(),
    cwd: z.string(),
    tty: z.number(),
    loginuid: z.number(),
    exeFlags: z.number(),
    startTime: z.number().transform(BigInt),
  }).partial().optional(),
  /** Names, the oldest first. */
  ancestors: z.array(z.string()).default([]),
  header: z.record(z.string(), z.number()).default({}),
  num: z.number().default(1),
});

const Case = z.strictObject({
  event: z.string(),
  output: z.string(),
  options: z.record(z.string(), z.boolean()).default({}),
  static: z.record(z.string(), z.string()).default({}),
  append: z.array(z.record(z.string(), z.unknown())).default([]),
  message: z.string().optional(),
  /** `output_fields`; a number with `n` behind it is one that needs 64 bits. */
  fields: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])).optional(),
  line: z.string().optional(),
  /** The message of the error that the output is. */
  error: z.string().optional(),
});

const { events, cases } = z.strictObject({ events: z.record(z.string(), Event), cases: z.array(Case) })
  .parse(parse(readFileSync(new URL("formatting.yaml", import.meta.url), "utf8")));

function eventFor(name: string) {
  const { type, params, process: facts, ancestors, header, num } = events[name]!;
  const parent = ancestors.length > 0 ? chain(...ancestors) : undefined;
  const known = Object.fromEntries(
    Object.entries(facts ?? {}).map(([key, fact]) => [key, typeof fact === "string" ? encodeText(fact) : fact]),
  );
  return eventOf(type, params, {
    process: facts === undefined ? null : processOf({ parent, ...known }),
    header,
    num,
  });
}

/** As the table writes it. */
function written(value: FieldValue): unknown {
  return typeof value !== "bigint" ? value : Number.isSafeInteger(Number(value)) ? Number(value) : `${value}n`;
}

describe("an output over real fields", () => {
  for (const { event: name, output, options, static: values, append, message, fields, line, error } of cases) {
    test(`${name}: ${output} ${JSON.stringify({ ...options, ...values })}`, () => {
      const catalogue = withStaticFields(FIELD_CATALOGUE, new Map(Object.entries(values)));
      const { engine, diagnostics } = buildEngine(ruleSetOf([ruleOf({ output })]), catalogue, {
        matching: "first",
        minimumPriority: "Debug",
        appendOutput: append as AppendOutput[],
        services: parseServices(""),
      });
      if (error !== undefined) {
        assert.equal(engine, undefined);
        assert.deepEqual(diagnostics.map((each) => [each.code, each.message]), [["LOAD_ERR_COMPILE_OUTPUT", error]]);
        return;
      }
      const event = eventFor(name);
      const found = engine?.evaluate(event);
      assert.ok(found, diagnostics[0]?.message);
      const format = { ...DEFAULT_FORMAT, ...options };
      const alert = buildAlert(event, found.rule, found.template, format);
      assert.ok(message !== undefined || line !== undefined, "nothing is expected");
      if (message !== undefined) assert.equal(alert.message, message);
      if (line !== undefined) assert.equal(formatAlert(alert, format), line);
      if (fields !== undefined) {
        assert.deepEqual(Object.fromEntries([...alert.fields].map(([key, value]) => [key, written(value)])), fields);
      }
    });
  }

  test("is tried in at least 60 cases", () => assert.ok(cases.length >= 60, String(cases.length)));
});
