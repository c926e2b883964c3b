// SPDX-License-Identifier: Apache-2.0

import process from "node:process";
import { EVENT_TYPES } from "../events/table.ts";
import type { EventType } from "../events/types.ts";
import { type EventPlan, type Forced, type Plan, planOf } from "../engine/plan.ts";
import { isAlways } from "../engine/plan_clause.ts";
import { PAYLOADS, payloadsOf } from "../engine/plan_payloads.ts";
import { type FullTable, tablesOf } from "../engine/plan_tables.ts";
import { testText } from "../engine/plan_words.ts";
import { liveHost } from "../host/live.ts";
import { EXIT } from "./errors.ts";
import { engineOrFail } from "./rules.ts";
import { type CommonOptions, configOf, engineOptions, rulePaths } from "./settings.ts";
import { plain } from "./table.ts";

/** Comparisons that are named of a rule which wants everything. */
const BLAMED = 4;

/**
 * `lanner plan`: what the kernel is asked for, and which rules make it dear. Returns the exit code.
 * @throws CommandError when a rule is wrong.
 */
export function planCommand(json: boolean, options: CommonOptions): number {
  const config = configOf(options);
  const { engine, fields } = engineOrFail(rulePaths(options, config), engineOptions(config), config.rules);
  const disks = fields.has("vm.disk_of") ? liveHost().guests.diskFiles() : undefined;
  const plan = planOf(engine.rules, { disks });
  const payloads = payloadsOf(engine.rules);
  const { full } = tablesOf(plan);
  process.stdout.write(
    json
      ? `${JSON.stringify(asJson(plan, payloads, full), undefined, 2)}\n`
      : asText(plan) + fullText(full) + payloadText(payloads),
  );
  return EXIT.ok;
}

type Payloads = ReturnType<typeof payloadsOf>;

/** Event types between which the plan makes no difference are one paragraph. */
function asText({ events }: Plan): string {
  const paragraphs = new Map<string, string[]>();
  for (const event of events.values()) {
    const text = eventLines(event).map((line) => `  ${plain(line)}\n`).join("");
    paragraphs.set(text, [...paragraphs.get(text) ?? [], event.type.name]);
  }
  const attached = [...paragraphs].map(([text, names]) => `${names.join(", ")}\n${text}`);
  const rest = unattached(events).map(({ name }) => name);
  return [...attached, ...(rest.length === 0 ? [] : [`not attached: ${rest.join(", ")}\n`])].join("\n");
}

function unattached(events: Plan["events"]): EventType[] {
  return EVENT_TYPES.filter((type) => !events.has(type));
}

function eventLines({ type, state, clauses, forced }: EventPlan): string[] {
  const lines = state ? ["passes: the process table needs it"] : [];
  if (clauses.length === 0) return lines;
  const exec = type.name.startsWith("execve");
  if (state && !exec) return lines;
  if (isAlways(clauses)) {
    const everything = state ? "passes when failed, too, because of" : "everything passes, because of";
    return [everything, ...forced.filter(({ every }) => every).map(forcedText)];
  }
  return [
    ...lines,
    ...clauses.flatMap(({ tests, rules }) => [
      `passes${state ? " when failed" : ""} if ${tests.map((test) => testText(test, type)).join("; ")}`,
      `    for ${rules.join(", ")}`,
    ]),
    ...(forced.length > 0 && !state ? ["nearly everything passes, because of", ...forced.map(forcedText)] : []),
  ];
}

function forcedText({ rule, blame }: Forced): string {
  const named = blame.slice(0, BLAMED).join("; ");
  const more = blame.length > BLAMED ? `; and ${blame.length - BLAMED} more` : "";
  return `    ${rule}: ${blame.length === 0 ? "it asks for nothing else" : `the kernel can't decide ${named}${more}`}`;
}

function payloadText(payloads: Payloads): string {
  const lines = PAYLOADS.map((payload) => {
    const rules = payloads.get(payload) ?? [];
    const readers = rules.length === 0
      ? "no rule reads it"
      : rules.length > 3
      ? `${rules.length} rules`
      : rules.join(", ");
    return `  ${payload.padEnd(11)}  ${rules.length === 0 ? "not collected" : "collected"}: ${plain(readers)}\n`;
  });
  return `\npayloads\n${lines.join("")}`;
}

/** What passes beside the plan. */
function fullText(full: readonly FullTable[]): string {
  if (full.length === 0) return "";
  const lines = full.map(({ type, rules }) =>
    rules === "all"
      ? `  ${type.name}: everything passes: there are too many tests`
      : `  ${type.name}: whatever the path is: there are too many paths, of ${plain(rules.join(", "))}`
  );
  return `\nthe kernel's tables are full\n${lines.join("\n")}\n`;
}

function asJson({ events }: Plan, payloads: Payloads, full: readonly FullTable[]) {
  return {
    events: [...events.values()].map(({ type, state, clauses, forced }) => ({
      event: type.name,
      state,
      everything: isAlways(clauses),
      clauses: clauses.map(({ tests, rules }) => ({ tests: tests.map((test) => testText(test, type)), rules })),
      forced,
    })),
    unattached: unattached(events).map(({ name }) => name),
    full: full.map(({ type, rules }) => ({ event: type.name, rules })),
    payloads: Object.fromEntries(payloads),
  };
}
