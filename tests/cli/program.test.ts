// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { lanner } from "./support.ts";

describe("wrong words end with 2 and one line that says what to do", () => {
  const cases: readonly (readonly [args: string, message: string])[] = [
    ["rnu", "unknown command 'rnu' (Did you mean run?); see lanner --help"],
    ["run --jsno", "unknown option '--jsno' (Did you mean --json?); see lanner run --help"],
    ["replay x --disbale y", "unknown option '--disbale' (Did you mean --disable?); see lanner replay --help"],
    ["list fileds", "unknown command 'fileds' (Did you mean fields?); see lanner list --help"],
    ["list fields --jsn", "unknown option '--jsn' (Did you mean --json?); see lanner list fields --help"],
    [
      "list fields a b",
      "too many arguments for 'fields'. Expected 1 argument but got 2: a, b; see lanner list fields --help",
    ],
    ["check", "missing required argument 'path'; see lanner check --help"],
    ["record", "required option '-w, --write <file>' not specified; see lanner record --help"],
    ["replay", "missing required argument 'file'; see lanner replay --help"],
    ["run -r", "option '-r, --rules <path>' argument missing; see lanner run --help"],
    [
      "run --for 0",
      "option '--for <duration>' argument '0' is invalid. Expected a duration such as 30s, 5m or 1h; see lanner run --help",
    ],
    [
      "run --priority loud",
      "option '--priority <level>' argument 'loud' is invalid. Expected one of emergency, alert, critical, error, " +
      "warning, notice, informational, debug; see lanner run --help",
    ],
    [
      "run --driver module2",
      "option '--driver <name>' argument 'module2' is invalid. Allowed choices are auto, ebpf, module; see lanner run --help",
    ],
  ];
  for (const [args, message] of cases) {
    test(args, async () => {
      assert.deepEqual(await lanner(...args.split(" ")), { code: 2, out: "", err: `lanner: ${message}\n` });
    });
  }
});

describe("help", () => {
  test("goes to stdout and ends with 0 when it is asked for", async () => {
    for (const args of [["--help"], ["run", "--help"], ["list", "-h"], ["list", "rules", "--help"], ["help"]]) {
      const { code, out, err } = await lanner(...args);
      assert.deepEqual([code, err], [0, ""], args.join(" "));
      assert.match(out, /^Usage: lanner/);
    }
  });

  test("goes to stderr and ends with 2 when a command is missing", async () => {
    for (const args of [[], ["list"]]) {
      const { code, out, err } = await lanner(...args);
      assert.deepEqual([code, out], [2, ""], args.join(" "));
      assert.match(err, /^Usage: lanner[^]*Commands:/);
    }
  });

  test("names every command, and what each is for", async () => {
    const { out } = await lanner("--help");
    for (const command of ["run", "check", "list", "record", "replay"]) {
      assert.match(out, new RegExp(`^  ${command} .*[a-z]{3}`, "m"));
    }
  });

  test("of every command that loads rules has the options that select them, together", async () => {
    for (const command of [["run"], ["check"], ["replay"], ["list", "rules"]]) {
      const { out } = await lanner(...command, "--help");
      const group = out.slice(out.indexOf("Which rules run"));
      for (const option of ["-t, --tag", "-T, --disable-tag", "--disable ", "--enable ", "--priority "]) {
        assert.ok(group.includes(option), `${command.join(" ")} ${option}`);
      }
      for (const option of ["-c, --config", "-o, --option", "-p, --print", "--all-matches"]) {
        assert.ok(out.includes(option), `${command.join(" ")} ${option}`);
      }
    }
  });
});

test("--version prints it on one line", async () => {
  const { code, out } = await lanner("--version");
  assert.equal(code, 0);
  assert.match(out, /^lanner \d+\.\d+\.\d+\n$/);
});

test("a file that is not there is named, and ends with 1", async () => {
  const { code, out, err } = await lanner("replay", "/nonexistent/recording");
  assert.deepEqual([code, out], [1, ""]);
  assert.match(err, /^lanner: \/nonexistent\/recording: .*no such file.*\n$/m);
  const config = await lanner("check", "-c", "/nonexistent/lanner.yaml", "x.yaml");
  assert.equal(config.code, 1);
  assert.match(config.err, /^lanner: \/nonexistent\/lanner.yaml: can't be read/);
});
