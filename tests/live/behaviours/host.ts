// SPDX-License-Identifier: Apache-2.0

/** The rules of the official stable file that say nothing of containers, on the host. */
import { execFileSync } from "node:child_process";
import { copyFileSync, rmSync } from "node:fs";
import process from "node:process";
import type { Workshop } from "../support.ts";
import type { HostBehaviour } from "./behaviour.ts";

const NO_DESCRIPTOR = "running a program is about no descriptor, in Falco neither";

const NOBODY = "nobody logged in";

/** The path of a shell that goes by another name, so that what it does itself is done by a program of that name. */
function shellAs(workshop: Workshop, name: string): string {
  const program = workshop.file(name);
  copyFileSync("/bin/dash", program);
  return program;
}

/** Rows in the file's order. */
export const HOST_BEHAVIOURS: readonly HostBehaviour[] = [
  {
    rule: "Directory traversal monitored file read",
    priority: "Warning",
    perform: () => execFileSync("cat", ["/usr/../usr/share/../../etc/passwd"]),
    fields: () => ({
      "fd.name": "/etc/passwd",
      "fd.nameraw": "/usr/../usr/share/../../etc/passwd",
      "evt.type": "openat",
      "proc.name": "cat",
      "proc.exepath": "/usr/bin/cat",
      "proc.cmdline": "cat /usr/../usr/share/../../etc/passwd",
    }),
  },
  {
    rule: "Read sensitive file trusted after startup",
    priority: "Warning",
    // "after startup" is more than five seconds later
    perform: (workshop) => execFileSync(shellAs(workshop, "nginx"), ["-c", "sleep 5.1; exec 3< /etc/shadow"]),
    fields: (workshop) => ({
      "fd.name": "/etc/shadow",
      "proc.name": "nginx",
      "proc.exepath": workshop.file("nginx"),
      "proc.cmdline": "nginx -c sleep 5.1; exec 3< /etc/shadow",
    }),
  },
  {
    rule: "Read sensitive file untrusted",
    priority: "Warning",
    perform: () => execFileSync("head", ["-c", "10", "/etc/shadow"]),
    fields: () => ({
      "fd.name": "/etc/shadow",
      "proc.name": "head",
      "proc.exepath": "/usr/bin/head",
      "proc.cmdline": "head -c 10 /etc/shadow",
    }),
  },
  {
    rule: "Run shell untrusted",
    priority: "Notice",
    perform: (workshop) => workshop.act(["spawn", "/bin/sh", "-c", "exit 0"], "httpd"),
    fields: (workshop) => ({
      "evt.type": "execve",
      "evt.arg.flags": "EXE_WRITABLE",
      "proc.name": "sh",
      "proc.exepath": "/usr/bin/dash",
      "proc.cmdline": "sh -c exit 0",
      "proc.pname": "httpd",
      "proc.pexe": workshop.file("httpd"),
      "proc.pexepath": workshop.file("httpd"),
      "proc.pcmdline": "httpd spawn /bin/sh -c exit 0",
    }),
  },
  {
    rule: "System user interactive",
    priority: "Informational",
    perform: (workshop) => {
      execFileSync(shellAs(workshop, "sshd"), ["-c", "setpriv --reuid=games --clear-groups id -u; exit 0"]);
    },
    fields: () => ({
      "evt.type": "execve",
      "user.name": "games",
      "user.uid": 5,
      "proc.name": "id",
      "proc.cmdline": "id -u",
      "proc.pname": "sshd",
    }),
  },
  {
    rule: "Search Private Keys or Passwords",
    priority: "Warning",
    perform: (workshop) => execFileSync("find", [workshop.path, "-name", "id_rsa"]),
    fields: (workshop) => ({
      "proc.name": "find",
      "proc.exepath": "/usr/bin/find",
      "proc.cmdline": `find ${workshop.path} -name id_rsa`,
    }),
  },
  {
    rule: "Clear Log Activities",
    priority: "Warning",
    perform: (workshop) => workshop.privately(["/var/log"], "echo x > /var/log/syslog; echo > /var/log/syslog"),
    fields: () => ({ "fd.name": "/var/log/syslog", "proc.name": "sh", "proc.exepath": "/usr/bin/dash" }),
  },
  {
    rule: "Remove Bulk Data from Disk",
    priority: "Warning",
    perform: (workshop) => execFileSync("shred", ["-u", workshop.write("bulk", "data")]),
    fields: (workshop) => ({ "proc.name": "shred", "proc.cmdline": `shred -u ${workshop.file("bulk")}` }),
    missing: { "fd.name": NO_DESCRIPTOR },
  },
  {
    rule: "Create Symlink Over Sensitive Files",
    priority: "Warning",
    perform: (workshop) => execFileSync("ln", ["-s", "/etc", workshop.file("settings")]),
    fields: (workshop) => ({
      "evt.arg.target": "/etc",
      "evt.arg.linkpath": workshop.file("settings"),
      "proc.name": "ln",
      "proc.cmdline": `ln -s /etc ${workshop.file("settings")}`,
    }),
  },
  {
    rule: "Create Hardlink Over Sensitive Files",
    priority: "Warning",
    perform: (workshop) => workshop.privately(["/etc"], "echo > /etc/shadow; ln /etc/shadow /etc/behaviour"),
    fields: () => ({
      "evt.arg.oldpath": "/etc/shadow",
      "evt.arg.newpath": "/etc/behaviour",
      "proc.name": "ln",
      "proc.cmdline": "ln /etc/shadow /etc/behaviour",
    }),
  },
  {
    rule: "PTRACE attached to process",
    priority: "Warning",
    perform: (workshop) => workshop.act(["attach"], "injector"),
    fields: (workshop) => ({
      "evt.type": "ptrace",
      "proc.name": "injector",
      "proc.exepath": workshop.file("injector"),
      "proc.cmdline": "injector attach",
    }),
  },
  {
    rule: "PTRACE anti-debug attempt",
    priority: "Notice",
    perform: (workshop) => workshop.act(["traceme"], "shy"),
    fields: (workshop) => ({
      "evt.type": "ptrace",
      "proc.name": "shy",
      "proc.exepath": workshop.file("shy"),
      "proc.cmdline": "shy traceme",
    }),
  },
  {
    rule: "Find AWS Credentials",
    priority: "Warning",
    perform: (workshop) => {
      execFileSync("grep", ["-c", "aws_access_key_id", workshop.write("settings.txt", "aws_access_key_id = x\n")]);
    },
    fields: (workshop) => ({
      "proc.name": "grep",
      "proc.cmdline": `grep -c aws_access_key_id ${workshop.file("settings.txt")}`,
      "proc.cwd": `${process.cwd()}/`,
      "group.gid": 0,
      "group.name": "root",
    }),
    missing: { "user.loginname": NOBODY },
  },
  {
    rule: "Execution from /dev/shm",
    priority: "Warning",
    perform: () => {
      const program = "/dev/shm/lanner-behaviour";
      copyFileSync("/bin/true", program);
      try {
        execFileSync(program, ["x"]);
      } finally {
        rmSync(program);
      }
    },
    fields: () => ({
      "evt.res": "SUCCESS",
      "evt.arg.flags": "EXE_WRITABLE",
      "proc.exepath": "/dev/shm/lanner-behaviour",
      "proc.cmdline": "lanner-behaviou x",
    }),
    missing: { "fd.name": NO_DESCRIPTOR, "user.loginname": NOBODY },
  },
  {
    rule: "Disallowed SSH Connection Non Standard Port",
    priority: "Notice",
    // an address that is nobody's (RFC 5737), in a network of its own
    perform: () => {
      const listen = "busybox nc -l -p 443 -e /bin/true & sleep 0.3";
      const network = "busybox ip link set lo up; busybox ip addr add 203.0.113.9/32 dev lo";
      const ssh = "ssh -F /dev/null -o BatchMode=yes -p 443 203.0.113.9 true";
      execFileSync("unshare", ["-n", "sh", "-c", `${network}; ${listen}; ${ssh}; wait`], { stdio: "ignore" });
    },
    fields: () => ({
      "evt.type": "connect",
      "fd.name": /^203\.0\.113\.9:\d+->203\.0\.113\.9:443$/,
      "fd.lport": /^\d+$/,
      "fd.rport": 443,
      "fd.type": "ipv4",
      "fd.l4proto": "tcp",
      "proc.name": "ssh",
      "proc.exepath": "/usr/bin/ssh",
      "proc.pname": "sh",
    }),
  },
  {
    rule: "Fileless execution via memfd_create",
    priority: "Critical",
    perform: (workshop) => workshop.act(["memfd", "/bin/true"], "loader"),
    fields: () => ({
      "evt.type": "execve",
      "evt.res": "SUCCESS",
      "evt.arg.flags": /EXE_FROM_MEMFD/,
      "proc.exepath": "memfd:payload",
      "proc.cmdline": /^\S+$/,
    }),
  },
];
