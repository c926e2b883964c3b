// SPDX-License-Identifier: Apache-2.0

/**
 * Writes what C needs of the event table. `deno task generate` rewrites native/events.gen.h;
 * tests/events/generated.test.ts fails when it is stale.
 */
import { writeFileSync } from "node:fs";
import { EVENT_TYPES } from "../src/events/table.ts";

/** The text of native/events.gen.h: a code and a parameter enum for each event type. */
export function eventsHeader(): string {
  const lines = [
    "/* SPDX-License-Identifier: GPL-2.0 OR MIT */",
    "/* Generated from src/events/table.ts by `deno task generate`. Do not edit. */",
    "#ifndef LANNER_EVENTS_GEN_H",
    "#define LANNER_EVENTS_GEN_H",
    "",
  ];
  for (const type of EVENT_TYPES) {
    const name = type.name.toUpperCase();
    lines.push(`#define LN_EV_${name} ${type.code}`, `enum {`);
    for (const param of type.params) lines.push(`\tLN_${name}_${param.name},`);
    lines.push(`\tLN_${name}_NPARAMS`, `};`, ``);
  }
  lines.push("#endif", "");
  return lines.join("\n");
}

if (import.meta.main) {
  writeFileSync(new URL("../native/events.gen.h", import.meta.url), eventsHeader());
}
