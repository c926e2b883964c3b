// SPDX-License-Identifier: Apache-2.0

import type { OutputQueue } from "../outputs/queue.ts";
import type { Losses } from "../sources/source.ts";
import type { Judge } from "./judge.ts";

/** The lines that a sensor leaves behind when it ends: events seen, alerts by rule, losses by class. */
export function summaryLines(
  judge: Judge,
  losses: Losses,
  queues: readonly { readonly name: string; readonly queue: OutputQueue }[],
): string[] {
  const total = judge.alerts.reduce((sum, [, count]) => sum + count, 0);
  const lines = [`events: ${judge.events} seen`, `alerts: ${total}`];
  for (const [rule, count] of judge.alerts) lines.push(`  ${count}  ${rule}`);
  const lost = [...losses.kernel].map(([name, count]) => `${count} ${name}`);
  const malformed = judge.malformed + losses.malformed;
  if (malformed > 0) lost.push(`${malformed} malformed`);
  const count = [...losses.kernel.values()].reduce((sum, each) => sum + each, malformed);
  const percent = (100 * count / (judge.events + count)).toFixed(2);
  lines.push(`lost events: ${lost.length === 0 ? "none" : `${count} (${percent} %): ${lost.join(", ")}`}`);
  if (losses.skipped) lines.push(`system calls that passed unseen, wanted or not: ${losses.skipped}`);
  const full = [...losses.full ?? []].map(([name, count]) => `${count} ${name}`);
  if (full.length > 0) lines.push(`passed unfiltered, not lost: ${full.join(", ")}`);
  for (const { name, queue } of queues) {
    const { dropped } = queue.counters;
    if (dropped > 0) lines.push(`lost alerts: ${dropped} could not be written to ${name}`);
  }
  return lines;
}
