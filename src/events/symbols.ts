// SPDX-License-Identifier: Apache-2.0

/**
 * Names of flag and enum values.
 *
 * Which numbers are on the wire. Every table except `finit_module_flags`, `unlinkat_flags`, `linkat_flags`,
 * `renameat2_flags`, `socket_families` and `bpf_commands` holds Falco's own numbers (PPM_* in Falco's
 * driver/ppm_events_public.h), which differ from the kernel's: the drivers translate, so that a number written in a
 * rule (`evt.rawarg.flags`) means the same on every architecture. In the tables just named Falco's numbers are the
 * kernel's. `chmod_mode` needs no translation either: the permission bits are the same octal digits.
 *
 * The order within a table is Falco's, because it is the order in which names are printed
 * (`O_TRUNC|O_CREAT|O_WRONLY`).
 */
import { FURTHER_SYMBOLS } from "./symbols_further.ts";
import type { SymbolTable } from "./types.ts";

/** One table: names and their numbers, in printing order. */
export type Symbols = readonly (readonly [name: string, value: number])[];

/** PPM open flags that fields test by themselves. */
export const PPM_O_RDONLY = 1 << 0;
export const PPM_O_WRONLY = 1 << 1;
export const PPM_O_CREAT = 1 << 2;
export const PPM_O_TMPFILE = 1 << 13;
/** Set by the driver: this call created the file. */
export const PPM_O_F_CREATED = 1 << 14;
/** Set by the driver: the file lies in an overlayfs upper (lower) layer. */
export const PPM_FD_UPPER_LAYER = 1 << 15;
export const PPM_FD_LOWER_LAYER = 1 << 16;
/** The same two in creat's own `creat_flags`. */
export const PPM_FD_UPPER_LAYER_CREAT = 1 << 0;
export const PPM_FD_LOWER_LAYER_CREAT = 1 << 1;
/** Bits of execve's `flags`. */
export const PPM_EXE_WRITABLE = 1 << 0;
export const PPM_EXE_UPPER_LAYER = 1 << 1;
export const PPM_EXE_FROM_MEMFD = 1 << 2;
export const PPM_EXE_LOWER_LAYER = 1 << 3;
/** A directory descriptor that stands for the current directory. */
export const AT_FDCWD = -100;

/** Names numbered by their place, from `first` on. */
function numbered(prefix: string, names: string, first = 0): (readonly [string, number])[] {
  return names.split(" ").map((name, i) => [prefix + name, first + i] as const);
}

/** PTRACE_* in PPM numbering, 0 = unknown. */
const PTRACE = numbered(
  "PTRACE_",
  "UNKNOWN TRACEME PEEKTEXT PEEKDATA PEEKUSR POKETEXT POKEDATA POKEUSR CONT KILL SINGLESTEP ATTACH DETACH SYSCALL " +
    "SETOPTIONS GETEVENTMSG GETSIGINFO SETSIGINFO GETREGSET SETREGSET SEIZE INTERRUPT LISTEN PEEKSIGINFO GETSIGMASK " +
    "SETSIGMASK GETREGS SETREGS GETFPREGS SETFPREGS GETFPXREGS SETFPXREGS OLDSETOPTIONS GET_THREAD_AREA " +
    "SET_THREAD_AREA ARCH_PRCTL SYSEMU SYSEMU_SINGLESTEP SINGLEBLOCK",
);

/** Requests whose `data` is a signal number. */
export const PTRACE_WITH_SIGNAL: ReadonlySet<number> = new Set(
  PTRACE.filter(([name]) => /_(CONT|SINGLESTEP|DETACH|SYSCALL)$/.test(name)).map(([, value]) => value),
);

/** Address families in the kernel's numbering; 27 and 28 are not named by Falco. */
const FAMILIES: Symbols = [
  ["AF_UNSPEC", 0],
  ["AF_UNIX", 1],
  ["AF_LOCAL", 1],
  ...numbered(
    "AF_",
    "INET AX25 IPX APPLETALK NETROM BRIDGE ATMPVC X25 INET6 ROSE DECnet NETBEUI SECURITY KEY NETLINK",
    2,
  ),
  ["AF_ROUTE", 16],
  ...numbered("AF_", "PACKET ASH ECONET ATMSVC RDS SNA IRDA PPPOX WANPIPE LLC", 17),
  ...numbered("AF_", "CAN TIPC BLUETOOTH IUCV RXRPC ISDN PHONET IEEE802154 CAIF ALG NFC", 29),
];

/** Every table by its name. */
export const SYMBOLS: Readonly<Record<SymbolTable, Symbols>> = {
  ...FURTHER_SYMBOLS,
  file_flags: [
    ["O_LARGEFILE", 1 << 11],
    ["O_DIRECTORY", 1 << 10],
    ["O_DIRECT", 1 << 9],
    ["O_TRUNC", 1 << 8],
    ["O_SYNC", 1 << 7],
    ["O_NONBLOCK", 1 << 6],
    ["O_EXCL", 1 << 5],
    ["O_DSYNC", 1 << 4],
    ["O_APPEND", 1 << 3],
    ["O_CREAT", PPM_O_CREAT],
    ["O_RDWR", PPM_O_RDONLY | PPM_O_WRONLY],
    ["O_WRONLY", PPM_O_WRONLY],
    ["O_RDONLY", PPM_O_RDONLY],
    ["O_CLOEXEC", 1 << 12],
    ["O_NONE", 0],
    ["O_TMPFILE", PPM_O_TMPFILE],
    ["O_F_CREATED", PPM_O_F_CREATED],
    ["FD_UPPER_LAYER", PPM_FD_UPPER_LAYER],
    ["FD_LOWER_LAYER", PPM_FD_LOWER_LAYER],
  ],
  creat_flags: [
    ["FD_UPPER_LAYER_CREAT", PPM_FD_UPPER_LAYER_CREAT],
    ["FD_LOWER_LAYER_CREAT", PPM_FD_LOWER_LAYER_CREAT],
  ],
  clone_flags: [
    ...numbered(
      "",
      "FILES FS IO NEWIPC NEWNET NEWNS NEWPID NEWUTS PARENT PARENT_SETTID PTRACE SIGHAND SYSVSEM THREAD UNTRACED VM " +
        "INVERTED",
    ).map(([name, bit]) => [`CLONE_${name}`, 1 << bit] as const),
    ["NAME_CHANGED", 1 << 17],
    ["CLOSED", 1 << 18],
    ["CLONE_NEWUSER", 1 << 20],
    ["CLONE_CHILD_CLEARTID", 1 << 23],
    ["CLONE_CHILD_SETTID", 1 << 24],
    ["CLONE_SETTLS", 1 << 25],
    ["CLONE_STOPPED", 1 << 26],
    ["CLONE_VFORK", 1 << 27],
    ["CLONE_NEWCGROUP", 1 << 28],
    ["CLONE_CHILD_IN_PIDNS", 1 << 29],
  ],
  execve_flags: [
    ["EXE_WRITABLE", PPM_EXE_WRITABLE],
    ["EXE_UPPER_LAYER", PPM_EXE_UPPER_LAYER],
    ["EXE_FROM_MEMFD", PPM_EXE_FROM_MEMFD],
    ["EXE_LOWER_LAYER", PPM_EXE_LOWER_LAYER],
  ],
  chmod_mode: numbered("S_", "IXOTH IWOTH IROTH IXGRP IWGRP IRGRP IXUSR IWUSR IRUSR ISVTX ISGID ISUID")
    .map(([name, bit]) => [name, 1 << bit] as const),
  unlinkat_flags: [["AT_REMOVEDIR", 0x200]],
  linkat_flags: [["AT_SYMLINK_FOLLOW", 0x400], ["AT_EMPTY_PATH", 0x1000]],
  renameat2_flags: [["RENAME_NOREPLACE", 1], ["RENAME_EXCHANGE", 2], ["RENAME_WHITEOUT", 4]],
  openat2_flags: [
    ["RESOLVE_BENEATH", 1],
    ["RESOLVE_IN_ROOT", 2],
    ["RESOLVE_NO_MAGICLINKS", 4],
    ["RESOLVE_NO_SYMLINKS", 8],
    ["RESOLVE_NO_XDEV", 16],
    ["RESOLVE_CACHED", 32],
  ],
  finit_module_flags: [
    ["MODULE_INIT_IGNORE_MODVERSIONS", 1],
    ["MODULE_INIT_IGNORE_VERMAGIC", 2],
    ["MODULE_INIT_COMPRESSED_FILE", 4],
  ],
  ptrace_requests: PTRACE,
  // addr is a number; data is a signal for the requests in PTRACE_WITH_SIGNAL: see render.ts
  ptrace_dynamic_param: [],
  socket_families: FAMILIES.toReversed(),
  bpf_commands: [
    ...numbered(
      "BPF_",
      "MAP_CREATE MAP_LOOKUP_ELEM MAP_UPDATE_ELEM MAP_DELETE_ELEM MAP_GET_NEXT_KEY PROG_LOAD OBJ_PIN OBJ_GET " +
        "PROG_ATTACH PROG_DETACH PROG_TEST_RUN",
    ),
    ["BPF_PROG_RUN", 10],
    ...numbered(
      "BPF_",
      "PROG_GET_NEXT_ID MAP_GET_NEXT_ID PROG_GET_FD_BY_ID MAP_GET_FD_BY_ID OBJ_GET_INFO_BY_FD PROG_QUERY " +
        "RAW_TRACEPOINT_OPEN BTF_LOAD BTF_GET_FD_BY_ID TASK_FD_QUERY MAP_LOOKUP_AND_DELETE_ELEM MAP_FREEZE " +
        "BTF_GET_NEXT_ID MAP_LOOKUP_BATCH MAP_LOOKUP_AND_DELETE_BATCH MAP_UPDATE_BATCH MAP_DELETE_BATCH LINK_CREATE " +
        "LINK_UPDATE LINK_GET_FD_BY_ID LINK_GET_NEXT_ID ENABLE_STATS ITER_CREATE LINK_DETACH PROG_BIND_MAP",
      11,
    ),
  ],
};

/**
 * Names of the flags set in `value`, joined by `|`, in the table's order; empty when none is. A name takes its bits
 * away (`O_RDWR` leaves nothing for `O_RDONLY`), a zero-valued one stands for the value 0 only, and the search ends
 * at a name that is the whole value.
 */
export function flagNames(symbols: Symbols, value: number): string {
  const whole = value >>> 0;
  let rest = whole;
  let text = "";
  for (const [name, flag] of symbols) {
    const set = flag === 0 ? whole === 0 : rest !== 0 && (rest & flag) >>> 0 === flag;
    if (!set) continue;
    rest = (rest & ~flag) >>> 0;
    text += text === "" ? name : `|${name}`;
    if (flag === whole) break;
  }
  return text;
}

/** Every name that stands for exactly `value`, joined by `|` (`AF_LOCAL|AF_UNIX`); empty when there is none. */
export function enumNames(symbols: Symbols, value: number): string {
  return symbols.filter(([, number]) => number === value >>> 0).map(([name]) => name).join("|");
}
