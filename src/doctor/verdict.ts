// SPDX-License-Identifier: Apache-2.0

/** Which driver runs on a host and why: plain functions from facts. */
import { EVENT_TYPES } from "../events/table.ts";
import type { Facts, HostFacts, ModuleFacts, ProbeFacts } from "./facts.ts";
import { fileObstacle, moduleObstacle, probeObstacle } from "./obstacle.ts";
import { eventOfProgram } from "./programs.ts";

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
  /** Events that there won't be, by name, sorted. */
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

/** How the module would come into the kernel, in words; undefined when it can't. */
export function moduleOrigin(host: HostFacts, module: ModuleFacts): string | undefined {
  if (moduleObstacle(host, module) !== undefined) return undefined;
  if (module.loaded) return "loaded before";
  const file = module.files.find((file) => fileObstacle(host, file) === undefined);
  return file === undefined ? `compiled on the spot with ${module.headers}` : `from ${file.origin}`;
}

/** What runs on a host with these facts. */
export function verdictOf({ host, features, btfFile, probe, module }: Facts): Verdict {
  const file = btfFile?.problem === null ? btfFile.path : undefined;
  const origin = moduleOrigin(host, module);
  const noModule = moduleObstacle(host, module);
  if (probe.error === null) {
    const ready = origin === undefined ? `could not run either: ${noModule}` : `could run, ${origin}`;
    return {
      driver: "ebpf",
      summary: probeLine(host, probe.attach, host.btf === null ? file : undefined),
      unused: [{ driver: "module", reason: `eBPF goes first (it ${ready})` }],
      missing: missingEvents(probe),
    };
  }
  const noProbe = btfFile?.problem
    ? `${btfFile.path} ${btfFile.problem}`
    : probeObstacle(host, { error: probe.error, features, btfFile: file !== undefined });
  const unused = [{ driver: "ebpf", reason: noProbe }] as const;
  if (origin !== undefined) {
    return { driver: "module", summary: moduleLine(host, origin, noProbe), unused, missing: [] };
  }
  return {
    driver: null,
    summary: noDriverLine(noProbe, noModule!),
    unused: [...unused, { driver: "module", reason: noModule! }],
    missing: EVENT_TYPES.map(({ name }) => name).sort(),
  };
}

function missingEvents({ refused }: ProbeFacts): string[] {
  return refused.flatMap(({ name }) => eventOfProgram(name) ?? []).sort();
}
