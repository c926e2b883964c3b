// SPDX-License-Identifier: Apache-2.0

import type { Config } from "../config/schema.ts";
import { FileOutput } from "../outputs/file.ts";
import { type Output, OutputError } from "../outputs/output.ts";
import { OutputQueue } from "../outputs/queue.ts";
import { StdoutOutput } from "../outputs/stdout.ts";
import { SyslogOutput } from "../outputs/syslog.ts";
import { CommandError } from "./errors.ts";
import { say } from "./say.ts";

/** An output that is open, behind its queue. */
export interface Sink {
  readonly name: string;
  readonly queue: OutputQueue;
}

/** How long lines that wait at the end may take, in ms: Falco's output_timeout. */
const DRAIN_MS = 2000;

/**
 * Opens every output that the configuration enables, file before stdout before syslog as Falco orders them.
 * @throws CommandError when one cannot be opened; none is left open then.
 */
export async function openSinks(config: Config): Promise<Sink[]> {
  const outputs: Output[] = [];
  if (config.file_output.enabled) {
    outputs.push(new FileOutput({ filename: config.file_output.filename, keepAlive: config.file_output.keep_alive }));
  }
  if (config.stdout_output.enabled) outputs.push(new StdoutOutput());
  if (config.syslog_output.enabled) outputs.push(new SyslogOutput());
  for (const [i, output] of outputs.entries()) {
    try {
      await output.open();
    } catch (error) {
      await Promise.all(outputs.slice(0, i).map((opened) => opened.close()));
      if (error instanceof OutputError) throw new CommandError(error.message);
      throw error;
    }
  }
  const { capacity } = config.outputs_queue;
  const limits = { slowAfter: config.output_timeout, ...(capacity > 0 ? { lines: capacity } : {}) };
  return outputs.map((output) => ({
    name: output.name,
    queue: new OutputQueue(output, (problem) => say(`lanner: ${problem}`), limits),
  }));
}

/** Delivers what waits and closes all; lines that cannot be delivered in time are counted as lost by their queue. */
export async function drainSinks(sinks: readonly Sink[]): Promise<void> {
  await Promise.all(sinks.map(({ queue }) => queue.drain(DRAIN_MS)));
}
