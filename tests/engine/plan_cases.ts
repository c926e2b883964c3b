// SPDX-License-Identifier: Apache-2.0

/** Seeded conditions and events for testing plans: literals of the one occur in the other, exactly and nearly. */
import type { ParamValue } from "../support/records.ts";
import { EVENT_BY_NAME, EVENT_TYPES } from "../../src/events/table.ts";
import type { EventType, Param } from "../../src/events/types.ts";
import type { Event } from "../../src/fields/event.ts";
import { layout } from "../../src/fields/layout.ts";
import type { Container } from "../../src/host/container.ts";
import { eventOf, processOf, typeCode } from "../fields/support.ts";
import { tuple, unixTuple } from "../support/sockets.ts";

/** A generator of choices from random numbers. */
export class Choice {
  constructor(readonly random: () => number) {}

  below(limit: number): number {
    return Math.floor(this.random() * limit);
  }

  one<T>(items: readonly T[]): T {
    return items[this.below(items.length)]!;
  }

  /** True in one of `n` cases. */
  in(n: number): boolean {
    return this.below(n) === 0;
  }
}

const PATHS = [
  "/etc/shadow",
  "/etc/pam.d/su",
  "/etc/pam.d",
  "/etc",
  "/",
  "/var/log/wtmp",
  "/root/.ssh/authorized_keys",
  "/tmp/x",
  "/dev/shm/run me",
  "/usr/bin/ssh",
  `/long/${"x".repeat(248)}`,
];
const PIECES = [
  ".",
  "/etc/",
  "/etc/pam",
  "/var/log/",
  "shadow",
  ".ssh/",
  "/tmp",
  "wtmp",
  "",
  "/",
  "su",
  "authorized_keys and more",
];
const GLOBS = ["/etc/*", "*shadow", "/etc/pam.d/?u", "*.ssh*", "/tmp/x", "*", "/etc/[ps]*", "/e\\tc/*"];
const NAMES = ["shadow", "wtmp", "su", "x", "authorized_keys", "etc", "a/b"];
const COMMS = ["cat", "su", "nginx", "/x", "nginx: worker p"];
const EXEPATHS = ["/usr/bin/cat", "/usr/bin/su", "/tmp/x", "/tmp/.x/su", "memfd:x", `/long/${"x".repeat(248)}/su`];
const LOGINS = ["-1", "0", "1000", "1001", "3000000000", "4294967295"];
const NUMBERS = ["-13", "-2", "-1", "0", "1", "2", "3", "17", "512", "4294967295"];
const ADDRESSES = ["10.0.0.2", "8.8.8.8", "192.168.1.2", "::1", "2001:db8::5"];
const NETWORKS = ["10.0.0.0/8", "192.168.0.0/16", "8.8.8.8/32", "2001:db8::/32", "0.0.0.0/0"];
const PORTS = ["22", "53", "80", "443", "40000"];

const TYPES = EVENT_TYPES.map(({ name }) => name);

/** Comparisons that a plan decides, by what they are about: operator and right side follow the field. */
const QUESTIONS: readonly (readonly [fields: readonly string[], ask: (field: string, choice: Choice) => string])[] = [
  [
    [
      "fd.name",
      "fd.name",
      "evt.arg.name",
      "evt.arg.path",
      "evt.arg.oldpath",
      "evt.arg.newpath",
      "evt.arg.linkpath",
      "evt.arg.target",
      "evt.arg.filename",
      "evt.arg[1]",
      "evt.arg[2]",
      "evt.abspath",
      "evt.abspath.src",
      "evt.abspath.dst",
      "fs.path.name",
      "fs.path.nameraw",
      "fs.path.source",
      "fs.path.target",
      "fs.path.targetraw",
      "fs.path.sourceraw",
      "fd.nameraw",
      "evt.rawarg.name",
      "evt.rawarg.oldpath",
    ],
    (field, choice) => askText(field, PATHS, choice),
  ],
  [["fd.directory"], (field, choice) => askText(field, ["/etc", "/", "/etc/pam.d", "/var/log", "/tmp"], choice)],
  [["fd.filename"], (field, choice) => askText(field, NAMES, choice)],
  [
    [
      "evt.rawres",
      "fd.num",
      "user.uid",
      "group.gid",
      "evt.rawarg.flags",
      "evt.rawarg.mode",
      "evt.rawarg.domain",
      "evt.rawarg.res",
    ],
    (field, choice) => {
      if (choice.in(4)) return `${field} in ${list(NUMBERS, choice)}`;
      return `${field} ${choice.one(["=", "!=", "<", "<=", ">", ">="])} ${choice.one(NUMBERS)}`;
    },
  ],
  [["evt.res", "evt.arg.res"], (field, choice) => {
    const value = choice.one(["SUCCESS", "EACCES", "ENOENT", "EINPROGRESS", "0"]);
    return `${field} ${choice.one(["=", "!=", "contains", "startswith"])} ${value}`;
  }],
  [
    ["evt.failed", "evt.is_open_read", "evt.is_open_write", "evt.is_open_exec", "evt.is_open_create", "evt.is_io_read"],
    (field, choice) => `${field} ${choice.one(["=", "!="])} ${choice.one(["true", "false"])}`,
  ],
  [["evt.count.error"], (field, choice) => `${field} ${choice.one(["=", "!=", ">"])} ${choice.one(["0", "1"])}`],
  [["evt.arg.flags"], (field, choice) => {
    const flag = choice.one([
      "O_TRUNC",
      "O_CREAT",
      "O_DIRECT",
      "O_RDWR",
      "O_WRONLY",
      "CLONE_NEWUSER",
      "O_F_CREATED",
      "AT_",
      "0",
    ]);
    return `${field} ${choice.one(["contains", "contains", "contains", "=", "startswith"])} ${flag}`;
  }],
  [["evt.arg.mode"], (field, choice) => `${field} contains ${choice.one(["S_ISUID", "S_IXUSR", "S_I"])}`],
  [
    [
      "evt.arg.sig",
      "evt.arg.proto",
      "evt.arg.type",
      "evt.arg.backlog",
      "evt.arg.mode",
      "evt.arg.size",
      "evt.arg.flags",
      "evt.arg.addr",
      "evt.arg[3]",
    ],
    (field, choice) => {
      const values = [
        "SIGHUP",
        "1",
        "3",
        "17",
        "021",
        "0x11",
        "11",
        "512",
        "-1",
        "4294967295",
        "1.5",
        "x",
        "755",
        "FFFFFFFF",
        "FFFFFFFFFFFFFFFF",
      ];
      if (choice.in(3)) return `${field} in (${choice.one(values)}, ${choice.one(values)})`;
      return `${field} ${choice.one(["=", "!=", "startswith"])} ${choice.one(values)}`;
    },
  ],
  [["evt.arg.request"], (field, choice) => {
    if (choice.in(3)) return `${field} in (PTRACE_ATTACH, PTRACE_SEIZE, "77")`;
    return `${field} ${choice.one(["=", "!=", "contains"])} ${
      choice.one(["PTRACE_ATTACH", "PTRACE_POKE", "PTRACE_TRACEME"])
    }`;
  }],
  [
    ["evt.arg.domain"],
    (field, choice) =>
      `${field} ${choice.one(["=", "!=", "contains"])} ${choice.one(["AF_INET", "AF_UNIX", "AF_PACKET"])}`,
  ],
  [
    ["fd.typechar"],
    (field, choice) => `${field} ${choice.one(["=", "!="])} ${choice.one(["f", "d", "4", "6", "u", "o"])}`,
  ],
  [["fd.typechar"], (field) => `${field} in (4, 6)`],
  [
    ["fd.type"],
    (field, choice) => `${field} ${choice.one(["=", "!="])} ${choice.one(["file", "directory", "ipv4", "unix"])}`,
  ],
  [["fd.sockfamily"], (field, choice) => `${field} ${choice.one(["=", "!="])} ${choice.one(["ip", "unix"])}`],
  [["fd.l4proto"], (field, choice) => `${field} ${choice.one(["=", "!="])} ${choice.one(["tcp", "udp", "<NA>"])}`],
  [["container.id", "container.type"], (field, choice) => {
    const value = choice.one(["host", "host", "0123456789ab", "podman"]);
    return choice.in(4) ? `${field} in (host, ${value})` : `${field} ${choice.one(["=", "!=", "startswith"])} ${value}`;
  }],
  [
    ["fd.sip", "fd.cip", "fd.rip", "fd.lip", "fd.ip"],
    (field, choice) =>
      choice.in(3)
        ? `${field} in ${list(ADDRESSES, choice)}`
        : `${field} ${choice.one(["=", "!="])} ${choice.one(ADDRESSES)}`,
  ],
  [
    ["fd.snet", "fd.cnet", "fd.rnet", "fd.net"],
    (field, choice) =>
      choice.in(3)
        ? `${field} in (${choice.one(NETWORKS)}, ${choice.one(NETWORKS)})`
        : `${field} ${choice.one(["=", "!="])} ${choice.one(NETWORKS)}`,
  ],
  [
    ["fd.sport", "fd.cport", "fd.rport", "fd.lport", "fd.port"],
    (field, choice) =>
      choice.in(3)
        ? `${field} in ${list(PORTS, choice)}`
        : `${field} ${choice.one(["=", "!=", "<", ">="])} ${choice.one(PORTS)}`,
  ],
  [
    ["proc.name", "proc.name"],
    (field, choice) => askText(field, [...COMMS, "c", "ca", "a name that is too long"], choice),
  ],
  [["proc.exepath"], (field, choice) => askText(field, [...EXEPATHS, "/usr/bin", "/tmp/", "cat"], choice)],
  [["user.loginuid"], (field, choice) => {
    if (choice.in(3)) return `${field} in ${list(LOGINS, choice)}`;
    return `${field} ${choice.one(["=", "!=", "<", "<=", ">", ">="])} ${choice.one(LOGINS)}`;
  }],
  [["user.name"], (field, choice) => `${field} ${choice.one(["=", "!="])} ${choice.one(["root", "ada"])}`],
  [["evt.type"], (field, choice) => `${field} in (${choice.one(TYPES)}, ${choice.one(TYPES)}, openat, connect)`],
  [["fd.name", "evt.rawarg.mode", "fd.sip", "evt.arg.path", "fd.filename"], (field) => `${field} exists`],
];

function list(items: readonly string[], choice: Choice): string {
  const count = choice.in(8) ? 0 : 1 + choice.below(3);
  return `(${Array.from({ length: count }, () => JSON.stringify(choice.one(items))).join(", ")})`;
}

function askText(field: string, whole: readonly string[], choice: Choice): string {
  const literal = (items: readonly string[]) => JSON.stringify(choice.one(items).slice(0, 255));
  switch (choice.below(10)) {
    case 0:
    case 1:
      return `${field} ${choice.one(["=", "=", "!="])} ${literal(whole)}`;
    case 2:
      return `${field} ${choice.one(["in", "pmatch"])} ${list(whole, choice)}`;
    case 3:
      return `${field} pmatch (${literal(whole)}, ${choice.one(["/etc/p*", "/var/*/wtmp", "/tmp", "etc", "/"])})`;
    case 4:
      return `${field} ${choice.one(["glob", "iglob"])} ${JSON.stringify(choice.one(GLOBS))}`;
    case 5:
      return `${field} regex "^/etc/.*"`;
    case 6: {
      const operator = choice.one(["startswith", "endswith", "contains", "=", "glob", "!="]);
      return `${field} ${operator} ${choice.one(["oneof", "anyof", "allof"])} ${list([...PIECES, ...whole], choice)}`;
    }
    default:
      return `${field} ${choice.one(["startswith", "endswith", "contains", "icontains"])} ${
        literal([...PIECES, ...whole])
      }`;
  }
}

/** One comparison. */
export function randomCheck(choice: Choice): string {
  const [fields, ask] = choice.one(QUESTIONS);
  return ask(choice.one(fields), choice);
}

/** A condition of comparisons from a pool. */
export function randomCondition(choice: Choice, pool: readonly string[], depth: number): string {
  if (depth === 0 || choice.in(4)) return choice.one(pool);
  if (choice.in(4)) return `not (${randomCondition(choice, pool, depth - 1)})`;
  const children = Array.from({ length: 2 + choice.below(3) }, () => `(${randomCondition(choice, pool, depth - 1)})`);
  return children.join(choice.one([" and ", " and ", " or "]));
}

const BOX: Container = {
  type: "podman",
  id: "0123456789ab",
  fullId: "0123456789ab".padEnd(64, "0"),
  facts: { name: "box", imageRepository: "debian", imageTag: "12" },
};

/** A path as a process may pass it: one of the usual ones, or something like it. */
function passedPath(choice: Choice): string {
  const path = choice.one(PATHS);
  switch (choice.below(12)) {
    case 0:
      return path.slice(1);
    case 1:
      return path.replace("/", "//");
    case 2:
      return `${path}/`;
    case 3:
      return `/etc/..${path}`;
    case 4:
      return `${path}2`;
    case 5:
      return path.slice(0, -1);
    case 6:
      return path.slice(path.lastIndexOf("/") + 1);
    case 7:
      return choice.one(["", ".", "..", "./su", "../etc/shadow", "/./etc/shadow", "/etc/pam.d/."]);
    case 8:
      return `/etc${path}`;
    default:
      return path;
  }
}

const DIRECTORIES = [
  "/etc",
  "/",
  "/etc/pam.d",
  "/root/.ssh",
  "/var/log",
  "/a (deleted)",
  "memfd:x",
  `/${"d".repeat(300)}`,
];

function numberOf({ name, type, symbols }: Param, choice: Choice): number {
  if (name === "option") return choice.one([1, 4, 15, 0x59616d61]);
  if (name === "request") return choice.one([0, 1, 5, 11, 20, 77, 300]);
  if (name === "domain") return choice.one([1, 2, 10, 17, 200]);
  if (name === "fd" || name.endsWith("dirfd")) return choice.one([-100, 3, 3, 5]);
  if (name === "mode") return choice.one([0, 0o644, 0o755, 0o4755, 0o100]);
  if (symbols !== undefined && type === "FLAGS32") return choice.below(2 ** 30);
  return choice.one([0, 1, 2, 3, 17, 512, 4294967295, -1]);
}

/** Flags of opens as a kernel makes them: only what may create a file has created one. */
function openFlags(choice: Choice): number {
  const flags = choice.below(1 << 14) & choice.below(1 << 14) | choice.one([1, 2, 3]);
  return (flags & (1 << 2 | 1 << 13)) !== 0 && choice.in(2)
    ? flags | 1 << 14
    : flags | choice.one([0, 1 << 15, 1 << 16]);
}

function ends(choice: Choice): Uint8Array {
  if (choice.in(6)) return unixTuple(1n, 2n, "/run/x");
  if (choice.in(4)) return tuple("::ffff:10.0.0.2", 40000, "::ffff:8.8.8.8", Number(choice.one(PORTS)));
  const six = choice.in(4);
  const address = () => choice.one(ADDRESSES.filter((text) => text.includes(":") === six));
  return tuple(address(), Number(choice.one(PORTS)), address(), choice.in(8) ? 0 : Number(choice.one(PORTS)));
}

/** What a driver says of a descriptor that is open. */
function descriptor(type: EventType, choice: Choice): Record<string, ParamValue> {
  const { openedPath, tuple: own } = layout(type);
  if (openedPath >= 0) {
    const char = choice.one(["f", "d", "p", "m"]);
    return { fd_type: typeCode(char), fd_path: choice.one(["/etc/shadow", "/x"]), fd_dev: 1, fd_ino: 2 };
  }
  if (own < 0 && !["socket", "bind", "listen", "dup", "dup2", "dup3"].includes(type.name) || choice.in(5)) {
    const kind = choice.one(["f", "d", "p", "e"]);
    return { fd_type: typeCode(kind), ...(choice.in(2) ? { fd_path: choice.one(PATHS) } : {}), fd_dev: 1, fd_ino: 2 };
  }
  const waits = ["bind", "listen"].includes(type.name) && choice.in(2);
  const both = waits
    ? tuple(choice.one(["10.0.0.2", "8.8.8.8"]), Number(choice.one(PORTS)), "0.0.0.0", 0)
    : ends(choice);
  const char = both[0] === 1 ? "u" : both[0] === 2 ? "4" : "6";
  const proto = choice.one([0, 6, 6, 17, 1, 255]);
  return {
    fd_type: typeCode(char),
    fd_tuple: both,
    fd_proto: proto,
    fd_role: waits ? 2 : choice.below(3),
    ...(own >= 0 && !choice.in(6) ? { tuple: both } : {}),
  };
}

/** An event as a kernel could have sent it: of one of these types, else of any, more often of the frequent ones. */
export function randomEvent(choice: Choice, names?: readonly string[]): Event {
  const name = choice.one(names ?? (choice.in(3) ? ["openat", "open", "connect"] : TYPES));
  const type = EVENT_BY_NAME.get(name)!;
  const { result, openedPath, flags, directory } = layout(type);
  const params: Record<string, ParamValue> = {};
  const failed = choice.in(4);
  type.params.forEach((param, index) => {
    if (param.own || index === result) return;
    if (index === flags && openedPath >= 0) params[param.name] = openFlags(choice);
    else if (["FSPATH", "FSRELPATH"].includes(param.type) || param.name === "target") {
      if (failed && choice.in(4)) return;
      const path = passedPath(choice);
      params[param.name] = path;
      const at = directory[index]!;
      if (at >= 0 && !path.startsWith("/") && !choice.in(4)) params[type.params[at]!.name] = choice.one(DIRECTORIES);
    } else if (["CHARBUF", "BYTEBUF", "SOCKADDR", "SOCKTUPLE"].includes(param.type)) return;
    else if (!choice.in(12) || index === layout(type).mode) params[param.name] = numberOf(param, choice);
  });
  if (result >= 0) {
    params[type.params[result]!.name] = failed ? choice.one([-13, -2, -1, -115]) : choice.one([0, 1, 2, 3]);
  }
  const { fdType } = layout(type);
  if (fdType >= 0 && (!failed || !type.createsFd) && !choice.in(10)) Object.assign(params, descriptor(type, choice));
  if (failed && params["res"] !== -115) delete params["tuple"];
  const comm = choice.in(12) ? "" : choice.one(COMMS);
  const exepath = choice.in(12) ? "" : choice.one(EXEPATHS);
  const loginuid = choice.one([4294967295, 0, 1000, 3000000000]);
  const uid = choice.one([0, 1, 1000]);
  const process = choice.in(10)
    ? null
    : processOf({ comm, exepath, loginuid, uid, ...(choice.in(3) ? { container: BOX } : {}) });
  const truncated = choice.in(40) ? 2 : 0;
  return eventOf(type.name, params, { process, header: { pid: 4000, uid, gid: choice.one([0, 3]), flags: truncated } });
}
