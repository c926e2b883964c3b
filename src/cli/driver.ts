// SPDX-License-Identifier: Apache-2.0

import { release } from "node:os";
import process from "node:process";
import { z } from "zod";
import type { EventType } from "../events/types.ts";
import { liveHost } from "../host/live.ts";
import type { KnownHost } from "../host/live.ts";
import type { AddressNames } from "../host/resolver.ts";
import { embeddedFile } from "../native/embedded.ts";
import type { Sensor, Shim } from "../native/contract.ts";
import { loadShim } from "../native/load.ts";
import { LiveSource } from "../sources/live.ts";
import { insertModule } from "./driver_module.ts";
import { CommandError } from "./errors.ts";
import { requirePrivileges } from "./privileges.ts";

/** What `Sensor.report` says. */
const Report = z.object({
  driver: z.enum(["ebpf", "module"]),
  attach: z.enum(["tp_btf", "raw_tp", "tracepoint"]),
  error: z.object({ what: z.string(), errno: z.number(), hint: z.string() }).nullable(),
  programs: z.array(
    z.object({ name: z.string(), loaded: z.boolean(), attached: z.boolean(), verified: z.number(), log: z.string() }),
  ),
});

/** LN_WANT_* of native/wire.h: what records carry beside the events themselves. */
const WANT = { env: 1, workdir: 2, data: 4 } as const;

/** The live kernel, attached and collecting. */
export interface Driver {
  readonly source: LiveSource;
  readonly host: KnownHost;
  readonly kind: "ebpf" | "module";
  /** Which driver runs and why, one line. */
  readonly verdict: string;
  /** System calls and lifecycle events that are watched, by name, sorted. */
  readonly watched: readonly string[];
  /**
   * Has the kernel send what these wants ask for, with the payloads of those before as well, in one step: until
   * `settle` both are sent, so that records may be read for either.
   * @throws CommandError when the kernel does not do it; then it sends at least what it did before.
   */
  change(wants: Wants): void;
  /** Leaves out what the wants before the last change asked for. */
  settle(): void;
  /** Ends the use of native code; after `source.close()`. */
  unload(): void;
}

/** Which driver is to run; `auto` is the first that this kernel takes. */
export type DriverChoice = "auto" | "ebpf" | "module";

/** What a command asks of the driver. */
export interface DriverOptions {
  /** `auto` when left out. */
  readonly driver?: DriverChoice;
  /** The kernel module's file, instead of the first that is found. */
  readonly module?: string;
  readonly ringBytes: number;
  /** What is watched; processes' beginnings, programs and ends are in any case. */
  readonly events: readonly EventType[];
  /** Whether some rule reads environments; current directories; what was sent or received. */
  readonly wantEnv: boolean;
  readonly wantWorkdir: boolean;
  readonly wantData: boolean;
  readonly verbose: boolean;
  /** Tables of the plan, by which the kernel keeps back what no rule can match; everything comes without. */
  readonly filter?: { readonly tables: Uint8Array; readonly mark: boolean };
  /** Names of hosts that rules speak of. */
  readonly addressNames?: AddressNames;
}

/** What rules ask of the kernel, which may change. */
export type Wants = Pick<DriverOptions, "events" | "filter" | "wantEnv" | "wantWorkdir" | "wantData">;

/** Program of the probe to the event that people know. */
function eventName(program: string): string | undefined {
  if (program.startsWith("fill_")) return program.slice(5);
  return { sched_exec: "exec", sched_fork: "process creation", sched_exit: "process exit" }[program];
}

/**
 * Loads a driver, attaches it and takes the host's processes in. Programs that the kernel refuses are named on
 * stderr and cost only their own events.
 * @throws CommandError, with nothing left attached, when there can be no events at all.
 */
export function openDriver(options: DriverOptions): Driver {
  requirePrivileges();
  const shim = loadShim(embeddedFile("native/shim.so"));
  try {
    const { sensor, kind, verdict } = openFirst(shim, options);
    const host = liveHost({
      withEnv: options.wantEnv,
      ...(options.addressNames === undefined ? {} : { addressNames: options.addressNames }),
    });
    let wants: Wants = options;
    return {
      source: new LiveSource(sensor, host),
      host,
      kind,
      verdict,
      get watched() {
        const calls = new Set(wants.events.map(({ name }) => name));
        return programsOf(sensor).filter(({ loaded }) => loaded).flatMap(({ name }) => {
          const event = eventName(name);
          return event === undefined || (name.startsWith("fill_") && !calls.has(event)) ? [] : event;
        }).sort();
      },
      change(next) {
        const before = wishes(wants), after = wishes(next);
        const known = new Set(programsOf(sensor).map(({ name }) => name));
        changeOrFail(sensor, kind, before.want | after.want, [...new Set([...before.calls, ...after.calls])]);
        tellRefused(programsOf(sensor).filter(({ name }) => !known.has(name)), options.verbose);
        const filtered = sensor.setFilter(next.filter?.tables, next.filter?.mark ?? false);
        // the driver that can't filter sends everything; any other error leaves the tables that were there
        if (filtered < 0 && filtered !== -EOPNOTSUPP) {
          throw new CommandError(`the kernel refused the filter's tables (errno ${-filtered})`);
        }
        if (next.wantEnv && !wants.wantEnv) host.readEnvironments?.();
        wants = next;
      },
      settle() {
        const { want, calls } = wishes(wants);
        changeOrFail(sensor, kind, want, calls);
      },
      unload: () => shim.unload(),
    };
  } catch (error) {
    shim.unload();
    throw error;
  }
}

/** An attached sensor. */
interface Attached {
  readonly sensor: Sensor;
  readonly kind: Driver["kind"];
  readonly verdict: string;
}

/** The driver that was asked for, or the first that this kernel takes: the probe, then the module. */
function openFirst(shim: Shim, options: DriverOptions): Attached {
  if (options.driver === "ebpf") return openProbe(shim, options);
  if (options.driver === "module") return openModule(shim, options, "asked for");
  try {
    return openProbe(shim, options);
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    try {
      return openModule(shim, options, error.message);
    } catch (second) {
      if (!(second instanceof CommandError)) throw second;
      throw new CommandError(`${error.message}; ${second.message}`);
    }
  }
}

function openProbe(shim: Shim, options: DriverOptions): Attached {
  const { want, calls } = wishes(options);
  const sensor = shim.open(embeddedFile("native/probe.bpf.o"), options.ringBytes, process.pid, want, calls);
  const { attach } = attachOrClose(sensor, "the eBPF probe", options);
  return {
    sensor,
    kind: "ebpf",
    verdict: `eBPF through ${attach} (kernel ${release()} has BTF and a ring buffer)`,
  };
}

/** @param why it is the module that runs */
function openModule(shim: Shim, options: DriverOptions, why: string): Attached {
  const origin = insertModule(shim, options.module);
  const { want, calls } = wishes(options);
  const sensor = shim.openModule(options.ringBytes, process.pid, want, calls);
  attachOrClose(sensor, "the kernel module", options);
  return { sensor, kind: "module", verdict: `kernel module, ${origin}, for kernel ${release()} (${why})` };
}

/** EOPNOTSUPP of errno(3). */
const EOPNOTSUPP = 95;

function changeOrFail(sensor: Sensor, kind: Driver["kind"], want: number, calls: readonly string[]): void {
  const probe = kind === "ebpf" ? embeddedFile("native/probe.bpf.o") : new Uint8Array();
  const error = sensor.change(probe, want, calls);
  if (error < 0) throw new CommandError(`the kernel refused to watch other events (errno ${-error})`);
}

function programsOf(sensor: Sensor): z.infer<typeof Report>["programs"] {
  return Report.parse(JSON.parse(sensor.report())).programs;
}

function wishes({ wantEnv, wantWorkdir, wantData, events }: Wants) {
  const want = (wantEnv ? WANT.env : 0) | (wantWorkdir ? WANT.workdir : 0) | (wantData ? WANT.data : 0);
  // Falco names its events by their system calls
  return { want, calls: events.map(({ name }) => name) };
}

/** @throws CommandError, after closing the sensor, when it cannot be used. */
function attachOrClose(sensor: Sensor, name: string, { verbose, filter }: DriverOptions): z.infer<typeof Report> {
  const giveUp = (message: string): never => {
    sensor.close();
    throw new CommandError(message);
  };
  const opened = Report.parse(JSON.parse(sensor.report()));
  if (opened.error) giveUp(`${name} cannot be used: ${opened.error.what}: ${opened.error.hint}`);
  tellRefused(opened.programs, verbose);
  if (verbose) tellVerified(opened.programs);
  const filtered = filter === undefined ? 0 : sensor.setFilter(filter.tables, filter.mark);
  // without it everything comes, which costs more and loses nothing
  if (filtered < 0 && verbose) process.stderr.write(`lanner: ${name} does not filter events (errno ${-filtered})\n`);
  const error = sensor.attach();
  const attached = Report.parse(JSON.parse(sensor.report()));
  if (error < 0) {
    const why = attached.error ? `${attached.error.what}: ${attached.error.hint}` : `errno ${-error}`;
    giveUp(`${name} cannot be attached: ${why}`);
  }
  return attached;
}

/** The verifier's work on each program, of the 1,000,000 instructions that it grants. */
function tellVerified(programs: z.infer<typeof Report>["programs"]): void {
  for (const { name, verified } of programs) {
    if (verified > 0) process.stderr.write(`verified: ${name}: ${verified} instructions\n`);
  }
}

function tellRefused(programs: z.infer<typeof Report>["programs"], verbose: boolean): void {
  for (const { name, loaded, log } of programs) {
    if (loaded) continue;
    const more = verbose ? `\n${log.trimEnd()}` : "; --verbose shows why";
    const lost = name === "walk_filter" ? "it will send every event" : "its events will be missing";
    process.stderr.write(`lanner: the kernel refused program ${name}: ${lost}${more}\n`);
  }
}
