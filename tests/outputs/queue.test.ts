// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { type Line, type Output, OutputError } from "../../src/outputs/output.ts";
import { OutputQueue, type QueueLimits } from "../../src/outputs/queue.ts";
import { eventually, line } from "./contract.ts";

/** An output that does as it is told. */
class Puppet implements Output {
  readonly name = "puppet";
  readonly log: string[] = [];
  /** Number of writes to come that fail. */
  failures = 0;
  /** Writes wait for this. */
  gate: Promise<void> = Promise.resolve();
  concurrent = 0;
  closed = 0;

  open(): Promise<void> {
    return Promise.resolve();
  }
  async write({ text }: Line): Promise<void> {
    assert.equal(++this.concurrent, 1, "one line at a time");
    await this.gate;
    this.concurrent--;
    if (this.failures > 0) {
      this.failures--;
      throw new OutputError("puppet: refused");
    }
    this.log.push(text);
  }
  reopen(): Promise<void> {
    assert.equal(this.concurrent, 0, "not during a write");
    this.log.push("(reopened)");
    return Promise.resolve();
  }
  close(): Promise<void> {
    this.closed++;
    return Promise.resolve();
  }
}

function queueOf(puppet: Puppet, limits: Partial<QueueLimits> = {}): { queue: OutputQueue; problems: string[] } {
  const problems: string[] = [];
  const queue = new OutputQueue(puppet, (message) => problems.push(message), { retryPause: [1, 4], ...limits });
  return { queue, problems };
}

/** A promise and what resolves it. */
function gate(): { closed: Promise<void>; open: () => void } {
  let open = () => {};
  const closed = new Promise<void>((resolve) => open = resolve);
  return { closed, open };
}

const texts = (count: number) => Array.from({ length: count }, (_, i) => `${i}`);

describe("an output's queue", () => {
  test("delivers every line in order, one at a time, and drains", async () => {
    const puppet = new Puppet();
    const { queue, problems } = queueOf(puppet);
    for (const text of texts(3000)) queue.push(line(text));
    await queue.drain(5000);
    assert.deepEqual(puppet.log, texts(3000));
    assert.deepEqual(queue.counters, { waiting: 0, delivered: 3000, dropped: 0, errors: 0 });
    assert.deepEqual(problems, []);
    assert.equal(puppet.closed, 1);
  });

  test("takes lines again after it has run empty", async () => {
    const puppet = new Puppet();
    const { queue } = queueOf(puppet);
    for (const text of texts(5)) {
      queue.push(line(text));
      await eventually("delivered", () => queue.counters.waiting === 0);
    }
    await queue.drain(1000);
    assert.deepEqual(puppet.log, texts(5));
  });

  const bounds: readonly (readonly [what: string, limits: Partial<QueueLimits>, kept: number])[] = [
    ["lines", { lines: 10 }, 10],
    ["bytes", { bytes: 45 }, 4],
  ];
  for (const [what, limits, kept] of bounds) {
    test(`drops and counts what exceeds its bound of ${what}, reporting it once`, async () => {
      const puppet = new Puppet();
      const { closed, open } = gate();
      puppet.gate = closed;
      const { queue, problems } = queueOf(puppet, limits);
      for (let i = 0; i < 100; i++) queue.push(line("ü2345678_")); // 10 bytes
      assert.deepEqual(queue.counters, { waiting: kept, delivered: 0, dropped: 100 - kept, errors: 0 });
      assert.deepEqual(problems, ["output puppet: alert dropped: its queue is full"]);
      open();
      await queue.drain(1000);
      assert.deepEqual(queue.counters, { waiting: 0, delivered: kept, dropped: 100 - kept, errors: 0 });
    });
  }

  test("has room again when lines have gone out", async () => {
    const puppet = new Puppet();
    const { queue } = queueOf(puppet, { lines: 3, bytes: 30 });
    for (let round = 0; round < 5; round++) {
      for (let i = 0; i < 3; i++) queue.push(line("1234567890"));
      await eventually("delivered", () => queue.counters.waiting === 0);
    }
    assert.deepEqual(queue.counters, { waiting: 0, delivered: 15, dropped: 0, errors: 0 });
  });

  test("a line that fails is tried again, in its place", async () => {
    const puppet = new Puppet();
    puppet.failures = 3;
    const { queue, problems } = queueOf(puppet);
    for (const text of texts(3)) queue.push(line(text));
    await eventually("delivered", () => queue.counters.delivered === 3);
    assert.deepEqual(puppet.log, texts(3));
    assert.deepEqual(queue.counters, { waiting: 0, delivered: 3, dropped: 0, errors: 3 });
    assert.deepEqual(problems, ["output puppet: puppet: refused"]);
  });

  test("a line that fails for too long is counted as dropped and the next ones get their turn", async () => {
    const puppet = new Puppet();
    puppet.failures = Infinity;
    const { queue, problems } = queueOf(puppet, { retryFor: 20 });
    queue.push(line("lost"));
    queue.push(line("later"));
    await eventually("the first is given up", () => queue.counters.dropped === 1);
    puppet.failures = 0;
    await eventually("the second is delivered", () => queue.counters.delivered === 1);
    assert.deepEqual(puppet.log, ["later"]);
    assert.ok(problems.includes("output puppet: alert dropped: not delivered within 20 ms"));
  });

  test("a slow write is reported once and waited for", async () => {
    const puppet = new Puppet();
    const { closed, open } = gate();
    puppet.gate = closed;
    const { queue, problems } = queueOf(puppet, { slowAfter: 20 });
    queue.push(line("slow"));
    await eventually("reported", () => problems.length > 0);
    await sleep(50);
    assert.deepEqual(problems, ["output puppet: takes longer than 20 ms for one alert; alerts wait"]);
    open();
    await eventually("delivered", () => queue.counters.delivered === 1);
  });

  test("reports go on at their rate and say how many were left out", async () => {
    const puppet = new Puppet();
    const { closed, open } = gate();
    puppet.gate = closed;
    const { queue, problems } = queueOf(puppet, { lines: 1, reportEvery: 30 });
    for (let i = 0; i < 5; i++) queue.push(line("x"));
    await sleep(40);
    queue.push(line("x"));
    open();
    await queue.drain(1000);
    assert.deepEqual(problems, [
      "output puppet: alert dropped: its queue is full",
      "output puppet: alert dropped: its queue is full (and 3 more times since the last report)",
    ]);
  });

  test("reopens between lines, and also when nothing waits", async () => {
    const puppet = new Puppet();
    const { queue } = queueOf(puppet);
    queue.push(line("1"));
    await eventually("delivered", () => queue.counters.delivered === 1);
    queue.reopen();
    await eventually("reopened", () => puppet.log.length === 2);
    queue.push(line("2"));
    queue.reopen();
    await queue.drain(1000);
    assert.deepEqual(puppet.log.filter((entry) => entry !== "(reopened)"), ["1", "2"]);
    assert.equal(puppet.log.length, 4);
  });

  for (const kind of ["hangs", "fails"] as const) {
    test(`drain ends in time when the output ${kind}, and counts what is left`, async () => {
      const puppet = new Puppet();
      if (kind === "hangs") puppet.gate = new Promise(() => {});
      else puppet.failures = Infinity;
      const { queue, problems } = queueOf(puppet);
      for (const text of texts(7)) queue.push(line(text));
      const start = performance.now();
      await Promise.all([queue.drain(50), queue.drain(50)]);
      assert.ok(performance.now() - start < 1500);
      const { waiting, delivered, dropped } = queue.counters;
      assert.deepEqual({ waiting, delivered, dropped }, { waiting: 0, delivered: 0, dropped: 7 });
      assert.ok(problems.includes("output puppet: 7 alerts not delivered within 50 ms"));
      queue.push(line("late"));
      assert.equal(queue.counters.dropped, 8);
      await sleep(20);
      assert.deepEqual(puppet.log, []);
    });
  }
});
