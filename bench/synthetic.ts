// SPDX-License-Identifier: Apache-2.0

/**
 * A made-up host and its events, the same for the same seed: mostly opened files, a third of them with names that
 * never come again, some network, processes that come and go, and now and then something that a rule wants to see.
 */
import { type Container, HOST_CONTAINER } from "../src/host/container.ts";
import { Entry, type ProcessFacts } from "../src/host/entry.ts";
import { GuestTable } from "../src/host/guests.ts";
import type { KnownHost } from "../src/host/live.ts";
import { ProcessTable } from "../src/host/processes.ts";
import { FixedNames } from "../src/host/users.ts";
import { seeded } from "../tests/support/rules.ts";
import { buildRecord, type HeaderValues, type ParamValue } from "../tests/support/records.ts";
import { tuple } from "../tests/support/sockets.ts";

const BOOT = 1_700_000_000_000_000_000n;
const BOX = "1234567890ab".padEnd(64, "c");
const BOX_CGROUP = `/docker/${BOX}`;

const READ = 1;
const WRITE = 2;
const CREATE = 1 << 2;
const TRUNCATE = 1 << 8;
const CLOEXEC = 1 << 12;

const PROGRAMS: readonly (readonly [path: string, args: string])[] = [
  ["/usr/bin/bash", "-c\0make all\0"],
  ["/usr/bin/sh", "-c\0test -d build && echo yes\0"],
  ["/usr/bin/python3", "/srv/app/main.py\0--port=8080\0"],
  ["/usr/sbin/nginx", "-g\0daemon off;\0"],
  ["/usr/bin/postgres", "-D\0/var/lib/postgresql/data\0"],
  ["/usr/bin/java", "-jar\0/opt/app/app.jar\0"],
  ["/usr/bin/node", "/srv/web/server.js\0"],
  ["/usr/bin/grep", "-r\0pattern\0/srv/app/src\0"],
  ["/usr/bin/cat", "/etc/hostname\0"],
  ["/usr/bin/git", "status\0--porcelain\0"],
  ["/usr/bin/gcc", "-O2\0-c\0main.c\0-o\0main.o\0"],
  ["/usr/sbin/cron", "-f\0"],
];

const DIRECTORIES = [
  "/usr/lib/x86_64-linux-gnu",
  "/usr/lib/python3/dist-packages/package",
  "/usr/share/zoneinfo",
  "/usr/include/linux",
  "/srv/app/src/module",
  "/srv/app/node_modules/library/lib",
  "/etc",
  "/etc/ssl/certs",
  "/var/lib/postgresql/data/base/16384",
  "/var/log/app",
  "/proc/self",
  "/tmp",
  "/home/ada/project/build",
];

/** What some rule of Falco's stable file alerts on: rare. */
const SENSITIVE = ["/etc/shadow", "/etc/sudoers", "/etc/pam.d/login", "/var/log/syslog", "/etc/../etc/x/../shadow"];

interface Living {
  readonly pid: number;
  readonly ppid: number;
  readonly uid: number;
  readonly boxed: boolean;
}

function facts(pid: number, ppid: number, program: number, boxed: boolean): ProcessFacts {
  const [exepath, args] = PROGRAMS[program % PROGRAMS.length]!;
  const entry = new Entry(pid);
  entry.comm = entry.exe = exepath.slice(exepath.lastIndexOf("/") + 1);
  entry.ppid = ppid;
  entry.args = args;
  entry.cwd = "/srv/app";
  entry.startBoot =
    entry.seenAt =
    entry.vpid =
    entry.vtid =
      pid;
  entry.sid = entry.pgid = entry.vpgid = 1;
  entry.cgroup = boxed ? BOX_CGROUP : "/";
  return { ...entry.facts(), exepath, startTime: BOOT + BigInt(pid), startBoot: pid };
}

/** The host before the first event: an init and `count` processes under each other, a third of them in a container. */
function makeHost(count: number): { host: KnownHost; living: Living[] } {
  const living: Living[] = [];
  const known = [facts(1, 0, 11, false)];
  for (let i = 0; i < count; i++) {
    const pid = 100 + i;
    const ppid = i < 8 ? 1 : 100 + (i >> 1) - (i >> 2);
    const boxed = i % 3 === 0;
    known.push(facts(pid, ppid, i, boxed));
    living.push({ pid, ppid, uid: i % 5 === 0 ? 0 : 1000, boxed });
  }
  const box: Container = {
    ...HOST_CONTAINER,
    ...{ type: "docker", id: BOX.slice(0, 12), fullId: BOX },
    facts: { name: "box", imageRepository: "docker.io/library/app", imageTag: "1" },
  };
  const processes = new ProcessTable({
    bootTime: () => BOOT,
    containerOf: (_, cgroup) => cgroup === BOX_CGROUP ? box : HOST_CONTAINER,
  });
  processes.seed(known);
  const groups = new Map([[0, "root"], [33, "www-data"], [1000, "ada"]]);
  const users = new Map([...groups].map(([id, name]) => [id, { name, home: "/", shell: "/bin/sh" }]));
  const names = new FixedNames({ users, groups });
  return { host: { hostname: "bench", bootTime: BOOT, processes, names, guests: new GuestTable() }, living };
}

/** Makes records of one host, one after another. */
export class Synthetic {
  readonly host: KnownHost;
  readonly #living: Living[];
  readonly #random: () => number;
  readonly #paths: string[] = [];
  #time = 10_000_000_000n;
  #unique = 0;
  #nextPid = 10_000;
  /** Records that belong together and come next. */
  readonly #queue: Uint8Array[] = [];

  constructor(seed: number) {
    this.#random = seeded(seed);
    const { host, living } = makeHost(120);
    this.host = host;
    this.#living = living;
    for (let i = 0; i < 3000; i++) this.#paths.push(`${this.#pick(DIRECTORIES)}/file-${i.toString(36)}.so.${i % 7}`);
  }

  #below(limit: number): number {
    return Math.floor(this.#random() * limit);
  }

  #pick<T>(items: readonly T[]): T {
    return items[this.#below(items.length)]!;
  }

  #record(type: string, params: Record<string, ParamValue>, of: Living, header: HeaderValues = {}): Uint8Array {
    this.#time += BigInt(1000 + this.#below(5000));
    const { pid, ppid, uid } = of;
    return buildRecord(type, params, { ts: this.#time, pid, ppid, uid, gid: uid, cpu: this.#below(8), ...header });
  }

  /** A third new, the others some often and most seldom. */
  #path(): string {
    const chance = this.#random();
    if (chance < 0.0005) return this.#pick(SENSITIVE);
    if (chance < 0.33) return `${this.#pick(DIRECTORIES)}/${(this.#unique++).toString(16)}-${this.#below(1e9)}.tmp`;
    return this.#paths[Math.floor(this.#paths.length * this.#random() ** 3)]!;
  }

  /** The next record. */
  next(): Uint8Array {
    const waiting = this.#queue.shift();
    if (waiting !== undefined) return waiting;
    const of = this.#pick(this.#living);
    const chance = this.#random();
    if (chance < 0.78) return this.#open(of);
    if (chance < 0.86) return this.#socketCall(of);
    if (chance < 0.92) return this.#duplicate(of);
    if (chance < 0.95) return this.#otherFile(of);
    if (chance < 0.98) return this.#rare(of);
    return this.#life(of);
  }

  #open(of: Living): Uint8Array {
    const path = this.#path();
    const type = this.#random() < 0.95 ? "openat" : "open";
    const writes = this.#random() < 0.15;
    const flags = writes ? WRITE | CREATE | (this.#random() < 0.5 ? TRUNCATE : 0) : READ | CLOEXEC;
    const at = type === "openat" ? { dirfd: -100 } : {};
    if (this.#random() < 0.2) return this.#record(type, { fd: -2, name: path, flags, mode: 0, ...at }, of);
    const file = { fd_type: 102, fd_path: path, fd_dev: 2049, fd_ino: this.#below(1e6) };
    const relative = this.#random() < 0.08;
    const name = relative ? path.slice(path.lastIndexOf("/") + 1) : path;
    const directory = relative ? { name_dir: path.slice(0, path.lastIndexOf("/")) } : {};
    return this.#record(type, { fd: 3 + this.#below(20), name, flags, mode: 0, ...at, ...directory, ...file }, of);
  }

  #socketCall(of: Living): Uint8Array {
    const port = this.#pick([22, 53, 80, 443, 5432, 8080]);
    const server = this.#pick(["10.1.2.3", "93.184.216.34", "127.0.0.1", "2001:db8::1"]);
    const client = server.includes(":") ? "2001:db8::2" : "192.168.1.5";
    const ends = tuple(client, 40000 + this.#below(2000), server, port);
    const file = {
      fd_type: server.includes(":") ? 54 : 52,
      fd_tuple: ends,
      fd_proto: port === 53 ? 17 : 6,
      fd_role: 1,
    };
    const chance = this.#random();
    if (chance < 0.4) {
      return this.#record("socket", { fd: 5, domain: 2, type: 1, proto: 0, flags: 0, fd_type: 52, fd_proto: 6 }, of);
    }
    if (chance < 0.8) return this.#record("connect", { res: -115, tuple: ends, fd: 5, ...file }, of);
    return this.#record("sendto", { res: 64, data: new Uint8Array(64), fd: 5, size: 64, tuple: ends, ...file }, of);
  }

  #duplicate(of: Living): Uint8Array {
    const res = this.#below(12);
    const file = this.#random() < 0.1 ? { fd_type: 52, fd_proto: 6 } : { fd_type: 102, fd_path: "/dev/null" };
    return this.#record("dup2", { res, oldfd: 12, newfd: res, ...file }, of);
  }

  #otherFile(of: Living): Uint8Array {
    const path = this.#path();
    switch (this.#below(4)) {
      case 0:
        return this.#record("unlink", { res: 0, path }, of);
      case 1:
        return this.#record("rename", { res: 0, oldpath: path, newpath: `${path}.new` }, of);
      case 2:
        return this.#record("chmod", { res: 0, filename: path, mode: 0o644 }, of);
      default:
        return this.#record("mkdir", { res: 0, path, mode: 0o755 }, of);
    }
  }

  #rare(of: Living): Uint8Array {
    const path = this.#path();
    switch (this.#below(4)) {
      case 0:
        return this.#record("symlink", { res: 0, target: path, linkpath: `${path}.lnk` }, of);
      case 1:
        return this.#record("link", { res: 0, oldpath: path, newpath: `${path}.lnk` }, of);
      case 2:
        return this.#record("ptrace", { res: 0, addr: 0, data: 0, request: this.#below(25), pid: 1 }, of);
      default:
        return this.#record("setuid", { res: 0, uid: 1000 }, of);
    }
  }

  /** A process is made, becomes another program, opens something and ends. */
  #life(parent: Living): Uint8Array {
    const child: Living = { ...parent, pid: this.#nextPid++, ppid: parent.pid };
    const [exepath, args] = this.#pick(PROGRAMS);
    const comm = exepath.slice(exepath.lastIndexOf("/") + 1);
    const start = Number(this.#time);
    const ids = { sid: 1, pgid: 1, vpid: child.pid, vtid: child.pid, start_ts: start, vm_size: 1000 };
    const cgroup = { cgroup: child.boxed ? BOX_CGROUP : "/" };
    const text = new TextEncoder();
    const program = { exe: comm, args: text.encode(args), comm };
    const first = this.#record(
      "clone",
      { res: 0, ...ids, ...program, ...cgroup, flags: 0, workdir: "/srv/app" },
      child,
    );
    this.#queue.push(
      this.#record("execve", {
        ...{ res: 0, ...ids, ...program, ...cgroup, flags: 0, tty: 0, loginuid: 4294967295, cap_effective: 0 },
        ...{ trusted_exepath: exepath, filename: exepath, workdir: "/srv/app", uid: child.uid, gid: child.uid },
      }, child),
    );
    for (let i = this.#below(6); i > 0; i--) this.#queue.push(this.#open(child));
    this.#queue.push(this.#record("procexit", { status: 0, ret: 0, sig: 0, core: 0, reaper_tid: 1, last: 1 }, child));
    return first;
  }
}
