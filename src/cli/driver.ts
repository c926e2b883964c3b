// SPDX-License-Identifier: Apache-2.0

import { errnoText } from "../doctor/obstacle.ts";
import { eventOfProgram, isRingsHelper, RINGS_PROGRAM } from "../doctor/programs.ts";
import { DRIVER_NAMES } from "../doctor/verdict.ts";
import { hostFacts } from "../driver/host_facts.ts";
import { type DriverChoice, type Opened, openFirst } from "../driver/open.ts";
import { hasOwnPids } from "../driver/pid.ts";
import type { FullTable } from "../engine/plan_tables.ts";
import type { EventType } from "../events/types.ts";
import { liveHost } from "../host/live.ts";
import type { KnownHost } from "../host/live.ts";
import type { AddressNames } from "../host/resolver.ts";
import type { RuntimeSocket } from "../host/runtime_sockets.ts";
import type { AttachChoice, Sensor } from "../native/contract.ts";
import { embeddedFile } from "../native/embedded.ts";
import { loadShim } from "../native/load.ts";
import { Report } from "../native/report.ts";
import { type Seed, seedBytes } from "../native/seeds.ts";
import { LiveSource } from "../sources/live.ts";
import { CommandError } from "./errors.ts";
import { say } from "./say.ts";

/** What a PID namespace of its own costs. */
const OWN_PIDS =
  "lanner: this is a PID namespace of its own: what ran before can't be looked up, and the sensor sees " +
  "itself: share the host's (podman run --pid=host, hostPID: true)";

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
  /**
   * Has the kernel go by these tables from now on; undefined: everything passes.
   * @throws CommandError when it does not take them; then it goes by those before.
   */
  filter(filter: Wants["filter"]): void;
  /** Leaves out what the wants before the last change asked for. */
  settle(): void;
  /** Ends the use of native code and takes out a module that was put in; after `source.close()`. */
  unload(): void;
}

/** What a command asks of the driver. */
export interface DriverOptions {
  /** `auto` when left out. */
  readonly driver?: DriverChoice;
  /** The kernel module's file, instead of the first that is found. */
  readonly module?: string;
  /** The kernel's BTF from this file. */
  readonly btf?: string;
  /** How the probe sees the ends of system calls; `auto` when left out. */
  readonly attach?: AttachChoice;
  readonly ringBytes: number;
  /** What is watched; processes' beginnings, programs and ends are in any case. */
  readonly events: readonly EventType[];
  /** Whether some rule reads environments; current directories; what was sent or received. */
  readonly wantEnv: boolean;
  readonly wantWorkdir: boolean;
  readonly wantData: boolean;
  readonly verbose: boolean;
  /** Tables of the plan, by which the kernel keeps back what no rule can match; everything comes without. */
  readonly filter?: {
    readonly tables: Uint8Array;
    readonly mark: boolean;
    /** What did not fit into the tables. */
    readonly full?: readonly FullTable[];
  };
  /** Names of hosts that rules speak of. */
  readonly addressNames?: AddressNames;
  /** Where container runtimes may be asked. */
  readonly sockets?: readonly RuntimeSocket[];
}

/** What rules ask of the kernel, which may change. */
export type Wants = Pick<DriverOptions, "events" | "filter" | "wantEnv" | "wantWorkdir" | "wantData">;

/**
 * Loads a driver, attaches it and takes the host's processes in. Programs that the kernel refuses are named on
 * stderr and cost only their own events.
 * @throws CommandError or DriverError, with nothing left attached, when there can be no events at all.
 */
export async function openDriver(options: DriverOptions): Promise<Driver> {
  const shim = loadShim(embeddedFile("native/shim.so"));
  let opened: Opened | undefined;
  try {
    opened = await openFirst(shim, hostFacts(), { ...options, ...wishes(options), driver: options.driver ?? "auto" });
    const { sensor, kind, verdict, cleanUp } = opened;
    tellRefused(opened.programs, options.verbose);
    if (kind === "module") say("lanner: io_uring events: not with the kernel module");
    tellUnfiltered(opened, options.verbose);
    tellFull(options.filter);
    if (options.verbose) tellVerified(opened.programs);
    if (hasOwnPids()) say(OWN_PIDS);
    const host = liveHost({
      withEnv: options.wantEnv,
      ...(options.addressNames === undefined ? {} : { addressNames: options.addressNames }),
      sockets: options.sockets ?? [],
      tell: say,
    });
    sensor.seed(seedBytes(seedsOf(host)));
    let wants: Wants = options;
    return {
      source: new LiveSource(sensor, host),
      host,
      kind,
      verdict,
      get watched() {
        const calls = new Set(wants.events.map(({ name }) => name));
        return programsOf(sensor).filter(({ loaded }) => loaded).flatMap(({ name }) => {
          const event = eventOfProgram(name);
          return event === undefined || (name.startsWith("fill_") && !calls.has(event)) ? [] : event;
        }).sort();
      },
      change(next) {
        const before = wishes(wants), after = wishes(next);
        const known = new Set(programsOf(sensor).map(({ name }) => name));
        changeOrFail(sensor, kind, before.want | after.want, [...new Set([...before.calls, ...after.calls])]);
        tellRefused(programsOf(sensor).filter(({ name }) => !known.has(name)), options.verbose);
        filterOrFail(sensor, next.filter);
        tellFull(next.filter);
        if (next.wantEnv && !wants.wantEnv) host.readEnvironments?.();
        wants = next;
      },
      filter: (filter) => filterOrFail(sensor, filter),
      settle() {
        const { want, calls } = wishes(wants);
        changeOrFail(sensor, kind, want, calls);
      },
      unload: () => {
        cleanUp();
        shim.unload();
      },
    };
  } catch (error) {
    opened?.sensor.close();
    opened?.cleanUp();
    shim.unload();
    throw error;
  }
}

/** A line says why; the verifier's pages are shown when asked for. */
function whyOf(log: string, verbose: boolean): string {
  if (!log.includes("\n")) return log === "" ? "" : `: ${log}`;
  return verbose ? `\n${log}` : "; --verbose shows why";
}

/** What rules go by of the processes that there are. */
function seedsOf({ processes }: KnownHost): Seed[] {
  return [...processes.values()].filter(({ alive }) => alive).map(({ pid, container, loginuid, comm, exepath }) => {
    return { pid, isHost: container.type === "host", loginuid, comm, exepath };
  });
}

function tellRefused(programs: Report["programs"], verbose: boolean): void {
  for (const { name, loaded, log } of programs) {
    if (loaded) continue;
    const more = whyOf(log.trimEnd(), verbose);
    if (name === RINGS_PROGRAM) {
      say(`lanner: io_uring events: not on this kernel${more}`);
      continue;
    }
    if (isRingsHelper(name) && !verbose) continue;
    const lost = name === "walk_filter" ? "it will send every event" : "its events will be missing";
    say(`lanner: the kernel refused program ${name}: ${lost}${more}`);
  }
}

/** Without a filter everything comes, which costs more and loses nothing. */
function tellUnfiltered({ unfiltered, kind }: Opened, verbose: boolean): void {
  if (unfiltered === 0 || !verbose) return;
  say(`lanner: the ${DRIVER_NAMES[kind]} does not filter events, so each costs more: ${errnoText(unfiltered)}`);
}

/** What passes since a table is full loses nothing either. */
function tellFull(filter: Wants["filter"]): void {
  const types = filter?.full?.map(({ type }) => type.name) ?? [];
  if (types.length === 0) return;
  say(`lanner: the kernel's filter is full: more than rules want is sent of ${types.join(", ")}; lanner plan shows it`);
}

/** EOPNOTSUPP of errno(3). */
const EOPNOTSUPP = 95;

function changeOrFail(sensor: Sensor, kind: Driver["kind"], want: number, calls: readonly string[]): void {
  const probe = kind === "ebpf" ? embeddedFile("native/probe.bpf.o") : new Uint8Array();
  const error = sensor.change(probe, want, calls);
  if (error < 0) throw new CommandError(`the kernel refused to watch other events: ${errnoText(-error)}`);
}

function filterOrFail(sensor: Sensor, filter: Wants["filter"]): void {
  const error = sensor.setFilter(filter?.tables, filter?.mark ?? false);
  // the driver that can't filter sends everything; any other error leaves the tables that were there
  if (error < 0 && error !== -EOPNOTSUPP) {
    throw new CommandError(`the kernel refused the filter's tables: ${errnoText(-error)}`);
  }
}

function programsOf(sensor: Sensor): Report["programs"] {
  return Report.parse(JSON.parse(sensor.report())).programs;
}

function wishes({ wantEnv, wantWorkdir, wantData, events }: Wants) {
  const want = (wantEnv ? WANT.env : 0) | (wantWorkdir ? WANT.workdir : 0) | (wantData ? WANT.data : 0);
  // Falco names its events by their system calls
  return { want, calls: events.map(({ name }) => name) };
}

/** The verifier's work on each program, of the 1,000,000 instructions that it grants. */
function tellVerified(programs: Report["programs"]): void {
  for (const { name, verified } of programs) if (verified > 0) say(`verified: ${name}: ${verified} instructions`);
}
