// SPDX-License-Identifier: Apache-2.0

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { errorCode, errorWords } from "../outputs/errno.ts";
import { DriverError } from "./error.ts";

/** What a terminal, a service manager and a lost connection end a process with. */
const ENDING = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * Works in a folder that is gone afterwards, also when a signal ends the process: then `stop` is given, and the process
 * ends as soon as the work does.
 * @throws DriverError when there can be no folder, or there is no room in it; and what `work` throws.
 */
export async function inWorkFolder<T>(work: (folder: string, stop: AbortSignal) => T | Promise<T>): Promise<T> {
  const stop = new AbortController();
  let ending: NodeJS.Signals | undefined;
  const end = (signal: NodeJS.Signals) => {
    ending ??= signal;
    stop.abort();
  };
  let folder: string | undefined;
  for (const signal of ENDING) process.on(signal, end);
  try {
    folder = mkdtempSync(join(tmpdir(), "lanner-module-"));
    return await work(folder, stop.signal);
  } catch (error) {
    if (errorCode(error) === undefined) throw error;
    throw new DriverError({
      cause: `there is no working in ${tmpdir()}: ${errorWords(error)}`,
      next: "name another folder with TMPDIR=",
    });
  } finally {
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
    for (const signal of ENDING) process.off(signal, end);
    if (ending !== undefined) process.kill(process.pid, ending);
  }
}
