// SPDX-License-Identifier: Apache-2.0

/** The reader of the kernel's ring, over a sensor whose ring never runs dry. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Host } from "../../src/host/host.ts";
import type { Sensor } from "../../src/native/contract.ts";
import { FRAME_HEADER_BYTES, frameBytes } from "../../src/sources/frames.ts";
import { LiveSource } from "../../src/sources/live.ts";
import { buildRecord } from "../support/records.ts";

const RECORD = buildRecord("open", {});
const FRAME_BYTES = frameBytes(RECORD.length);

/** A ring of equal frames, as many as wished for at any time. */
class Flood implements Sensor {
  readonly ring: ArrayBuffer;
  readonly ringBytes: number;
  /** Bytes that were given back. */
  consumed = 0;
  /** What that was when somebody last asked how much is there. */
  atLastLook = 0;
  /** The most that was given back without anybody else having had a turn, and what was before the last turn. */
  longest = 0;
  #before = 0;

  constructor(frames: number) {
    this.ringBytes = frames * FRAME_BYTES;
    this.ring = new ArrayBuffer(this.ringBytes);
    const [bytes, heads] = [new Uint8Array(this.ring), new Uint32Array(this.ring)];
    for (let at = 0; at < this.ringBytes; at += FRAME_BYTES) {
      heads[at >> 2] = RECORD.length;
      bytes.set(RECORD, at + FRAME_HEADER_BYTES);
    }
  }

  peek(max: number): number {
    if (this.consumed > 100 * this.ringBytes) throw new Error("it reads on for ever");
    const whole = Math.max(1, Math.floor(max / FRAME_BYTES)) * FRAME_BYTES;
    return Math.min(whole, this.ringBytes - this.consumed % this.ringBytes);
  }

  pending(): number {
    this.atLastLook = this.consumed;
    return this.ringBytes;
  }

  consume(bytes: number): void {
    this.consumed += bytes;
    this.longest = Math.max(this.longest, this.consumed - this.#before);
  }

  /** Somebody else has a turn. */
  turn(): void {
    this.#before = this.consumed;
  }

  startWaiting(): void {}
  arm(): void {}
  stopWaiting(): void {}
  close(): void {}
  report = () => "";
  attach = () => 0;
  setFilter = () => 0;
  seed = () => 0;
  change = () => 0;
  losses = () => [];
}

/** Takes as long for a record as the dearest rules do. */
function work(us: number): () => void {
  return () => {
    const end = performance.now() + us / 1000;
    while (performance.now() < end);
  };
}

describe("under a load that never ends", () => {
  test("timers and outputs have their turn after so many records as fit into some ms", async () => {
    const flood = new Flood(1000);
    const source = new LiveSource(flood, {} as Host);
    let turns = 0;
    const timer = setInterval(() => {
      flood.turn();
      if (++turns === 20) source.stop();
    }, 1);
    await source.run(work(20));
    clearInterval(timer);
    assert.equal(turns >= 20, true);
    // 10 ms of 20 µs each, then the batch of 32 KiB that is under way; a busy machine only makes them fewer
    const most = (10_000 / 20 + 32 * 1024 / FRAME_BYTES + 1) * FRAME_BYTES;
    assert.ok(flood.longest <= 2 * most, `${flood.longest / FRAME_BYTES} records in one turn`);
  });

  test("it ends after what was in the ring when it was told to", async () => {
    const flood = new Flood(100_000);
    const source = new LiveSource(flood, {} as Host);
    let atStop = 0;
    setTimeout(() => {
      atStop = flood.consumed;
      source.stop();
    }, 20);
    await source.run(() => {});
    assert.ok(atStop > 0);
    assert.ok(flood.atLastLook >= atStop, "it looked after it had been told");
    assert.equal(flood.consumed - flood.atLastLook, flood.ringBytes);
  });
});
