// SPDX-License-Identifier: Apache-2.0

/** Every shipped rule against the real thing: the act is performed and the alert must come. */
import { describe, test } from "node:test";
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { copyFileSync, rmSync } from "node:fs";
import { cannotRunLive, type Form, type JsonAlert, Podman, RunningSensor, Workshop } from "./support.ts";

interface Act {
  readonly rule: string;
  readonly priority: string;
  /** Does it; returns what distinguishes its alert: output fields and their values. */
  readonly perform: (workshop: Workshop) => Record<string, unknown>;
}

const ACTS: readonly Act[] = [
  {
    rule: "Shell started by a server program",
    priority: "Warning",
    perform: (workshop) => {
      workshop.act(["spawn", "/bin/sh", "-c", "exit 0"], "nginx");
      return {
        "proc.pname": "nginx",
        "proc.name": "sh",
        "proc.cmdline": "sh -c exit 0",
        "user.name": "root",
        "user.uid": 0,
      };
    },
  },
  {
    rule: "Standard streams redirected to a socket",
    priority: "Warning",
    perform: (workshop) => {
      const [client, server] = workshop.act(["redirect"]).trim().split(" ");
      return {
        "evt.rawres": 0,
        "fd.name": `127.0.0.1:${client}->127.0.0.1:${server}`,
        "fd.l4proto": "tcp",
        "proc.name": "acts",
        "proc.cmdline": "acts redirect",
      };
    },
  },
  {
    rule: "Program run from shared memory",
    priority: "Warning",
    perform: () => {
      const path = "/dev/shm/lanner-live-true";
      copyFileSync("/bin/true", path);
      try {
        execFileSync(path, ["x"]);
      } finally {
        rmSync(path);
      }
      return { "proc.exepath": path, "proc.exe": path, "proc.cmdline": "lanner-live-tru x" };
    },
  },
  {
    rule: "Program run from memory or from a deleted file",
    priority: "Critical",
    perform: (workshop) => {
      workshop.act(["memfd", "/bin/true"]);
      return { "proc.exe": "payload", "proc.exepath": "memfd:payload" };
    },
  },
  {
    rule: "Program run from memory or from a deleted file",
    priority: "Critical",
    perform: (workshop) => {
      workshop.act(["deleted", "/bin/true", workshop.file("gone")]);
      return { "proc.exe": "gone", "proc.exepath": workshop.file("gone") };
    },
  },
  {
    rule: "Credential file read by an unexpected program",
    priority: "Warning",
    perform: () => {
      execFileSync("cat", ["/etc/shadow"]);
      return {
        "fd.name": "/etc/shadow",
        "proc.name": "cat",
        "proc.cmdline": "cat /etc/shadow",
        "container.id": "host",
      };
    },
  },
  {
    rule: "Credential file read by an unexpected program",
    priority: "Warning",
    perform: (workshop) => {
      workshop.act(["openat2", "/etc", "../etc//./shadow"]);
      return { "fd.name": "/etc/shadow", "proc.name": "acts" };
    },
  },
  {
    rule: "Symbolic link made to a credential file",
    priority: "Warning",
    perform: (workshop) => {
      execFileSync("ln", ["-s", "/etc/shadow", workshop.file("symlink")]);
      return { "evt.arg.target": "/etc/shadow", "evt.arg.linkpath": workshop.file("symlink"), "proc.name": "ln" };
    },
  },
  {
    rule: "Hard link made to a credential file",
    priority: "Warning",
    perform: (workshop) => {
      workshop.privately(["/etc"], "echo > /etc/shadow; ln /etc/shadow /etc/innocent");
      return { "evt.arg.oldpath": "/etc/shadow", "evt.arg.newpath": "/etc/innocent", "proc.name": "ln" };
    },
  },
  {
    rule: "Process attached to another with ptrace",
    priority: "Warning",
    perform: (workshop) => {
      workshop.act(["attach"]);
      return { "evt.arg.request": "PTRACE_ATTACH", "proc.cmdline": "acts attach" };
    },
  },
  {
    rule: "System log emptied",
    priority: "Warning",
    perform: (workshop) => {
      workshop.privately(["/var/log"], "echo x > /var/log/other; echo x > /var/log/auth.log");
      return { "fd.name": "/var/log/auth.log", "proc.name": "sh" };
    },
  },
  {
    rule: "System log emptied",
    priority: "Warning",
    perform: (workshop) => {
      workshop.privately(["/var/log"], `${workshop.file("acts")} creat /var/log/syslog`);
      return { "fd.name": "/var/log/syslog", "proc.name": "acts" };
    },
  },
  {
    rule: "System log removed",
    priority: "Warning",
    perform: (workshop) => {
      workshop.privately(["/var/log"], "echo x > /var/log/old.log; rm /var/log/old.log");
      return { "proc.cmdline": "rm /var/log/old.log" };
    },
  },
  {
    rule: "System log removed",
    priority: "Warning",
    perform: (workshop) => {
      workshop.privately(["/var/log"], `echo x > /var/log/old.log; cd /var/log; mv old.log ../oldlog; rm ../oldlog`);
      return { "proc.name": "mv" };
    },
  },
  {
    rule: "Start-up file changed",
    priority: "Notice",
    perform: (workshop) => {
      workshop.privately(["/etc/cron.d"], "echo x > /etc/cron.d/backdoor");
      return { "fd.name": "/etc/cron.d/backdoor", "proc.name": "sh" };
    },
  },
];

/** Output fields that must never be missing on a process of this host. */
const ALWAYS = ["proc.name", "proc.cmdline", "proc.pname", "user.name", "user.uid", "proc.pid", "container.id"];

function carries(alert: JsonAlert, fields: Record<string, unknown>): boolean {
  return Object.entries(fields).every(([name, value]) => alert.output_fields[name] === value);
}

const skip = cannotRunLive();

for (const form of ["binary", "deno"] as const satisfies readonly Form[]) {
  test(`the sensor (${form}) alerts on every suspicious act with the shipped rules`, { skip }, async (t) => {
    const workshop = new Workshop();
    const sensor = await RunningSensor.start(["run", "--json"], form);
    try {
      for (const { rule, priority, perform } of ACTS) {
        await t.test(rule, async () => {
          const fields = perform(workshop);
          const alert = await sensor.alert(rule, (alert) => carries(alert, fields));
          assert.equal(alert.priority, priority);
          assert.equal(alert.source, "syscall");
          assert.match(alert.time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$/);
          assert.ok(Math.abs(Date.parse(alert.time) - Date.now()) < 10_000, `time ${alert.time} is not now`);
          for (const name of ALWAYS) {
            if (name in alert.output_fields) assert.notEqual(alert.output_fields[name], null, name);
          }
          assert.ok(!alert.output.includes("<NA>"), alert.output);
        });
      }
    } finally {
      assert.equal(await sensor.stop(), 0, sensor.stderr);
      workshop.dispose();
    }
  });
}

test("the same acts without a matching rule give no alert", { skip }, async () => {
  const workshop = new Workshop();
  const rules = workshop.write(
    "none.yaml",
    `- rule: Never
  desc: matches nothing that the acts do
  condition: evt.type in (open, openat, openat2, execve, symlinkat) and proc.name = no-such-program
  output: never %proc.name
  priority: Debug
`,
  );
  const sensor = await RunningSensor.start(["run", "--json", "-r", rules]);
  try {
    for (const { perform } of ACTS) perform(workshop);
    await new Promise((resolve) => setTimeout(resolve, 500));
    assert.deepEqual(sensor.lines, []);
  } finally {
    assert.equal(await sensor.stop(), 0);
    workshop.dispose();
  }
});

describe("in a real Podman container", { skip: skip || Podman.unavailable() }, () => {
  test("a shell with a terminal and a program brought along alert with the container's identity", async () => {
    const podman = new Podman();
    const sensor = await RunningSensor.start(["run", "--json"]);
    try {
      podman.run("lanner-live-shell", ["-t"], "cp /bin/busybox /tmp/true; /tmp/true");
      const shell = await sensor.alert("Interactive shell in a container");
      assert.equal(shell.priority, "Notice");
      assert.equal(shell.output_fields["proc.name"], "sh");
      assert.match(String(shell.output_fields["container.id"]), /^[0-9a-f]{12}$/);
      const added = await sensor.alert("Program added to a container after it started");
      assert.equal(added.priority, "Critical");
      assert.equal(added.output_fields["proc.exepath"], "/tmp/true");
      assert.equal(added.output_fields["container.id"], shell.output_fields["container.id"]);
    } finally {
      assert.equal(await sensor.stop(), 0);
      podman.dispose();
    }
  });
});
