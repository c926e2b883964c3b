// SPDX-License-Identifier: Apache-2.0

import { buildAlert } from "../alerts/build.ts";
import { formatAlert, type FormatOptions } from "../alerts/format.ts";
import { formatInternal, type InternalAlert } from "../alerts/internal.ts";
import type { CompiledRule, Engine } from "../engine/engine.ts";
import { EventStream } from "../engine/stream.ts";
import type { OutputQueue } from "../outputs/queue.ts";
import { type Priority, severity } from "../rules/priority.ts";
import type { OnRecord } from "../sources/source.ts";
import type { Host } from "../host/host.ts";

/** Takes a source's records through host state and rules to the outputs, and keeps count. */
export class Judge {
  readonly #host: Host;
  readonly #queues: readonly OutputQueue[];
  #engine: Engine;
  #format: FormatOptions;
  readonly #stream: EventStream;
  readonly #alerts = new Map<string, number>();
  #most: number = Infinity;
  /** To be handed to `Source.run`. */
  readonly onRecord: OnRecord;

  constructor(host: Host, engine: Engine, queues: readonly OutputQueue[], format: FormatOptions) {
    this.#host = host;
    this.#queues = queues;
    this.#engine = engine;
    this.#format = format;
    // one function for all events: a closure made for each would be an allocation each
    const deliver = ({ rule, template }: CompiledRule) => {
      const alert = buildAlert(this.#stream, rule, template, this.#format);
      const line = { text: formatAlert(alert, this.#format), priority: rule.priority };
      for (const queue of queues) queue.push(line);
      this.#alerts.set(rule.name, (this.#alerts.get(rule.name) ?? 0) + 1);
      this.#most = Math.min(this.#most, severity(rule.priority));
    };
    this.#stream = new EventStream(host, (event) => this.#engine.evaluateAll(event, deliver));
    this.onRecord = this.#stream.take.bind(this.#stream);
  }

  /** Has the next event judged by other rules. */
  use(engine: Engine, format: FormatOptions): void {
    this.#engine = engine;
    this.#format = format;
  }

  /** Says something of the sensor itself through every output. */
  tell(alert: InternalAlert): void {
    const origin = { hostname: this.#host.hostname, time: BigInt(Date.now()) * 1_000_000n };
    const line = { text: formatInternal(alert, origin, this.#format.json), priority: alert.priority };
    for (const queue of this.#queues) queue.push(line);
  }

  /** Events seen. */
  get events(): number {
    return this.#stream.num;
  }

  /** Records that could not be read. */
  get malformed(): number {
    return this.#stream.malformed;
  }

  /** Alerts by rule, most frequent first. */
  get alerts(): readonly (readonly [rule: string, count: number])[] {
    return [...this.#alerts].sort(([, a], [, b]) => b - a);
  }

  /** Whether an alert of `priority` or above came. */
  reached(priority: Priority): boolean {
    return this.#most <= severity(priority);
  }
}
