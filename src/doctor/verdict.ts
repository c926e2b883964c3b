// SPDX-License-Identifier: Apache-2.0

/** Which driver runs on a host and why: plain functions from facts. */
import { EVENT_TYPES } from "../events/table.ts";
import type { Facts, HostFacts, Obstacle, ProbeFacts } from "./facts.ts";
import {
  deviceAccessObstacle,
  moduleObstacle,
  moduleOrigin,
  probeObstacle,
  sentence,
  startObstacle,
} from "./obstacle.ts";
import { eventOfProgram, RINGS, RINGS_PROGRAM } from "./programs.ts";

/** Where events can come from. */
export type DriverName = "ebpf" | "module";

/** How the drivers are called where people read it. */
export const DRIVER_NAMES: Readonly<Record<DriverName, string>> = { ebpf: "eBPF probe", module: "kernel module" };

/** What the facts come to. */
export interface Verdict {
  /** Null: none can run. */
  readonly driver: DriverName | null;
  /** The driver and why it is this one, in one line; without one, the reasons and what to do. */
  readonly summary: string;
  /** Every driver that does not run, with its one reason. */
  readonly unused: readonly { readonly driver: DriverName; readonly reason: string }[];
  /** Events that there won't be, by name, sorted; `RINGS` among them. */
  readonly missing: readonly string[];
}

/** The probe's line. `btfFile`: where BTF came from when not from the kernel. */
export function probeLine({ release }: HostFacts, attach: string, btfFile: string | undefined): string {
  const btf = btfFile === undefined ? "has BTF and a ring buffer" : `has a ring buffer; BTF from ${btfFile}`;
  return `eBPF through ${attach} (kernel ${release} ${btf})`;
}

/**
 * The module's line.
 * @param origin where it came from, in words
 * @param why it is the module that runs
 */
export function moduleLine({ release }: HostFacts, origin: string, why: string): string {
  return `kernel module, ${origin}, for kernel ${release} (${why})`;
}

/** Why neither driver runs. */
export function noDriverLine(probe: string, module: string): string {
  return `eBPF: ${probe}; kernel module: ${module}`;
}

/** What runs on a host with these facts. */
export function verdictOf(facts: Facts): Verdict {
  const { host, btfFile, probe, module } = facts;
  const closed = startObstacle(host, btfFile);
  if (closed !== undefined) return nothing(sentence(closed), closed, closed);
  const noModule = deviceAccessObstacle(host) ?? moduleObstacle(host, module);
  const noProbe = whyNoProbe(facts);
  if (noProbe === undefined) {
    const ready = noModule === undefined
      ? `could run, ${moduleOrigin(host, module)}`
      : `could not run either: ${noModule.cause}`;
    return {
      driver: "ebpf",
      summary: probeLine(host, probe.attach, btfFile?.path),
      unused: [{ driver: "module", reason: `eBPF goes first (it ${ready})` }],
      missing: missingEvents(probe),
    };
  }
  if (noModule !== undefined) return nothing(noDriverLine(sentence(noProbe), sentence(noModule)), noProbe, noModule);
  return {
    driver: "module",
    summary: moduleLine(host, moduleOrigin(host, module), noProbe.cause),
    unused: [{ driver: "ebpf", reason: sentence(noProbe) }],
    missing: [RINGS],
  };
}

/** No driver, so no event. */
function nothing(summary: string, noProbe: Obstacle, noModule: Obstacle): Verdict {
  return {
    driver: null,
    summary,
    unused: [{ driver: "ebpf", reason: sentence(noProbe) }, { driver: "module", reason: sentence(noModule) }],
    missing: EVENT_TYPES.map(({ name }) => name).sort(),
  };
}

/** A BTF file that can't be used stands in the probe's way: it is looked for only where the kernel has none. */
function whyNoProbe({ host, features, btfFile, probe }: Facts): Obstacle | undefined {
  if (btfFile !== null && btfFile.problem !== null) return btfFile.problem;
  return probe.error === null
    ? undefined
    : probeObstacle(host, { error: probe.error, features, btfFile: btfFile !== null });
}

function missingEvents({ refused }: ProbeFacts): string[] {
  return refused.flatMap(({ name }) => name === RINGS_PROGRAM ? RINGS : eventOfProgram(name) ?? []).sort();
}
