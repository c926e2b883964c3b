// SPDX-License-Identifier: Apache-2.0

import { release } from "node:os";
import process from "node:process";
import { z } from "zod";
import type { EventType } from "../events/types.ts";
import { liveHost } from "../host/live.ts";
import type { KnownHost } from "../host/live.ts";
import type { AddressNames } from "../host/resolver.ts";
import { embeddedFile } from "../native/embedded.ts";
import { loadShim } from "../native/load.ts";
import { LiveSource } from "../sources/live.ts";
import { CommandError } from "./errors.ts";
import { requirePrivileges } from "./privileges.ts";

/** What `Sensor.report` says. */
const Report = z.object({
  driver: z.literal("ebpf"),
  attach: z.enum(["tp_btf", "raw_tp"]),
  error: z.object({ what: z.string(), errno: z.number(), hint: z.string() }).nullable(),
  programs: z.array(z.object({ name: z.string(), loaded: z.boolean(), attached: z.boolean(), log: z.string() })),
});

/** LN_WANT_* of native/wire.h: what records carry beside the events themselves. */
const WANT = { env: 1, workdir: 2, data: 4 } as const;

/** The live kernel, attached and collecting. */
export interface Driver {
  readonly source: LiveSource;
  readonly host: KnownHost;
  /** Which driver runs and why, one line. */
  readonly verdict: string;
  /** System calls and lifecycle events that are watched, by name, sorted. */
  readonly watched: readonly string[];
  /** Ends the use of native code; after `source.close()`. */
  unload(): void;
}

/** What a command asks of the driver. */
export interface DriverOptions {
  readonly ringBytes: number;
  /** What is watched; processes' beginnings, programs and ends are in any case. */
  readonly events: readonly EventType[];
  /** Whether some rule reads environments; current directories; what was sent or received. */
  readonly wantEnv: boolean;
  readonly wantWorkdir: boolean;
  readonly wantData: boolean;
  readonly verbose: boolean;
  /** Names of hosts that rules speak of. */
  readonly addressNames?: AddressNames;
}

/** Program of the probe to the event that people know. */
function eventName(program: string): string | undefined {
  if (program.startsWith("fill_")) return program.slice(5);
  return { sched_exec: "exec", sched_fork: "process creation", sched_exit: "process exit" }[program];
}

/**
 * Loads the probe, attaches it and takes the host's processes in. Programs that the kernel refuses are named on
 * stderr and cost only their own events.
 * @throws CommandError, with nothing left attached, when there can be no events at all.
 */
export function openDriver(options: DriverOptions): Driver {
  requirePrivileges();
  const shim = loadShim(embeddedFile("native/shim.so"));
  const want = (options.wantEnv ? WANT.env : 0) | (options.wantWorkdir ? WANT.workdir : 0) |
    (options.wantData ? WANT.data : 0);
  const calls = options.events.map(({ name }) => name); // Falco names its events by their system calls
  const sensor = shim.open(embeddedFile("native/probe.bpf.o"), options.ringBytes, process.pid, want, calls);
  const giveUp = (message: string): never => {
    sensor.close();
    shim.unload();
    throw new CommandError(message);
  };
  const report = Report.parse(JSON.parse(sensor.report()));
  if (report.error) giveUp(`the eBPF probe cannot be used: ${report.error.what}: ${report.error.hint}`);
  tellRefused(report.programs, options.verbose);
  const error = sensor.attach();
  const attached = Report.parse(JSON.parse(sensor.report()));
  if (error < 0) {
    const why = attached.error ? `${attached.error.what}: ${attached.error.hint}` : `errno ${-error}`;
    giveUp(`the eBPF probe cannot be attached: ${why}`);
  }
  const host = liveHost({
    withEnv: options.wantEnv,
    ...(options.addressNames === undefined ? {} : { addressNames: options.addressNames }),
  });
  const watched = attached.programs.filter(({ loaded }) => loaded).flatMap(({ name }) => eventName(name) ?? []).sort();
  return {
    source: new LiveSource(sensor, host),
    host,
    verdict: `eBPF through ${report.attach} (kernel ${release()} has BTF and a ring buffer)`,
    watched,
    unload: () => shim.unload(),
  };
}

function tellRefused(programs: z.infer<typeof Report>["programs"], verbose: boolean): void {
  for (const { name, loaded, log } of programs) {
    if (loaded) continue;
    const more = verbose ? `\n${log.trimEnd()}` : "; --verbose shows why";
    process.stderr.write(`lanner: the kernel refused program ${name}: its events will be missing${more}\n`);
  }
}
