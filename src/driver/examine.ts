// SPDX-License-Identifier: Apache-2.0

/** Gathering every fact that a verdict follows from. */
import type { Facts, HostFacts, ProbeFacts } from "../doctor/facts.ts";
import type { Shim } from "../native/contract.ts";
import { Report } from "../native/report.ts";
import { findBtf, type FoundBtf } from "./btf_file.ts";
import { tryFeatures } from "./features.ts";
import { hostFacts } from "./host_facts.ts";
import { findModules, moduleFacts } from "./module_find.ts";
import { loadProbe } from "./open.ts";

/** No record is read from it. */
const RING_BYTES = 1 << 16;

/**
 * Looks at the running host and tries what can be tried: the probe is loaded whole, attached and taken out again within
 * a second or so; no module is loaded.
 * @param given files that stand in for those that are found
 */
export function examine(
  shim: Shim,
  given: { readonly btf?: string; readonly module?: string },
  host: HostFacts = hostFacts(),
): Facts {
  const btf = findBtf(host, given.btf);
  return {
    host,
    features: tryFeatures(shim),
    btfFile: btf?.facts ?? null,
    probe: tryProbe(shim, btf),
    module: moduleFacts(host.release, findModules(host.release, given.module), given.module !== undefined),
  };
}

function tryProbe(shim: Shim, btf: FoundBtf | undefined): ProbeFacts {
  const sensor = loadProbe(shim, { ringBytes: RING_BYTES, want: 0 }, btf);
  try {
    const opened = Report.parse(JSON.parse(sensor.report()));
    if (opened.error === null) sensor.attach();
    const { attach, error, programs } = Report.parse(JSON.parse(sensor.report()));
    return {
      attach: attach === "raw_tp" || attach === "perf" ? attach : "tp_btf",
      error,
      running: programs.filter(({ attached }) => attached).map(({ name }) => name).sort(),
      refused: programs.filter(({ attached }) => !attached).map(({ name, log }) => ({ name, log: lastLine(log) })),
    };
  } finally {
    sensor.close();
  }
}

function lastLine(log: string): string {
  return log.trimEnd().split("\n").at(-1)!;
}
