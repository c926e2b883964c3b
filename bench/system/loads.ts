// SPDX-License-Identifier: Apache-2.0

/** What the sensors are measured under. */
import { execFileSync, spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";

/** One load: a command that prints what bench/loads/load.c does. */
export interface Load {
  readonly name: string;
  /** For people. */
  readonly title: string;
  /** System calls of one operation that are the load's own; undefined: whatever the machine did is counted. */
  readonly calls?: number;
  /** Operations a second that it is to do, not as many as it can: its throughput says nothing. */
  readonly pace?: number;
  command(seconds: number): readonly string[];
  /** Why it can't be run here. */
  readonly missing?: string;
}

/** A port that nobody listens at. */
const PORT = 9;

/** Files of a compilation, and requests of a run of the redis benchmark for each of its two tests. */
const SOURCES = 200;
const REQUESTS = 50_000;

const has = (program: string) => spawnSync("sh", ["-c", `command -v ${program}`]).status === 0;

/** Compiles bench/loads/load.c into `folder`; its path. */
export function compileLoad(folder: string, root: string): string {
  mkdirSync(folder, { recursive: true });
  const program = join(folder, "load");
  // another run may be using it
  execFileSync("cc", ["-O2", "-static", "-o", `${program}.${process.pid}`, join(root, "bench/loads/load.c")]);
  renameSync(`${program}.${process.pid}`, program);
  return program;
}

/** All loads; what they need is made in `folder`. */
export function loads(folder: string, root: string): readonly Load[] {
  const program = compileLoad(folder, root);
  // rules name the file that these open, and leave them out: one by its command line, which the kernel does not know
  const [perl, sshd] = [join(folder, "perl"), join(folder, "sshd")];
  for (const copy of [perl, sshd]) copyFileSync(program, copy);
  const dull = join(folder, "dull");
  writeFileSync(dull, "");
  const twice = (load: Load, path: string, ...by: string[]): Load[] => [
    { ...load, command: (seconds) => [...by, "open", path, "1", String(seconds)] },
    {
      ...load,
      name: `${load.name}2`,
      title: load.title.replace("1 process", "2 processes"),
      command: (seconds) => [...by, "open", path, "2", String(seconds)],
    },
  ];
  const open = { calls: 2, command: () => [] };
  const exec = (rate: number): Load => ({
    name: `exec${rate || ""}`,
    title: rate === 0 ? "fork+exec at full speed" : `fork+exec, ${rate}/s`,
    ...(rate === 0 ? {} : { pace: rate }),
    command: (seconds) => [program, "exec", String(rate), String(seconds)],
  });
  const run = (ops: number, seconds: number, ...command: string[]) => [
    ...[program, "run", String(ops), String(seconds)],
    ...command,
  ];
  return [
    ...twice({ ...open, name: "open", title: "open+close, no rule names it, 1 process" }, dull, program),
    ...twice(
      { ...open, name: "named", title: "open+close of /etc/shadow, 1 process" },
      ...["/etc/shadow", perl, "/opt/psa/admin/bin/plesk_agent_manager"] as const,
    ),
    ...twice({ ...open, name: "left", title: "the same by sshd, which is left out, 1 process" }, "/etc/shadow", sshd),
    exec(0),
    exec(10),
    exec(100),
    exec(1000),
    {
      name: "connect",
      title: "socket+connect+close",
      calls: 3,
      command: (seconds) => [program, "connect", String(PORT), String(seconds)],
    },
    {
      name: "find",
      title: "find over /usr",
      command: (seconds) => run(1, seconds, "find", "/usr", "-name", "nothing"),
    },
    {
      name: "redis",
      title: "redis-benchmark, GET and SET",
      ...(has("redis-server") && has("redis-benchmark") ? {} : { missing: "redis-server is not installed" }),
      command: (seconds) => run(2 * REQUESTS, seconds, "sh", redis(folder)),
    },
    {
      name: "compile",
      title: `compiling ${SOURCES} C files`,
      ...(has("gcc") ? {} : { missing: "gcc is not installed" }),
      command: (seconds) => run(SOURCES, seconds, "sh", compilation(folder)),
    },
    { name: "idle", title: "nothing", pace: 0, command: (seconds) => [program, "sleep", String(seconds)] },
  ];
}

/** A script that runs the server and the benchmark over a socket of its own. */
function redis(folder: string): string {
  const script = join(folder, "redis.sh");
  const socket = join(folder, "redis.sock");
  writeFileSync(
    script,
    `cd ${folder} || exit 1
redis-server --port 0 --unixsocket ${socket} --save "" --appendonly no >/dev/null &
server=$!
while ! [ -S ${socket} ]; do sleep 0.05; done
redis-benchmark -s ${socket} -t get,set -n ${REQUESTS} -q >/dev/null
status=$?
kill $server
wait $server
exit $status
`,
  );
  return script;
}

/** A script that compiles generated files, two at a time. */
function compilation(folder: string): string {
  const sources = join(folder, "sources");
  mkdirSync(sources, { recursive: true });
  for (let i = 0; i < SOURCES; i++) {
    const text = `#include <stdio.h>\n#include <stdlib.h>\n#include <string.h>\n` +
      `int f${i}(int n) { char *s = malloc(n); memset(s, ${i}, n); puts(s); free(s); return n * ${i}; }\n`;
    writeFileSync(join(sources, `f${i}.c`), text);
  }
  const script = join(folder, "compile.sh");
  writeFileSync(script, `cd ${sources} && ls *.c | xargs -n 1 -P 2 gcc -O1 -c\n`);
  return script;
}
