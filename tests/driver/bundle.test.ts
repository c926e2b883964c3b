// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { Buffer } from "node:buffer";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { machine, tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { gunzipSync } from "node:zlib";
import { sentence } from "../../src/doctor/obstacle.ts";
import { readBundle, writeBundle } from "../../src/driver/bundle.ts";
import { DriverError } from "../../src/driver/error.ts";
import { findModules } from "../../src/driver/module_find.ts";
import { moduleFile } from "./support.ts";

const folder = mkdtempSync(join(tmpdir(), "lanner-bundle-"));
after(() => rmSync(folder, { recursive: true }));

const MODULES = [
  { release: "5.10.0-46-amd64", machine: "x86_64", image: moduleFile("5.10.0-46-amd64", { machine: "x86_64" }) },
  { release: "6.12.117+deb12-arm64", machine: "aarch64", image: Buffer.alloc(1024, 7) },
  { release: "4.18.0-1", machine: "x86_64", image: Buffer.alloc(0) },
];

describe("a bundle", () => {
  const bundle = writeBundle(MODULES);
  test("gives back what was put in", () => {
    const read = readBundle(gunzipSync(bundle), "b");
    assert.deepEqual(
      read.map(({ release, machine, image }) => ({ release, machine, image: Buffer.from(image) })),
      MODULES,
    );
  });
  test("is a tar that tar(1) can list and unpack", () => {
    const path = join(folder, "listed");
    writeFileSync(path, bundle);
    const listed = execFileSync("tar", ["tzf", path], { encoding: "utf8" }).trim().split("\n");
    assert.deepEqual(listed, MODULES.map(({ release, machine }) => `${release}/${machine}/lanner.ko`));
    const image = execFileSync("tar", ["xzOf", path, listed[0]!]);
    assert.ok(image.equals(MODULES[0]!.image));
  });
  test("that was cut off, or is something else, is refused in one line", () => {
    const tar = gunzipSync(bundle);
    const refused = (bytes: Uint8Array, message: RegExp) =>
      assert.throws(
        () => readBundle(bytes, "b"),
        (error) => error instanceof DriverError && message.test(error.message),
      );
    for (const bytes of [0, 511, 512, 700, 1024, tar.length - 1024]) {
      refused(tar.subarray(0, bytes), /^b was cut off: copy it again$/);
    }
    const damaged = Buffer.from(tar);
    damaged[3] = 0x58;
    refused(damaged, /^b is not a bundle of modules: make one with lanner driver bundle$/);
    refused(Buffer.alloc(2048, "x"), /^b is not a bundle of modules/);
  });
});

describe("the finder", () => {
  const RELEASE = "9.9.9-none";
  const own = { machine: machine() };
  test("takes what lies beside the executable: for the release before any, then the bundle", () => {
    const beside = mkdtempSync(join(folder, "beside-"));
    assert.deepEqual(findModules(RELEASE, undefined, beside), []);
    writeFileSync(
      join(beside, "lanner-modules"),
      writeBundle([{ release: RELEASE, ...own, image: moduleFile(RELEASE) }]),
    );
    const origins = () => findModules(RELEASE, undefined, beside).map(({ facts }) => facts);
    const bundled = { origin: join(beside, "lanner-modules"), problem: null, signed: false };
    assert.deepEqual(origins(), [bundled]);
    writeFileSync(join(beside, "lanner.ko"), moduleFile("5.4.0-other"));
    writeFileSync(join(beside, `lanner-${RELEASE}.ko`), moduleFile(RELEASE, { signed: true }));
    assert.deepEqual(origins(), [
      { origin: join(beside, `lanner-${RELEASE}.ko`), problem: null, signed: true },
      {
        origin: join(beside, "lanner.ko"),
        problem: {
          cause: `${join(beside, "lanner.ko")} is for kernel 5.4.0-other, not ${RELEASE}`,
          next: `copy the right file here, or build one (lanner driver build --kernel ${RELEASE} --headers DIR)`,
        },
        signed: false,
      },
      bundled,
    ]);
  });
  test("says what is wrong with a bundle, and that it has none for this kernel", () => {
    const beside = mkdtempSync(join(folder, "beside-"));
    const path = join(beside, "lanner-modules");
    const problem = () =>
      findModules(RELEASE, undefined, beside).map(({ facts }) => facts.problem === null ? "" : sentence(facts.problem));
    writeFileSync(path, writeBundle([{ release: "1", ...own, image: moduleFile("1") }]));
    assert.deepEqual(problem(), [
      `${path} has no module for kernel ${RELEASE}: copy the right file here, or build one (lanner driver build ` +
      `--kernel ${RELEASE} --headers DIR)`,
    ]);
    writeFileSync(path, writeBundle([]).subarray(0, 12));
    assert.deepEqual(problem(), [`${path} can't be unpacked: it is damaged or was cut off; copy it again`]);
  });
  test("reads compressed modules, and looks at nothing else when a file is given", () => {
    const path = join(folder, "given.ko.zst");
    execFileSync("zstd", ["-q", "-o", path], { input: moduleFile(RELEASE) });
    const [found, ...others] = findModules(RELEASE, path);
    assert.deepEqual(found!.facts, { origin: path, problem: null, signed: false });
    assert.deepEqual(Buffer.from(found!.image!), moduleFile(RELEASE));
    assert.deepEqual(others, []);
  });
});
