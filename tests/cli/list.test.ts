// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { z } from "zod";
import { EVENT_TYPES } from "../../src/events/table.ts";
import { FIELDS } from "../../src/fields/catalogue.ts";
import { Folder, lanner } from "./support.ts";

describe("lanner list fields", () => {
  const Listing = z.array(z.strictObject({
    name: z.string(),
    type: z.string(),
    argument: z.enum(["none", "optional", "required"]),
    list: z.boolean(),
    flags: z.array(z.string()),
    origin: z.enum(["falco", "lanner"]),
    description: z.string().min(5),
    events: z.array(z.string()).nullable(),
    present_on: z.string(),
  }));
  const listed = async (...args: string[]) =>
    Listing.parse(JSON.parse((await lanner("list", "fields", ...args, "--json")).out));
  const field = async (name: string) => (await listed(name)).find((each) => each.name === name)!;

  test("shows every field that can have a value, once, in the catalogue's order", async () => {
    assert.deepEqual((await listed()).map(({ name }) => name), FIELDS.map(({ name }) => name));
    const { code, out } = await lanner("list", "fields");
    assert.equal(code, 0);
    assert.equal(out.split("\n").length, FIELDS.length + 2);
  });

  test("tells types, arguments and what a field cannot do", async () => {
    const name = await field("proc.name");
    assert.deepEqual([name.type, name.argument, name.flags, name.origin], ["CHARBUF", "none", [], "falco"]);
    const argument = await field("evt.arg");
    assert.deepEqual([argument.argument, argument.events, argument.present_on], [
      "required",
      null,
      "as the argument says",
    ]);
    assert.equal((await field("proc.aname")).argument, "optional");
    assert.deepEqual((await field("fd.net")).flags, ["conditions only", "left side only", "no transformer"]);
    assert.deepEqual((await field("evt.outputtime")).flags, ["outputs only"]);
    assert.equal((await field("fd.realpath")).origin, "lanner");
  });

  test("tells the events that a field is present on, in full and in few words", async () => {
    const all = EVENT_TYPES.map(({ name }) => name);
    const type = await field("evt.type");
    assert.deepEqual([type.events, type.present_on], [all, "all"]);
    const result = await field("evt.res");
    assert.deepEqual(result.events, all.filter((name) => name !== "procexit"));
    assert.equal(result.present_on, "all but procexit");
    const descriptors = EVENT_TYPES.filter(({ createsFd, usesFd }) => createsFd || usesFd).map(({ name }) => name);
    const fd = await field("fd.num");
    assert.deepEqual([fd.events, fd.present_on], [descriptors, "all with a descriptor"]);
    const source = await field("fs.path.source");
    assert.equal(source.present_on, source.events!.join(" "));
    assert.ok(source.events!.includes("rename") && !source.events!.includes("openat"));
  });

  test("narrows to names that contain a word, in any case", async () => {
    const names = (await listed("FD.SIP")).map(({ name }) => name);
    assert.ok(names.includes("fd.sip") && names.every((name) => name.includes("fd.sip")), names.join());
  });

  test("refuses a word that no name contains, and offers the nearest", async () => {
    assert.deepEqual(await lanner("list", "fields", "proc.nmae"), {
      code: 2,
      out: "",
      err: "lanner: no field's name contains 'proc.nmae'; did you mean 'proc.name'?\n",
    });
    const { code, err } = await lanner("list", "events", "zzzzzz");
    assert.deepEqual([code, err], [
      2,
      "lanner: no event's name contains 'zzzzzz'; without it lanner list events shows all\n",
    ]);
  });

  test("prints a table with a heading", async () => {
    const { out } = await lanner("list", "fields", "proc.nthreads");
    const [heading, row] = out.split("\n");
    assert.match(heading!, /^FIELD +TYPE +ARGUMENT +FROM +FLAGS +DESCRIPTION +PRESENT ON$/);
    assert.match(row!, /^proc\.nthreads +\S+ +Falco +\w.*\. +all$/);
    assert.equal(heading!.indexOf("FROM"), row!.indexOf("Falco"));
  });
});

describe("lanner list events", () => {
  const Listing = z.array(z.strictObject({
    name: z.string(),
    category: z.string(),
    makes_descriptor: z.boolean(),
    uses_descriptor: z.boolean(),
    parameters: z.array(
      z.strictObject({ name: z.string(), type: z.string(), symbols: z.string().optional(), own: z.boolean() }),
    ),
  }));

  test("shows every event with its category, descriptor and parameters", async () => {
    const events = Listing.parse(JSON.parse((await lanner("list", "events", "--json")).out));
    assert.deepEqual(events.map(({ name }) => name), EVENT_TYPES.map(({ name }) => name));
    const openat = events.find(({ name }) => name === "openat")!;
    assert.deepEqual([openat.category, openat.makes_descriptor, openat.uses_descriptor], ["file", true, false]);
    assert.deepEqual(openat.parameters.slice(0, 4), [
      { name: "fd", type: "FD", own: false },
      { name: "dirfd", type: "FD", own: false },
      { name: "name", type: "FSRELPATH", own: false },
      { name: "flags", type: "FLAGS32", symbols: "file_flags", own: false },
    ]);
    assert.ok(openat.parameters.some(({ name, own }) => name === "fd_path" && own));
  });

  test("marks the parameters that Falco does not have", async () => {
    const { out } = await lanner("list", "events", "connect");
    assert.match(out, /^connect +net +uses +res:ERRNO .*\bfd_path\*:FSPATH/m);
  });
});

const RULES = `
- list: shells
  items: [sh, bash]
- list: interactive
  items: [shells, fish]
- list: nobody
  items: [x]
- macro: shell
  condition: proc.name in (interactive)
- macro: opening_shell
  condition: (shell and evt.type in (open, openat))
- macro: idle
  condition: proc.tty = 0
- rule: Shell opens
  desc: A shell opens something.
  condition: opening_shell and proc.aname[2] startswith "lo\\x1b" and not evt.arg.flags contains x
  output: "%proc.name opened %fd.name (%toupper(user.name) %proc.aname[2])"
  priority: INFO
  tags: [b, a]
- rule: Anything else
  desc: Of no use.
  condition: evt.type != open and concat(proc.name, "x") = val(proc.exe)
  output: x
  priority: ERROR
  enabled: false
  warn_evttypes: false
- rule: Left out
  desc: Of another world.
  condition: evt.type = open and no.such = 1
  output: x
  priority: ERROR
  skip-if-unknown-filter: true
`;

describe("lanner list rules", () => {
  const withRules = (body: (path: string) => Promise<void>) => async () => {
    using folder = new Folder();
    await body(folder.write("rules.yaml", RULES));
  };
  const Strings = z.array(z.string());
  const Details = z.object({ used: z.boolean() });
  const Shape = z.object({
    rules: z.array(z.object({
      info: z.record(z.string(), z.unknown()),
      details: z.object({ events: Strings, condition_compiled: z.string() }).loose(),
    })),
    macros: z.array(z.object({ info: z.object({ name: z.string(), condition: z.string() }), details: Details })),
    lists: z.array(
      z.object({ info: z.object({ name: z.string(), items: Strings }), details: Details.extend({ lists: Strings }) }),
    ),
  });
  const described = async (...args: string[]) => {
    const { code, out, err } = await lanner("list", "rules", ...args, "--json");
    assert.equal(code, 0, err);
    return Shape.parse(JSON.parse(out));
  };

  test(
    "shows what each rule compiled to, for people",
    withRules(async (path) => {
      const { code, out } = await lanner("list", "rules", "-r", path, "shell");
      assert.equal(code, 0);
      assert.equal(
        out,
        [
          "Shell opens",
          "  priority   Informational",
          "  enabled    yes",
          "  tags       a, b",
          "  source     syscall",
          "  events     open openat",
          '  condition  ((proc.name in (sh, bash, fish) and evt.type in (open, openat)) and proc.aname[2] startswith "lo\\x1b" ' +
          "and not evt.arg.flags contains x)",
          "  output     %proc.name opened %fd.name (%toupper(user.name) %proc.aname[2])",
          "  fields     evt.arg.flags, evt.type, proc.aname[2], proc.name",
          "  macros     opening_shell, shell",
          "  lists      interactive",
          "",
        ].join("\n"),
      );
    }),
  );

  test(
    "describes a rule as Falco does, for programs",
    withRules(async (path) => {
      const { rules } = await described("-r", path);
      assert.deepEqual(rules.map(({ info }) => [info["name"], info["enabled"]]), [
        ["Shell opens", true],
        ["Anything else", false],
        ["Left out", true],
      ]);
      const { info, details } = rules[0]!;
      assert.deepEqual([info["priority"], info["source"], info["tags"], info["description"]], [
        "Informational",
        "syscall",
        ["a", "b"],
        "A shell opens something.",
      ]);
      assert.deepEqual([details["macros"], details["operators"], details["output_fields"]], [
        ["opening_shell", "shell"],
        ["contains", "in", "startswith"],
        ["fd.name", "proc.aname[2]", "proc.name", "toupper(user.name)"],
      ]);
      assert.deepEqual(details.events, ["open", "openat"]);
    }),
  );

  test(
    "knows the events and fields of disabled rules, too; of a rule that is left out there are none",
    withRules(async (path) => {
      const [, disabled, left] = (await described("-r", path)).rules;
      assert.equal(disabled!.details.events.length, EVENT_TYPES.length - 1);
      assert.deepEqual(disabled!.details["filter_fields"], ["evt.type", "proc.exe", "proc.name"]);
      assert.deepEqual(left!.details.events, []);
    }),
  );

  test(
    "tells macros and lists that nothing uses from those that rules use",
    withRules(async (path) => {
      const { macros, lists } = await described("-r", path);
      assert.deepEqual(macros.map(({ info, details }) => [info.name, details.used]), [
        ["shell", true],
        ["opening_shell", true],
        ["idle", false],
      ]);
      assert.deepEqual(lists.map(({ info, details }) => [info.name, details.used, details.lists]), [
        ["shells", true, []],
        ["interactive", true, ["shells"]],
        ["nobody", false, []],
      ]);
    }),
  );

  test("tells what the files require and what rules except", async () => {
    using folder = new Folder();
    const path = folder.write(
      "rules.yaml",
      `
- required_engine_version: 0.31.0
- required_engine_version: 9
- required_plugin_versions:
  - name: container
    version: 0.4.0
    alternatives: [{name: other, version: 1.2.3}]
- rule: r
  desc: d
  condition: evt.type = open
  output: o
  priority: info
  exceptions:
  - {name: shells, fields: [proc.name, fd.name], comps: [in, startswith], values: [[[sh, bash], /tmp]]}
  - {name: users, fields: user.name}
`,
    );
    const { out } = await lanner("list", "rules", "-r", path, "--json");
    const described = JSON.parse(out);
    assert.equal(described.required_engine_version, "0.31.0");
    assert.deepEqual(described.required_plugin_versions, [
      { name: "container", version: "0.4.0", alternatives: [{ name: "other", version: "1.2.3" }] },
    ]);
    const { details } = described.rules[0];
    assert.deepEqual(details.exception_names, ["shells", "users"]);
    assert.deepEqual(details.exception_fields, ["fd.name", "proc.name", "user.name"]);
    assert.deepEqual(details.exception_operators, ["in", "startswith"]);
    assert.equal(described.rules[0].info.condition, "evt.type = open");
    assert.equal(
      details.condition_compiled,
      "(evt.type = open and not (proc.name in (sh, bash) and fd.name startswith /tmp))",
    );
    const { out: text } = await lanner("list", "rules", "-r", path);
    assert.match(text, /^ {2}except +shells \(proc\.name, fd\.name\), users \(user\.name\)$/m);
  });

  test(
    "shows rules as the selection and the minimum priority leave them",
    withRules(async (path) => {
      const enabled = async (...args: string[]) =>
        (await described("-r", path, ...args)).rules.flatMap(({ info }) => info["enabled"] ? [info["name"]] : []);
      assert.deepEqual(await enabled("--enable", "Any*"), ["Shell opens", "Anything else", "Left out"]);
      assert.deepEqual(await enabled("--priority", "error"), ["Left out"]);
      assert.deepEqual(await enabled("-t", "a"), ["Shell opens"]);
    }),
  );

  test(
    "shows what is appended to outputs",
    withRules(async (path) => {
      const { rules } = await described(
        "-r",
        path,
        "-p",
        "at %evt.time.s",
        "-o",
        'append_output[]={"extra_fields": [proc.pid]}',
      );
      assert.deepEqual(rules[1]!.details["output_fields"], ["evt.time.s"]);
      assert.deepEqual(rules[1]!.details["extra_output_raw_fields"], ["proc.pid"]);
      assert.equal(rules[1]!.details["output_compiled"], "x at %evt.time.s");
      assert.deepEqual(rules[1]!.details["plugins"], []);
    }),
  );

  test("shows the shipped rules when there are no others", async () => {
    const { rules } = await described();
    assert.ok(rules.length > 5);
    assert.ok(rules.every(({ details }) => details.condition_compiled !== "" && details.events.length > 0));
  });

  test("ends with 1 and the errors alone when rules are wrong", async () => {
    using folder = new Folder();
    const path = folder.write("rules.yaml", RULES.replace("not evt.arg.flags", "not evt.arg.flgs"));
    const { code, out, err } = await lanner("list", "rules", "-r", path);
    assert.deepEqual([code, out], [1, ""]);
    assert.match(err, /rules\.yaml:\d+:\d+: error: rule 'Shell opens': .*flgs/);
    assert.doesNotMatch(err, /warning:/);
    assert.match(err, /lanner: the rules can't be loaded: mend them and try again\n$/);
  });
});
