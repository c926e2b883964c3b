// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { Buffer } from "node:buffer";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { after, describe, test } from "node:test";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { functionsOf } from "../../src/driver/btf.ts";
import { btfProblem, findBtf, functionNames } from "../../src/driver/btf_file.ts";
import { btfFile } from "./support.ts";

const folder = mkdtempSync(join(tmpdir(), "lanner-btf-"));
after(() => rmSync(folder, { recursive: true }));

const KALLSYMS = "ffffffff81000000 T do_exit\n" +
  "ffffffff81000010 t vfs_read.isra.0\n" +
  "ffffffffc0000000 t ext4_open\t[ext4]\n";

describe("BTF", () => {
  test("names the functions of its kernel", () => {
    assert.deepEqual(functionsOf(btfFile("do_exit", "vfs_read")), ["do_exit", "vfs_read"]);
  });
  test("of this kernel is this kernel's", { skip: existsSync("/sys/kernel/btf/vmlinux") ? false : "no BTF" }, () => {
    const bytes = readFileSync("/sys/kernel/btf/vmlinux");
    assert.equal(btfProblem(bytes, functionNames(readFileSync("/proc/kallsyms", "latin1"))), undefined);
  });
  test("with any byte changed is read without a fault", () => {
    const whole = btfFile("do_exit");
    for (let at = 0; at < whole.length; at++) {
      const damaged = Buffer.from(whole);
      damaged[at] = 0xff;
      functionsOf(damaged);
    }
  });
});

describe("a file that is not the running kernel's BTF says why", () => {
  const names = functionNames(KALLSYMS);
  const good = btfFile("do_exit", "vfs_read", "ext4_open");
  test("the right one has nothing wrong", () => {
    assert.equal(btfProblem(good, names), undefined);
    assert.equal(
      btfProblem(btfFile("do_exit", "amd_rng_mod_exit"), names),
      undefined,
      "what a built-in driver has lost",
    );
  });
  test("one function more is another kernel", () => {
    assert.equal(
      btfProblem(btfFile("do_exit", "vfs_write2"), names),
      "is another kernel's (1 of its 2 functions are not in this one, such as vfs_write2)",
    );
  });
  const cases: readonly [name: string, bytes: Uint8Array, problem: RegExp][] = [
    ["not BTF", Buffer.from("hello, this is no BTF at all, however long it may be"), /^is not BTF$/],
    ["empty", new Uint8Array(), /^is not BTF$/],
    ["cut off", good.subarray(0, good.length - 1), /^was cut off$/],
    ["cut off in its header", good.subarray(0, 20), /^is not BTF$/],
    ["without functions", btfFile(), /^has no functions, so is not a kernel's BTF$/],
  ];
  for (const [name, bytes, problem] of cases) test(name, () => assert.match(btfProblem(bytes, names) ?? "", problem));
});

describe("the finder", () => {
  // nobody's functions, so that the running kernel's check refuses it: reading is what is tested
  const bytes = btfFile("no_kernel_has_this_function");
  const forms: readonly [ending: string, bytes: Uint8Array][] = [
    ["", bytes],
    [".gz", gzipSync(bytes)],
    [".zst", zstdCompressSync(bytes)],
    [".xz", execFileSync("xz", ["-c"], { input: bytes })],
  ];
  for (const [ending, packed] of forms) {
    test(`reads btf/RELEASE.btf${ending} beside the executable`, () => {
      const beside = mkdtempSync(join(folder, "beside-"));
      mkdirSync(join(beside, "btf"));
      const path = join(beside, "btf", `9.9.9.btf${ending}`);
      writeFileSync(path, packed);
      const found = findBtf("9.9.9", undefined, beside);
      assert.equal(found?.path, path);
      assert.match(found.problem ?? "", /^is another kernel's \(1 of its 1 functions/);
      assert.equal(findBtf("9.9.8", undefined, beside), undefined);
    });
  }
  test("says that a compressed file is damaged", () => {
    const path = join(folder, "cut.btf.gz");
    writeFileSync(path, gzipSync(bytes).subarray(0, 30));
    assert.equal(findBtf("9", path)?.problem, "can't be unpacked");
  });
  test("says what to do where there is no xz command", () => {
    const path = join(folder, "nobody.btf.xz");
    writeFileSync(path, forms[3]![1]);
    const before = process.env["PATH"];
    process.env["PATH"] = folder;
    try {
      assert.equal(
        findBtf("9", path)?.problem,
        "is compressed by xz, and there is no xz command here",
      );
    } finally {
      process.env["PATH"] = before;
    }
  });
  test("says that a file is not there", () => {
    assert.match(findBtf("9", join(folder, "none"))?.problem ?? "", /^can't be read/);
  });
});
