// SPDX-License-Identifier: Apache-2.0

/** The rules of the official stable file that ask for a container, in one. */
import type { ContainerBehaviour } from "./behaviour.ts";

// Commands are called by their paths: busybox's shell would do them itself.

const NO_PORTS = "a packet socket has neither ports nor a protocol of that layer";

/** Rows in the file's order. */
export const CONTAINER_BEHAVIOURS: readonly ContainerBehaviour[] = [
  {
    rule: "Terminal shell in container",
    priority: "Notice",
    options: ["-t"],
    command: "exit 0",
    fields: () => ({
      "evt.type": "execve",
      "proc.name": "sh",
      "proc.exepath": "/bin/busybox",
      "proc.cmdline": "sh -c exit 0",
      "proc.tty": /^[1-9]\d*$/,
    }),
  },
  {
    rule: "Contact K8S API Server From Container",
    priority: "Notice",
    options: ["--cap-add=NET_ADMIN"],
    command: "ip addr add 10.96.0.1/32 dev lo; /bin/nc -l -p 443 & sleep 0.3; /bin/nc 10.96.0.1 443; wait",
    fields: () => ({
      "evt.type": "connect",
      "fd.name": /^10\.96\.0\.1:\d+->10\.96\.0\.1:443$/,
      "fd.lport": /^\d+$/,
      "fd.rport": 443,
      "fd.type": "ipv4",
      "fd.l4proto": "tcp",
      "proc.name": "nc",
      "proc.cmdline": "nc 10.96.0.1 443",
    }),
  },
  {
    rule: "Netcat Remote Code Execution in Container",
    priority: "Warning",
    command: "/bin/nc -l -p 4444 -e /bin/id & sleep 0.3; /bin/nc 127.0.0.1 4444; wait",
    fields: () => ({ "proc.name": "nc", "proc.exepath": "/bin/busybox", "proc.cmdline": "nc -l -p 4444 -e /bin/id" }),
  },
  {
    rule: "Packet socket created in container",
    priority: "Notice",
    options: ["--cap-add=NET_RAW"],
    command: "/bin/arping -c 1 -I lo 127.0.0.1; true",
    fields: () => ({
      "evt.type": "socket",
      "evt.args": /^fd=\d+\(.*\) domain=17\(AF_PACKET\) type=\d+ proto=\d+ flags=/,
      "proc.name": "arping",
      "proc.cmdline": "arping -c 1 -I lo 127.0.0.1",
    }),
    missing: {
      "fd.lport": NO_PORTS,
      "fd.rport": NO_PORTS,
      "fd.l4proto": NO_PORTS,
      "fd.type": "Falco's rules know no word for packet sockets",
    },
  },
  {
    rule: "Redirect STDOUT/STDIN to Network Connection in Container",
    priority: "Notice",
    command: "acts redirect",
    fields: () => ({
      "evt.type": "dup2",
      "fd.sip": "127.0.0.1",
      "fd.name": /^127\.0\.0\.1:\d+->127\.0\.0\.1:\d+$/,
      "fd.lport": /^\d+$/,
      "fd.rport": /^\d+$/,
      "fd.type": "ipv4",
      "fd.l4proto": "tcp",
      "proc.name": "acts",
      "proc.cmdline": "acts redirect",
    }),
  },
  {
    rule: "Linux Kernel Module Injection Detected",
    priority: "Warning",
    options: ["--privileged"],
    command: "head -c 4096 /dev/zero > /tmp/evil.ko; /bin/insmod /tmp/evil.ko; true",
    fields: () => ({
      "evt.type": /^f?init_module$/,
      "evt.res": /^E[A-Z]+$/, // it is no module
      "proc.args": "/tmp/evil.ko",
      "proc.name": "insmod",
      "proc.pexepath": "/bin/busybox",
      "proc.cmdline": "insmod /tmp/evil.ko",
    }),
  },
  {
    rule: "Debugfs Launched in Privileged Container",
    priority: "Warning",
    options: ["--privileged", "-v", "/:/host:ro"],
    command: "chroot /host /sbin/debugfs -V",
    fields: () => ({ "proc.name": "debugfs", "proc.cmdline": "debugfs -V" }),
  },
  {
    rule: "Detect release_agent File Container Escapes",
    priority: "Critical",
    options: ["--privileged"],
    command: "mkdir /tmp/c; mount -t cgroup -o none,name=lanner cgroup /tmp/c; echo /bin/true > /tmp/c/release_agent",
    fields: () => ({
      "fd.name": "/tmp/c/release_agent",
      "thread.cap_effective": /CAP_SYS_ADMIN/,
      "proc.name": "sh",
    }),
  },
  {
    rule: "Drop and execute new binary in container",
    priority: "Critical",
    command: "cp /bin/busybox /tmp/sleep; /tmp/sleep 0; true",
    fields: () => ({
      "evt.arg.flags": "EXE_WRITABLE|EXE_UPPER_LAYER",
      "proc.exe": "/tmp/sleep",
      "proc.exepath": "/tmp/sleep",
      "proc.cmdline": "sleep 0",
      "proc.sname": "sh",
      "proc.cwd": "/",
      "proc.exe_ino.ctime": /^\d{19}$/,
      "proc.exe_ino.mtime": /^\d{19}$/,
      "proc.exe_ino.ctime_duration_proc_start": /^-?\d+$/,
      "container.start_ts": /^\d{19}$/,
    }),
  },
];
