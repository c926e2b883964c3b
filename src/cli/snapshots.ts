// SPDX-License-Identifier: Apache-2.0

import { fieldsJson } from "../alerts/internal.ts";
import type { Config } from "../config/schema.ts";
import { FileOutput } from "../outputs/file.ts";
import { OutputError } from "../outputs/output.ts";
import { OutputQueue } from "../outputs/queue.ts";
import type { Driver } from "./driver.ts";
import { CommandError } from "./errors.ts";
import type { Judge } from "./judge.ts";
import { Metrics, snapshotAlert, usageNow } from "./metrics.ts";
import { say } from "./say.ts";
import type { Sink } from "./sinks.ts";

/** How long lines that wait at the end may take, in ms. */
const DRAIN_MS = 2000;

/** The parts of a sensor that are counted. */
export interface Counted {
  readonly driver: Driver;
  readonly judge: Judge;
  readonly sinks: readonly Sink[];
}

/** Tells the sensor's own counters each interval, as an alert, into a file, or both. */
export class Snapshots {
  readonly #options: Config["metrics"];
  readonly #parts: Counted;
  readonly #metrics: Metrics;
  readonly #file: OutputQueue | undefined;
  readonly #timer: ReturnType<typeof setInterval>;
  #number = 0;

  /** @param file from `openSnapshotFile`; closed by `close` */
  constructor(options: Config["metrics"], parts: Counted, file: OutputQueue | undefined) {
    const { host, kind } = parts.driver;
    this.#options = options;
    this.#parts = parts;
    this.#file = file;
    this.#metrics = new Metrics(options, {
      hostname: host.hostname,
      engine: kind,
      started: now(),
      booted: host.bootTime,
    });
    this.#timer = setInterval(() => this.#tell(), options.interval);
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#file?.drain(DRAIN_MS);
  }

  #tell(): void {
    const { driver, judge, sinks } = this.#parts;
    const { processes } = driver.host;
    const { kernel: lost, full = new Map() } = driver.source.losses();
    const counts = {
      ...{ seen: judge.events, lost, full },
      alerts: judge.alerts,
      undelivered: sinks.reduce((sum, { queue }) => sum + queue.counters.dropped, 0),
      processes: processes.size,
      refused: processes.refused,
    };
    const fields = this.#metrics.fields(counts, usageNow(), now());
    const alert = snapshotAlert(fields);
    if (this.#options.output_rule) judge.tell(alert);
    const text = `{"sample":${++this.#number},"output_fields":${fieldsJson(fields)}}`;
    this.#file?.push({ text, priority: alert.priority });
  }
}

/**
 * Opens the file that snapshots go to; undefined without one.
 * @throws CommandError when it can't be opened
 */
export async function openSnapshotFile({ enabled, output_file }: Config["metrics"]): Promise<OutputQueue | undefined> {
  if (!enabled || output_file === "") return undefined;
  const output = new FileOutput({ filename: output_file });
  try {
    await output.open();
  } catch (error) {
    if (error instanceof OutputError) throw new CommandError(`metrics.output_file: ${error.message}`);
    throw error;
  }
  return new OutputQueue(output, (problem) => say(`lanner: metrics.output_file: ${problem}`));
}

function now(): bigint {
  return BigInt(Date.now()) * 1_000_000n;
}
