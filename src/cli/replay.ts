// SPDX-License-Identifier: Apache-2.0

import { hostFromSnapshot } from "../host/snapshot.ts";
import type { Priority } from "../rules/priority.ts";
import { openRecording, RecordingError } from "../sources/recording.ts";
import { CommandError, EXIT } from "./errors.ts";
import { Judge } from "./judge.ts";
import { engineOrFail } from "./rules.ts";
import { say } from "./say.ts";
import { type CommonOptions, configOf, engineOptions, formatOptions, rulePaths } from "./settings.ts";
import { onSignals } from "./signals.ts";
import { drainSinks, openSinks } from "./sinks.ts";
import { summaryLines } from "./summary.ts";

/** Options of `lanner replay`. */
export interface ReplayOptions extends CommonOptions {
  readonly failOn?: Priority;
}

/**
 * `lanner replay FILE`: judges a recording as `run` judges the live kernel. Returns the exit code.
 * @throws CommandError for a file that is not a whole recording, after the alerts up to where it is broken.
 */
export async function replayCommand(file: string, options: ReplayOptions): Promise<number> {
  const config = configOf(options);
  const { engine } = engineOrFail(rulePaths(options, config), engineOptions(config), config.rules);
  const source = await openRecording(file, hostFromSnapshot).catch((error: unknown) => {
    throw error instanceof RecordingError ? new CommandError(error.message) : error;
  });
  const sinks = await openSinks(config);
  const judge = new Judge(source.host, engine, sinks.map(({ queue }) => queue), formatOptions(config));
  const ignore = onSignals(["SIGINT", "SIGTERM"], () => source.stop());
  try {
    await source.run(judge.onRecord);
  } catch (error) {
    throw error instanceof RecordingError ? new CommandError(error.message) : error;
  } finally {
    ignore();
    source.close();
    await drainSinks(sinks);
    for (const line of summaryLines(judge, source.losses(), sinks)) say(line);
  }
  return options.failOn !== undefined && judge.reached(options.failOn) ? EXIT.failOn : EXIT.ok;
}
