// SPDX-License-Identifier: Apache-2.0

import { RecordMemory, RecordReader } from "../events/record.ts";
import type { Container } from "../host/container.ts";
import type { KnownHost } from "../host/live.ts";
import { writeContainer } from "../host/snapshot_container.ts";
import type { RecordingWriter } from "../sources/recording.ts";

/**
 * Tells a recording of the containers that start while it is made: what it has of the host is of its beginning. The
 * host follows the records as it does under `run`, so that a container is looked up when its first process comes.
 */
export class ContainerLog {
  readonly #host: KnownHost;
  readonly #writer: RecordingWriter;
  readonly #record = new RecordReader(new RecordMemory(new ArrayBuffer(0)));
  /** How many of the two parts, facts and accounts, have been told of each container. */
  readonly #told = new WeakMap<Container, number>();

  constructor(host: KnownHost, writer: RecordingWriter) {
    this.#host = host;
    this.#writer = writer;
    for (const { container } of host.processes.values()) this.#told.set(container, this.#parts(container));
  }

  /** To be shown each record before it is written. An OnRecord once bound. */
  see(memory: RecordMemory, base: number, length: number): void {
    const record = this.#record;
    record.memory = memory;
    record.moveTo(base);
    if (!record.isWellFormed(length)) return;
    const { processes } = this.#host;
    const container = processes.apply(record)?.container;
    processes.settle();
    if (container !== undefined && container.type !== "host") this.#tell(container);
  }

  #tell(container: Container): void {
    const told = this.#told.get(container) ?? 0;
    if (told === 2) return;
    const parts = this.#parts(container);
    if (parts <= told) return;
    this.#told.set(container, parts);
    const accounts = this.#host.names.ofContainer(container);
    // its owner wrote the accounts and could have made them long
    if (this.#writer.appendContainer(writeContainer(container, accounts))) return;
    this.#writer.appendContainer(writeContainer(container, undefined));
  }

  #parts(container: Container): number {
    const hasFacts = Object.keys(container.facts).length > 0;
    return Number(hasFacts) + Number(this.#host.names.ofContainer(container) !== undefined);
  }
}
