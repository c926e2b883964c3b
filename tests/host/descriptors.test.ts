// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import process from "node:process";
import { describe, test } from "node:test";
import { ProcDescriptors } from "../../src/host/descriptors.ts";
import { findSocket } from "../../src/host/sockets.ts";
import { onDisk } from "./disk.ts";

const INET_HEAD = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n";
const inet = (local: string, remote: string, inode: number) =>
  `   0: ${local} ${remote} 01 00000000:00000000 00:00000000 00000000     0        0 ${inode} 1 0 20 4 30 10 -1\n`;

describe("a socket in a network namespace's tables", () => {
  const tables = {
    tcp: INET_HEAD + inet("0100007F:1F90", "00000000:0000", 12) + inet("0100007F:1F90", "0200007F:C350", 123) +
      inet("0200007F:C350", "0100007F:1F90", 124) + inet("0200007F:1234", "0100007F:0050", 125),
    tcp6: INET_HEAD + inet("00000000000000000000000001000000:0016", "00000000000000000000000000000000:0000", 200),
    udp: INET_HEAD + inet("00000000:0035", "00000000:0000", 300),
    unix: "Num       RefCount Protocol Flags    Type St Inode Path\n" +
      "0000000000000000: 00000002 00000000 00010000 0001 01 400 /run/x.sock\n" +
      "0000000000000000: 00000003 00000000 00000000 0001 03 401\n",
    netlink: "sk               Eth Pid        Groups   Rmem     Wmem     Dump  Locks    Drops    Inode\n" +
      "0000000000000000 0   1          00000440 0        0        0     2        0        500\n",
  };
  const cases: [string, string, string, string][] = [
    ["one that listens", "12", "ipv4", "127.0.0.1:8080"],
    ["a server's", "123", "ipv4", "127.0.0.2:50000->127.0.0.1:8080"],
    ["a client's", "124", "ipv4", "127.0.0.2:50000->127.0.0.1:8080"],
    ["one whose ports don't tell", "125", "ipv4", "127.0.0.2:4660->127.0.0.1:80"],
    ["IPv6", "200", "ipv6", "::1:22"],
    ["UDP", "300", "ipv4", "0.0.0.0:53"],
    ["a named unix socket", "400", "unix", "/run/x.sock"],
    ["a unix socket without name", "401", "unix", ""],
    ["netlink", "500", "netlink", ""],
    ["none of those", "1", "<NA>", ""],
  ];
  for (const [what, inode, type, name] of cases) {
    test(`is ${what}`, () => onDisk(tables, (root) => assert.deepEqual(findSocket(inode, root), { type, name })));
  }
  test("is nothing that is known without tables", () => {
    assert.deepEqual(findSocket("12", "/nonexistent"), { type: "<NA>", name: "" });
  });
});

describe("the descriptors of a process", () => {
  const descriptors = new ProcDescriptors("/proc");

  function withChild(command: string, body: (pid: number) => void | Promise<void>): () => Promise<void> {
    return async () => {
      const child: ChildProcess = spawn("sh", ["-c", `${command}; echo; read x`], {
        stdio: ["pipe", "pipe", "ignore"],
      });
      try {
        await new Promise((resolve) => child.stdout!.once("data", resolve));
        await body(child.pid!);
      } finally {
        child.stdin!.end();
      }
    };
  }

  test(
    "have type and name",
    withChild(`exec 5< /etc/passwd 6< ${tmpdir()} 7> /dev/null`, (pid) => {
      assert.deepEqual(descriptors.of(pid, 5), { type: "file", name: "/etc/passwd" });
      assert.deepEqual(descriptors.of(pid, 6)?.type, "directory");
      assert.deepEqual(descriptors.of(pid, 7), { type: "file", name: "/dev/null" });
      assert.equal(descriptors.of(pid, 8), undefined);
      assert.ok([0, 1, 2, 5, 6, 7].every((fd) => descriptors.list(pid)?.includes(fd)));
    }),
  );

  test("that are anonymous are known by their kind", () => {
    const epoll = descriptors.list(process.pid)!.map((fd) => descriptors.of(process.pid, fd)?.type);
    assert.ok(epoll.includes("eventpoll"), epoll.join());
  });

  test("that are sockets are found by inode", async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    try {
      const address = server.address();
      assert.ok(address !== null && typeof address === "object");
      const name = `127.0.0.1:${address.port}`;
      const all = descriptors.list(process.pid)!.map((fd) => descriptors.of(process.pid, fd));
      assert.ok(all.some((found) => found?.type === "ipv4" && found.name === name), JSON.stringify(all));
    } finally {
      server.close();
    }
  });

  test("are none of a process that is gone", () => {
    const pid = Number(execFileSync("sh", ["-c", "echo $$"], { encoding: "utf8" }));
    assert.equal(descriptors.list(pid), undefined);
    assert.equal(descriptors.of(pid, 0), undefined);
  });
});
