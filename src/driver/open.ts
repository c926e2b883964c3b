// SPDX-License-Identifier: Apache-2.0

/** Opening the driver that is asked for, or the first that this kernel takes. */
import type { HostFacts, Obstacle, ProbeFacts } from "../doctor/facts.ts";
import {
  attachObstacle,
  deviceAccessObstacle,
  deviceObstacle,
  probeObstacle,
  startObstacle,
} from "../doctor/obstacle.ts";
import { type DriverName, moduleLine, noDriverLine, probeLine } from "../doctor/verdict.ts";
import type { AttachChoice, Sensor, Shim } from "../native/contract.ts";
import { embeddedFile } from "../native/embedded.ts";
import { Report } from "../native/report.ts";
import { findBtf, type FoundBtf } from "./btf_file.ts";
import { DriverError } from "./error.ts";
import { tryFeatures } from "./features.ts";
import { loadModule } from "./module_load.ts";
import { ownPid } from "./pid.ts";

/** Which driver is to run; `auto` is the first that this kernel takes. */
export type DriverChoice = "auto" | DriverName;

/** What is asked of the driver. */
export interface OpenOptions {
  readonly driver: DriverChoice;
  /** The kernel module's file, instead of the first that is found. */
  readonly module?: string;
  /** The kernel's BTF from this file. */
  readonly btf?: string;
  /** How the probe sees the ends of system calls, `auto` when left out; the module has its own way. */
  readonly attach?: AttachChoice;
  readonly ringBytes: number;
  /** LN_WANT_* bits of native/wire.h. */
  readonly want: number;
  /** System calls to watch, all when left out. */
  readonly calls?: readonly string[];
  readonly filter?: { readonly tables: Uint8Array; readonly mark: boolean };
}

/** An attached driver. */
export interface Opened {
  readonly kind: DriverName;
  readonly sensor: Sensor;
  /** Which driver runs and why, in one line. */
  readonly verdict: string;
  readonly programs: Report["programs"];
  /** Errno of the filter that the driver did not take; 0: it filters, or need not. */
  readonly unfiltered: number;
  /** Takes out of the kernel what was put there; after the sensor is closed. */
  cleanUp(): void;
}

/**
 * Opens and attaches: the probe, else the module.
 * @throws DriverError, with nothing left in the kernel, when there can be no events at all.
 */
export async function openFirst(shim: Shim, host: HostFacts, options: OpenOptions): Promise<Opened> {
  const btf = options.driver === "module" ? undefined : findBtf(host, options.btf);
  const closed = startObstacle(host, btf?.facts ?? null);
  if (closed !== undefined) throw new DriverError(closed);
  if (options.driver === "module") return openModule(shim, host, options, "asked for");
  if (options.driver === "ebpf" || isOneWay(options.attach)) return openProbe(shim, host, options, btf);
  try {
    return openProbe(shim, host, options, btf);
  } catch (error) {
    if (!(error instanceof DriverError)) throw error;
    try {
      return await openModule(shim, host, options, error.reason);
    } catch (second) {
      if (!(second instanceof DriverError)) throw second;
      throw new DriverError(`no driver runs here. ${noDriverLine(error.message, second.message)}`);
    }
  }
}

/** Whether eBPF must see system calls in this way or not at all: then no other driver is wanted in its place. */
function isOneWay(attach: AttachChoice | undefined): attach is "fexit" | "perf" {
  return attach === "fexit" || attach === "perf";
}

/**
 * Loads the probe without attaching it.
 */
export function loadProbe(shim: Shim, options: Omit<OpenOptions, "driver">, btf: FoundBtf | undefined): Sensor {
  const { ringBytes, want, calls, attach } = options;
  return shim.open(embeddedFile("native/probe.bpf.o"), ringBytes, ownPid(), want, calls, attach, btf?.usable);
}

function openProbe(shim: Shim, host: HostFacts, options: OpenOptions, btf: FoundBtf | undefined): Opened {
  if (btf !== undefined && btf.facts.problem !== null) throw new DriverError(btf.facts.problem);
  const sensor = loadProbe(shim, options, btf);
  const explain = (error: NonNullable<ProbeFacts["error"]>) => {
    const refused = { error, features: tryFeatures(shim), btfFile: btf !== undefined };
    return isOneWay(options.attach) ? attachObstacle(host, options.attach, refused) : probeObstacle(host, refused);
  };
  const { attach, programs, unfiltered } = attachOrClose(sensor, options, explain);
  const verdict = probeLine(host, attach, btf?.facts.path);
  return { kind: "ebpf", sensor, verdict, programs, unfiltered, cleanUp: () => {} };
}

/** @param why it is the module that runs */
async function openModule(shim: Shim, host: HostFacts, options: OpenOptions, why: string): Promise<Opened> {
  const { ringBytes, want, calls, module, filter } = options;
  const closed = deviceAccessObstacle(host);
  if (closed !== undefined) throw new DriverError(closed);
  const { origin, ours } = await loadModule(shim, host, module);
  const cleanUp = () => {
    if (ours) shim.removeModule(); // -EBUSY: another sensor uses it by now
  };
  try {
    const sensor = shim.openModule(ringBytes, ownPid(), want, calls);
    const { programs, unfiltered } = attachOrClose(
      sensor,
      { filter },
      ({ errno }) => deviceObstacle(errno),
    );
    return { kind: "module", sensor, verdict: moduleLine(host, origin, why), programs, unfiltered, cleanUp };
  } catch (error) {
    cleanUp();
    throw error;
  }
}

/** @throws DriverError, after closing the sensor, when it can't be used. */
function attachOrClose(
  sensor: Sensor,
  { filter }: { readonly filter?: OpenOptions["filter"] },
  explain: (error: NonNullable<Report["error"]>) => Obstacle,
): Report & { readonly unfiltered: number } {
  const report = () => Report.parse(JSON.parse(sensor.report()));
  let { error } = report();
  let unfiltered = 0;
  if (error === null) {
    // without it everything comes, which costs more and loses nothing
    unfiltered = filter === undefined ? 0 : Math.min(0, sensor.setFilter(filter.tables, filter.mark));
    const result = sensor.attach();
    const attached = report();
    if (result >= 0) return { ...attached, unfiltered: -unfiltered };
    error = attached.error ?? { what: "it can't be attached", errno: -result, message: "" };
  }
  sensor.close();
  throw new DriverError(explain(error));
}
