// SPDX-License-Identifier: Apache-2.0

/**
 * What the kernel's filter knows of processes: of those that rename themselves, fork, exec and start threads exactly what
 * rules match comes to user space, through changes of the plan, and of a process whose program it can't keep everything.
 */
import assert from "node:assert/strict";
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import {
  closeSync,
  copyFileSync,
  mkdtempSync,
  openSync,
  realpathSync,
  rmSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { type Driver, openDriver, type Wants } from "../../src/cli/driver.ts";
import { loadAndBuild } from "../../src/cli/rules.ts";
import type { Engine } from "../../src/engine/engine.ts";
import { knownOf, passesFilter } from "../../src/engine/filter_model.ts";
import { planOf } from "../../src/engine/plan.ts";
import { tablesOf } from "../../src/engine/plan_tables.ts";
import { EventStream } from "../../src/engine/stream.ts";
import { FLAG_FILTERED } from "../../src/events/record.ts";
import { EVENT_BY_NAME } from "../../src/events/table.ts";
import { cannotRunLive, ROOT } from "./support.ts";

/** What alpha opens under its own name, whatever it calls itself later. */
const ALPHA = ["in-thread", "login", "moved", "renamed", "start", "written"];
const ALPHAS_CHILDREN = ["child", "threads-child", "vfork-child"];
const BETA = ["exec", "exec-child"];
const ELDER = ["elder", "elder-child"];

/** Conditions on opens, FOLDER for the test's; and the steps of names.c that each holds of, where that is known here. */
const CASES: readonly (readonly [condition: string, steps?: readonly string[]])[] = [
  ["proc.name = alpha", ALPHA],
  ["proc.name in (written, thread)", ALPHAS_CHILDREN],
  ["proc.name startswith elder", ELDER],
  ["not proc.name = alpha", [...ALPHAS_CHILDREN, ...BETA, "thread-exec", ...ELDER]],
  ["not proc.name in (alpha, written, elderly)", ["threads-child", ...BETA, "thread-exec"]],
  ["not proc.name contains a and not proc.name = elderly", ["child", "vfork-child"]],
  ["proc.exepath = FOLDER/alpha", [...ALPHA, ...ALPHAS_CHILDREN]],
  ["proc.exepath endswith /elder", ELDER],
  ["not proc.exepath in (FOLDER/alpha, FOLDER/elder)", [...BETA, "thread-exec"]],
  ["not proc.exepath startswith FOLDER/", []],
  ["proc.exepath startswith FOLDER/ and not proc.name endswith a", [...ALPHAS_CHILDREN, ...ELDER]],
  ["user.loginuid = -1"],
  ["not user.loginuid = -1"],
  ["user.loginuid = 4242"],
  ["not user.loginuid in (4242, 1)"],
];

/** What is asked of processes that begin, rename themselves and end while the sensor starts. */
const IN_A_STORM: readonly string[] = [
  "proc.name = n1",
  "not proc.name in (n0, n2, n3, beta, gamma)",
  "proc.exepath = FOLDER/gamma",
  "not proc.exepath in (FOLDER/beta, FOLDER/storm)",
];

/** LN_EXEPATHS of native/driver.h, and more programs than that. */
const EXEPATHS = 4096;
const PROGRAMS = 4500;

/** Programs with the names that names.c knows; alpha moves its own, so that it is made anew each time. */
class Folder {
  readonly path = realpathSync(mkdtempSync(join(tmpdir(), "lanner-processes-")));

  constructor() {
    const source = join(ROOT, "tests/live/processes/names.c");
    const options = ["-O1", "-Wall", "-Wextra", "-Werror", "-static", "-pthread", "-D_GNU_SOURCE"];
    execFileSync("gcc", [...options, "-o", join(this.path, "beta"), source]);
    for (const name of ["gamma", "elder", "many", "storm"]) {
      copyFileSync(join(this.path, "beta"), join(this.path, name));
    }
  }

  engine(condition: string): Engine {
    const file = join(this.path, "rule.yaml");
    const text = `evt.type in (open, openat) and ${condition.replaceAll("FOLDER", this.path)}`;
    writeFileSync(
      file,
      JSON.stringify([{ rule: condition, desc: "x", condition: text, output: "x", priority: "NOTICE" }]),
    );
    const { engine, diagnostics } = loadAndBuild([file], {
      matching: "all",
      minimumPriority: "Debug",
      staticFields: {},
    });
    assert.ok(engine, diagnostics.map(({ message }) => message).join("\n"));
    return engine;
  }

  /** Runs alpha to its end. */
  async act(): Promise<number> {
    copyFileSync(join(this.path, "beta"), join(this.path, "alpha"));
    const alpha = spawn(join(this.path, "alpha"), [this.path], { argv0: "alpha", stdio: "ignore" });
    const pid = alpha.pid!;
    await once(alpha, "exit");
    return pid;
  }

  dispose(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

async function tell(child: ChildProcess, line: string): Promise<void> {
  const answer = once(child.stdout!, "data");
  child.stdin!.write(`${line}\n`);
  await answer;
}

function open(filter?: Wants["filter"], ringBytes = 64 * 1024 * 1024): Promise<Driver> {
  return openDriver({
    ...(filter === undefined ? {} : { filter }),
    driver: "ebpf",
    ringBytes,
    events: ["open", "openat"].map((name) => EVENT_BY_NAME.get(name)!),
    wantEnv: false,
    wantWorkdir: false,
    wantData: false,
    verbose: true,
  });
}

/** Takes what the kernel sends until the process has ended: the steps that came, and those that each rule alerts on. */
class Watch {
  steps: string[] = [];
  alerts = new Map<string, string[]>();
  #ended: ((pid: number) => void) | undefined;
  readonly #driver: Driver;
  readonly #running: Promise<void>;

  constructor(driver: Driver, folder: string, engines: readonly Engine[]) {
    this.#driver = driver;
    const stream = new EventStream(driver.host, (event) => {
      const { record, type } = event;
      if (type.name === "procexit" && record.number(type.index.get("last")!) === 1) this.#ended?.(record.pid);
      if (type.name !== "open" && type.name !== "openat") return;
      const path = record.text(type.index.get("name")!);
      if (!path.startsWith(`${folder}/`)) return;
      const step = path.slice(folder.length + 1);
      this.steps.push(step);
      for (const engine of engines) {
        engine.evaluateAll(event, ({ rule }) => {
          this.alerts.set(rule.name, [...this.alerts.get(rule.name) ?? [], step]);
        });
      }
    });
    this.#running = driver.source.run((memory, base, limit) => stream.take(memory, base, limit));
  }

  /** Resolves when all is read that came before the end of the process that `act` gives. */
  async during(act: () => Promise<number>): Promise<void> {
    this.steps = [];
    this.alerts = new Map();
    const seen = new Set<number>();
    this.#ended = (pid) => seen.add(pid);
    const pid = await act();
    for (let i = 0; !seen.has(pid); i++) {
      assert.ok(i < 500, "the end of the act was not told");
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** Has the kernel go by the plan of these rules. */
  filter({ rules }: Engine): void {
    const { bytes, full } = tablesOf(planOf(rules));
    assert.deepEqual(full, []);
    this.#driver.filter({ tables: bytes, mark: false });
  }

  async close(): Promise<void> {
    this.#driver.source.stop();
    await this.#running;
    this.#driver.source.close();
    this.#driver.unload();
  }
}

describe("the kernel's filter and processes", { skip: cannotRunLive() }, () => {
  test("exactly what rules match of a process's name, program and login comes", async () => {
    const folder = new Folder();
    const elder = spawn(join(folder.path, "elder"), [folder.path], { stdio: ["pipe", "pipe", "ignore"] });
    try {
      await once(elder.stdout, "data");
      const engines = CASES.map(([condition]) => folder.engine(condition));
      const watch = new Watch(await open(), folder.path, engines);
      const act = async () => {
        for (const step of ELDER) await tell(elder, step);
        return await folder.act();
      };
      try {
        await watch.during(act);
        const all = watch.steps.toSorted();
        const whole = watch.alerts;
        assert.deepEqual(all, [...ALPHA, ...ALPHAS_CHILDREN, ...BETA, "thread-exec", ...ELDER].toSorted());
        for (const [i, [condition, steps]] of CASES.entries()) {
          const expected = (whole.get(condition) ?? []).toSorted();
          if (steps !== undefined) assert.deepEqual(expected, steps.toSorted(), condition);
          watch.filter(engines[i]!);
          await watch.during(act);
          assert.deepEqual((watch.alerts.get(condition) ?? []).toSorted(), expected, `${condition}: alerts`);
          assert.deepEqual(watch.steps.toSorted(), expected, `${condition}: records`);
        }
      } finally {
        await watch.close();
      }
    } finally {
      elder.stdin.end();
      folder.dispose();
    }
  });

  test("a process whose exec was lost is not known any more", async () => {
    const folder = new Folder();
    const pipe = join(folder.path, "pipe");
    execFileSync("mkfifo", [pipe]);
    const orders = openSync(pipe, "r+");
    const elder = spawn(join(folder.path, "elder"), [folder.path], { stdio: [orders, "pipe", "ignore"] });
    try {
      await once(elder.stdout!, "data");
      const driver = await open(undefined, 1 << 20);
      const watch = new Watch(driver, folder.path, []);
      try {
        watch.filter(folder.engine("proc.name = none"));
        const act = async () => {
          const answer = once(elder.stdout!, "data");
          writeSync(orders, "elder\n");
          await answer;
          return await folder.act();
        };
        await watch.during(act);
        assert.deepEqual(watch.steps, [], "of a process that is known");
        const ready = once(elder.stdout!, "data");
        // nobody reads the ring meanwhile
        execFileSync("sh", ["-c", '"$0/many" "$0" 1000; echo exec >"$0/pipe"; sleep 0.5', folder.path]);
        await ready;
        assert.ok((driver.source.losses().kernel.get("exec: ring full") ?? 0) > 0, "no exec was lost");
        await watch.during(act);
        assert.deepEqual(watch.steps, ["elder"]);
      } finally {
        await watch.close();
      }
    } finally {
      elder.kill("SIGKILL");
      closeSync(orders);
      folder.dispose();
    }
  });

  test("what a program opens whose path there is no room for passes, and is counted, not as a loss", async () => {
    const folder = new Folder();
    try {
      const driver = await open();
      const watch = new Watch(driver, folder.path, []);
      try {
        watch.filter(folder.engine("proc.exepath = FOLDER/none"));
        await watch.during(async () => {
          const many = spawn(join(folder.path, "many"), [folder.path, String(PROGRAMS)], { stdio: "ignore" });
          await once(many, "exit");
          return many.pid!;
        });
        const { kernel, full } = driver.source.losses();
        const counted = full?.get("exec: filter table full") ?? 0;
        const passed = watch.steps.filter((step) => step === "one").length;
        assert.ok(passed >= PROGRAMS - EXEPATHS, `${passed} passed`);
        assert.ok(passed < PROGRAMS / 2, `${passed} passed although there was room`);
        assert.ok(counted >= passed, `${passed} passed, but ${counted} were counted`);
        assert.ok([...kernel.keys()].every((name) => !name.endsWith("table full")));
      } finally {
        await watch.close();
      }
    } finally {
      folder.dispose();
    }
  });

  for (const condition of IN_A_STORM) {
    test(`nothing that rules match is dropped while the sensor starts in a storm of processes: ${condition}`, async () => {
      const folder = new Folder();
      const storms = [1, 2].map(() => spawn(join(folder.path, "storm"), [folder.path], { stdio: "ignore" }));
      try {
        await new Promise((resolve) => setTimeout(resolve, 200));
        const engine = folder.engine(condition);
        const plan = planOf(engine.rules);
        const driver = await open({ tables: tablesOf(plan).bytes, mark: true });
        const { source, host } = driver;
        let marked = 0, alerts = 0;
        const lost: string[] = [];
        const stream = new EventStream(host, (event) => {
          const { record, type, process } = event;
          if (type.name !== "open" && type.name !== "openat") return;
          if (!record.text(type.index.get("name")!).startsWith(folder.path)) return;
          const dropped = (record.flags & FLAG_FILTERED) !== 0;
          if (dropped) marked++;
          const before = alerts;
          engine.evaluateAll(event, () => alerts++);
          if (dropped && (alerts > before || passesFilter(plan, record, knownOf(process)))) {
            lost.push(`${process?.comm} of ${process?.exepath}`);
          }
        });
        const running = source.run((memory, base, limit) => stream.take(memory, base, limit));
        await new Promise((resolve) => setTimeout(resolve, 1500));
        source.stop();
        await running;
        source.close();
        driver.unload();
        assert.deepEqual([...new Set(lost)], []);
        assert.ok(marked > 100 && alerts > 10, `${marked} marked, ${alerts} alerts`);
      } finally {
        for (const storm of storms) storm.kill("SIGKILL");
        await Promise.all(storms.map((storm) => once(storm, "exit")));
        folder.dispose();
      }
    });
  }
});
