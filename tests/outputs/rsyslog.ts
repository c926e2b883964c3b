// SPDX-License-Identifier: Apache-2.0

/** A private rsyslogd: own configuration, socket and pid file in a temporary directory. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { eventually } from "./contract.ts";

/** Whether rsyslogd is installed here; a text that says so when it isn't. */
export const withoutRsyslog: string | false = spawnSync("rsyslogd", ["-v"]).status === 0
  ? false
  : "rsyslogd is not installed";

/** The daemon, started by `start`, which writes down each message as it came. */
export class Rsyslog {
  readonly #dir = mkdtempSync(join(tmpdir(), "lanner-syslog-"));
  /** Stands for /dev/log. */
  readonly socket = join(this.#dir, "log");
  #child: ChildProcess | undefined;

  constructor() {
    writeFileSync(
      join(this.#dir, "conf"),
      `global(workDirectory="${this.#dir}" maxMessageSize="256k" parser.escapeControlCharactersOnReceive="off")
module(load="imuxsock" SysSock.Use="off")
input(type="imuxsock" Socket="${this.socket}")
template(name="out" type="string" string="%pri% %programname%[%procid%] %rawmsg%\\n")
action(type="omfile" file="${join(this.#dir, "out")}" template="out")
`,
    );
  }

  async start(): Promise<void> {
    rmSync(this.socket, { force: true });
    const args = ["-n", "-f", join(this.#dir, "conf"), "-i", join(this.#dir, "pid")];
    this.#child = spawn("rsyslogd", args, { stdio: "ignore" });
    await eventually("rsyslogd listens", () => existsSync(this.socket));
  }

  async stop(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined) return;
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await ended;
  }

  /** Stops it from reading, without closing its socket. */
  freeze(): void {
    if (this.#child?.pid) process.kill(this.#child.pid, "SIGSTOP");
  }

  thaw(): void {
    if (this.#child?.pid) process.kill(this.#child.pid, "SIGCONT");
  }

  /** The messages so far, each `PRI program[pid] raw message`. */
  messages(): string[] {
    const out = join(this.#dir, "out");
    return existsSync(out) ? readFileSync(out, "utf8").split("\n").slice(0, -1) : [];
  }

  async dispose(): Promise<void> {
    await this.stop();
    rmSync(this.#dir, { recursive: true });
  }
}
