// SPDX-License-Identifier: Apache-2.0

/**
 * Every listed field on events of every type as the live kernel tells them: where a field says that it is present, some
 * event of that type must have a value, and each value must be of the field's type. What no act of tests/live/calls can
 * have is shown by made events: tests/fields/presence.test.ts.
 */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { after, before, describe, test } from "node:test";
import { EVENT_BY_NAME, EVENT_TYPES } from "../../src/events/table.ts";
import type { EventType } from "../../src/events/types.ts";
import type { Event } from "../../src/fields/event.ts";
import type { BoundField } from "../../src/fields/field.ts";
import { anyValue, isOfType, LISTED } from "../fields/presence.ts";
import { Stage } from "./calls.ts";
import { ACTS } from "./events/rows.ts";
import { cannotRunLive, RunningSensor, Workshop } from "./support.ts";

/** Fields that no event of the helper can have, each with why. */
const ELSEWHERE: readonly (readonly [RegExp, string])[] = [
  [/^(k8s|vm)\.(?!is_qemu)/, "the helper is in no pod and no guest"],
  [/^container\.(mount|label)(\.\w+)?\[/, "and in no container"],
  [/^(fd\.types|proc\.(stdin|stdout|stderr|fdopencount|fdusage))/, "the helper has ended when its records are read"],
  [/^evt\.rawarg\.(cwd|msgcontrol)$/, "Falco's cwd is always empty; the helper sends no ancillary data"],
];

/** Fields that what is behind the descriptor decides: some type must have them. */
const BY_DESCRIPTOR = /^(evt\.count\.error\.\w+|fd\.(sockfamily|filename|realpath|directory|containerdirectory))$/;
const BY_SOCKET = /^fd\.[clrs]?(ip|port|proto|net)(\.name)?$/;

class Sweep {
  readonly #seen = new Set<string>();
  readonly types = new Set<string>();
  readonly #ofAnotherType = new Map<string, string>();

  see(event: Event): void {
    this.types.add(event.type.name);
    for (const field of LISTED) {
      const value = anyValue(field, event);
      if (value === undefined) continue;
      this.#seen.add(`${event.type.name} ${field.text}`);
      if (!isOfType(value, field)) {
        this.#ofAnotherType.set(`${field.text} on ${event.type.name}`, `${String(value)} is no ${field.type}`);
      }
    }
  }

  get ofAnotherType(): Readonly<Record<string, string>> {
    return Object.fromEntries(this.#ofAnotherType);
  }

  has({ name }: EventType, { text }: BoundField): boolean {
    return this.#seen.has(`${name} ${text}`);
  }
}

describe("listed fields on the live kernel's events", { skip: cannotRunLive() }, () => {
  const sweep = new Sweep();
  let stage: Stage;
  before(async () => {
    stage = await Stage.open((event) => sweep.see(event));
    for (const act of ACTS) stage.perform(act);
    await stage.collect();
  });
  after(() => stage?.dispose());

  const own = LISTED.filter(({ text }) => !ELSEWHERE.some(([pattern]) => pattern.test(text)));
  const ofAll = own.filter(({ text }) => !BY_DESCRIPTOR.test(text) && !BY_SOCKET.test(text));

  for (const type of EVENT_TYPES) {
    test(`of type ${type.name} have a value`, () => {
      assert.ok(sweep.types.has(type.name), "no event of this type came");
      const missing = ofAll.filter((field) => field.presentOn(type) && !sweep.has(type, field));
      assert.deepEqual(missing.map(({ text }) => text), []);
    });
  }

  test("have one on some type where the descriptor decides", () => {
    const missing = own.filter((field) => !EVENT_TYPES.some((type) => sweep.has(type, field)));
    assert.deepEqual(missing.map(({ text }) => text), []);
  });

  for (const name of ["connect", "accept", "accept4", "sendto", "recvfrom", "sendmsg", "recvmsg"]) {
    test(`have both ends of a socket on ${name}`, () => {
      const type = EVENT_BY_NAME.get(name)!;
      const missing = own.filter((field) => BY_SOCKET.test(field.text) && !sweep.has(type, field));
      assert.deepEqual(missing.map(({ text }) => text), []);
    });
  }

  test("are of the type that they say", () => assert.deepEqual(sweep.ofAnotherType, {}));
});

test("other descriptors than the event's are those of the process", { skip: cannotRunLive() }, async () => {
  const workshop = new Workshop();
  const rules = workshop.write(
    "rules.yaml",
    `- rule: Reads from a pipe
  desc: a program that a pipe leads into
  condition: evt.type = execve and proc.name = sleep and proc.stdin.type = pipe and fd.types intersects (pipe)
  output: >
    %proc.stdin.type %proc.stdin.name %proc.stdout.type %proc.stdout.name %fd.types %fd.types[2] %proc.fdopencount
    %proc.fdusage
  priority: Notice
`,
  );
  const sensor = await RunningSensor.start(["run", "--json", "-r", rules]);
  try {
    execFileSync("sh", ["-c", "echo x | sleep 0.7 > /dev/null 2> /dev/null"]);
    const { output_fields } = await sensor.alert("Reads from a pipe", ({ output_fields }) => {
      return output_fields["proc.stdout.name"] === "/dev/null";
    });
    assert.match(String(output_fields["proc.stdin.name"]), /^pipe:\[\d+\]$/);
    assert.equal(output_fields["proc.stdout.type"], "file");
    assert.ok(["pipe", "file"].every((type) => (output_fields["fd.types"] as string[]).includes(type)));
    assert.deepEqual(output_fields["fd.types[2]"], ["file"]);
    assert.ok(Number(output_fields["proc.fdopencount"]) >= 3);
    assert.ok(Number(output_fields["proc.fdusage"]) > 0);
  } finally {
    assert.equal(await sensor.stop(), 0, sensor.stderr);
    workshop.dispose();
  }
});
