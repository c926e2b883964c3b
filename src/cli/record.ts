// SPDX-License-Identifier: Apache-2.0

import { EVENT_TYPES } from "../events/table.ts";
import { snapshot } from "../host/snapshot.ts";
import { RecordingError, RecordingWriter } from "../sources/recording.ts";
import type { DriverChoice } from "../driver/open.ts";
import { openDriver } from "./driver.ts";
import { CommandError, EXIT } from "./errors.ts";
import { refuseUnused } from "./options.ts";
import { ContainerLog } from "./record_containers.ts";
import { say } from "./say.ts";
import { onSignals } from "./signals.ts";

/** Options of `lanner record`. */
export interface RecordOptions {
  readonly write: string;
  /** ms */
  readonly for?: number;
  readonly verbose?: true;
  readonly driver?: DriverChoice;
  readonly module?: string;
  readonly btf?: string;
}

/** Ring for recordings: everything is kept, so bursts are larger than with rules. */
const RING_BYTES = 64 * 1024 * 1024;

/** `lanner record -w FILE`: stores every event of this host until a signal or `--for` ends it. */
export async function recordCommand(options: RecordOptions): Promise<number> {
  refuseUnused(options);
  const driver = await openDriver({
    driver: options.driver ?? "auto",
    ...(options.module === undefined ? {} : { module: options.module }),
    ...(options.btf === undefined ? {} : { btf: options.btf }),
    ringBytes: RING_BYTES,
    events: EVENT_TYPES.filter(({ frequent }) => !frequent),
    wantEnv: true,
    wantWorkdir: true,
    wantData: true,
    verbose: options.verbose ?? false,
  });
  const { source } = driver;
  const timer = options.for === undefined ? undefined : setTimeout(() => source.stop(), options.for);
  const ignore = onSignals(["SIGINT", "SIGTERM"], () => source.stop());
  try {
    await driver.host.ready;
    const writer = await RecordingWriter.create(options.write, snapshot(driver.host), {
      onFailure: () => source.stop(),
    });
    say(`driver: ${driver.verdict}`);
    say(`recording to ${options.write}`);
    try {
      const containers = new ContainerLog(driver.host, writer);
      await source.run((memory, base, length) => {
        containers.see(memory, base, length);
        writer.append(memory, base, length);
      });
      source.close();
    } finally {
      await writer.close(source.losses());
    }
    const { written, dropped } = writer;
    say(`records: ${written} written${dropped > 0 ? `, ${dropped} dropped: the disk is too slow` : ""}`);
    return EXIT.ok;
  } catch (error) {
    throw error instanceof RecordingError ? new CommandError(error.message) : error;
  } finally {
    clearTimeout(timer);
    ignore();
    source.close();
    driver.unload();
  }
}
