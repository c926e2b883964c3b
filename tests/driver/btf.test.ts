// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { Buffer } from "node:buffer";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { after, describe, test } from "node:test";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { readUnpacked } from "../../src/driver/unpack.ts";
import { functionsOf } from "../../src/driver/btf.ts";
import { btfProblem, findBtf, functionNames } from "../../src/driver/btf_file.ts";
import { findModules } from "../../src/driver/module_find.ts";
import { btfFile, packedByXz } from "./support.ts";

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
    assert.equal(btfProblem("x", bytes, functionNames(readFileSync("/proc/kallsyms", "latin1"))), null);
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
    assert.equal(btfProblem("x.btf", good, names), null);
    const builtIn = btfFile("do_exit", "amd_rng_mod_exit");
    assert.equal(btfProblem("x.btf", builtIn, names), null, "what a built-in driver has lost");
  });
  const cases: readonly [name: string, bytes: Uint8Array, cause: RegExp][] = [
    [
      "one function more is another kernel",
      btfFile("do_exit", "vfs_write2"),
      /^x\.btf is another kernel's \(1 of its 2 functions are not in this one, such as vfs_write2\)$/,
    ],
    ["not BTF", Buffer.from("hello, this is no BTF at all, however long it may be"), /^x\.btf is not BTF$/],
    ["empty", new Uint8Array(), /^x\.btf is not BTF$/],
    ["cut off", good.subarray(0, good.length - 1), /^x\.btf was cut off$/],
    ["cut off in its header", good.subarray(0, 20), /^x\.btf is not BTF$/],
    ["without functions", btfFile(), /^x\.btf has no functions, so is not a kernel's BTF$/],
  ];
  for (const [name, bytes, cause] of cases) {
    test(name, () => {
      const problem = btfProblem("x.btf", bytes, names);
      assert.match(problem?.cause ?? "", cause);
      assert.equal(problem?.next, "take the BTF of exactly this kernel release, or leave it out");
    });
  }
  test("one that can't be compared with the running kernel is not taken unseen", () => {
    assert.deepEqual(btfProblem("x.btf", good, functionNames("")), {
      cause: "x.btf can't be checked: /proc/kallsyms can't be read or is empty",
      next: "give lanner the host's /proc, with nothing in it masked, or use the kernel module",
    });
  });
});

describe("the finder", () => {
  // nobody's functions, so that the running kernel's check refuses it: reading is what is tested
  const bytes = btfFile("no_kernel_has_this_function");
  const host = { release: "9.9.9", btf: null };
  const forms: readonly [ending: string, bytes: Uint8Array][] = [
    ["", bytes],
    [".gz", gzipSync(bytes)],
    [".zst", zstdCompressSync(bytes)],
    [".xz", packedByXz(bytes)],
  ];
  for (const [ending, packed] of forms) {
    test(`reads btf/RELEASE.btf${ending} beside the executable`, () => {
      const beside = mkdtempSync(join(folder, "beside-"));
      mkdirSync(join(beside, "btf"));
      const path = join(beside, "btf", `9.9.9.btf${ending}`);
      writeFileSync(path, packed);
      const found = findBtf(host, undefined, beside);
      assert.equal(found?.facts.path, path);
      assert.equal(found.facts.given, false);
      assert.match(found.facts.problem?.cause ?? "", /btf\S* is another kernel's \(1 of its 1 functions/);
      assert.equal(findBtf({ ...host, release: "9.9.8" }, undefined, beside), undefined);
      assert.equal(findBtf({ ...host, btf: 1 }, undefined, beside), undefined, "the kernel's own goes first");
    });
  }
  test("reads what is as large as a kernel's BTF", () => {
    const path = join(folder, "large.btf.xz");
    const large = Buffer.concat([bytes, randomBytes(1 << 20)]);
    writeFileSync(path, packedByXz(large));
    assert.deepEqual(Buffer.from(readUnpacked(path)), large);
  });
  test("says that a compressed file is damaged, and to copy it again", () => {
    const path = join(folder, "cut.btf.gz");
    writeFileSync(path, gzipSync(bytes).subarray(0, 30));
    assert.deepEqual(findBtf(host, path)?.facts, {
      path,
      given: true,
      problem: { cause: `${path} can't be unpacked`, next: "it is damaged or was cut off; copy it again" },
    });
  });
  test("says what to do where there is no xz command, of BTF and of a module", () => {
    const path = join(folder, "nobody.btf.xz");
    writeFileSync(path, forms[3]![1]);
    const before = process.env["PATH"];
    process.env["PATH"] = folder;
    try {
      const problem = {
        cause: `${path} is compressed by xz, and there is no xz command here`,
        next: "unpack it elsewhere (unxz), or compress it with gzip or zstd",
      };
      assert.deepEqual(findBtf(host, path)?.facts.problem, problem);
      assert.deepEqual(findModules(host.release, path)[0]?.facts.problem, problem);
    } finally {
      process.env["PATH"] = before;
    }
  });
  const unreadable: readonly [name: string, make: (path: string) => void, reason: string][] = [
    ["none", () => {}, "no such file or directory"],
    ["a directory", (path) => mkdirSync(path), "it is a directory"],
    ["a circle of links", (path) => symlinkSync(path, path), "too many symbolic links, perhaps in a circle"],
    ["a FIFO", (path) => execFileSync("mkfifo", [path]), "it is not a regular file"],
    ["a device", (path) => symlinkSync("/dev/zero", path), "it is not a regular file"],
    ["too large", (path) => truncateTo(path, (128 << 20) + 1), "it is larger than 128 MiB"],
  ];
  for (const [name, make, reason] of unreadable) {
    test(`says why it does not read ${name}, of BTF and of a module`, () => {
      const path = join(folder, name.replaceAll(" ", "-"));
      make(path);
      const problem = {
        cause: `${path} can't be read (${reason})`,
        next: "put a file there that can be, or leave it out",
      };
      assert.deepEqual(findBtf(host, path)?.facts.problem, problem);
      assert.deepEqual(findModules(host.release, path)[0]?.facts.problem, problem);
    });
  }
});

function truncateTo(path: string, bytes: number): void {
  writeFileSync(path, "");
  truncateSync(path, bytes);
}
