// SPDX-License-Identifier: Apache-2.0

/** `thread.*`: the thread that the event is of. */
import { capabilityNames } from "../events/symbols_linux.ts";
import type { Process } from "../host/process.ts";
import { joinStrings, splitStrings } from "./ancestors.ts";
import { type CatalogueField, eventField, fieldWithArgument, processField } from "./define.ts";
import type { Event } from "./event.ts";
import { FieldError } from "./field.ts";

const isMain = ({ record }: Event) => record.tid === record.pid;

/** The thread's id in its pid namespace: threads have no entry of their own, so it is known where it is the host's. */
function virtualId(event: Event): number | undefined {
  const { process, record } = event;
  if (process === undefined) return undefined;
  if (isMain(event)) return process.vtid === -1 ? undefined : process.vtid;
  return process.vpid === process.pid ? record.tid : undefined;
}

function capabilities(name: string, which: string, set: (process: Process) => bigint): CatalogueField {
  const doc = `${which} capabilities, as CAP_A CAP_B.`;
  return processField(name, "CHARBUF", doc, (process) => capabilityNames(set(process)));
}

/** What Falco keeps for main threads only; 0 for others. */
function ofMain(name: string, doc: string, of: (process: Process) => number): CatalogueField {
  return eventField(name, "UINT64", doc, (event) => event.process && (isMain(event) ? of(event.process) : 0));
}

/** Fields of the class. */
export const THREAD_FIELDS: readonly CatalogueField[] = [
  capabilities("thread.cap_permitted", "Permitted", (process) => process.capPermitted),
  capabilities("thread.cap_inheritable", "Inheritable", (process) => process.capInheritable),
  capabilities("thread.cap_effective", "Effective", (process) => process.capEffective),
  processField("thread.pfmajor", "UINT64", "Major page faults, as of the last exec or fork.", (p) => p.majorFaults),
  processField("thread.pfminor", "UINT64", "Minor page faults, as of the last exec or fork.", (p) => p.minorFaults),
  eventField("thread.tid", "INT64", "Thread id.", ({ record }) => record.tid),
  eventField("thread.ismain", "BOOL", "The thread is the main one.", (event) => event.process && isMain(event)),
  eventField("thread.vtid", "INT64", "Thread id in its own pid namespace.", virtualId),
  processField("thread.cgroups", "CHARBUF", "All cgroups as subsystem=path, joined by spaces.", (process) => {
    return joinStrings(process.cgroups);
  }),
  fieldWithArgument(
    "thread.cgroup",
    "CHARBUF",
    "Path of the cgroup of one subsystem: thread.cgroup.memory.",
    "required",
    (subsystem) => {
      if (!/^[A-Za-z_]+$/.test(subsystem ?? "")) throw new FieldError("thread.cgroup takes a subsystem's name");
      const prefix = `${subsystem}=`;
      return {
        get: ({ process }) =>
          process && splitStrings(process.cgroups).find((entry) => entry.startsWith(prefix))?.slice(prefix.length),
      };
    },
    { dotted: true },
  ),
  eventField(
    "thread.nametid",
    "CHARBUF",
    "Name of the process and id of the thread, in one.",
    ({ process, record }) => {
      return process && `${process.comm}${record.tid}`;
    },
  ),
  ofMain("thread.vmsize", "Virtual memory in kB of a main thread.", (process) => process.vmSize),
  ofMain("thread.vmrss", "Resident memory in kB of a main thread.", (process) => process.vmRss),
  ofMain("thread.vmsize.b", "Virtual memory in bytes of a main thread.", (process) => process.vmSize * 1024),
  ofMain("thread.vmrss.b", "Resident memory in bytes of a main thread.", (process) => process.vmRss * 1024),
];
