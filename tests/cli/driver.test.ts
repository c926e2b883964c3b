// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { release, tmpdir } from "node:os";
import process from "node:process";
import { after, describe, test } from "node:test";
import { gunzipSync } from "node:zlib";
import { readBundle } from "../../src/driver/bundle.ts";
import { moduleFile } from "../driver/support.ts";
import { Folder, lanner } from "./support.ts";

const folder = new Folder();
after(() => folder[Symbol.dispose]());

const write = (name: string, bytes: Uint8Array): string => {
  writeFileSync(folder.file(name), bytes);
  return folder.file(name);
};

describe("a module that the kernel would refuse is not installed", () => {
  const whole = moduleFile(release());
  const cases: readonly [name: string, bytes: Uint8Array, problem: string][] = [
    ["cut.ko", whole.subarray(0, whole.length - 9), "was cut off"],
    ["other.ko", moduleFile("3.10.0-1160.el7.x86_64"), `is for kernel 3.10.0-1160.el7.x86_64, not ${release()}`],
    ["text.ko", Buffer.from("no module\n"), "is not a kernel module"],
  ];
  for (const [name, bytes, problem] of cases) {
    test(name, async () => {
      const path = write(name, bytes);
      assert.deepEqual(await lanner("driver", "install", "--module", path), {
        code: 1,
        out: "",
        err:
          `lanner: ${path} ${problem}: copy the right file here, or build one (lanner driver build --kernel ${release()} ` +
          "--headers DIR)\n",
      });
    });
  }
});

describe("a bundle", () => {
  test("is made of module files, and says what is in it", async () => {
    const paths = [write("a.ko", moduleFile("4.19.0-x")), write("b.ko", moduleFile("5.4.0-y"))];
    const to = folder.file("lanner-modules");
    const { code, err } = await lanner("driver", "bundle", ...paths, "-w", to);
    assert.equal(code, 0, err);
    assert.match(
      err,
      /^4\.19\.0-x \S+: \d+ bytes\n5\.4\.0-y \S+: \d+ bytes\n.*: 2 modules, \d+ bytes; put it beside lanner\n$/,
    );
    assert.deepEqual(readBundle(gunzipSync(readFileSync(to)), to).map(({ release }) => release), [
      "4.19.0-x",
      "5.4.0-y",
    ]);
  });
  test("is not made when one of them can't be had", async () => {
    const to = folder.file("half");
    const { code, err } = await lanner("driver", "bundle", write("c.ko", moduleFile("6.1")), "9.9.9-none", "-w", to);
    assert.equal(code, 1);
    assert.match(err, /^lanner: no headers of kernel 9\.9\.9-none in .*: install linux-headers-9\.9\.9-none /);
    assert.equal(existsSync(to), false);
  });
});

describe("what building lacks is named with what to do", () => {
  test("headers", async () => {
    const { code, err } = await lanner("driver", "build", "--kernel", "5.4.0-1", "--headers", folder.path);
    assert.equal(code, 1);
    assert.equal(
      err,
      `lanner: no headers of kernel 5.4.0-1 in ${folder.path}: install linux-headers-5.4.0-1 ` +
        "(kernel-devel-5.4.0-1 on Red Hat's), name their folder with --headers, or build on another machine and " +
        "carry the file here\n",
    );
  });
  test("the key of a certificate", async () => {
    const { code, err } = await lanner("driver", "build", "--sign-cert", "x.pem");
    assert.deepEqual({ code, err }, { code: 2, err: "lanner: --sign-cert needs --sign-key\n" });
  });
});

test("a build that fails says why and leaves nothing behind", async () => {
  folder.write("Makefile", "modules:\n\t@echo 'events.c:1: error: no such kernel' >&2; false\n");
  const before = readdirSync(tmpdir()).filter((name) => name.startsWith("lanner-module-"));
  const to = folder.file("out.ko");
  const { code, err } = await lanner("driver", "build", "--kernel", "9.9", "--headers", folder.path, "-w", to);
  assert.equal(code, 1);
  assert.match(err, /^lanner: the module does not compile for kernel 9\.9:\nevents\.c:1: error: no such kernel\n/);
  assert.deepEqual(readdirSync(tmpdir()).filter((name) => name.startsWith("lanner-module-")), before);
  assert.equal(readdirSync(folder.path).includes("out.ko"), false);
});

test("the status tells of this kernel, as text and as JSON", async () => {
  const text = await lanner("driver", "status");
  assert.match(
    text.out,
    new RegExp(`^kernel          ${release().replaceAll(".", "\\.")}\nmodule loaded   (yes|no)\n`),
  );
  const json = await lanner("driver", "status", "--json");
  const status = JSON.parse(json.out);
  assert.equal(status.kernel, release());
  assert.equal(typeof status.loaded, "boolean");
  assert.equal(json.code, status.obstacle === null ? 0 : 1);
});

describe("the tools that building needs", () => {
  const before = process.env["PATH"];
  after(() => process.env["PATH"] = before);
  test("are named when they are not there", async () => {
    folder.write("Makefile", "modules:\n");
    process.env["PATH"] = folder.path;
    const { code, err } = await lanner("driver", "build", "--kernel", "9.9", "--headers", folder.path);
    assert.deepEqual({ code, err }, {
      code: 1,
      err: "lanner: make is missing: install make and gcc, or build on another machine with --kernel\n",
    });
  });
});
