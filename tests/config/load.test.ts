// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { ConfigError, loadConfig, type LoadedConfig } from "../../src/config/load.ts";
import { type Config, ConfigSchema, ringSizeFor } from "../../src/config/schema.ts";

const DEFAULTS: Config = ConfigSchema.parse({});

/** Loads `yaml` from a file called lanner.yaml; messages are given without the directory. */
function load(yaml: string, overrides: readonly string[] = [], env: Record<string, string> = {}): LoadedConfig {
  const dir = mkdtempSync(join(tmpdir(), "lanner-config-"));
  const file = join(dir, "lanner.yaml");
  writeFileSync(file, yaml);
  const strip = (text: string) => text.replaceAll(`${dir}/`, "");
  try {
    const { config, warnings } = loadConfig(file, overrides, env);
    return { config, warnings: warnings.map(strip) };
  } catch (error) {
    if (error instanceof ConfigError) throw new ConfigError(strip(error.message));
    throw error;
  } finally {
    rmSync(dir, { recursive: true });
  }
}

test("the ring grows with the number of CPUs, between bounds", () => {
  assert.deepEqual([1, 2, 3, 4, 8, 16, 256].map(ringSizeFor), [8, 8, 16, 16, 32, 64, 64]);
});

describe("the configuration", () => {
  test("without a file is the defaults", () => {
    const { config, warnings } = loadConfig(undefined);
    assert.deepEqual(config, DEFAULTS);
    assert.deepEqual(warnings, []);
    assert.equal(config.stdout_output.enabled, true);
    assert.equal(config.priority, "Debug");
    assert.equal(config.rule_matching, "first");
    assert.equal(config.ring_size_mb, ringSizeFor(cpus().length));
  });

  const same: readonly (readonly [what: string, yaml: string])[] = [
    ["an empty file", ""],
    ["comments only", "# json_output: true\n"],
    ["keys without values", "json_output:\nrules: ~\nfile_output:\n  enabled: null\n"],
  ];
  for (const [what, yaml] of same) {
    test(`${what} changes nothing`, () => assert.deepEqual(load(yaml), { config: DEFAULTS, warnings: [] }));
  }

  const settings: readonly (readonly [yaml: string, expected: Partial<Config>])[] = [
    ["json_output: true", { json_output: true }],
    ["json_output: Yes", { json_output: true }],
    ["json_output: 'on'", { json_output: true }],
    ["json_include_tags_property: OFF", { json_include_tags_property: false }],
    ["priority: info", { priority: "Informational" }],
    ["priority: WARNING", { priority: "Warning" }],
    ["rule_matching: all", { rule_matching: "all" }],
    ["rules_files: [a.yaml, rules.d]", { rules_files: ["a.yaml", "rules.d"] }],
    ["rules_file: [a.yaml]", { rules_files: ["a.yaml"] }],
    ["outputs_queue: { capacity: 50 }", { outputs_queue: { capacity: 50 } }],
    ["ring_size_mb: 64", { ring_size_mb: 64 }],
    ["static_fields: { version: 1.10, on: yes }", { static_fields: { version: "1.10", on: "yes" } }],
    [
      "file_output: { enabled: true, filename: ./events.txt }",
      { file_output: { enabled: true, filename: "./events.txt", keep_alive: false } },
    ],
    [
      "rules:\n  - disable: { tag: network }\n  - enable: { rule: 'Shell *' }",
      { rules: [{ disable: { tag: "network" } }, { enable: { rule: "Shell *" } }] },
    ],
    [
      "append_output:\n  - match: { source: syscall, tags: [a] }\n    extra_output: on %evt.cpu\n" +
      "    extra_fields: [proc.name, { who: '%user.name' }]\n  - suggested_output: true",
      {
        append_output: [
          {
            match: { source: "syscall", tags: ["a"] },
            extra_output: "on %evt.cpu",
            extra_fields: ["proc.name", { who: "%user.name" }],
            suggested_output: false,
          },
          { extra_fields: [], suggested_output: true },
        ],
      },
    ],
  ];
  for (const [yaml, expected] of settings) {
    test(`understands ${JSON.stringify(yaml)}`, () => {
      assert.deepEqual(load(yaml), { config: { ...DEFAULTS, ...expected }, warnings: [] });
    });
  }

  test("an override wins over the file, and the last one wins", () => {
    const { config } = load("json_output: true\npriority: error\n", ["priority=alert", "priority=notice"]);
    assert.equal(config.json_output, true);
    assert.equal(config.priority, "Notice");
  });

  const overrides: readonly (readonly [overrides: readonly string[], expected: Partial<Config>])[] = [
    [["json_output=true"], { json_output: true }],
    [["syslog_output.enabled=true"], { syslog_output: { enabled: true } }],
    [["stdout_output={enabled: false}"], { stdout_output: { enabled: false } }],
    [["rules_files[]=c.yaml"], { rules_files: ["a.yaml", "b.yaml", "c.yaml"] }],
    [["rules_files[1]=c.yaml"], { rules_files: ["a.yaml", "c.yaml"] }],
    [[`rules_files=["x.yaml"]`], { rules_files: ["x.yaml"] }],
    [
      ["rules[].disable.rule=*", "rules[]={enable: {tag: x}}"],
      { rules: [{ disable: { rule: "*" } }, { enable: { tag: "x" } }] },
    ],
    [["static_fields.a=b=c"], { static_fields: { a: "b=c" } }],
    [["static_fields.a=*b: c #d", `static_fields.e="f\\tg"`], { static_fields: { a: "*b: c #d", e: "f\tg" } }],
  ];
  for (const [options, expected] of overrides) {
    test(`takes -o ${options.join(" -o ")}`, () => {
      const { config, warnings } = load("rules_files:\n  - a.yaml\n  - b.yaml\n", options);
      assert.deepEqual(config, { ...DEFAULTS, rules_files: ["a.yaml", "b.yaml"], ...expected });
      assert.deepEqual(warnings, []);
    });
  }

  test("overrides need no file", () => {
    assert.equal(loadConfig(undefined, ["json_output=true"]).config.json_output, true);
  });

  test("variables are expanded in values, not in keys, and an unset one is empty", () => {
    const yaml = "json_output: ${J}\nstatic_fields:\n  ${K}: a${X}b${NONE}c\n  raw: $${X}\n";
    const { config } = load(yaml, ["static_fields.o=${X}"], { J: "true", K: "k", X: "-" });
    assert.equal(config.json_output, true);
    assert.deepEqual(config.static_fields, { "${K}": "a-bc", raw: "${X}", o: "-" });
  });

  test("a variable's text can't become more than a scalar", () => {
    assert.deepEqual(load("static_fields: { a: '${X}' }", [], { X: "{b: c}" }).config.static_fields, { a: "{b: c}" });
  });

  const engines: readonly (readonly [yaml: string, docker: [boolean, string], podman: [boolean, string]])[] = [
    ["", [false, "/var/run/docker.sock"], [false, "/run/podman/podman.sock"]],
    ["{ docker: { enabled: true } }", [true, "/var/run/docker.sock"], [false, "/run/podman/podman.sock"]],
    ["{ podman: { sockets: [/p] } }", [false, "/var/run/docker.sock"], [true, "/p"]],
    ["{ podman: { enabled: no, sockets: [/p] } }", [false, "/var/run/docker.sock"], [false, "/p"]],
  ];
  for (const [yaml, ...expected] of engines) {
    test(`asks the engines that are switched on or have sockets: '${yaml}'`, () => {
      const { config: { container_engines }, warnings } = load(`container_engines: ${yaml}`);
      const [docker, podman] = expected.map(([enabled, socket]) => ({ enabled, sockets: [socket] }));
      assert.deepEqual({ container_engines, warnings }, { container_engines: { docker, podman }, warnings: [] });
    });
  }

  const warned: readonly (readonly [yaml: string, overrides: readonly string[], warnings: readonly string[]])[] = [
    ["json_ouput: true", [], ["lanner.yaml:1:1: unknown key 'json_ouput' is ignored; did you mean 'json_output'?"]],
    [
      "priority: debug\nfile_output:\n  file_name: x\n",
      [],
      ["lanner.yaml:3:3: unknown key 'file_output.file_name' is ignored; did you mean 'filename'?"],
    ],
    ["", ["zzzzzzzz.a=1"], ["-o zzzzzzzz.a=1: unknown key 'zzzzzzzz' is ignored"]],
    [
      "webserver: { enabled: true }\nengine: { kind: modern_ebpf }\nplugins: []\nlog_level: info\n",
      [],
      ["lanner.yaml: settings of Falco without effect here: engine, log_level, plugins, webserver"],
    ],
    [
      "container_engines:\n  cri: { enabled: true, sockets: [/run/crio/crio.sock] }\n  lxc: { enabled: true }\n",
      [],
      ["lanner.yaml: settings of Falco without effect here: container_engines.cri, container_engines.lxc"],
    ],
    [
      "container_engines: { dcoker: { enabled: true } }",
      [],
      ["lanner.yaml:1:22: unknown key 'container_engines.dcoker' is ignored; did you mean 'docker'?"],
    ],
    [
      "http_output:\n  enabled: true\n  url: http://localhost\n",
      [],
      [
        "lanner.yaml: settings of Falco without effect here: http_output",
        "lanner.yaml:1:1: http_output is enabled, but there is no such output: nothing is sent there",
      ],
    ],
  ];
  for (const [yaml, options, warnings] of warned) {
    test(`warns: ${warnings.at(-1)}`, () => {
      assert.deepEqual(load(yaml, options), { config: DEFAULTS, warnings });
    });
  }

  const errors: readonly (readonly [yaml: string, overrides: readonly string[], message: string | RegExp])[] = [
    ["json_output: maybe", [], "lanner.yaml:1:1: json_output: expected true or false, not 'maybe'"],
    [
      "a: b\n\nfile_output:\n  enabled: tRue\n",
      [],
      "lanner.yaml:4:3: file_output.enabled: expected true or false, not 'tRue'",
    ],
    ["rules_files: a.yaml", [], "lanner.yaml:1:1: rules_files: expected a list of texts, not 'a.yaml'"],
    ["rules_files: [a, '']", [], "lanner.yaml:1:18: rules_files.1: must not be empty, not ''"],
    ["priority: loud", [], /^lanner\.yaml:1:1: priority: expected one of emergency, alert, .*debug, not 'loud'$/],
    ["rule_matching: last", [], "lanner.yaml:1:1: rule_matching: expected one of first, all, not 'last'"],
    [
      "metrics: {enabled: true, output_rule: true, interval: 10}",
      [],
      "lanner.yaml:1:1: metrics: interval: expected 100ms or more, such as 15m or 1h",
    ],
    ["metrics: {enabled: true}", [], "lanner.yaml:1:1: metrics: expected output_rule: true or an output_file"],
    ["ring_size_mb: 33", [], "lanner.yaml:1:1: ring_size_mb: expected a power of two, not '33'"],
    ["ring_size_mb: -1", [], "lanner.yaml:1:1: ring_size_mb: expected a whole number from 1 to 1024, not '-1'"],
    ["stdout_output: on", [], "lanner.yaml:1:1: stdout_output: expected a map, not 'on'"],
    ["file_output: { enabled: true }", [], "lanner.yaml:1:1: file_output: filename is missing"],
    ["rules: [{ enable: { name: x } }]", [], /^lanner\.yaml:1:9: rules\.0: expected enable or disable/],
    ["priority: x\nrule_matching: y\n", [], /not 'x' \(and 1 more\)$/],
    ["rules_file: [a]\nrules_files: [b]\n", [], /^lanner\.yaml:1:1: rules_file and rules_files are the same/],
    ["- a\n- b\n", [], "lanner.yaml: expected keys and values at the top"],
    ["just text", [], "lanner.yaml: expected keys and values at the top"],
    ["a: [1\nb: 2\n", [], /^lanner\.yaml:\d:\d: /],
    ["a: 1\na: 2\n", [], /^lanner\.yaml:2:1: .*unique/i],
    ["a: 1\n---\nb: 2\n", [], /^lanner\.yaml:\d:\d: .*multiple documents/],
    ["", ["json_output"], "-o json_output: expected key=value"],
    ["", ["=true"], "-o =true: expected key=value"],
    ["", ["a..b=1"], "-o a..b=1: expected a key like a.b, a[0] or a[]"],
    ["", ["json_output=maybe"], "-o json_output=maybe: json_output: expected true or false, not 'maybe'"],
    ["", ["rules_files[0]=a"], "-o rules_files[0]=a: rules_files has 0 elements; use [] to append"],
    ["json_output: true", ["json_output.a=1"], "-o json_output.a=1: json_output is not a map"],
    ["stdout_output: {}", ["stdout_output[]=1"], "-o stdout_output[]=1: stdout_output is not a list"],
    ["", ["rules=[a"], /^-o rules=\[a: /],
  ];
  for (const [yaml, options, message] of errors) {
    test(`refuses ${JSON.stringify(yaml)} ${options.join(" ")}`, () => {
      assert.throws(() => load(yaml, options), (error) => {
        assert.ok(error instanceof ConfigError, String(error));
        if (typeof message === "string") assert.equal(error.message, message);
        else assert.match(error.message, message);
        assert.ok(!error.message.includes("\n"), "one line");
        return true;
      });
    });
  }

  test("a file that can't be read is an error", () => {
    assert.throws(
      () => loadConfig("/nonexistent/lanner.yaml"),
      /^ConfigError: \/nonexistent\/lanner.yaml: can't be read: no such file or directory$/,
    );
    assert.throws(() => loadConfig("/dev/zero"), /^ConfigError: \/dev\/zero: can't be read: it is not a regular file/);
  });

  test("aliases that multiply are refused", () => {
    const levels = Array.from(
      { length: 9 },
      (_, i) => `  a${i + 1}: &a${i + 1} [${Array(9).fill(`*a${i}`).join(", ")}]`,
    );
    assert.throws(() => load(`static_fields:\n  a0: &a0 [x]\n${levels.join("\n")}\n`), ConfigError);
  });
});
