// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { after, before, describe, test } from "node:test";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { MAX_FILE_BYTES, readRuleFiles } from "../../src/rules/files.ts";

describe("rules files", () => {
  let folder = "";
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "lanner-rules-"));
    for (const name of ["b.yaml", "a.yml", "c.json", "d.yaml.bak", ".e.yaml"]) {
      writeFileSync(join(folder, name), `# ${name}`);
    }
    mkdirSync(join(folder, "sub.yaml"));
    writeFileSync(join(folder, "sub.yaml", "f.yaml"), "- list: l\n  items: []\n");
    symlinkSync("b.yaml", join(folder, "link.yaml"));
    writeFileSync(join(folder, "big"), "");
    truncateSync(join(folder, "big"), MAX_FILE_BYTES + 1);
  });
  after(() => rmSync(folder, { recursive: true }));

  test("of a directory are its .yml and .yaml files in order of name, not those below", () => {
    const { files, diagnostics } = readRuleFiles([folder]);
    assert.deepEqual(files.map((file) => basename(file.name)), [".e.yaml", "a.yml", "b.yaml", "link.yaml"]);
    assert.deepEqual(diagnostics, []);
  });

  test("given by name are read in that order, whatever they are called", () => {
    const paths = [join(folder, "d.yaml.bak"), join(folder, "a.yml")];
    const { files } = readRuleFiles(paths);
    assert.deepEqual(files.map((file) => file.name), paths);
    assert.equal(new TextDecoder().decode(files[0]!.content as Uint8Array), "# d.yaml.bak");
  });

  const unfit: [string, RegExp][] = [
    ["absent", /can't read .*absent: no such file or directory/],
    ["big", /can't read .*big: it is larger than 16 MiB/],
  ];
  for (const [name, message] of unfit) {
    test(`that can't be read (${name}) are reported, and the others read`, () => {
      const { files, diagnostics } = readRuleFiles([join(folder, name), join(folder, "sub.yaml")]);
      assert.deepEqual(files.map((file) => basename(file.name)), ["f.yaml"]);
      assert.deepEqual(diagnostics.map(({ code }) => code), ["LOAD_ERR_FILE_READ"]);
      assert.match(diagnostics[0]!.message, message);
      assert.deepEqual(diagnostics[0]!.position, { file: join(folder, name), line: 1, column: 1, offset: 0 });
    });
  }

  test("that are devices are not read", () => {
    assert.match(readRuleFiles(["/dev/zero"]).diagnostics[0]!.message, /it is not a regular file or a pipe/);
  });

  test("may come through a pipe, as from the shell's <(command)", () => {
    const fifo = join(folder, "fifo");
    execFileSync("mkfifo", [fifo]);
    const writer = spawn("sh", ["-c", 'echo "- list: l" >"$0"', fifo]);
    writer.unref();
    const { files, diagnostics } = readRuleFiles([fifo]);
    assert.deepEqual(diagnostics, []);
    assert.equal(new TextDecoder().decode(files[0]!.content as Uint8Array), "- list: l\n");
  });
});
