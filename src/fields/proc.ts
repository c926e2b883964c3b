// SPDX-License-Identifier: Apache-2.0

/** `proc.*`: the process that the event is of. Parent and ancestors are in proc_ancestors.ts. */
import { Buffer } from "node:buffer";
import { PPM_EXE_FROM_MEMFD, PPM_EXE_LOWER_LAYER, PPM_EXE_UPPER_LAYER, PPM_EXE_WRITABLE } from "../events/symbols.ts";
import type { BinaryString } from "../events/text.ts";
import type { Process } from "../host/process.ts";
import { commandLine, farthest, joinStrings, splitStrings, walkAncestors } from "./ancestors.ts";
import {
  type CatalogueField,
  eventField,
  execField,
  field,
  fieldWithArgument,
  processField,
  type Reader,
} from "./define.ts";
import type { Event } from "./event.ts";
import { locateText, pointAt } from "./event_path.ts";
import type { Slice } from "./field.ts";
import { layout } from "./layout.ts";
import { emptySlice } from "./path.ts";
import { variable } from "./proc_ancestors.ts";

/** Absent where Falco's is 0. */
function nonZero(value: bigint): bigint | undefined {
  return value === 0n ? undefined : value;
}

/** Ids that are -1 when not known. */
function known(id: number): number | undefined {
  return id === -1 ? undefined : id;
}

/** ns from a start to the event, both since boot; absent when the start is not known. */
function since({ record }: Event, start: number | undefined): number | undefined {
  return start === undefined || start === 0 ? undefined : record.sinceBoot - start;
}

/** Leader of the session: by its id, or where it has exited by the farthest ancestor of the same session. */
function sessionLeader({ process, host }: Event): Process | undefined {
  return process && (host.processes.get(process.sid) ?? farthest(process, (at) => at.sid === process.sid));
}

/** Leader of the process group, as `sessionLeader` finds it. */
function groupLeader({ process, host }: Event): Process | undefined {
  return process && (host.processes.get(process.pgid) ?? farthest(process, (at) => at.pgid === process.pgid));
}

/** name, exe and exepath of a leader: empty, not missing, when there is none in the tree. */
function leaderFields(
  prefix: string,
  nameField: string,
  whose: string,
  leader: (event: Event) => Process | undefined,
): CatalogueField[] {
  const rows = [
    [nameField, "Name", "comm"],
    [`${prefix}.exe`, "argv[0]", "exe"],
    [`${prefix}.exepath`, "Path of the executable", "exepath"],
  ] as const;
  return rows.map(([name, what, key]) =>
    eventField(
      name,
      "CHARBUF",
      `${what} of the leader of the process's ${whose}.`,
      (event) => event.process && (leader(event)?.[key] ?? ""),
    )
  );
}

function exeFlag(name: string, doc: string, flag: number): CatalogueField {
  return execField(name, "BOOL", doc, (process) => (process.exeFlags & flag) !== 0);
}

/** Oldest process of the chain, the process itself included, whose name ends in `sh`. */
function loginShell(process: Process): number | undefined {
  const isShell = (at: Process) => at.comm.endsWith("sh");
  let found = isShell(process) ? process : undefined;
  walkAncestors(process, (at) => {
    if (isShell(at)) found = at;
    return false;
  });
  return found?.pid;
}

/** A current directory with the slash that Falco puts behind it. */
function directory(path: string | undefined): string {
  return path === undefined ? "./" : path.endsWith("/") ? path : `${path}/`;
}

/** The record's own directory is fresher than the tree's. */
function workingDirectory(event: Event): string | undefined {
  if (event.process === undefined) return undefined;
  const { workdir } = layout(event.type);
  const fresh = workdir >= 0 && event.record.len(workdir) > 1;
  return directory(fresh ? event.record.text(workdir) : event.process.cwd);
}

function workingDirectoryReader(): Reader {
  const slice = emptySlice();
  return {
    get: workingDirectory,
    lay: (event, into) => {
      const { process, type, record } = event;
      if (process === undefined) return false;
      const { workdir } = layout(type);
      if (workdir >= 0 && record.len(workdir) > 1 && locateText(event, workdir, slice)) into.copy(slice);
      else if (!into.join(process.cwd ?? ".", "")) return false;
      into.endWithSlash();
      return true;
    },
    locate: (event, into) => locateNew(workingDirectory(event), into),
  };
}

/** Points `into` at a text that is nowhere yet; false when there is none. */
function locateNew(text: BinaryString | undefined, into: Slice): boolean {
  if (text === undefined) return false;
  pointAt(Buffer.from(text, "latin1"), into);
  return true;
}

function argumentsReader(argument: string | undefined): Reader {
  const at = argument !== undefined && /^[0-9]{1,9}$/.test(argument) ? Number(argument) : undefined;
  if (at === undefined) return commandReader(() => undefined, (process) => joinStrings(process.args));
  const ofProcess = (process: Process) => splitStrings(process.args)[at] ?? "";
  return { get: ({ process }) => process && ofProcess(process), ofProcess };
}

/** The arguments, and `first` before them where it gives any: laid down without a string to be made. */
function commandReader(
  first: (process: Process) => BinaryString | undefined,
  ofProcess: (process: Process) => BinaryString,
): Reader {
  return {
    get: ({ process }) => process && ofProcess(process),
    ofProcess,
    lay: ({ process }, into) => process !== undefined && into.join(first(process), process.args),
    locate: ({ process }, into) => locateNew(process && ofProcess(process), into),
  };
}

function environmentReader(argument: string | undefined): Reader {
  const ofProcess = (process: Process) =>
    argument === undefined ? joinStrings(process.env) : variable(process.env, argument) ?? "";
  return { get: ({ process }) => process && ofProcess(process), ofProcess };
}

/** Fields of the class. */
export const PROC_FIELDS: readonly CatalogueField[] = [
  execField("proc.exe", "CHARBUF", "argv[0], as it was passed to exec.", (process) => process.exe),
  execField("proc.exepath", "CHARBUF", "Path of the executable.", (process) => process.exepath),
  execField(
    "proc.name",
    "CHARBUF",
    "Name of the process: the executable's, cut to 15 bytes.",
    (process) => process.comm,
  ),
  fieldWithArgument(
    "proc.args",
    "CHARBUF",
    "Arguments behind argv[0], joined by spaces; proc.args[N] is one of them, counted from 0.",
    "optional",
    argumentsReader,
  ),
  field("proc.cmdline", "CHARBUF", "Name and arguments.", () => commandReader(({ comm }) => comm, commandLine)),
  execField("proc.cmdnargs", "UINT64", "Number of arguments.", (process) => splitStrings(process.args).length),
  execField(
    "proc.cmdlenargs",
    "UINT64",
    "Bytes of all arguments, without what separates them.",
    (process) => splitStrings(process.args).join("").length,
  ),
  field("proc.exeline", "CHARBUF", "argv[0] and arguments.", () =>
    commandReader(
      ({ exe }) => exe,
      (process) => process.args.length === 0 ? process.exe : `${process.exe} ${joinStrings(process.args)}`,
    )),
  fieldWithArgument(
    "proc.env",
    "CHARBUF",
    "Environment as NAME=value, joined by spaces; proc.env[NAME] is the value of one variable.",
    "optional",
    environmentReader,
  ),
  field("proc.cwd", "CHARBUF", "Current directory, with a slash behind it.", workingDirectoryReader),
  processField("proc.loginshellid", "INT64", "Id of the oldest shell that the process descends from.", loginShell),
  processField("proc.tty", "UINT32", "Number of the controlling terminal; 0 for none.", (process) => process.tty),
  processField("proc.pid", "INT64", "Process id.", (process) => process.pid),
  processField("proc.ppid", "INT64", "Id of the parent.", (process) => process.ppid),
  processField("proc.vpid", "INT64", "Process id in its own pid namespace.", (process) => known(process.vpid)),
  processField("proc.sid", "INT64", "Session id.", (process) => known(process.sid)),
  ...leaderFields("proc.sid", "proc.sname", "session", sessionLeader),
  processField("proc.vpgid", "INT64", "Process group id in its own pid namespace.", (process) => known(process.vpgid)),
  ...leaderFields("proc.vpgid", "proc.vpgid.name", "process group", groupLeader),
  processField("proc.pgid", "INT64", "Process group id.", (process) => known(process.pgid)),
  ...leaderFields("proc.pgid", "proc.pgid.name", "process group", groupLeader),
  eventField(
    "proc.duration",
    "RELTIME",
    "Nanoseconds since the process started.",
    (event) => since(event, event.process?.startBoot),
  ),
  eventField(
    "proc.ppid.duration",
    "RELTIME",
    "Nanoseconds since the parent started.",
    (event) => since(event, event.process?.parent?.startBoot),
  ),
  processField("proc.pid.ts", "RELTIME", "Start of the process, ns since the epoch.", (process) => process.startTime),
  exeFlag("proc.is_exe_writable", "The process may write to its executable.", PPM_EXE_WRITABLE),
  exeFlag("proc.is_exe_upper_layer", "The executable lies in an overlayfs upper layer.", PPM_EXE_UPPER_LAYER),
  exeFlag("proc.is_exe_lower_layer", "The executable lies in an overlayfs lower layer.", PPM_EXE_LOWER_LAYER),
  exeFlag("proc.is_exe_from_memfd", "The executable is a memfd.", PPM_EXE_FROM_MEMFD),
  processField(
    "proc.is_sid_leader",
    "BOOL",
    "The process leads its session.",
    (process) => process.sid === process.pid,
  ),
  processField(
    "proc.is_vpgid_leader",
    "BOOL",
    "The process leads its process group.",
    (process) => process.vpid !== -1 && process.vpgid === process.vpid,
  ),
  processField(
    "proc.is_pgid_leader",
    "BOOL",
    "The process leads its process group, by the host's ids.",
    (process) => process.pgid === process.pid,
  ),
  execField("proc.exe_ino", "INT64", "Inode of the executable (64 bits).", (process) => nonZero(process.exeIno)),
  execField(
    "proc.exe_ino.ctime",
    "ABSTIME",
    "Last change of the executable's inode, ns since the epoch.",
    (process) => nonZero(process.exeInoCtime),
  ),
  execField(
    "proc.exe_ino.mtime",
    "ABSTIME",
    "Last change of the executable's content, ns since the epoch.",
    (process) => nonZero(process.exeInoMtime),
  ),
  execField(
    "proc.exe_ino.ctime_duration_proc_start",
    "ABSTIME",
    "Nanoseconds from the inode's last change to the start of the process; known after an exec was seen.",
    (process) =>
      process.execTime === 0n || process.exeInoCtime === 0n
        ? undefined
        // Falco subtracts without looking: a change after the start wraps around
        : nonZero(BigInt.asUintN(64, process.startTime - process.exeInoCtime)),
  ),
  execField(
    "proc.exe_ino.ctime_duration_pidns_start",
    "ABSTIME",
    "Nanoseconds from the start of the pid namespace to the inode's last change, if that was later.",
    (process) =>
      process.execTime !== 0n && process.exeInoCtime > process.pidnsStartTime
        ? process.exeInoCtime - process.pidnsStartTime
        : undefined,
  ),
  processField(
    "proc.pidns_init_start_ts",
    "UINT64",
    "Start of the pid namespace's first process, ns since the epoch (64 bits).",
    (process) => process.pidnsStartTime,
  ),
  processField("proc.fdlimit", "INT64", "How many descriptors the process may have.", (process) => process.fdlimit),
  processField(
    "proc.vmsize",
    "UINT64",
    "Virtual memory in kB, as of the last exec or fork.",
    (process) => process.vmSize,
  ),
  processField(
    "proc.vmrss",
    "UINT64",
    "Resident memory in kB, as of the last exec or fork.",
    (process) => process.vmRss,
  ),
  processField(
    "proc.vmswap",
    "UINT64",
    "Swapped memory in kB, as of the last exec or fork.",
    (process) => process.vmSwap,
  ),
  processField("proc.nthreads", "UINT64", "Living threads, the main one included.", (process) => process.threads),
  field("proc.nchilds", "UINT64", "Living threads without the main one.", () => ({
    get: ({ process }) => process && Math.max(0, process.threads - 1),
  })),
];
