// SPDX-License-Identifier: Apache-2.0

/** What every output owes its queue, checked over each of them. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { type Line, type Output, OutputError } from "../../src/outputs/output.ts";

/** An output under test and the other end of it. */
export interface Destination {
  readonly output: Output;
  /** The texts that have arrived so far, in order. */
  received(): string[];
  /** Makes the destination refuse lines, until `repair`. */
  breakIt(): Promise<void>;
  repair(): Promise<void>;
  dispose(): Promise<void>;
}

/** A line of the priority that most tests don't care about. */
export function line(text: string): Line {
  return { text, priority: "Warning" };
}

/** Waits until `condition` holds, at most 5 s, and fails otherwise. */
export async function eventually(what: string, condition: () => boolean): Promise<void> {
  for (const end = performance.now() + 5000; !condition();) {
    if (performance.now() > end) assert.fail(`${what}: not within 5 s`);
    await sleep(5);
  }
}

async function expectReceived(destination: Destination, expected: readonly string[]): Promise<void> {
  const seen: string[] = [];
  await eventually(`${expected.length} lines arrive`, () => {
    seen.push(...destination.received().slice(seen.length));
    return seen.length >= expected.length;
  });
  assert.deepEqual(seen, expected);
}

/** Defines the contract's tests over the destinations that `make` opens; `skip` says why they can't run here. */
export function outputContract(name: string, make: () => Promise<Destination>, skip: string | false = false): void {
  const check = (what: string, body: (destination: Destination) => Promise<void>) =>
    test(what, { skip }, async () => {
      const destination = await make();
      try {
        await body(destination);
      } finally {
        await destination.output.close();
        await destination.dispose();
      }
    });

  describe(`${name} as an output`, () => {
    check("delivers lines in order", async (destination) => {
      const { output } = destination;
      await output.open();
      const texts = Array.from({ length: 200 }, (_, i) => `alert ${i}`);
      for (const text of texts) await output.write(line(text));
      await expectReceived(destination, texts);
    });

    check("delivers UTF-8 and long lines whole", async (destination) => {
      const { output } = destination;
      await output.open();
      const texts = ["Käse 🦅 ελ", "x".repeat(30_000), `${"ü".repeat(10_001)}|`, "short"];
      for (const text of texts) await output.write(line(text));
      await expectReceived(destination, texts);
    });

    check("goes on delivering after reopen", async (destination) => {
      const { output } = destination;
      await output.open();
      await output.write(line("before"));
      await output.reopen();
      await output.write(line("after"));
      await expectReceived(destination, ["before", "after"]);
    });

    check("can be closed twice and takes no line afterwards", async ({ output }) => {
      await output.open();
      await output.close();
      await output.close();
      await assert.rejects(output.write(line("late")), OutputError);
    });

    check("rejects with one line while the destination fails and recovers by itself", async (destination) => {
      const { output } = destination;
      await output.open();
      await output.write(line("before"));
      await expectReceived(destination, ["before"]);
      await destination.breakIt();
      for (let i = 0; i < 2; i++) {
        await assert.rejects(output.write(line("lost")), (error) => {
          assert.ok(error instanceof OutputError);
          assert.match(error.message, new RegExp(`^${output.name}\\b[^\n]+$`));
          return true;
        });
      }
      await destination.repair();
      await output.write(line("after"));
      await expectReceived(destination, ["before", "after"]);
    });
  });
}
