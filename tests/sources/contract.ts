// SPDX-License-Identifier: Apache-2.0

/** What every source owes the engine, checked over each of them. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { RecordReader } from "../../src/events/record.ts";
import { EVENT_BY_CODE } from "../../src/events/table.ts";
import type { Source } from "../../src/sources/source.ts";

/** A source under test. */
export interface Subject {
  readonly source: Source;
  /** Called when `run` has begun: makes at least `records` records come. */
  provoke(): void;
  readonly records: number;
  /** A number in the record that grows from one to the next; undefined for records of others. */
  sequence(record: RecordReader): number | undefined;
  dispose(): Promise<void>;
}

/** Defines the contract's tests over the sources that `make` opens; `skip` says why they can't run here. */
export function sourceContract(name: string, make: () => Promise<Subject>, skip: string | false = false): void {
  const check = (what: string, body: (subject: Subject) => Promise<void>) =>
    test(what, { skip }, async () => {
      const subject = await make();
      try {
        await body(subject);
      } finally {
        subject.source.close();
        await subject.dispose();
      }
    });

  /** Runs until `records` records of ours have come; returns their sequence. */
  const collect = async ({ source, records, provoke, sequence }: Subject, stopAfter = records): Promise<number[]> => {
    const seen: number[] = [];
    const running = source.run((memory, base, limit) => {
      const record = new RecordReader(memory);
      record.moveTo(base);
      assert.ok(base % 8 === 0 && record.isWellFormed(limit), "a well-formed record");
      assert.ok(EVENT_BY_CODE[record.type], "of a known type");
      const number = sequence(record);
      if (number !== undefined) seen.push(number);
      if (seen.length >= stopAfter) source.stop();
    });
    provoke();
    await running;
    return seen;
  };

  describe(`${name} as a source`, () => {
    check("hands over well-formed records in order", async (subject) => {
      const seen = await collect(subject);
      assert.ok(seen.length >= subject.records);
      assert.deepEqual(seen, seen.toSorted((a, b) => a - b));
    });

    check("ends soon after it was told to stop, also when told twice", async (subject) => {
      const seen = await collect(subject, 1);
      assert.ok(seen.length >= 1);
      subject.source.stop();
    });

    check("ends at once when it was stopped before it ran", async ({ source }) => {
      source.stop();
      await source.run(() => {});
    });

    check("lost and misread nothing, and says so also after it was closed", async (subject) => {
      await collect(subject);
      for (const closed of [false, true]) {
        if (closed) subject.source.close();
        const { kernel, malformed } = subject.source.losses();
        // a fault loses an argument that the machine paged out, not the record
        assert.deepEqual([...kernel].filter(([name]) => !name.endsWith(": fault")), []);
        assert.equal(malformed, 0);
      }
    });

    check("can be closed twice", ({ source }) => {
      source.close();
      source.close();
      return Promise.resolve();
    });

    check("knows its host", ({ source }) => {
      assert.notEqual(source.host.hostname, "");
      assert.ok(source.host.bootTime > 0n);
      return Promise.resolve();
    });
  });
}
