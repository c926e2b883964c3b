// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { release, tmpdir } from "node:os";
import { after, describe, test } from "node:test";
import { versionMagic } from "../../src/cli/driver_module.ts";
import { Folder, lanner } from "./support.ts";

const folder = new Folder();
after(() => folder[Symbol.dispose]());

/** Bytes that look like a module compiled for a kernel release. */
const moduleFor = (kernel: string): string =>
  `\x7fELF\0license=Dual MIT/GPL\0vermagic=${kernel} SMP preempt mod_unload \0depends=\0`;

test("a module's kernel release is read from the file itself", () => {
  assert.equal(versionMagic(folder.write("a.ko", moduleFor("4.19.0-x"))), "4.19.0-x SMP preempt mod_unload");
  assert.equal(versionMagic(folder.write("b.ko", "\x7fELF\0")), undefined);
});

describe("a module that the kernel would refuse is not installed", () => {
  test("one that was cut off", async () => {
    const path = folder.write("cut.ko", moduleFor(release()).slice(0, 20));
    assert.deepEqual(await lanner("driver", "install", "--module", path), {
      code: 1,
      out: "",
      err: `lanner: ${path} is not a kernel module, or was cut off\n`,
    });
  });
  test("one for another release", async () => {
    const path = folder.write("other.ko", moduleFor("3.10.0-1160.el7.x86_64"));
    assert.deepEqual(await lanner("driver", "install", "--module", path), {
      code: 1,
      out: "",
      err: `lanner: ${path} is for kernel 3.10.0-1160.el7.x86_64, not ${release()}\n`,
    });
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
  assert.equal(json.code, status.loaded || status.file !== null ? 0 : 1);
});
