// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { z } from "zod";
import { Folder, lanner } from "./support.ts";

const rule = (name: string, condition: string, more = "") =>
  `- rule: ${name}\n  desc: d\n  condition: ${condition}\n  output: "%proc.name"\n  priority: ERROR\n${more}`;

const GOOD = rule("Good", "evt.type = open and proc.name = cat");
const UNUSED = `- list: nobody\n  items: [x]\n${GOOD}`;
const BAD = rule("Bad", "evt.type = open and proc.nmae = cat") + rule("Worse", "evt.type = open and fd.num = many");
/** Loads as in Falco, but nothing here knows the field's value. */
const WITHOUT_DATA = rule("Sees plugins", "evt.type = open and evt.pluginname = cloudtrail") +
  rule("Sees both", "evt.type = open and (evt.pluginname = cloudtrail or proc.name = cat)");

const Entry = z.object({ code: z.string(), message: z.string(), context: z.object({ snippet: z.string() }) });
const Report = z.object({
  falco_load_results: z.array(z.strictObject({
    name: z.string(),
    successful: z.boolean(),
    schema_valid: z.boolean(),
    schema_warnings: z.array(z.string()),
    errors: z.array(Entry),
    warnings: z.array(Entry),
    lanner_warnings: z.array(Entry),
    notes: z.array(z.strictObject({ rule: z.string(), message: z.string() })),
  })),
  summary: z.record(z.string(), z.number()),
});

async function check(files: Readonly<Record<string, string>>, ...args: string[]) {
  using folder = new Folder();
  const paths = Object.entries(files).map(([name, text]) => folder.write(name, text));
  const { code, out, err } = await lanner("check", ...paths, ...args);
  return { code, out: out.replaceAll(`${folder.path}/`, ""), err };
}

describe("lanner check", () => {
  test("says Ok and ends with 0", async () => {
    assert.deepEqual(await check({ "a.yaml": GOOD }), {
      code: 0,
      out: "1 rule, 0 macros, 0 lists: Ok (0 errors, 0 warnings)\n",
      err: "",
    });
  });

  test("prints warnings with their place, and ends with 0", async () => {
    const { code, out } = await check({ "a.yaml": UNUSED });
    assert.equal(code, 0);
    assert.match(out, /^a\.yaml:1:\d+: warning: list 'nobody': .*\[LOAD_UNUSED_LIST\]\n/);
    assert.match(out, /\n1 rule, 0 macros, 1 list: Ok \(0 errors, 1 warning\)\n$/);
  });

  test("prints all errors of all files, the verdict on each, and ends with 1", async () => {
    const { code, out } = await check({ "a.yaml": BAD, "b.yaml": GOOD });
    assert.equal(code, 1);
    assert.match(out, /^a\.yaml:3:\d+: error: rule 'Bad': .*proc\.nmae.*\[LOAD_ERR_COMPILE_CONDITION\]$/m);
    assert.match(out, /^ +hint: did you mean 'proc\.name'\?$/m);
    assert.match(out, /^a\.yaml:8:\d+: error: rule 'Worse': .*\[LOAD_ERR_COMPILE_CONDITION\]$/m);
    assert.match(
      out,
      /\na\.yaml: Invalid\nb\.yaml: Ok\n3 rules, 0 macros, 0 lists: Invalid \(2 errors, 0 warnings\)\n$/,
    );
  });

  test("names a file that cannot be read, and ends with 1", async () => {
    const { code, out } = await lanner("check", "/nonexistent/rules.yaml");
    assert.equal(code, 1);
    assert.match(out, /\/nonexistent\/rules\.yaml.*no such file or directory.*\[LOAD_ERR_FILE_READ\]/);
  });

  test("notes the rules that can never alert for want of a field's value, as neither error nor warning", async () => {
    const { code, out } = await check({ "a.yaml": WITHOUT_DATA });
    assert.equal(code, 0);
    assert.equal(
      out,
      "a.yaml:1:3: note: rule 'Sees plugins': can never alert here: it reads evt.pluginname, for which Lanner has no " +
        "value\n2 rules, 0 macros, 0 lists: Ok (0 errors, 0 warnings, 1 note)\n",
    );
  });

  test("--json prints Falco's load results, with notes and a summary beside them", async () => {
    const good = await check({ "a.yaml": UNUSED, "b.yaml": WITHOUT_DATA }, "--json", "--all-matches");
    assert.equal(good.code, 0);
    const { falco_load_results: results, summary } = Report.parse(JSON.parse(good.out));
    assert.deepEqual(
      results.map(({ name, successful, errors, warnings, notes }) => [
        name,
        successful,
        errors.length,
        warnings.map(({ code }) => code),
        notes.map((note) => note.rule),
      ]),
      [["a.yaml", true, 0, ["LOAD_UNUSED_LIST"], []], ["b.yaml", true, 0, [], ["Sees plugins"]]],
    );
    assert.deepEqual(summary, { files: 2, rules: 3, macros: 0, lists: 1, errors: 0, warnings: 1, notes: 1 });

    const bad = await check({ "a.yaml": BAD }, "--json");
    assert.equal(bad.code, 1);
    const [result] = Report.parse(JSON.parse(bad.out)).falco_load_results;
    assert.equal(result!.successful, false);
    assert.deepEqual(result!.errors.map(({ code }) => code), Array(2).fill("LOAD_ERR_COMPILE_CONDITION"));
    assert.match(result!.errors[0]!.context.snippet, /proc\.nmae/);
  });

  test("knows the fields that exceptions may compare", async () => {
    const exception = (field: string) =>
      rule("R", "evt.type = open", `  exceptions:\n    - name: e\n      fields: [${field}]\n      values: [[x]]\n`);
    assert.equal((await check({ "a.yaml": exception("proc.name") })).code, 0);
    assert.equal((await check({ "a.yaml": exception('"proc.aname[2]"') })).code, 0);
    for (const field of ["proc.nmae", "evt.outputtime", "evt.arg.nmae"]) {
      const { code, out } = await check({ "a.yaml": exception(field) });
      assert.equal(code, 1, field);
      assert.ok(out.includes(`'${field}' is not a supported filter field [LOAD_ERR_VALIDATE]`), out);
    }
  });

  test("checks what the configuration and -p append, and static fields", async () => {
    assert.equal((await check({ "a.yaml": GOOD }, "-p", "by %user.name")).code, 0);
    const wrong = await check({ "a.yaml": GOOD }, "-p", "by %user.nmae");
    assert.equal(wrong.code, 1);
    assert.match(wrong.out, /unknown filter: user\.nmae.*\[LOAD_ERR_COMPILE_OUTPUT\]/);
    const placed = rule("Here", "evt.type = open and static.site = zrh");
    assert.equal((await check({ "a.yaml": placed })).code, 1);
    assert.equal((await check({ "a.yaml": placed }, "-o", "static_fields.site=zrh")).code, 0);
  });
});
