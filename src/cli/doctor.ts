// SPDX-License-Identifier: Apache-2.0

/** `lanner doctor`: what this host offers, which driver runs on it, and what is missing. */
import process from "node:process";
import { checksOf } from "../doctor/checks.ts";
import { doctorText } from "../doctor/text.ts";
import { verdictOf } from "../doctor/verdict.ts";
import { examine } from "../driver/examine.ts";
import { EVENT_TYPES } from "../events/table.ts";
import { embeddedFile } from "../native/embedded.ts";
import { loadShim } from "../native/load.ts";
import { EXIT } from "./errors.ts";

/** Options of `lanner doctor`. */
export interface DoctorOptions {
  readonly json?: true;
  readonly btf?: string;
  readonly module?: string;
}

/** Returns the exit code: 1 when no driver can run. */
export function doctorCommand({ json, btf, module }: DoctorOptions): number {
  const shim = loadShim(embeddedFile("native/shim.so"));
  try {
    const facts = examine(shim, {
      ...(btf === undefined ? {} : { btf }),
      ...(module === undefined ? {} : { module }),
    });
    const verdict = verdictOf(facts);
    const checks = checksOf(facts);
    process.stdout.write(
      json
        ? `${JSON.stringify({ verdict, checks, facts }, undefined, 2)}\n`
        : doctorText(verdict, checks, EVENT_TYPES.length),
    );
    return verdict.driver === null ? EXIT.failed : EXIT.ok;
  } finally {
    shim.unload();
  }
}
