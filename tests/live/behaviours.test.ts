// SPDX-License-Identifier: Apache-2.0

/**
 * Every rule of Falco's official stable file against the behaviour that it is there for, done for real: a row is a
 * rule. Two sensors watch, so that an alert is seen as JSON and as text.
 */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import type { Behaviour, ContainerBehaviour, Expected, HostBehaviour } from "./behaviours/behaviour.ts";
import { CONTAINER_BEHAVIOURS } from "./behaviours/container.ts";
import { HOST_BEHAVIOURS } from "./behaviours/host.ts";
import { cannotRunLive, type JsonAlert, Podman, ROOT, RunningSensor, Workshop } from "./support.ts";

const OFFICIAL = join(ROOT, "../shared/compat/falco_rules.yaml");

const skip = cannotRunLive() || (existsSync(OFFICIAL) ? false : "needs Falco's rules in ../shared");

/** What every alert is asked for beside its rule's output. */
const ADDED = ["container.id", "container.name", "container.image.repository", "container.image.tag"];

const CONFIG = `append_output: [{extra_output: "${ADDED.map((name) => `${name}=%${name}`).join(" ")}"}]\n`;

/** True of whatever is done on this host by this test, unless a row says otherwise. */
const ON_HOST = {
  "user.name": "root",
  "user.uid": 0,
  "container.id": "host",
  "container.name": "host",
  "container.image.repository": "",
  "container.image.tag": "",
};

function inContainer(name: string, podman: Podman): Record<string, Expected> {
  return {
    "user.name": "root",
    "user.uid": 0,
    "user.loginuid": -1,
    "container.id": /^[0-9a-f]{12}$/,
    "container.name": name,
    "container.image.repository": podman.repository,
    "container.image.tag": podman.tag,
  };
}

function is(value: unknown, expected: Expected): boolean {
  return expected instanceof RegExp ? expected.test(String(value)) : value === expected;
}

/** An alert as text without its times, which two sensors tell some microseconds apart. */
function withoutTimes(line: string): string {
  return line.replace(/^\d\d:\d\d:\d\d\.\d{9}: /, "").replace(/(_ts|_ctime|_mtime|_proc_start)=\d+/g, "$1=#");
}

/**
 * A process has so many ancestors and no more: proc.aname[N] is missing from the one on that follows the first process,
 * which has been found when `proc.aname[N - 1]` bears its name.
 */
function isBeyondTheFirst(field: string, fields: JsonAlert["output_fields"], first: string): boolean {
  const level = Number(/^proc\.aname\[(\d+)\]$/.exec(field)?.[1]);
  if (!(level > 1)) return false;
  const below = level === 2 ? "proc.pname" : `proc.aname[${level - 1}]`;
  return fields[below] === first || fields[below] === null;
}

describe("each rule of Falco's stable file alerts when it should", { skip }, () => {
  let workshop: Workshop, json: RunningSensor, text: RunningSensor, first: string;
  let podman: Podman | undefined;

  before(async () => {
    workshop = new Workshop();
    if (Podman.unavailable() === false) podman = new Podman([workshop.file("acts")]);
    // the one name that the file speaks of, where the sensors' resolver finds it
    const hosts = workshop.write("hosts", "127.0.0.1 localhost\n10.96.0.1 kubernetes.default.svc.cluster.local\n");
    const within = ["unshare", "-m", "sh", "-c", `mount --bind ${hosts} /etc/hosts; exec "$@"`, "sh"];
    const args = ["run", "-r", OFFICIAL, "-c", workshop.write("lanner.yaml", CONFIG)];
    json = await RunningSensor.start([...args, "--json"], "binary", undefined, within);
    text = await RunningSensor.start(args, "binary", undefined, within);
    first = readFileSync("/proc/1/comm", "utf8").trim();
  });

  after(async () => {
    podman?.dispose();
    workshop?.dispose();
    for (const sensor of [json, text]) assert.equal(await sensor?.stop(), 0, sensor?.stderr);
  });

  async function check(behaviour: Behaviour, place: Readonly<Record<string, Expected>>): Promise<void> {
    const { rule, priority, missing = {} } = behaviour;
    const expected = { ...place, ...behaviour.fields(workshop) };
    const alert = await json.alert(rule, ({ output_fields }) => {
      return Object.entries(expected).every(([name, value]) => is(output_fields[name], value));
    });
    assert.equal(alert.priority, priority);
    const without = Object.entries(alert.output_fields).filter(([name, value]) => {
      return (value === null || value === "<NA>") && !isBeyondTheFirst(name, alert.output_fields, first);
    });
    assert.deepEqual(without.map(([name]) => name).toSorted(), Object.keys(missing).toSorted(), alert.output);
    const line = withoutTimes(alert.output);
    await text.line(`the text of "${rule}": ${line}`, (text) => withoutTimes(text) === line);
  }

  async function onHost(behaviour: HostBehaviour): Promise<void> {
    behaviour.perform(workshop);
    await check(behaviour, ON_HOST);
  }

  async function contained(behaviour: ContainerBehaviour, number: number): Promise<void> {
    const name = `lanner-behaviour-${number}`;
    podman!.run(name, behaviour.options ?? [], behaviour.command);
    await check(behaviour, inContainer(name, podman!));
  }

  for (const behaviour of HOST_BEHAVIOURS) test(`${behaviour.rule}, on the host`, () => onHost(behaviour));

  for (const [number, behaviour] of CONTAINER_BEHAVIOURS.entries()) {
    test(`${behaviour.rule}, in a container`, { skip: Podman.unavailable() }, () => contained(behaviour, number));
  }

  test("no rule of the file is left out", () => {
    const rules = [...readFileSync(OFFICIAL, "utf8").matchAll(/^- rule: (.*)$/gm)].map(([, name]) => name!);
    const shown = new Set([...HOST_BEHAVIOURS, ...CONTAINER_BEHAVIOURS].map(({ rule }) => rule));
    assert.deepEqual(rules.filter((name) => !shown.has(name)), []);
  });
});
