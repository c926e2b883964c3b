// SPDX-License-Identifier: Apache-2.0

/**
 * Writes what C needs of the event table, and the pages of the documentation that the catalogues or the kept runs of
 * scripts/bench decide. `deno task generate` rewrites them; tests/events/generated.test.ts fails when one is stale.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { savedRuns } from "../bench/saved.ts";
import { EVENT_TYPES } from "../src/events/table.ts";
import { eventsPage, fieldsPage } from "./pages.ts";
import { performancePage, withFigures } from "./performance_page.ts";

/** The text of native/events.gen.h: a code and a parameter enum for each event type. */
function eventsHeader(): string {
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

function readme(): string {
  return withFigures(readFileSync(new URL("../README.md", import.meta.url), "utf8"), savedRuns());
}

/** Every generated file, by its path from the root, and what makes its text. */
export const GENERATED_FILES: ReadonlyMap<string, () => string> = new Map([
  ["native/events.gen.h", eventsHeader],
  ["docs/fields.md", fieldsPage],
  ["docs/events.md", eventsPage],
  ["docs/performance.md", () => performancePage(savedRuns())],
  ["README.md", readme],
]);

if (import.meta.main) {
  for (const [path, text] of GENERATED_FILES) writeFileSync(new URL(`../${path}`, import.meta.url), text());
}
