// SPDX-License-Identifier: Apache-2.0

/**
 * From one comparison of a condition to tests that the kernel can decide, for events of one type. What comes out lets
 * every event pass of which the comparison (or, when asked so, its negation) holds.
 *
 * A comparison with a missing value does not hold and its negation does; a test whose subject the kernel doesn't have
 * holds, so that both are safe.
 */
import { PPM_O_CREAT, PPM_O_RDONLY, PPM_O_TMPFILE, PPM_O_WRONLY, SYMBOLS } from "../events/symbols.ts";
import type { EventType } from "../events/types.ts";
import { layout } from "../fields/layout.ts";
import { HOST_CONTAINER } from "../host/container.ts";
import { type Atom, bits, enumerated, flag, type Item, numberClauses, param, single, textsOf } from "./plan_atom.ts";
import { ALWAYS, ask, both, type Clauses, either, NEVER, type ProcessText } from "./plan_clause.ts";
import { type PathPart, pathsWhere } from "./plan_paths.ts";
import { complementRanges, type Range, type Ranges, rangesOf } from "./plan_ranges.ts";
import { ProbeEvent } from "./plan_probe.ts";
import { endsOf, NET_FIELDS, netClauses } from "./plan_sockets.ts";

/** O_DIRECTORY in Falco's numbering. */
const O_DIRECTORY = 1 << 10;
const EXECUTABLE_BITS = 0o111;

/** Flags that the kernel knows of an opened file only, which a test must not wait for. */
const KNOWN_OPEN_FLAGS = (1 << 14) - 1;

/** Disks of guests by inode number that are told apart from their neighbours: hosts have many. */
const MAX_DISKS = 96;

/** Error numbers of Linux, and all that is none. */
const RESULTS: readonly Item[] = [...single(-133, -1), { from: 0, to: Number.MAX_SAFE_INTEGER, at: 0 }];
const FAILURES: readonly Item[] = [
  { from: Number.MIN_SAFE_INTEGER, to: -1, at: -1 },
  { from: 0, to: Number.MAX_SAFE_INTEGER, at: 0 },
];
const ERRORS = single(-133, 0);
const ENUMS = single(0, 255);
const CHARACTERS = single(0, 127);

/** Fields that an event's type alone decides. */
const OF_TYPE: ReadonlySet<string> = new Set([
  "evt.source",
  "evt.is_async",
  "evt.type.is",
  "evt.is_io",
  "evt.is_io_read",
  "evt.is_io_write",
  "evt.io_dir",
  "evt.count",
  "evt.count.exit",
  "evt.dir",
]);

/** The clauses that an atom comes to; undefined when the kernel can't decide anything of it. */
export function clausesOf(atom: Atom): Clauses | undefined {
  const { check, type, positive } = atom;
  const name = check.left.field?.field.name;
  if (name === undefined || check.right !== undefined || check.predicate === undefined) return undefined;
  if (!check.presentOn(type)) return positive ? NEVER : ALWAYS;
  if (OF_TYPE.has(name) || name.startsWith("static.")) {
    return check.holds(new ProbeEvent(type)) === positive ? ALWAYS : NEVER;
  }
  if (NET_FIELDS.has(name)) return netClauses(atom, endsOf(name, type));
  return FIELDS[name]?.(atom);
}

type Decide = (atom: Atom) => Clauses | undefined;

/** Index of the result of a system call. */
function resultOf(type: EventType): number {
  return layout(type).result;
}

function openedBy(mask: number): Decide {
  return (atom) => {
    const { openedPath, flags } = layout(atom.type);
    if (openedPath < 0 || flags < 0) return flag(atom, NEVER, ALWAYS);
    return flag(atom, bits(flags, mask, "any"), bits(flags, mask, "none"));
  };
}

function opensExecutable(atom: Atom): Clauses {
  const { openedPath, mode } = layout(atom.type);
  if (openedPath < 0) return flag(atom, NEVER, ALWAYS);
  return flag(atom, bits(mode, EXECUTABLE_BITS, "any"), ALWAYS);
}

function opensNew(atom: Atom): Clauses {
  const { openedPath, flags } = layout(atom.type);
  if (openedPath < 0 || flags < 0) return flag(atom, NEVER, ALWAYS);
  return flag(atom, bits(flags, PPM_O_CREAT | PPM_O_TMPFILE, "any"), ALWAYS);
}

/** `fd.typechar` and its kin: of opens a file's or, when a directory is asked for, a directory's. */
function descriptorKind(atom: Atom): Clauses | undefined {
  const { type, check, positive } = atom;
  const { openedPath, flags, fdType } = layout(type);
  if (fdType < 0) return undefined;
  if (openedPath < 0) return enumerated(atom, fdType, CHARACTERS, socketsOf(type));
  const outcome = (directory: boolean) => {
    const event = new ProbeEvent(type);
    event.setNumber(fdType, "f".charCodeAt(0));
    if (flags >= 0) event.setNumber(flags, directory ? O_DIRECTORY : 0);
    return check.holds(event) === positive;
  };
  const unknown = check.holds(new ProbeEvent(type)) === positive;
  if (unknown || flags < 0) return unknown || outcome(false) ? ALWAYS : NEVER;
  return either(
    outcome(true) ? bits(flags, O_DIRECTORY, "any") : NEVER,
    outcome(false) ? bits(flags, O_DIRECTORY, "none") : NEVER,
  );
}

const INET = [2, 10, 0, 0, 1, 64, 156, 10, 0, 0, 2, 80, 0];
const MAPPED = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 10, 0, 0, 1, 64, 156];
const INET6 = [10, ...MAPPED.map((byte) => byte === 255 ? 1 : byte), ...MAPPED];
const UNIX = [1, ...new Array<number>(16).fill(0), 0];

/** The sockets that a descriptor may be, as far as fields tell them apart: none that is known, and one of each family. */
function socketsOf(type: EventType): ((event: ProbeEvent) => void)[] {
  const { fdTuple, fdRole } = layout(type);
  return [[], INET, INET6, [10, ...MAPPED, ...MAPPED], UNIX].map((tuple) => (event) => {
    event.setBytes(fdTuple, tuple);
    event.setNumber(fdRole, 1);
  });
}

function protocol(atom: Atom): Clauses | undefined {
  const { fdType, fdProto } = layout(atom.type);
  if (fdType < 0) return undefined;
  const sockets = socketsOf(atom.type).map((set) => (event: ProbeEvent) => {
    event.setNumber(fdType, "4".charCodeAt(0));
    set(event);
  });
  return enumerated(atom, fdProto, ENUMS, sockets);
}

/** Index of the parameter that `evt.arg`, `evt.rawarg` or `evt.abspath` names; -1 when it has none that Falco has. */
function argumentIndex({ check: { left }, node, type }: Atom): number {
  const argument = node.left.kind === "field" ? node.left.argument : undefined;
  const named = argument ?? /^evt\.(?:raw)?arg\.(.+)$/.exec(left.text)?.[1];
  if (named === undefined) return -1;
  const index = /^[0-9]+$/.test(named) ? Number(named) : type.index.get(named) ?? -1;
  return type.params[index]?.own === false ? index : -1;
}

/** `evt.arg`: text of a parameter. */
function argument(atom: Atom): Clauses | undefined {
  const index = argumentIndex(atom);
  const found = atom.type.params[index];
  if (found === undefined) return undefined;
  switch (found.type) {
    case "FSPATH":
    case "FSRELPATH":
    case "CHARBUF":
      return path(atom, index, "path", true);
    case "ERRNO":
      return index === resultOf(atom.type) ? enumerated(atom, index, ERRORS) : undefined;
    case "ENUMFLAGS16":
    case "ENUMFLAGS32":
      return found.symbols === undefined ? undefined : enumerated(atom, index, ENUMS);
    case "SIGTYPE":
      return enumerated(atom, index, ENUMS);
    case "INT32":
      return numberText(atom, index, found.name === "flags" ? "u32" : "s32");
    case "UINT8":
    case "UINT32":
    case "INT64":
    case "UINT64":
      return numberText(atom, index, found.name === "mode" ? "u32" : "s64");
    case "FLAGS32":
    case "MODE":
      return found.symbols === undefined ? undefined : flagNames(atom, index, found.symbols);
    default:
      return undefined;
  }
}

/**
 * A number as text, in whatever base the field prints it (rawText of src/events/render.ts, which reads it as wide): no
 * two numbers have the same text, so that all but those that the literals may stand for are alike.
 */
function numberText(atom: Atom, index: number, width: "s64" | "s32" | "u32"): Clauses | undefined {
  const { check, node, type, positive } = atom;
  const { operator, modifier } = node;
  if (modifier !== undefined || (operator !== "=" && operator !== "!=" && operator !== "in")) return undefined;
  const named = textsOf(node).flatMap((text) => [10, 8, 16].map((base) => Number.parseInt(text, base)));
  const candidates = [...new Set(named.filter((value) => !Number.isNaN(value)))];
  if (!candidates.every(Number.isSafeInteger)) return undefined;
  const event = new ProbeEvent(type);
  const holds = (value: number) => {
    event.setNumber(index, value);
    return check.holds(event) === positive;
  };
  let other = 1;
  while (candidates.includes(other)) other++;
  const like = candidates.filter((value) => holds(value) !== holds(other)).map((value): Range => [value, value]);
  const ranges = rangesOf(like);
  return ask({
    kind: "number",
    of: param(index, width),
    ranges: holds(other) ? complementRanges(ranges) : ranges,
    missing: !positive,
  });
}

/** `contains O_TRUNC`: the bits of every flag in whose name the text stands. */
function flagNames(
  { node, type, positive }: Atom,
  index: number,
  symbols: keyof typeof SYMBOLS,
): Clauses | undefined {
  const [text, more] = textsOf(node);
  // a number without a known flag is printed in digits
  if (node.operator !== "contains" || node.modifier !== undefined || more !== undefined) return undefined;
  if (text === undefined || /^[0-9]*$/.test(text) || text.includes("|")) return undefined;
  const named = SYMBOLS[symbols].filter(([name]) => name.includes(text)).map(([, value]) => value >>> 0);
  const known = layout(type).openedPath >= 0 ? KNOWN_OPEN_FLAGS : 0xffffffff;
  if (named.some((value) => value === 0 || (value & known) >>> 0 !== value)) return undefined;
  if (positive) return either(...named.map((value) => bits(index, value | 0, "all")));
  // not printed is not unset where another name takes the bits away
  const others = SYMBOLS[symbols].filter(([, value]) => !named.includes(value >>> 0));
  const alone = (value: number) => (value & (value - 1)) === 0 && others.every(([, other]) => (other & value) === 0);
  return both(...named.filter(alone).map((value) => bits(index, value | 0, "none")));
}

/** `evt.rawarg`: a parameter's own number. */
function rawArgument(atom: Atom): Clauses | undefined {
  const index = argumentIndex(atom);
  const found = atom.type.params[index];
  if (found === undefined || (layout(atom.type).openedPath >= 0 && index === layout(atom.type).flags)) return undefined;
  switch (found.type) {
    case "INT64":
    case "FD":
    case "PID":
    case "ERRNO":
      return numberClauses(atom, param(index, "s64"));
    case "INT32":
      return numberClauses(atom, param(index, "s32"));
    case "UINT8":
    case "UINT32":
    case "FLAGS32":
    case "ENUMFLAGS16":
    case "ENUMFLAGS32":
    case "MODE":
    case "UID":
      return numberClauses(atom, param(index, "u32"));
    case "FSPATH":
    case "FSRELPATH":
      return path(atom, index, "raw", false);
    default:
      return undefined;
  }
}

/** A path parameter, or a part of it. `always`: the field has a value wherever the kernel has the path. */
function path(atom: Atom, index: number, part: PathPart, always: boolean): Clauses | undefined {
  return index < 0 ? undefined : text(atom, { kind: "path", index }, part, always);
}

type TextSubject =
  | { readonly kind: "path"; readonly index: number }
  | { readonly kind: "process"; readonly of: ProcessText };

function text({ node, positive }: Atom, of: TextSubject, part: PathPart, always: boolean): Clauses | undefined {
  const { operator, modifier } = node;
  if (operator === "exists") return positive || !always ? ALWAYS : NEVER;
  const unequal = operator === "!=";
  if (unequal && (modifier !== undefined || (part !== "path" && part !== "name"))) return undefined;
  const bound = pathsWhere(part, operator, textsOf(node));
  if (bound === undefined) return undefined;
  const wanted = positive !== unequal;
  if (wanted) {
    // a missing value holds of no comparison, so that it is enough to have the paths of which it does hold
    if (positive || (bound.exact && always)) return ask({ ...of, outside: false, paths: bound.paths });
    return undefined;
  }
  if (!bound.exact || (!positive && !always) || (modifier !== undefined && modifier !== "anyof")) return undefined;
  return ask({ ...of, outside: true, paths: bound.paths });
}

/** `proc.name` and `proc.exepath`. What the kernel knows of a process the field has, but not of every process. */
function ofProcess(of: ProcessText, part: PathPart): Decide {
  return (atom) => atom.node.operator === "exists" ? undefined : text(atom, { kind: "process", of }, part, true);
}

/** `fd.name` and its parts: only of opens is it the path that was passed. */
function opened(part: PathPart): Decide {
  return (atom) => {
    const { openedPath } = layout(atom.type);
    return path(atom, openedPath, part, part === "path");
  };
}

/** Which parameter an `fs.path` field is, the first that the event has: src/fields/fs.ts. */
function fsPath(part: PathPart, names: readonly string[], ofRename = names): Decide {
  return (atom) => {
    const { index, name: event } = atom.type;
    const name = (event.startsWith("rename") ? ofRename : names).find((each) => index.has(each));
    return name === undefined ? undefined : path(atom, index.get(name)!, part, false);
  };
}

/** `evt.abspath`: the path of calls that take a directory; of two the first unless `.dst` is meant. */
function abspath(atom: Atom): Clauses | undefined {
  const wanted = atom.check.left.text === "evt.abspath.dst" ? "newpath" : "oldpath";
  const { params } = atom.type;
  const found = params.findIndex(({ dirfd, name }) => dirfd !== undefined && name === wanted);
  return path(atom, found >= 0 ? found : params.findIndex(({ dirfd }) => dirfd !== undefined), "path", true);
}

/** `container.*`: on the host a constant; in a container anything. */
function container(host: string): Decide {
  return ({ check, node, positive }) => {
    const onHost = check.predicate!.holds(host) === positive;
    const { operator, modifier } = node;
    // only these rule containers out: whatever a container's value is, it isn't the host's
    const onlyHost = host === HOST_CONTAINER.id && (operator === "=" || operator === "in") && modifier === undefined &&
      textsOf(node).every((text) => text === host);
    const onlyContainers = host === HOST_CONTAINER.id && operator === "!=" && modifier === undefined &&
      textsOf(node).every((text) => text === host);
    const inContainer = positive ? !onlyHost : !onlyContainers;
    return either(
      onHost ? ask({ kind: "container", inside: false }) : NEVER,
      inContainer ? ask({ kind: "container", inside: true }) : NEVER,
    );
  };
}

/** A new peer, which the kernel decides; of the calls that it does so of. */
function nameChanged(atom: Atom): Clauses | undefined {
  const { newPeer } = layout(atom.type);
  return newPeer < 0 ? undefined : flag(atom, bits(newPeer, 1, "any"), ALWAYS);
}

/**
 * `vm.disk_of`: of a file that was opened by a disk's path, or that is a disk by whatever path. What has a name but was
 * not opened has no other.
 */
function guestDisk(atom: Atom): Clauses | undefined {
  const { type, positive, disks } = atom;
  const { openedPath, result } = layout(type);
  const inode = type.index.get("ino");
  if (disks === undefined || openedPath < 0 || inode === undefined || !positive) return undefined;
  if (disks.paths.length === 0) return NEVER;
  const named = pathsWhere("path", "in", disks.paths);
  if (named === undefined) return undefined;
  const number = (index: number, ranges: Ranges) =>
    ask({ kind: "number", of: param(index, "s64"), ranges, missing: false }, MAX_DISKS);
  return either(
    ask({ kind: "path", index: openedPath, outside: false, paths: named.paths }),
    both(
      number(result, [[0, Number.MAX_SAFE_INTEGER]]),
      number(inode, rangesOf(disks.inodes.map((inode) => [inode, inode]))),
    ),
  );
}

const onResult = (items: readonly Item[]): Decide => (atom) => {
  const index = resultOf(atom.type);
  return index < 0 ? undefined : enumerated(atom, index, items);
};

/** Parameters of calls with one path; of links, what is made and what that means. */
const PATHS = ["path", "name", "filename"];
const MADE = ["linkpath", "newpath"];
const MEANT = ["target", "oldpath"];

const FIELDS: Readonly<Record<string, Decide>> = {
  "evt.rawres": (atom) => resultOf(atom.type) < 0 ? undefined : numberClauses(atom, param(resultOf(atom.type), "s64")),
  "evt.res": onResult(RESULTS),
  "evt.failed": onResult(FAILURES),
  "evt.count.error": onResult(FAILURES),
  "evt.is_open_read": openedBy(PPM_O_RDONLY),
  "evt.is_open_write": openedBy(PPM_O_WRONLY),
  "evt.is_open_exec": opensExecutable,
  "evt.is_open_create": opensNew,
  "evt.arg": argument,
  "evt.rawarg": rawArgument,
  "evt.abspath": abspath,
  "fd.num": (atom) => numberClauses(atom, param(layout(atom.type).fd, "s64")),
  "fd.typechar": descriptorKind,
  "fd.type": descriptorKind,
  "fd.sockfamily": descriptorKind,
  "fd.l4proto": protocol,
  "fd.name_changed": nameChanged,
  "fd.name": opened("path"),
  "fd.directory": opened("directory"),
  "fd.filename": opened("filename"),
  "fd.nameraw": opened("raw"),
  "fs.path.name": fsPath("path", PATHS),
  "fs.path.nameraw": fsPath("raw", PATHS),
  "fs.path.source": fsPath("path", MADE, ["oldpath"]),
  "fs.path.sourceraw": fsPath("raw", MADE, ["oldpath"]),
  "fs.path.target": fsPath("path", MEANT, ["newpath"]),
  "fs.path.targetraw": fsPath("raw", MEANT, ["newpath"]),
  "proc.name": ofProcess("name", "name"),
  "proc.exepath": ofProcess("exepath", "path"),
  "user.loginuid": (atom) => numberClauses(atom, { kind: "loginuid" }),
  "user.uid": (atom) => numberClauses(atom, { kind: "header", id: "uid" }),
  "group.gid": (atom) => numberClauses(atom, { kind: "header", id: "gid" }),
  "container.id": container(HOST_CONTAINER.id),
  "container.full_id": container(HOST_CONTAINER.fullId),
  "container.type": container(HOST_CONTAINER.type),
  "vm.disk_of": guestDisk,
};
