// SPDX-License-Identifier: Apache-2.0

/** `proc.p*` and `proc.a*`: the parent and the other ancestors. */
import type { BinaryString } from "../events/text.ts";
import type { ValueType } from "../events/types.ts";
import type { Process } from "../host/process.ts";
import { ancestor, commandLine, joinStrings, ofAncestors, splitStrings } from "./ancestors.ts";
import { type CatalogueField, execField, fieldWithArgument, type Reader, type Traits } from "./define.ts";
import type { Value } from "./field.ts";

const ANCESTOR: Traits = { noRhs: true, noTransformer: true };

/** A whole number in brackets; Falco takes anything else for no argument at all. */
function level(argument: string | undefined): number | undefined {
  return argument !== undefined && /^[0-9]{1,9}$/.test(argument) ? Number(argument) : undefined;
}

/** A reader of what the process and its ancestors decide. */
function kept(ofProcess: (process: Process) => Value | undefined): Reader {
  return { get: ({ process }) => process && ofProcess(process), ofProcess };
}

/** One ancestor's fact: `proc.aname[2]`. */
function single(at: number, fact: (process: Process) => Value): Reader {
  return kept((process) => {
    const found = ancestor(process, at);
    return found && fact(found);
  });
}

/** All ancestors' facts: each on its own in a condition, joined by spaces in an output. */
function all(fact: (process: Process) => Value): Reader {
  return {
    several: "ancestors",
    ...kept((process) => ofAncestors(process, fact)),
    output: ({ process }) => process && ofAncestors(process, fact).join(" "),
  };
}

/** `proc.aname` and its kin. */
function ancestorField(
  name: string,
  type: ValueType,
  whats: string,
  fact: (process: Process) => Value,
): CatalogueField {
  const doc = `${whats} of ancestor N (0 the process, 1 its parent); without a number of any ancestor.`;
  return fieldWithArgument(name, type, doc, "optional", (argument) => {
    const at = level(argument);
    return at === undefined ? all(fact) : single(at, fact);
  }, ANCESTOR);
}

/** A fact of the parent: missing without one. */
function parentField(
  name: string,
  type: ValueType,
  doc: string,
  fact: (parent: Process) => Value | undefined,
): CatalogueField {
  return execField(name, type, doc, (process) => process.parent && fact(process.parent));
}

/** Value of a variable in an environment, without spaces around it; undefined when it is not there. */
export function variable(env: BinaryString, name: string): BinaryString | undefined {
  const entry = splitStrings(env).find((text) => text.startsWith(`${name}=`));
  return entry?.slice(name.length + 1).replace(/^ +| +$/g, "");
}

function ancestorEnvironment(argument: string | undefined): Reader {
  const fact = (process: Process) => joinStrings(process.env);
  const at = level(argument);
  // a number picks the ancestor in outputs only; a condition looks at all of them all the same
  if (at !== undefined) return { ...all(fact), output: single(at, fact).get };
  if (argument === undefined) return all(fact);
  return kept((process) =>
    ofAncestors(process, (at) => variable(at.env, argument)).find((text) => text !== undefined) ?? ""
  );
}

/** Fields of the parent. */
export const PARENT_FIELDS: readonly CatalogueField[] = [
  parentField("proc.pexe", "CHARBUF", "argv[0] of the parent.", (parent) => parent.exe),
  parentField("proc.pexepath", "CHARBUF", "Path of the parent's executable.", (parent) => parent.exepath),
  parentField("proc.pname", "CHARBUF", "Name of the parent.", (parent) => parent.comm),
  parentField("proc.pcmdline", "CHARBUF", "Name and arguments of the parent.", commandLine),
  parentField(
    "proc.pvpid",
    "INT64",
    "Id of the parent in its pid namespace.",
    (parent) => parent.vpid === -1 ? undefined : parent.vpid,
  ),
  parentField("proc.ppid.ts", "RELTIME", "Start of the parent, ns since the epoch.", (parent) => parent.startTime),
];

/** Fields of all ancestors. */
export const ANCESTOR_FIELDS: readonly CatalogueField[] = [
  ancestorField("proc.aexe", "CHARBUF", "argv[0]", (process) => process.exe),
  ancestorField("proc.aexepath", "CHARBUF", "Path of the executable", (process) => process.exepath),
  ancestorField("proc.aname", "CHARBUF", "Name", (process) => process.comm),
  ancestorField("proc.acmdline", "CHARBUF", "Name and arguments", commandLine),
  ancestorField("proc.apid", "INT64", "Process id", (process) => process.pid),
  fieldWithArgument(
    "proc.aargs",
    "CHARBUF",
    "Arguments of ancestor N; without a number those of all ancestors, joined by spaces.",
    "optional",
    (argument) => {
      const at = level(argument);
      const fact = (process: Process) => joinStrings(process.args);
      if (at !== undefined) return single(at, fact);
      return kept((process) => ofAncestors(process, fact).join(" "));
    },
  ),
  fieldWithArgument(
    "proc.aenv",
    "CHARBUF",
    "Environment of any ancestor, or the variable NAME of the nearest ancestor that has it (proc.aenv[NAME]).",
    "optional",
    ancestorEnvironment,
    ANCESTOR,
  ),
];
