// SPDX-License-Identifier: Apache-2.0

/** Which rules run, and what their alerts look like, over a recording: from the command line to the line of an alert. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Folder, lanner } from "./support.ts";

const RULES = [
  ["Open a", "NOTICE", "[x, y]", "true"],
  ["Open b", "ERROR", "[y]", "true"],
  ["Write a", "WARNING", "[z]", "true"],
  ["Off", "CRITICAL", "[y]", "false"],
].map(([name, priority, tags, enabled]) =>
  `- rule: ${name}\n  desc: d\n  condition: evt.type = open\n  output: "%evt.type"\n` +
  `  priority: ${priority}\n  tags: ${tags}\n  enabled: ${enabled}\n`
).join("");

/** Replays one open with these options; gives the alerts as text without time, and what was said. */
async function alerts(...args: string[]) {
  using folder = new Folder();
  const recording = await folder.record(["open", { fd: 3, name: "/x", flags: 1 }]);
  const to = [
    "stdout_output.enabled=false",
    "file_output.enabled=true",
    `file_output.filename=${folder.file("alerts")}`,
  ];
  const rules = folder.write("rules.yaml", RULES);
  const { code, err } = await lanner(
    "replay",
    recording,
    "-r",
    rules,
    ...to.flatMap((setting) => ["-o", setting]),
    ...args,
  );
  return { code, err, lines: code === 0 ? folder.lines("alerts") : [] };
}

async function alerting(...args: string[]): Promise<string[]> {
  const { lines, err } = await alerts("--all-matches", "-o", "json_output=true", ...args);
  assert.match(err, /lost events: none/);
  return lines.map((line) => String((JSON.parse(line) as { rule: unknown }).rule));
}

describe("the rules that run", () => {
  const cases: readonly (readonly [options: string, rules: readonly string[]])[] = [
    ["", ["Open a", "Open b", "Write a"]],
    ["--disable Open*", ["Write a"]],
    ["--disable *a", ["Open b"]],
    ["--disable * --enable Off", ["Off"]],
    ["--enable Off", ["Open a", "Open b", "Write a", "Off"]],
    ["--enable * --disable Write*", ["Open a", "Open b", "Off"]],
    ["--disable Write* --enable *", ["Open a", "Open b", "Write a", "Off"]],
    ["-t x", ["Open a"]],
    ["-t y", ["Open a", "Open b", "Off"]],
    ["-t x -t z", ["Open a", "Write a"]],
    ["-T y", ["Write a"]],
    ["-T x -T z", ["Open b"]],
    ["-t y -T x", ["Open b", "Off"]],
    ["-T x -t y", ["Open b", "Off"]],
    ["-T y --enable *b", ["Open b", "Write a"]],
    ["--priority warning", ["Open b", "Write a"]],
    ["--priority ERROR --enable Off", ["Open b", "Off"]],
    ["-o priority=error", ["Open b"]],
    ["-o priority=error --priority notice", ["Open a", "Open b", "Write a"]],
    ['-o rules[]={"disable":{"rule":"*"}} --enable *b', ["Open b"]],
    ['-o rules[]={"enable":{"rule":"Off"}} -T z', ["Open a", "Open b", "Off"]],
  ];
  for (const [options, rules] of cases) {
    test(`with ${options || "no options"} are ${rules.join(", ")}`, async () => {
      assert.deepEqual(await alerting(...options.split(" ").filter((word) => word !== "")), rules);
    });
  }

  test("are all but the first of those that match, unless all matches are asked for", async () => {
    assert.equal((await alerts()).lines.length, 1);
    assert.equal((await alerts("--all-matches")).lines.length, 3);
    assert.equal((await alerts("-o", "rule_matching=all")).lines.length, 3);
  });
});

describe("a name or tag that no rule has", () => {
  const cases: readonly (readonly [options: readonly string[], warning: string])[] = [
    [["--disable", "Opne a"], "lanner: disable: no rule is named 'Opne a'; did you mean 'Open a'?"],
    [["--enable", "nothing*"], "lanner: enable: no rule is named 'nothing*'"],
    [["-t", "w"], "lanner: enable: no rule has the tag 'w'"],
    [["-T", "w"], "lanner: disable: no rule has the tag 'w'"],
    [["-o", 'rules[]={"disable":{"tag":"w"}}'], "lanner: disable: no rule has the tag 'w'"],
  ];
  for (const [options, warning] of cases) {
    test(`is a warning: ${options.join(" ")}`, async () => {
      const { code, err } = await alerts(...options);
      assert.equal(code, 0);
      assert.ok(err.split("\n").includes(warning), err);
    });
  }

  test("is none of those that some rule has", async () => {
    const { err } = await alerts("--disable", "Open*", "--enable", "*", "-t", "x", "-T", "y");
    assert.doesNotMatch(err, /no rule/);
  });
});

describe("what alerts look like", () => {
  test("-p follows every output", async () => {
    const { lines } = await alerts("--all-matches", "-p", "fd=%fd.num");
    assert.deepEqual(
      lines.map((line) => line.replace(/^.*: /, "")),
      Array(3).fill("").map((_, i) => `${["Notice", "Error", "Warning"][i]} open fd=3`),
    );
  });

  test("static fields can be printed, and are suggested with the others", async () => {
    const { lines } = await alerts(
      ...["-o", "static_fields.site=Zürich", "-p", "at %static.site"],
      ...["-o", 'append_output[]={"suggested_output":true}'],
    );
    assert.match(lines[0]!, /Notice open container_id=.* static_site=Zürich at Zürich$/);
  });

  test("buffers are base64 when the configuration says so", async () => {
    using folder = new Folder();
    const recording = await folder.record(["sendto", { res: 3, fd: 1, data: Uint8Array.of(0, 0xff, 0x41) }]);
    const rules = folder.write("r.yaml", RULES.replaceAll("open\n", "sendto\n").replaceAll("%evt.type", "%evt.buffer"));
    const print = async (name: string, ...args: string[]) => {
      const to = [
        "stdout_output.enabled=false",
        "file_output.enabled=true",
        `file_output.filename=${folder.file(name)}`,
      ];
      const { code, err } = await lanner(
        "replay",
        recording,
        "-r",
        rules,
        ...to.flatMap((each) => ["-o", each]),
        ...args,
      );
      assert.equal(code, 0, err);
      return folder.lines(name)[0]!.replace(/^.*Notice /, "");
    };
    assert.equal(await print("plain"), "..A");
    assert.equal(await print("base64", "-o", "buffer_format_base64=true"), "AP9B");
  });

  test("--fail-on ends with 3 only if a rule that runs alerted", async () => {
    assert.equal((await alerts("--fail-on", "error", "--all-matches")).code, 3);
    assert.equal((await alerts("--fail-on", "error", "--all-matches", "--disable", "Open b")).code, 0);
  });
});
