// SPDX-License-Identifier: Apache-2.0

/** What a live source says of the kernel's counters. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Host } from "../../src/host/host.ts";
import type { Sensor } from "../../src/native/contract.ts";
import { LOSS_COUNTERS } from "../../src/native/shim.ts";
import { LiveSource } from "../../src/sources/live.ts";

type Counts = Readonly<Record<number, number>>;

/** What a source says whose kernel counted `counts`, by [class][reason] of native/wire.h, and `before` as it began. */
function counted(counts: Counts, before: Counts = {}) {
  let now = before;
  const sensor: Pick<Sensor, "ring" | "losses"> = {
    ring: new ArrayBuffer(8),
    losses: () => Array.from({ length: LOSS_COUNTERS }, (_, i) => now[i] ?? 0),
  };
  const source = new LiveSource(sensor as Sensor, {} as Host);
  now = counts;
  return source.losses();
}

describe("the kernel's counters of lost events", () => {
  test("have names by class and reason", () => {
    const { kernel, skipped } = counted({ 0: 1, 4: 2, 11: 3, 18: 4, 23: 5, 32: 6 });
    assert.deepEqual(
      [...kernel],
      [
        ["exec: ring full", 1],
        ["exec: preempted", 2],
        ["process: preempted", 3],
        ["open: preempted", 4],
        ["network: fault", 5],
        ["other: preempted", 6],
      ],
    );
    assert.equal(skipped, 0);
  });
  test("tell calls that may not have been wanted from events", () => {
    const { kernel, skipped } = counted({ 33: 7 });
    assert.deepEqual([...kernel], []);
    assert.equal(skipped, 7);
  });
  test("leave out calls that were skipped before the sensor was armed, but no event", () => {
    const { kernel, skipped } = counted({ 11: 3, 33: 7 }, { 11: 2, 33: 5 });
    assert.deepEqual([...kernel], [["process: preempted", 3]]);
    assert.equal(skipped, 2);
  });
  test("tell what the filter has no room for from what is lost", () => {
    const { kernel, skipped, full } = counted({ 6: 2, 27: 3 });
    assert.deepEqual([[...kernel], skipped], [[], 0]);
    assert.deepEqual([...full ?? []], [["exec: filter table full", 2], ["network: filter table full", 3]]);
  });
});
