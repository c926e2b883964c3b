// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { constants } from "node:os";
import { describe, test } from "node:test";
import { enumNames, flagNames, SYMBOLS } from "../../src/events/symbols.ts";
import { capabilityNames, errnoName, signalName } from "../../src/events/symbols_linux.ts";
import type { SymbolTable } from "../../src/events/types.ts";

describe("flags are named in the table's order", () => {
  const cases: [table: SymbolTable, value: number, text: string][] = [
    ["file_flags", 0, "O_NONE"],
    ["file_flags", 1, "O_RDONLY"],
    ["file_flags", 2, "O_WRONLY"],
    ["file_flags", 3, "O_RDWR"],
    ["file_flags", 4097, "O_RDONLY|O_CLOEXEC"],
    ["file_flags", 0x4000 | 0x800 | 0x100 | 4 | 2, "O_LARGEFILE|O_TRUNC|O_CREAT|O_WRONLY|O_F_CREATED"],
    ["file_flags", 1 << 12, "O_CLOEXEC"],
    ["file_flags", 3 | (1 << 13) | (1 << 10), "O_DIRECTORY|O_RDWR|O_TMPFILE"],
    ["file_flags", 1 | (1 << 16), "O_RDONLY|FD_LOWER_LAYER"],
    ["file_flags", 1 << 27, ""],
    ["creat_flags", 1, "FD_UPPER_LAYER_CREAT"],
    ["clone_flags", (1 << 15) | (1 << 13) | 1, "CLONE_FILES|CLONE_THREAD|CLONE_VM"],
    ["clone_flags", 1 << 20, "CLONE_NEWUSER"],
    ["clone_flags", (1 << 29) | (1 << 27), "CLONE_VFORK|CLONE_CHILD_IN_PIDNS"],
    ["chmod_mode", 0o755, "S_IXOTH|S_IROTH|S_IXGRP|S_IRGRP|S_IXUSR|S_IWUSR|S_IRUSR"],
    ["chmod_mode", 0o4000, "S_ISUID"],
    ["execve_flags", 15, "EXE_WRITABLE|EXE_UPPER_LAYER|EXE_FROM_MEMFD|EXE_LOWER_LAYER"],
    ["unlinkat_flags", 0x200, "AT_REMOVEDIR"],
    ["unlinkat_flags", 0, ""],
    ["linkat_flags", 0x1400, "AT_SYMLINK_FOLLOW|AT_EMPTY_PATH"],
    ["renameat2_flags", 3, "RENAME_NOREPLACE|RENAME_EXCHANGE"],
    ["openat2_flags", 1 | 16, "RESOLVE_BENEATH|RESOLVE_NO_XDEV"],
    ["finit_module_flags", 5, "MODULE_INIT_IGNORE_MODVERSIONS|MODULE_INIT_COMPRESSED_FILE"],
  ];
  for (const [table, value, text] of cases) {
    test(`${table} ${value} is ${text || "nothing"}`, () => assert.equal(flagNames(SYMBOLS[table], value), text));
  }
});

describe("enum values have every name that means exactly them", () => {
  const cases: [table: SymbolTable, value: number, text: string][] = [
    ["socket_families", 0, "AF_UNSPEC"],
    ["socket_families", 1, "AF_LOCAL|AF_UNIX"],
    ["socket_families", 2, "AF_INET"],
    ["socket_families", 10, "AF_INET6"],
    ["socket_families", 16, "AF_ROUTE|AF_NETLINK"],
    ["socket_families", 17, "AF_PACKET"],
    ["socket_families", 29, "AF_CAN"],
    ["socket_families", 38, "AF_ALG"],
    ["socket_families", 99, ""],
    ["ptrace_requests", 1, "PTRACE_TRACEME"],
    ["ptrace_requests", 5, "PTRACE_POKETEXT"],
    ["ptrace_requests", 11, "PTRACE_ATTACH"],
    ["ptrace_requests", 20, "PTRACE_SEIZE"],
    ["ptrace_requests", 27, "PTRACE_SETREGS"],
    ["bpf_commands", 5, "BPF_PROG_LOAD"],
    ["bpf_commands", 10, "BPF_PROG_TEST_RUN|BPF_PROG_RUN"],
    ["bpf_commands", 28, "BPF_LINK_CREATE"],
    ["bpf_commands", 36, ""],
  ];
  for (const [table, value, text] of cases) {
    test(`${table} ${value} is ${text || "nothing"}`, () => assert.equal(enumNames(SYMBOLS[table], value), text));
  }
});

test("errors have the names that this Linux has for them", () => {
  for (const [name, number] of Object.entries(constants.errno)) {
    if (name === "EWOULDBLOCK" || name === "ENOTSUP") continue; // other names of EAGAIN and EOPNOTSUPP
    assert.equal(errnoName(-number), name);
  }
  assert.deepEqual([errnoName(0), errnoName(2), errnoName(-41), errnoName(-4000)], ["", "", "", ""]);
  assert.equal(errnoName(-512), "ERESTARTSYS");
});

test("signals have the names that this Linux has for them", () => {
  for (const [name, number] of Object.entries(constants.signals)) {
    if (["SIGIOT", "SIGPOLL", "SIGUNUSED"].includes(name)) continue; // other names of SIGABRT, SIGIO and SIGSYS
    assert.equal(signalName(number), name);
  }
  assert.deepEqual([signalName(0), signalName(34), signalName(-1)], ["", "", ""]);
});

describe("capability sets are named by ascending bit", () => {
  const cases: [set: bigint, text: string][] = [
    [0n, ""],
    [1n, "CAP_CHOWN"],
    [1n << 21n, "CAP_SYS_ADMIN"],
    [(1n << 40n) | (1n << 39n) | (1n << 1n), "CAP_DAC_OVERRIDE CAP_BPF CAP_CHECKPOINT_RESTORE"],
    [1n << 41n, ""],
  ];
  for (const [set, text] of cases) test(`${set} is ${text || "empty"}`, () => assert.equal(capabilityNames(set), text));
  test("the full set has 41", () => assert.equal(capabilityNames((1n << 41n) - 1n).split(" ").length, 41));
});
