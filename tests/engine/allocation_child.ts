// SPDX-License-Identifier: Apache-2.0

/** Judges many events of each kind that match nothing, and prints how many bytes that took, by kind. */
import process from "node:process";
import { loadEngine } from "../../bench/rules.ts";
import { EVENT_BY_NAME } from "../../src/events/table.ts";
import type { Event } from "../../src/fields/event.ts";
import { eventOf, processOf, typeCode } from "../fields/support.ts";
import { tuple } from "../support/sockets.ts";

const READ = 1;
const WRITE = 2;

const file = { fd_type: typeCode("f"), fd_path: "/srv/data/file", fd_dev: 1, fd_ino: 2 };
const ends = tuple("192.168.1.2", 40000, "93.184.216.34", 443);
const socket = { fd_type: typeCode("4"), fd_tuple: ends, fd_proto: 6, fd_role: 1 };

/** Events by kind: several of each, so that no engine takes what differs for constant. */
const EVENTS: Readonly<Record<string, readonly Event[]>> = Object.fromEntries(
  ([
    ["openat", { fd: 3, dirfd: -100, name: "/srv/data/file", flags: READ, ...file }],
    ["openat", { fd: 3, dirfd: -100, name: "data//file", name_dir: "/srv", flags: WRITE, ...file }],
    ["openat", { fd: -2, dirfd: -100, name: "/usr/lib/missing.so", flags: READ }],
    ["open", { fd: 3, name: "file", name_dir: "/srv/data", flags: WRITE, ...file }],
    ["connect", { res: 0, fd: 3, tuple: ends, ...socket }],
    ["sendto", { res: 9, fd: 3, size: 9, data: new Uint8Array(9), tuple: ends, ...socket }],
    ["socket", { fd: 3, domain: 2, type: 1, proto: 0, flags: 0, ...socket }],
    ["dup2", { res: 9, oldfd: 3, newfd: 9, ...socket }],
    ["symlink", { res: 0, target: "data", linkpath: "/srv/link" }],
    ["link", { res: 0, oldpath: "/srv/data", newpath: "/srv/link" }],
    ["unlink", { res: 0, path: "/srv/data" }],
    ["execve", { res: 0, filename: "/usr/bin/cat" }],
    ["execve", { res: 0, cwd: "/srv/data", filename: "cat" }],
    ["execve", { res: -2, filename: "/usr/local/bin/cat" }],
  ] as const).map(([type, params], i) => {
    const processes = ["nginx", "cat", "java"].map((comm, j) =>
      processOf({ comm, pid: 10 + j, revision: i * 9 + j + 1 })
    );
    return [`${i} ${type}`, processes.map((process) => eventOf(type, params, { process }))];
  }),
);

const { engine } = loadEngine();
const gc = (globalThis as { gc?: () => void }).gc!;
let kept: unknown;

function bytesOf(count: number, act: (i: number) => void): number {
  for (let i = 0; i < 200_000; i++) act(i); // until it is compiled
  gc();
  const before = process.memoryUsage().heapUsed;
  for (let i = 0; i < count; i++) act(i);
  return process.memoryUsage().heapUsed - before;
}

const count = Number(process.argv[2]);
const results: Record<string, number> = {};
for (const [kind, events] of Object.entries(EVENTS)) {
  if (!EVENT_BY_NAME.has(kind.split(" ")[1]!)) throw new Error(`no event ${kind}`);
  const isExec = kind.endsWith("execve");
  results[kind] = bytesOf(count, (i) => {
    const event = events[i % events.length]!;
    // what was kept of the program before is worth nothing after an exec
    if (isExec) (event.process as { revision: number }).revision = 1000 + i % 1_000_000;
    if (engine.evaluate(event) !== undefined) throw new Error(`${kind} matches a rule`);
  });
}
results["control"] = bytesOf(count, (i) => kept = [i, kept === undefined]);
console.log(JSON.stringify(results));
