// SPDX-License-Identifier: Apache-2.0

/** The command line of the built binary: what it says, how it ends, what bad input does. */
import { describe, test } from "node:test";
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  truncateSync,
} from "node:fs";
import { BINARY, cannotRunLive, runLanner, RunningSensor, Workshop } from "./support.ts";

const skip = cannotRunLive();

const OPEN_RULE = `- rule: Marked file opened
  desc: for the tests
  condition: evt.type in (open, openat, openat2) and fd.name endswith lanner-mark
  output: opened %fd.name by %proc.name
  priority: Error
  tags: [b, a]
`;

/** The numbers of the BPF programs that a process holds. */
function programsOf(pid: number): Set<string> {
  const held = readdirSync(`/proc/${pid}/fdinfo`).flatMap((fd) => {
    const info = readFileSync(`/proc/${pid}/fdinfo/${fd}`, "utf8");
    return /^prog_id:\s*(\d+)$/m.exec(info)?.[1] ?? [];
  });
  return new Set(held);
}

/** How many of these programs are in the kernel now: other sensors' don't count. */
function stillLoaded(programs: ReadonlySet<string>): number {
  const list = JSON.parse(execFileSync("bpftool", ["-j", "prog", "show"], { encoding: "utf8" })) as { id: number }[];
  return list.filter(({ id }) => programs.has(String(id))).length;
}

async function within(workshop: Workshop, work: (workshop: Workshop) => Promise<void>): Promise<void> {
  try {
    await work(workshop);
  } finally {
    workshop.dispose();
  }
}

describe("what is printed", { skip }, () => {
  test("where no driver runs is one line beside the version's", () => {
    const script = 'mount -t tmpfs none /sys/kernel/btf && exec "$1" run --driver ebpf --for 1s';
    const { status, stderr } = spawnSync("unshare", ["-m", "sh", "-c", script, "sh", BINARY], { encoding: "utf8" });
    assert.equal(status, 1);
    assert.match(stderr, /^lanner \S+\nlanner: [^\n]+ has no BTF [^\n]+\n$/);
  });
  test("reaches a slow reader of a pipe whole", () => {
    const list = [BINARY, "list", "events", "--json"].join(" ");
    const slow = execFileSync("sh", ["-c", `${list} | (sleep 1; cat)`], { encoding: "utf8" });
    assert.ok(slow.length > 65536, "more than a pipe holds");
    assert.ok(Array.isArray(JSON.parse(slow)));
  });
  test("to a full disk is an error, not a fault", () => {
    const { status, stderr } = spawnSync("sh", ["-c", `${BINARY} list events >/dev/full`], { encoding: "utf8" });
    assert.deepEqual({ status, stderr }, { status: 1, stderr: "" });
  });
});

describe("lanner run", { skip }, () => {
  test("says what it is, which driver, how many rules and which events, then that it is armed", async () => {
    const sensor = await RunningSensor.start(["run"]);
    assert.equal(await sensor.stop(), 0);
    const lines = sensor.stderr.split("\n");
    assert.match(lines[0]!, /^lanner \d+\.\d+\.\d+$/);
    assert.match(lines[1]!, /^driver: eBPF through (perf|tp_btf|raw_tp) \(kernel .+\)$/);
    assert.match(lines[2]!, /^rules: \d+ rules, \d+ macros, \d+ lists from the shipped catalogue$/);
    assert.match(lines[3]!, /^events: \d+ attached \(.*\bopenat\b.*\)$/);
    assert.equal(lines[4], "armed");
    assert.match(lines[5]!, /^events: \d+ seen$/);
    assert.match(lines[6]!, /^alerts: \d+$/);
    // a busy machine may have reclaimed a page that an event names: counted, so "none" cannot be asked for here
    assert.match(lines.at(-2)!, /^lost events: (none|\d+ )/);
  });

  test("tells its own counters each interval, as an alert and in a file", () =>
    within(new Workshop(), async (workshop) => {
      const file = workshop.file("metrics");
      const options = ["enabled=true", "output_rule=true", "interval=300ms", `output_file=${file}`];
      const args = options.flatMap((option) => ["-o", `metrics.${option}`]);
      const rules = workshop.write("rules.yaml", OPEN_RULE);
      const sensor = await RunningSensor.start(["run", "--json", "-r", rules, ...args]);
      readFileSync(workshop.write("lanner-mark", ""));
      const told = await sensor.alert(
        "Falco internal: metrics snapshot",
        ({ output_fields }) => Number(output_fields["falco.rules.Marked_file_opened"]) > 0,
      );
      assert.equal(await sensor.stop(), 0);
      assert.equal(told.priority, "Informational");
      assert.ok(Number(told.output_fields["scap.n_evts"]) > 0);
      assert.ok(Number(told.output_fields["falco.n_threads"]) > 1);
      const lines = readFileSync(file, "utf8").trimEnd().split("\n").map((line) => JSON.parse(line));
      assert.deepEqual(lines.map(({ sample }) => sample), lines.map((_, i) => i + 1));
      assert.ok(lines.every(({ output_fields }) => output_fields["evt.source"] === "syscall"));
      const unwritable = runLanner(["run", ...args, "-o", "metrics.output_file=/proc/metrics"]);
      assert.deepEqual([unwritable.code, unwritable.stderr.split("\n").length], [1, 3], unwritable.stderr);
      assert.match(unwritable.stderr, /^lanner: metrics\.output_file: .*\/proc\/metrics/m);
    }));

  const insisting = [
    ["fexit", ["--attach", "fexit"]],
    ["fexit", ["-o", "attach=fexit"]],
    ["fexit", ["--attach", "fexit", "--driver", "ebpf"]],
    ["perf", ["--attach", "perf"]],
  ] as const;
  for (const [way, args] of insisting) {
    test(`${args.join(" ")} arms that way, or fails in one line where the kernel refuses it`, () => {
      const { code, stderr } = runLanner(["run", "--for", "1s", ...args]);
      const lines = stderr.trimEnd().split("\n");
      if (code === 0) {
        assert.match(lines[1]!, new RegExp(`^driver: eBPF through ${way} \\(kernel .+\\)$`));
        assert.equal(lines[4], "armed");
      } else {
        assert.equal(code, 1, stderr);
        assert.equal(lines.length, 2, stderr);
        assert.match(
          lines[1]!,
          new RegExp(`^lanner: --attach ${way}: .+: choose --attach sys_exit, or leave it at auto$`),
        );
      }
    });
  }
  for (const how of ["auto", "sys_exit"]) {
    test(`--attach ${how} runs where fexit is refused`, () => {
      const { code, stderr } = runLanner(["run", "--for", "1s", "--attach", how]);
      assert.equal(code, 0, stderr);
      assert.match(
        stderr,
        how === "auto" ? /^driver: eBPF through (perf|tp_btf|raw_tp) /m : /through (tp_btf|raw_tp) /,
      );
      assert.match(stderr, /^armed$/m);
    });
  }
  test("--attach takes nothing else", () => {
    const { code, stderr } = runLanner(["run", "--attach", "kprobe"]);
    assert.equal(code, 2, stderr);
    assert.match(stderr, /'kprobe' is invalid. Allowed choices are auto, fexit, perf, sys_exit/);
  });

  test("--for ends it by itself, with 0, or with 3 when --fail-on was reached", () =>
    within(new Workshop(), async (workshop) => {
      const rules = workshop.write("rules.yaml", OPEN_RULE);
      const touch = async (args: string[]) => {
        const sensor = await RunningSensor.start(["run", "-r", rules, "--for", "1500ms", ...args]);
        workshop.write("lanner-mark", "");
        const code = await sensor.ended();
        assert.equal(sensor.lines.length, 1, sensor.stderr);
        return code;
      };
      assert.equal(await touch([]), 0);
      assert.equal(await touch(["--fail-on", "critical"]), 0);
      assert.equal(await touch(["--fail-on", "error"]), 3);
      assert.equal(await touch(["--fail-on", "warning"]), 3);
    }));

  test("prints Falco's text line, and Falco's JSON keys in their order", () =>
    within(new Workshop(), async (workshop) => {
      const rules = workshop.write("rules.yaml", OPEN_RULE);
      const text = await RunningSensor.start(["run", "-r", rules]);
      const json = await RunningSensor.start(["run", "-r", rules, "--json"]);
      workshop.act(["creat", workshop.file("x")]);
      execFileSync("sh", ["-c", `: > ${workshop.file("lanner-mark")}`]);
      const alert = await json.alert("Marked file opened");
      assert.deepEqual(Object.keys(alert), [
        "hostname",
        "output",
        "output_fields",
        "priority",
        "rule",
        "source",
        "tags",
        "time",
      ]);
      assert.deepEqual(alert.tags, ["a", "b"]);
      assert.deepEqual(Object.keys(alert.output_fields), ["evt.time", "fd.name", "proc.name"]);
      assert.equal(await json.stop(), 0);
      assert.equal(await text.stop(), 0);
      assert.equal(text.lines.length, 1);
      assert.match(text.lines[0]!, /^\d\d:\d\d:\d\d\.\d{9}: Error opened \/.*lanner-mark by sh$/);
    }));

  test("never sees itself", () =>
    within(new Workshop(), async (workshop) => {
      const rules = workshop.write(
        "rules.yaml",
        OPEN_RULE.replace(
          /condition: .*/,
          "condition: evt.type in (open, openat, connect, execve) and proc.name startswith lanner",
        ).replace(/output: .*/, "output: pid=%proc.pid opened %fd.name"),
      );
      const sensor = await RunningSensor.start([
        "run",
        "-r",
        rules,
        "-o",
        "file_output.enabled=true",
        "-o",
        `file_output.filename=${workshop.file("alerts")}`,
      ]);
      await new Promise((resolve) => setTimeout(resolve, 1500));
      assert.equal(await sensor.stop(), 0);
      const others = new RegExp(`pid=(?!${sensor.pid} )`); // another sensor may be running here
      assert.deepEqual(sensor.lines.filter((line) => !others.test(line)), []);
    }));

  test("appends alerts to a file, and to the new one after rotation and SIGUSR1", () =>
    within(new Workshop(), async (workshop) => {
      const rules = workshop.write("rules.yaml", OPEN_RULE);
      const log = workshop.file("alerts.log");
      const sensor = await RunningSensor.start([
        "run",
        "-r",
        rules,
        "-o",
        "file_output.enabled=true",
        "-o",
        "file_output.keep_alive=true",
        "-o",
        `file_output.filename=${log}`,
      ]);
      const provoke = async (count: number) => {
        execFileSync("sh", ["-c", `: > ${workshop.file("lanner-mark")}`]);
        for (let i = 0; i < 100 && sensor.lines.length < count; i++) {
          await new Promise((resolve) => setTimeout(resolve, 20));
        }
        await new Promise((resolve) => setTimeout(resolve, 100));
      };
      await provoke(1);
      renameSync(log, `${log}.1`);
      sensor.signal("SIGUSR1");
      await new Promise((resolve) => setTimeout(resolve, 100));
      await provoke(2);
      assert.equal(await sensor.stop(), 0);
      assert.equal(readFileSync(`${log}.1`, "utf8").split("\n").length, 2);
      assert.equal(readFileSync(log, "utf8").split("\n").length, 2);
      assert.equal(statSync(log).mode & 0o777, 0o600);
    }));

  test(
    "leaves nothing in the kernel when it is killed",
    { skip: !existsSync("/usr/sbin/bpftool") && "needs bpftool" },
    async () => {
      const sensor = await RunningSensor.start(["run"]);
      const programs = programsOf(sensor.pid);
      assert.ok(stillLoaded(programs) > 0);
      sensor.signal("SIGKILL");
      await sensor.ended();
      for (let i = 0; i < 50 && stillLoaded(programs) > 0; i++) {
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      assert.equal(stillLoaded(programs), 0);
    },
  );
});

interface Mistake {
  readonly name: string;
  readonly args: (workshop: Workshop) => string[];
  readonly code: number;
  /** The last line of stderr. */
  readonly says: RegExp;
}

const MISTAKES: readonly Mistake[] = [
  {
    name: "an unknown option",
    args: () => ["run", "--jsn"],
    code: 2,
    says: /^lanner: unknown option '--jsn' .*--json/,
  },
  { name: "an unknown command", args: () => ["rnu"], code: 2, says: /^lanner: unknown command 'rnu' .*run/ },
  { name: "a bad duration", args: () => ["run", "--for", "soon"], code: 2, says: /--for.*'soon'.*30s/ },
  { name: "a bad priority", args: () => ["run", "--fail-on", "bad"], code: 2, says: /--fail-on.*'bad'.*warning/ },
  {
    name: "a missing argument",
    args: () => ["record"],
    code: 2,
    says: /^lanner: required option '-w, --write <file>'/,
  },
  {
    name: "a rules file that isn't there",
    args: (workshop) => ["run", "-r", workshop.file("nowhere.yaml")],
    code: 1,
    says: /^lanner: the rules have an error/,
  },
  {
    name: "an output file that can't be written",
    args: (
      workshop,
    ) => ["run", "-o", "file_output.enabled=true", "-o", `file_output.filename=${workshop.file("no/log")}`],
    code: 1,
    says: /^lanner: file .*no\/log: the directory .* does not exist/,
  },
  {
    name: "a wrong setting",
    args: () => ["run", "-o", "json_output=maybe"],
    code: 1,
    says: /^lanner: .*json_output.*true or false/,
  },
  {
    name: "a file that is no recording",
    args: (workshop) => ["replay", workshop.write("text", "no recording")],
    code: 1,
    says: /^lanner: .*text: byte \d+: /,
  },
];

describe("bad input is told in one line", { skip }, () => {
  for (const { name, args, code, says } of MISTAKES) {
    test(name, () =>
      within(new Workshop(), (workshop) => {
        const done = runLanner(args(workshop));
        const last = done.stderr.trimEnd().split("\n").at(-1)!;
        assert.match(last, says);
        assert.equal(done.code, code);
        assert.ok(!done.stderr.includes("armed"));
        assert.ok(!/\n\s+at /.test(done.stderr), done.stderr);
        return Promise.resolve();
      }));
  }

  test("a mistake in a rule: place, line, caret and hint, and the sensor does not start", () =>
    within(new Workshop(), (workshop) => {
      const rules = workshop.write("rules.yaml", OPEN_RULE.replace("fd.name", "fd.nmae"));
      const done = runLanner(["run", "-r", rules]);
      const lines = done.stderr.split("\n");
      const at = lines.findIndex((line) => line.startsWith(`${rules}:3:`));
      assert.ok(at >= 0, done.stderr);
      const column = Number(lines[at]!.slice(rules.length + 3).split(":")[0]);
      assert.equal(column, OPEN_RULE.split("\n")[2]!.indexOf("fd.name") + 1);
      assert.match(lines[at]!, /fd\.nmae/);
      assert.match(lines[at + 1]!, /condition: .*fd\.nmae/);
      assert.equal(lines[at + 2]!.indexOf("^"), lines[at + 1]!.indexOf("fd.nmae"));
      assert.match(lines[at + 3]!, /hint: .*fd\.name/);
      assert.equal(done.code, 1);
      assert.ok(!done.stderr.includes("armed"));
      return Promise.resolve();
    }));

  test("without privileges: the capability is named and nothing is attached", () =>
    within(new Workshop(), (workshop) => {
      const program = workshop.file("lanner");
      copyFileSync(BINARY, program);
      chmodSync(program, 0o755);
      chmodSync(workshop.path, 0o755);
      const done = spawnSync(program, ["run"], { uid: 65534, gid: 65534, encoding: "utf8", cwd: "/" });
      assert.match(done.stderr, /^lanner: CAP_BPF is missing: run as root$/m);
      assert.equal(done.status, 1);
      return Promise.resolve();
    }));

  test("root without one capability: it is named too", () => {
    const script = ["--bounding-set", "-sys_ptrace", "--inh-caps", "-sys_ptrace", BINARY, "run"];
    const done = spawnSync("setpriv", script, { encoding: "utf8" });
    assert.match(
      done.stderr,
      /^lanner: CAP_SYS_PTRACE is missing although this is root: give the container or service CAP_SYS_PTRACE with/m,
    );
    assert.equal(done.status, 1);
  });
});

describe("record and replay", { skip }, () => {
  test("a replay gives the alerts that the live run gives, always the same, without privileges", () =>
    within(new Workshop(), async (workshop) => {
      const rules = workshop.write("rules.yaml", OPEN_RULE);
      const file = workshop.file("recording");
      const live = await RunningSensor.start(["run", "-r", rules, "--json"]);
      const recorder = RunningSensor.start(["record", "-w", file, "--for", "3s"], "binary", /^recording/m);
      await recorder;
      for (const name of ["a", "b", "c"]) execFileSync("sh", ["-c", `: > ${workshop.file(`${name}-lanner-mark`)}`]);
      assert.equal(await (await recorder).ended(), 0);
      assert.equal(await live.stop(), 0);
      assert.equal(live.lines.length, 3);
      chmodSync(workshop.path, 0o755);
      chmodSync(file, 0o644);
      chmodSync(rules, 0o644);
      const program = workshop.file("lanner");
      copyFileSync(BINARY, program);
      const replay = () =>
        spawnSync(program, ["replay", file, "-r", rules, "--json"], {
          uid: 65534,
          gid: 65534,
          encoding: "utf8",
          cwd: "/",
        });
      const first = replay();
      assert.equal(first.status, 0, first.stderr);
      const fields = (lines: readonly string[]) =>
        lines.map((line) => {
          const alert = JSON.parse(line) as { rule: string; output_fields: Record<string, unknown> };
          return [alert.rule, alert.output_fields["fd.name"], alert.output_fields["proc.name"]];
        });
      assert.deepEqual(fields(first.stdout.trim().split("\n")), fields(live.lines));
      assert.equal(replay().stdout, first.stdout);

      truncateSync(file, Math.floor(statSync(file).size / 2));
      const cut = replay();
      assert.equal(cut.status, 1);
      assert.match(cut.stderr, /^lanner: .*recording: byte \d+: .*truncated/m);
    }));
});
