// SPDX-License-Identifier: Apache-2.0

/**
 * Falco's official stable file, loaded whole over the real fields: every rule fires on an event made for it and stays
 * silent on one that differs in a single fact. The file is not part of this repository.
 */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { buildAlert } from "../../src/alerts/build.ts";
import { DEFAULT_FORMAT, formatAlert } from "../../src/alerts/format.ts";
import { buildEngine } from "../../src/engine/build.ts";
import type { Engine } from "../../src/engine/engine.ts";
import { interpret } from "../../src/engine/interpreter.ts";
import { FIELD_CATALOGUE } from "../../src/fields/catalogue.ts";
import type { Event } from "../../src/fields/event.ts";
import type { Container } from "../../src/host/container.ts";
import type { Process } from "../../src/host/process.ts";
import { loadRules } from "../../src/rules/loader.ts";
import { chain, eventOf, processOf, typeCode } from "../fields/support.ts";
import { tuple } from "../support/sockets.ts";

const FILE = new URL("../../../shared/compat/falco_rules.yaml", import.meta.url);

const BOX: Container = {
  type: "podman",
  id: "0123456789ab",
  fullId: "0123456789ab".padEnd(64, "0"),
  facts: { name: "box", imageRepository: "docker.io/library/debian", imageTag: "12" },
};

const READ = 1;
const WRITE = 2;
const TRUNCATE = 1 << 8;

type Facts = Partial<Process>;

function open(path: string, flags: number, facts: Facts = {}): Event {
  const file = { fd_type: typeCode("f"), fd_path: path, fd_dev: 1, fd_ino: 2 };
  return eventOf("openat", { fd: 3, dirfd: -100, name: path, flags, mode: 0, ...file }, {
    process: processOf({ parent: chain("systemd", "login"), ...facts }),
  });
}

function exec(facts: Facts): Event {
  return eventOf("execve", { res: 0, filename: "/x", flags: 0 }, {
    process: processOf({ parent: chain("systemd", "login"), ...facts }),
    header: { uid: facts.uid ?? 0 },
  });
}

function ptrace(request: number): Event {
  return eventOf("ptrace", { res: 0, request, pid: 1 }, { process: processOf() });
}

function ssh(port: number, address = "8.8.8.8"): Event {
  const ends = tuple("192.168.1.2", 40000, address, port);
  return eventOf("connect", {
    res: 0,
    fd: 3,
    tuple: ends,
    fd_type: typeCode("4"),
    fd_tuple: ends,
    fd_proto: 6,
    fd_role: 1,
  }, { process: processOf({ exe: "/usr/bin/ssh", comm: "ssh" }) });
}

function duplicate(res: number, type = "4"): Event {
  const ends = tuple("10.0.0.2", 40000, "8.8.8.8", 80);
  return eventOf("dup2", {
    res,
    oldfd: 5,
    newfd: res,
    fd_type: typeCode(type),
    fd_tuple: ends,
    fd_proto: 6,
    fd_role: 1,
  }, { process: processOf({ container: BOX }) });
}

/** A connection from a container to 10.96.0.1, which is the API server if the resolver says so. */
function toApiServer(name: string): Event {
  const ends = tuple("10.244.0.7", 40000, "10.96.0.1", 443);
  return eventOf("connect", {
    res: 0,
    fd: 3,
    tuple: ends,
    fd_type: typeCode("4"),
    fd_tuple: ends,
    fd_proto: 6,
    fd_role: 1,
  }, {
    process: processOf({ comm: "curl", container: BOX }),
    addressNames: { namesOf: (address) => (address === "\x0a\x60\x00\x01" ? [name] : []) },
  });
}

const shadow = "/etc/shadow";
const CAP_SYS_ADMIN = 1n << 21n;
const CAP_SYS_MODULE = 1n << 16n;

/** Rule, an event for it, and one that differs in a single fact. */
const CASES: readonly (readonly [string, Event, Event])[] = [
  ["Directory traversal monitored file read", open("/etc/x/../../etc/hosts", READ), open("/etc/x/../hosts", READ)],
  [
    "Read sensitive file trusted after startup",
    open(shadow, READ, { comm: "nginx" }),
    open("/etc/hosts", READ, { comm: "nginx" }),
  ],
  ["Read sensitive file untrusted", open(shadow, READ), open(shadow, READ, { comm: "su" })],
  [
    "Run shell untrusted",
    exec({ comm: "bash", args: "-c\0id\0", parent: chain("systemd", "nginx") }),
    exec({ comm: "id", args: "-c\0id\0", parent: chain("systemd", "nginx") }),
  ],
  [
    "System user interactive",
    exec({ comm: "id", uid: 33, parent: chain("systemd", "sshd", "bash") }),
    exec({ comm: "id", uid: 1000, parent: chain("systemd", "sshd", "bash") }),
  ],
  [
    "Terminal shell in container",
    exec({ comm: "bash", tty: 34816, container: BOX, parent: chain("conmon") }),
    exec({ comm: "bash", tty: 0, container: BOX, parent: chain("conmon") }),
  ],
  [
    "Netcat Remote Code Execution in Container",
    exec({ comm: "nc", args: "-e\0/bin/sh\0", container: BOX }),
    exec({ comm: "nc", args: "-e\0/bin/sh\0" }),
  ],
  [
    "Search Private Keys or Passwords",
    exec({ comm: "find", args: "/\0-name\0id_rsa\0" }),
    exec({ comm: "find", args: "/\0-name\0id_rs\0" }),
  ],
  [
    "Clear Log Activities",
    open("/var/log/wtmp", WRITE | TRUNCATE),
    open("/var/log/wtmp", WRITE),
  ],
  ["Remove Bulk Data from Disk", exec({ comm: "shred" }), exec({ comm: "shre" })],
  [
    "Create Symlink Over Sensitive Files",
    eventOf("symlinkat", { res: 0, target: "/etc", linkdirfd: -100, linkpath: "/tmp/x" }),
    eventOf("symlinkat", { res: 0, target: "/etcx", linkdirfd: -100, linkpath: "/tmp/x" }),
  ],
  [
    "Create Hardlink Over Sensitive Files",
    eventOf("link", { res: 0, oldpath: shadow, newpath: "/tmp/x" }),
    eventOf("link", { res: 0, oldpath: "/etc/hosts", newpath: "/tmp/x" }),
  ],
  [
    "Packet socket created in container",
    eventOf("socket", { fd: 3, domain: 17, type: 3, proto: 0 }, { process: processOf({ container: BOX }) }),
    eventOf("socket", { fd: 3, domain: 2, type: 3, proto: 0 }, { process: processOf({ container: BOX }) }),
  ],
  ["Redirect STDOUT/STDIN to Network Connection in Container", duplicate(1), duplicate(3)],
  [
    "Linux Kernel Module Injection Detected",
    eventOf("finit_module", { res: 0, fd: 3 }, {
      process: processOf({ container: BOX, capEffective: CAP_SYS_MODULE }),
    }),
    eventOf("finit_module", { res: 0, fd: 3 }, { process: processOf({ container: BOX, capEffective: CAP_SYS_ADMIN }) }),
  ],
  [
    "Detect release_agent File Container Escapes",
    open("/sys/fs/cgroup/x/release_agent", WRITE, { container: BOX, capEffective: CAP_SYS_ADMIN }),
    open("/sys/fs/cgroup/x/release_agent", WRITE, { container: BOX, capEffective: CAP_SYS_MODULE }),
  ],
  ["PTRACE attached to process", ptrace(11), ptrace(2)],
  ["PTRACE anti-debug attempt", ptrace(1), ptrace(0)],
  [
    "Find AWS Credentials",
    exec({ comm: "grep", args: "-r\0AWS_SECRET_ACCESS_KEY\0" }),
    exec({ comm: "cat", args: "-r\0AWS_SECRET_ACCESS_KEY\0" }),
  ],
  ["Execution from /dev/shm", exec({ exe: "/dev/shm/x", comm: "x" }), exec({ exe: "/dev/shmx", comm: "x" })],
  [
    "Drop and execute new binary in container",
    exec({ comm: "x", container: BOX, exeFlags: 2 }),
    exec({ comm: "x", container: BOX, exeFlags: 1 }),
  ],
  ["Disallowed SSH Connection Non Standard Port", ssh(443), ssh(22)],
  [
    "Contact K8S API Server From Container",
    toApiServer("kubernetes.default.svc.cluster.local"),
    toApiServer("kubernetes.example"),
  ],
  [
    "Debugfs Launched in Privileged Container",
    exec({ comm: "debugfs", container: { ...BOX, facts: { ...BOX.facts, privileged: true } } }),
    exec({ comm: "debugfs", container: { ...BOX, facts: { ...BOX.facts, privileged: false } } }),
  ],
  ["Fileless execution via memfd_create", exec({ comm: "x", exeFlags: 4 }), exec({ comm: "x", exeFlags: 1 })],
];

function load(): Engine {
  const rules = loadRules([{ name: "falco_rules.yaml", content: readFileSync(FILE) }]);
  assert.deepEqual(rules.diagnostics, []);
  const { engine, diagnostics } = buildEngine(rules, FIELD_CATALOGUE, { matching: "all", minimumPriority: "Debug" });
  assert.deepEqual(diagnostics, []);
  assert.ok(engine);
  return engine;
}

function alerts(engine: Engine, event: Event): string[] {
  const names: string[] = [];
  engine.evaluateAll(event, ({ rule }) => names.push(rule.name));
  const expected = engine.rules.filter(({ rule, checks }) => interpret(rule.condition, checks, event));
  assert.deepEqual(names, expected.map(({ rule }) => rule.name), "as the interpreter has it");
  return names;
}

const skip = existsSync(FILE) ? false : "../shared/compat/falco_rules.yaml is not here";

describe("Falco's stable rules", { skip }, () => {
  const engine = skip === false ? load() : undefined;

  test("are all covered here", () => {
    const covered = CASES.map(([name]) => name).sort();
    assert.deepEqual(engine!.rules.map(({ rule }) => rule.name).sort(), covered);
  });

  for (const [name, hit, miss] of CASES) {
    test(`${name}: fires, and stays silent when one check comes out otherwise`, () => {
      assert.ok(alerts(engine!, hit).includes(name));
      assert.ok(!alerts(engine!, miss).includes(name));
      const { checks } = engine!.rules.find(({ rule }) => rule.name === name)!;
      const changed = [...checks.values()].filter((check) => check.holds(hit) !== check.holds(miss));
      assert.equal(new Set(changed.map(({ key }) => key)).size, 1);
      engine!.evaluateAll(hit, ({ rule, template }) => {
        const alert = buildAlert(hit, rule, template);
        const line = JSON.parse(formatAlert(alert, { ...DEFAULT_FORMAT, json: true }));
        assert.equal(line.rule, rule.name);
        assert.ok(!alert.message.includes("%"), alert.message);
        assert.equal(line.output_fields["evt.type"], hit.type.name);
      });
    });
  }
});
