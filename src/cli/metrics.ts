// SPDX-License-Identifier: Apache-2.0

import { readFileSync } from "node:fs";
import { cpus, release } from "node:os";
import process from "node:process";
import type { InternalAlert, InternalValue } from "../alerts/internal.ts";
import type { Config } from "../config/schema.ts";
import { dropCounters } from "./losses.ts";
import { VERSION } from "./version.ts";

/** What is counted by the parts of a sensor, at one moment. */
export interface Counts {
  /** Records that arrived. */
  readonly seen: number;
  /** Lost in the kernel, as `Losses.kernel`. */
  readonly lost: ReadonlyMap<string, number>;
  /** What the filter could not keep, as `Losses.full`. */
  readonly full: ReadonlyMap<string, number>;
  /** Alerts by rule. */
  readonly alerts: readonly (readonly [rule: string, count: number])[];
  /** Alerts that no output took. */
  readonly undelivered: number;
  /** Processes in the table, and records whose process had no room in it. */
  readonly processes: number;
  readonly refused: number;
}

/** What the process itself uses, as the kernel tells. */
export interface Usage {
  /** CPU-seconds since the start. */
  readonly cpu: number;
  /** kB */
  readonly rss: number;
  readonly vsz: number;
  readonly pss: number;
}

/** What does not change while a sensor runs. */
export interface Identity {
  readonly hostname: string;
  readonly engine: "ebpf" | "module";
  /** ns since the epoch: of the sensor's start and the host's. */
  readonly started: bigint;
  readonly booted: bigint;
}

/** Falco's names of the drivers that ours are like. */
const ENGINES = { ebpf: "modern_bpf", module: "kmod" } as const;

/**
 * Snapshots of a sensor's counters with Falco's keys (compat/rules-format.md §5), and `lanner.lost.CLASS.REASON` and
 * `lanner.passed.CLASS.REASON` for what Falco has no key for. Rates and `_prev` are of the time since the snapshot before.
 */
export class Metrics {
  readonly #options: Config["metrics"];
  readonly #identity: Identity;
  #last: { readonly seen: number; readonly drops: number; readonly at: bigint };

  constructor(options: Config["metrics"], identity: Identity) {
    this.#options = options;
    this.#identity = identity;
    this.#last = { seen: 0, drops: 0, at: identity.started };
  }

  /**
   * The fields of the next snapshot.
   * @param now ns since the epoch
   */
  fields(counts: Counts, usage: Usage, now: bigint): Record<string, InternalValue> {
    const options = this.#options;
    const { hostname, engine, started, booted } = this.#identity;
    const drops = [...counts.lost.values()].reduce((sum, count) => sum + count, 0);
    const last = this.#last;
    const seconds = Number(now - last.at) / 1e9;
    const duration = Number(now - started) / 1e9;
    const rate = (count: number) => seconds > 0 ? count / seconds : 0;
    this.#last = { seen: counts.seen, drops, at: now };
    const fields: Record<string, InternalValue> = {
      "evt.hostname": hostname,
      "evt.source": "syscall",
      "evt.time": now,
      "falco.duration_sec": Math.floor(duration),
      "falco.evts_rate_sec": rate(counts.seen - last.seen),
      "falco.host_boot_ts": booted,
      "falco.host_num_cpus": cpus().length,
      "falco.kernel_release": release(),
      "falco.num_evts": counts.seen,
      "falco.num_evts_prev": last.seen,
      "falco.outputs_queue_num_drops": counts.undelivered,
      "falco.start_ts": started,
      "falco.version": VERSION,
      "scap.engine_name": ENGINES[engine],
    };
    if (options.rules_counters_enabled) {
      fields["falco.rules.matches_total"] = counts.alerts.reduce((sum, [, count]) => sum + count, 0);
      for (const [rule, count] of counts.alerts) fields[`falco.rules.${keyOf(rule)}`] = count;
    }
    if (options.resource_utilization_enabled) {
      const [unit, suffix] = options.convert_memory_to_mb ? [1024, "_mb"] : [1, ""];
      fields["falco.cpu_usage_perc"] = duration > 0 ? 100 * usage.cpu / duration : 0;
      for (const [name, kB] of [["rss", usage.rss], ["vsz", usage.vsz], ["pss", usage.pss]] as const) {
        fields[`falco.memory_${name}${suffix}`] = kB / unit;
      }
    }
    if (options.state_counters_enabled) {
      fields["falco.n_threads"] = counts.processes;
      fields["falco.n_drops_full_threadtable"] = counts.refused;
    }
    if (options.kernel_event_counters_enabled) {
      const all = counts.seen + drops;
      fields["scap.n_evts"] = all;
      fields["scap.n_evts_prev"] = last.seen + last.drops;
      fields["scap.n_drops"] = drops;
      fields["scap.n_drops_prev"] = last.drops;
      fields["scap.n_drops_perc"] = all > 0 ? 100 * drops / all : 0;
      fields["scap.evts_rate_sec"] = rate(all - last.seen - last.drops);
      fields["scap.evts_drop_rate_sec"] = rate(drops - last.drops);
      for (const [name, count] of dropCounters(counts.lost)) fields[`scap.${name}`] = count;
      for (const [kind, named] of [["lost", counts.lost], ["passed", counts.full]] as const) {
        for (const [name, count] of named) fields[`lanner.${kind}.${keyOf(name.replace(": ", "."))}`] = count;
      }
    }
    if (options.include_empty_values) return fields;
    return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== 0));
  }
}

/** A name as part of a key, as Falco makes one of a rule's. */
function keyOf(name: string): string {
  return name.replace(/[^a-zA-Z0-9_:.]+/g, "_").replace(/_+/g, "_").replace(/_$/, "");
}

/** The alert that tells a snapshot. */
export function snapshotAlert(fields: Record<string, InternalValue>): InternalAlert {
  const rule = "Falco internal: metrics snapshot";
  return { rule, priority: "Informational", message: "Falco metrics snapshot", fields };
}

/** What this process uses now. */
export function usageNow(): Usage {
  const { user, system } = process.cpuUsage();
  const kB = (file: string, key: string) => Number(new RegExp(`^${key}:\\s+(\\d+)`, "m").exec(read(file))?.[1] ?? 0);
  return {
    cpu: (user + system) / 1e6,
    rss: kB("status", "VmRSS"),
    vsz: kB("status", "VmSize"),
    pss: kB("smaps_rollup", "Pss"),
  };
}

function read(file: string): string {
  try {
    return readFileSync(`/proc/self/${file}`, "latin1");
  } catch {
    return ""; // smaps_rollup is there since Linux 4.14
  }
}
