// SPDX-License-Identifier: Apache-2.0

/** The bundle that `scripts/build --modules` puts into the executable, in an executable that does nothing but look. */
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { writeBundle } from "../../src/driver/bundle.ts";
import { machineName } from "../../src/driver/machine.ts";
import { moduleFile } from "./support.ts";

const folder = mkdtempSync(join(tmpdir(), "lanner-embedded-"));
after(() => rmSync(folder, { recursive: true }));

const RELEASE = "9.9.9-none";
const skip = spawnSync("bun", ["--version"]).status === 0 ? false : "needs bun";

describe("the bundle in the executable", { skip }, () => {
  const program = join(folder, "program");
  const found = (kernel: string) => JSON.parse(execFileSync(program, [kernel], { encoding: "utf8" }));
  test("holds the module for this kernel, or says that it has none", () => {
    mkdirSync(join(folder, "native"));
    writeFileSync(
      join(folder, "native/lanner-modules"),
      writeBundle([{ release: RELEASE, machine: machineName(), image: moduleFile(RELEASE) }]),
    );
    const finder = new URL("../../src/driver/module_find.ts", import.meta.url).pathname;
    writeFileSync(
      join(folder, "program.ts"),
      `import { findModules } from ${JSON.stringify(finder)};\n` +
        `const found = findModules(process.argv[2], undefined, ${JSON.stringify(folder)});\n` +
        "console.log(JSON.stringify(found.map(({ facts, image }) => [facts, image?.length ?? null])));\n",
    );
    const options = ["--compile", "--format=esm", "--asset", join(folder, "native"), "--outfile", program];
    const built = spawnSync("bun", ["build", join(folder, "program.ts"), ...options], { encoding: "utf8" });
    assert.equal(built.status, 0, built.stderr);

    const origin = "the executable";
    assert.deepEqual(found(RELEASE), [[{ origin, problem: null, signed: false }, moduleFile(RELEASE).length]]);
    const [[{ problem }, image]] = found("5.4.0-other");
    assert.equal(problem.cause, "the executable has no module for kernel 5.4.0-other");
    assert.equal(image, null);
  });
});
