// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { EVENT_TYPES } from "../../src/events/table.ts";
import { FIELD_CATALOGUE, FIELDS, findField, resolveField } from "../../src/fields/catalogue.ts";
import { FieldError } from "../../src/fields/field.ts";
import { eventOf } from "./support.ts";

describe("a name finds its field", () => {
  const cases: [name: string, field: string | undefined, type?: string][] = [
    ["proc.name", "proc.name", "CHARBUF"],
    ["evt.arg", "evt.arg"],
    ["evt.args", "evt.args"],
    ["evt.arg.flags", "evt.arg", "CHARBUF"],
    ["evt.rawarg.flags", "evt.rawarg", "FLAGS32"],
    ["evt.rawarg.uid", "evt.rawarg", "UINT32"],
    ["evt.rawarg.res", "evt.rawarg", "ERRNO"],
    ["evt.abspath.dst", "evt.abspath"],
    ["evt.type.is.open", "evt.type.is", "UINT32"],
    ["thread.cgroup.cpu", "thread.cgroup"],
    ["thread.cgroups", "thread.cgroups"],
    ["evt.time.s", "evt.time.s"],
    ["fd.sip.name", "fd.sip.name"],
    ["proc.nmae", undefined],
    ["proc.name.x", undefined],
    ["evt.argsx", undefined],
    ["proc", undefined],
    ["", undefined],
  ];
  for (const [name, field, type] of cases) {
    test(`${name || "nothing"}: ${field ?? "none"}`, () => {
      const found = findField(name);
      assert.equal(found?.name, field);
      if (type !== undefined) assert.equal(found!.bind(undefined).type, type);
    });
  }
});

describe("a bound field keeps the expression as it was written", () => {
  const cases: [name: string, argument: string | undefined, text: string][] = [
    ["proc.name", undefined, "proc.name"],
    ["proc.aname", "2", "proc.aname[2]"],
    ["evt.arg.flags", undefined, "evt.arg.flags"],
    ["evt.arg", "0", "evt.arg[0]"],
    ["thread.cgroup.cpu", undefined, "thread.cgroup.cpu"],
    ["proc.env", "PATH", "proc.env[PATH]"],
  ];
  for (const [name, argument, text] of cases) {
    test(text, () => assert.equal(resolveField(name, argument)?.text, text));
  }
});

describe("an argument that a field does not take is refused", () => {
  const cases: [name: string, argument: string | undefined, message: RegExp][] = [
    ["proc.name", "1", /proc\.name takes no argument/],
    ["evt.arg", undefined, /evt\.arg needs an argument/],
    ["evt.arg.flags", "1", /has its argument already/],
    ["evt.arg.falgs", undefined, /no event has an argument falgs/],
    ["evt.arg.fd_path", undefined, /no event has an argument fd_path/], // our own parameters are not Falco's arguments
    ["evt.rawarg", "nothing", /no event has an argument nothing/],
    ["evt.abspath.both", undefined, /src or dst/],
    ["evt.type.is", undefined, /needs an argument/],
    ["thread.cgroup", "a-b", /subsystem/],
    ["container.mount.dest", undefined, /needs an argument/],
  ];
  for (const [name, argument, message] of cases) {
    test(`${name}${argument === undefined ? "" : `[${argument}]`}`, () => {
      assert.throws(() => resolveField(name, argument), (error) => {
        assert.ok(error instanceof FieldError);
        assert.match(error.message, message);
        return true;
      });
    });
  }

  test("and an unknown argument comes with the words it could have been", () => {
    assert.throws(
      () => resolveField("evt.arg.falgs", undefined),
      (error) => error instanceof FieldError && error.wrong!.candidates.includes("flags"),
    );
  });
});

test("every listed field has a name of its own, a doc that is a sentence, and is known to the catalogue", () => {
  assert.equal(new Set(FIELDS.map((field) => field.name)).size, FIELDS.length);
  for (const { name, doc, unavailable } of FIELDS) {
    assert.match(doc, /^\S.*\.$/s, name);
    assert.equal(unavailable, undefined, name);
    assert.ok(FIELD_CATALOGUE.names.includes(name));
  }
});

test("every field can be read on a bare event of every type, and one that has a value never denied it", () => {
  const arguments_: Record<string, string> = { "evt.arg": "0", "evt.rawarg": "res", "evt.type.is": "open" };
  for (const field of FIELDS) {
    const argument = field.argument === "required" ? arguments_[field.name] ?? "memory" : undefined;
    const bound = field.bind(argument);
    for (const type of EVENT_TYPES) {
      for (const process of [undefined, null]) {
        const event = eventOf(type.name, {}, process === null ? { process } : {});
        const value = bound.get(event);
        bound.output?.(event);
        bound.json?.(event);
        if (value !== undefined) assert.ok(bound.presentOn(type), `${field.name} on ${type.name}`);
      }
    }
  }
});

describe("Falco's reference", () => {
  const reference = new URL("../../../shared/compat/fields.md", import.meta.url);
  const skip = existsSync(reference) ? false : "../shared/compat is not here";

  test("every field of its tables loads, with its type and flags", { skip }, () => {
    const text = readFileSync(reference, "utf8");
    const rows = [...text.slice(text.indexOf("## 4.")).matchAll(/^\| `([a-z0-9_.]+)` \| ([A-Z0-9]+) \| ([^|]*) \|/gm)];
    assert.ok(rows.length > 200);
    for (const [, name, type, flags] of rows) {
      const field = findField(name!);
      assert.ok(field, name);
      assert.equal(field.type, type === "STRING" ? "CHARBUF" : type, name);
      if (!field.unavailable && type !== "STRING") {
        assert.equal(field.filterOnly === true, flags!.includes("FILTER"), `${name} filter`);
        assert.equal(field.noRhs === true, flags!.includes("NORHS"), `${name} NORHS`);
        assert.equal(field.noTransformer === true, flags!.includes("NOTR"), `${name} NOTR`);
        assert.equal(field.argument !== "none", flags!.includes("ARG"), `${name} argument`);
      }
    }
  });

  test("every field that its official rules file names can be bound", { skip }, () => {
    const rules = readFileSync(new URL("falco_rules.yaml", reference), "utf8");
    const names = [...rules.matchAll(/%([a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)+)(?:\[([^\]]*)\])?/g)];
    assert.ok(names.length > 100);
    for (const [, name, argument] of names) assert.ok(resolveField(name!, argument), name);
  });
});
