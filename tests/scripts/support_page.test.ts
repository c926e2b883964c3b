// SPDX-License-Identifier: Apache-2.0

/** docs/support.md says what the kernel matrix saw (tests/vm/matrix/results), and nothing else. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { describe, test } from "node:test";
import type { Result, Sensor } from "../../scripts/vm/matrix/judge.ts";
import { ALL } from "../../scripts/vm/matrix/kernels.ts";
import { supportPage } from "../../scripts/vm/matrix/page.ts";
import { fileNameOf, lastResult, PAGE, pageText } from "../../scripts/vm/matrix/results.ts";

const TARGET = ALL.find(({ kernel }) => kernel === "6.1-cloud")!;

const SENSOR: Sensor = {
  name: "auto",
  verdict: "eBPF through tp_btf (kernel 6.1.0 has BTF and a ring buffer)",
  armed: 61.4,
  alerts: 28,
  missing: [],
  unexpected: [],
  storm: [880, 880],
  corrupt: 0,
  lost: "none",
  refused: [],
  instructions: { walk_filter: 88324, execve: 1200 },
};

const RESULT: Result = {
  kernel: "6.1-cloud",
  release: "6.1.0-cloud-amd64",
  arch: "amd64",
  commit: "abc1234",
  sensors: [SENSOR],
  differences: [],
  problems: [],
};

/** The cells of the only kernel of a page. */
function rowOf(result: Result | undefined, target = TARGET): string[] {
  const rows = supportPage([{ target, result }], []).split("\n").filter((line) => line.startsWith("| "));
  return rows[2]!.split(" | ").map((cell) => cell.replace(/^\| | \|$/g, ""));
}

describe("docs/support.md", () => {
  test("is what `scripts/vm-matrix --page` writes", () => {
    const written = readFileSync(new URL(`../../${PAGE}`, import.meta.url), "utf8");
    assert.equal(written, pageText(), "run `scripts/vm-matrix --page`");
  });

  test("is made of results of kernels that the matrix has", () => {
    const names = readdirSync(new URL("../vm/matrix/results/", import.meta.url)).sort();
    const known = ALL.filter((target) => lastResult(target) !== undefined).map((target) =>
      `${fileNameOf(target)}.json`
    );
    assert.deepEqual(names, known.sort());
    assert.ok(names.length > 0);
  });

  test("says once what all ways of watching saw alike, and by its name what one saw", () => {
    const module: Sensor = { ...SENSOR, name: "module", verdict: "kernel module, from lanner.ko", armed: 37 };
    const row = rowOf({ ...RESULT, sensors: [SENSOR, module] });
    assert.deepEqual(row, [
      ...["6.1.0-cloud-amd64", "amd64", "eBPF through tp_btf", "28/28 each", "880/880 each", "yes"],
      ...["88,324 (walk_filter)", "tp_btf 61 s, module 37 s", "as expected", "abc1234"],
    ]);
  });

  test("shows what is amiss: alerts that lack or are too many, and the first complaint", () => {
    const sensor: Sensor = { ...SENSOR, alerts: 27, missing: ["a", "b"], unexpected: ["c"], storm: [870, 880] };
    const row = rowOf({ ...RESULT, sensors: [sensor], problems: ["auto: lost 3", "other"] });
    assert.equal(row[3], "tp_btf 26/28 and 1 more");
    assert.equal(row[4], "tp_btf 870/880");
    assert.equal(row[8], "**not**: auto: lost 3 (and 1 more)");
  });

  test("says of a sensor that never watched why", () => {
    const { armed: _, ...rest } = SENSOR;
    const row = rowOf({ ...RESULT, sensors: [{ ...rest, verdict: "no driver runs here" }], problems: ["x"] });
    assert.equal(row[3], "eBPF none: no driver runs here");
    assert.equal(row[7], "eBPF never");
  });

  test("gives a row with the reason to what was not tried", () => {
    assert.deepEqual(rowOf(undefined).slice(-2), ["not tried: its run is still due", "–"]);
    assert.match(supportPage([], []), /^\| 3\.10 to .* \| not tried: [^|]+ \| – \|$/m);
  });

  test("shows what a long run said", () => {
    assert.match(
      supportPage([], ["$ soak # commit abc\nsoak: 9 records"]),
      /\n {4}\$ soak # commit abc\n {4}soak: 9 records\n$/,
    );
  });

  test("names what a release does not tell of its kernel", () => {
    const hidden = ALL.find(({ hideBtf }) => hideBtf)!;
    assert.equal(rowOf(RESULT, hidden)[0], "6.1.0-cloud-amd64 (BTF hidden)");
  });
});
