// SPDX-License-Identifier: Apache-2.0

import type { InternalAlert } from "../alerts/internal.ts";
import type { Config } from "../config/schema.ts";

/** What was lost by Falco's names for it. */
export function dropCounters(lost: ReadonlyMap<string, number>): [field: string, count: number][] {
  return COUNTERS.map(([field, counts]) => {
    return [field, [...lost].reduce((sum, [name, count]) => counts.test(name) ? sum + count : sum, 0)];
  });
}

/** What was seen and lost up to some moment. */
export interface Tally {
  /** Records that arrived. */
  readonly seen: number;
  /** Lost in the kernel, as `Losses.kernel`. */
  readonly lost: ReadonlyMap<string, number>;
}

/** What is to be done about losses. */
export interface LossReport {
  /** A line for people; undefined when nothing is to be logged. */
  readonly log: string | undefined;
  readonly alert: InternalAlert | undefined;
  /** The sensor must end: the configuration would rather have none than one that misses events. */
  readonly exit: boolean;
}

/** Falco's fields by the classes and reasons of native/wire.h that they count; what it counts and we don't is left out. */
const COUNTERS: readonly (readonly [field: string, counts: RegExp])[] = [
  ["n_drops_buffer_total", /: ring full$/],
  ["n_drops_buffer_execve_exit", /^exec: ring full$/],
  ["n_drops_buffer_clone_fork_exit", /^process: ring full$/],
  ["n_drops_buffer_open_exit", /^open: ring full$/],
  ["n_drops_buffer_connect_exit", /^network: ring full$/],
  ["n_drops_buffer_other_interest_exit", /^other: ring full$/],
  ["n_drops_scratch_map", /: scratch busy$/],
  ["n_drops_page_faults", /: fault$/],
  ["n_drops_bug", /: (too long|preempted)$/],
];

/**
 * Notices that events are being lost: to be asked once a second. As Falco's (`syscall_event_drops`), but for this: what
 * a report could not tell, because another had just been made, is in the next one.
 */
export class LossWatch {
  readonly #options: Config["syscall_event_drops"];
  readonly #isProbe: boolean;
  #last: Tally = { seen: 0, lost: new Map() };
  #seen = 0;
  #lost = new Map<string, number>();
  #tokens: number;
  #askedAt: number;

  /**
   * @param isProbe the driver is the eBPF probe
   * @param now in s, on any clock that only goes forward
   */
  constructor(options: Config["syscall_event_drops"], isProbe: boolean, now: number) {
    this.#options = options;
    this.#isProbe = isProbe;
    this.#tokens = options.max_burst;
    this.#askedAt = now;
  }

  /**
   * What is to be done about what was lost since the last report; undefined when nothing is.
   * @param final nothing follows, so nothing is kept for later
   */
  check(tally: Tally, now: number, final = false): LossReport | undefined {
    const { rate, max_burst, threshold } = this.#options;
    this.#tokens = Math.min(max_burst, this.#tokens + (now - this.#askedAt) * rate);
    this.#askedAt = now;
    this.#take(tally, threshold);
    if (this.#lost.size === 0 || (this.#tokens < 1 && !final)) return undefined;
    this.#tokens--;
    const report = this.#report();
    this.#seen = 0;
    this.#lost.clear();
    return report;
  }

  /** Adds what has happened since the last look, if so much of it was lost. */
  #take(tally: Tally, threshold: number): void {
    const seen = tally.seen - this.#last.seen;
    const lost = [...tally.lost].map(([name, count]) => [name, count - (this.#last.lost.get(name) ?? 0)] as const);
    this.#last = { seen: tally.seen, lost: new Map(tally.lost) };
    const sum = lost.reduce((all, [, count]) => all + count, 0);
    if (this.#lost.size > 0) this.#seen += seen;
    if (sum === 0 || sum / (seen + sum) <= threshold) return;
    if (this.#lost.size === 0) this.#seen = seen;
    for (const [name, count] of lost) if (count > 0) this.#lost.set(name, (this.#lost.get(name) ?? 0) + count);
  }

  #report(): LossReport {
    const { actions } = this.#options;
    const drops = [...this.#lost.values()].reduce((sum, count) => sum + count, 0);
    const all = this.#seen + drops;
    const percent = (100 * drops / all).toFixed(2);
    const fields = Object.fromEntries(dropCounters(this.#lost).map(([field, count]) => [field, String(count)]));
    const rule = "Falco internal: syscall event drop";
    const classes = [...this.#lost].map(([name, count]) => `${count} ${name}`).join(", ");
    return {
      log: actions.includes("log") ? `lanner: lost ${drops} of ${all} events (${percent} %): ${classes}` : undefined,
      alert: actions.includes("alert")
        ? {
          rule,
          priority: "Debug",
          message: `${rule}. ${drops} events dropped since the last report (${percent} %).`,
          fields: {
            ...fields,
            ebpf_enabled: this.#isProbe ? "1" : "0",
            n_drops: String(drops),
            n_drops_perc: percent,
            n_evts: String(all),
          },
        }
        : undefined,
      exit: actions.includes("exit"),
    };
  }
}
