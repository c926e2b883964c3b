// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { describe, test } from "node:test";
import type { Libc } from "../../src/native/libc.ts";
import { OutputError } from "../../src/outputs/output.ts";
import { header, SyslogOutput } from "../../src/outputs/syslog.ts";
import { PRIORITIES } from "../../src/rules/priority.ts";
import { eventually, line, outputContract } from "./contract.ts";
import { Rsyslog, withoutRsyslog } from "./rsyslog.ts";

const RAW = /^\d+ lanner\[\d+\] <\d+>[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d lanner\[\d+\]: (.*)$/;

outputContract("syslog through rsyslogd", async () => {
  const daemon = new Rsyslog();
  await daemon.start();
  return {
    output: new SyslogOutput({ path: daemon.socket }),
    received: () => daemon.messages().map((message) => RAW.exec(message)?.[1] ?? `not understood: ${message}`),
    breakIt: () => daemon.stop(),
    repair: () => daemon.start(),
    dispose: () => daemon.dispose(),
  };
}, withoutRsyslog);

/** A C library whose datagram socket takes `limit` bytes and keeps what it got. */
class FakeLibc implements Libc {
  readonly sent: string[] = [];
  readonly limit: number;
  /** errno of the next calls of `send`. */
  readonly failures: number[] = [];
  connects = 0;

  constructor(limit = 1e9) {
    this.limit = limit;
  }
  memfdCreate(): number {
    throw new Error("syslog makes no memory files");
  }
  madvise(): number {
    throw new Error("syslog maps no memory");
  }
  socket(): number {
    return 7;
  }
  connect(): number {
    this.connects++;
    return 0;
  }
  send(_fd: number, bytes: Uint8Array): number {
    const failure = this.failures.shift();
    if (failure !== undefined) return -failure;
    if (bytes.length > this.limit) return -constants.errno.EMSGSIZE;
    this.sent.push(Buffer.from(bytes).toString("utf8"));
    return bytes.length;
  }
  close(): number {
    return 0;
  }
}

/** Runs `body` with a daemon and an output that is open on it. */
function withDaemon(body: (daemon: Rsyslog, output: SyslogOutput) => Promise<void>): () => Promise<void> {
  return async () => {
    const daemon = new Rsyslog();
    const output = new SyslogOutput({ path: daemon.socket });
    try {
      await daemon.start();
      await output.open();
      await body(daemon, output);
    } finally {
      await output.close();
      await daemon.dispose();
    }
  };
}

describe("the syslog output", () => {
  test("the header is RFC 3164's, with the day padded by a space", () => {
    assert.equal(header(4, new Date(2026, 2, 5, 7, 8, 9)), `<12>Mar  5 07:08:09 lanner[${process.pid}]: `);
    assert.equal(header(0, new Date(2026, 10, 25, 17, 58, 59)), `<8>Nov 25 17:58:59 lanner[${process.pid}]: `);
  });

  test(
    "every priority arrives as its severity in facility user",
    { skip: withoutRsyslog },
    withDaemon(async (daemon, output) => {
      for (const priority of PRIORITIES) await output.write({ text: priority, priority });
      await eventually("all messages", () => daemon.messages().length === PRIORITIES.length);
      const seen = daemon.messages().map((message) => message.replace(/ <.*: /, " "));
      assert.deepEqual(seen, PRIORITIES.map((priority, i) => `${8 + i} lanner[${process.pid}] ${priority}`));
    }),
  );

  test(
    "a daemon that was restarted gets the next line without an error",
    { skip: withoutRsyslog },
    withDaemon(async (daemon, output) => {
      await output.write(line("one"));
      await eventually("the first message", () => daemon.messages().length === 1);
      await daemon.stop();
      await daemon.start();
      await output.write(line("two"));
      await eventually("the second message", () => daemon.messages().length === 2);
    }),
  );

  test(
    "a daemon that stands still rejects after a while and loses nothing it took",
    { skip: withoutRsyslog },
    withDaemon(async (daemon, output) => {
      daemon.freeze();
      let taken = 0;
      let timers = 0;
      const timer = setInterval(() => timers++, 20);
      await assert.rejects(async () => {
        for (; taken < 100_000; taken++) await output.write(line(`${taken} ${"p".repeat(1000)}`));
      }, (error) => error instanceof OutputError && /takes no more at the moment/.test(error.message));
      clearInterval(timer);
      assert.ok(taken > 1);
      assert.ok(timers >= 5, "the event loop went on");
      daemon.thaw();
      await eventually("what was taken arrives", () => daemon.messages().length === taken);
    }),
  );

  test("open says that no daemon listens", async () => {
    const output = new SyslogOutput({ path: "/nonexistent/log" });
    await assert.rejects(output.open(), (error) => {
      assert.ok(error instanceof OutputError);
      assert.equal(
        error.message,
        "syslog /nonexistent/log: no such file or directory; is the syslog daemon running?",
      );
      return true;
    });
  });

  test("a path that no socket can have is an error", async () => {
    const output = new SyslogOutput({ path: `/${"x".repeat(200)}` });
    await assert.rejects(output.open(), /the name is too long/);
  });

  test("a message that is too long for the socket is cut between characters and says so", async () => {
    const libc = new FakeLibc(1000);
    const output = new SyslogOutput({ libc });
    await output.open();
    await output.write(line("ü".repeat(3000)));
    assert.equal(libc.sent.length, 1);
    assert.match(libc.sent[0]!, /^<12>[^:]+:\d\d:\d\d lanner\[\d+\]: ü{100,}\.\.\. \[truncated\]$/);
  });

  const dead = ["ECONNREFUSED", "ENOTCONN", "EPIPE", "ECONNRESET"] as const;
  for (const name of dead) {
    test(`${name} connects again and sends the line once`, async () => {
      const libc = new FakeLibc();
      const output = new SyslogOutput({ libc });
      await output.open();
      libc.failures.push(constants.errno[name]);
      await output.write(line("kept"));
      assert.equal(libc.connects, 2);
      assert.equal(libc.sent.length, 1);
      libc.failures.push(constants.errno[name], constants.errno[name]);
      await assert.rejects(output.write(line("lost")), OutputError);
    });
  }

  test("a daemon that listens on a stream gets NUL-terminated messages", async () => {
    const dir = mkdtempSync(join(tmpdir(), "lanner-syslog-"));
    const path = join(dir, "log");
    const chunks: Uint8Array[] = [];
    const messages = () => Buffer.concat(chunks).toString("utf8").split("\0");
    const server = createServer((socket) => socket.on("data", (chunk) => chunks.push(chunk)));
    await new Promise<void>((resolve) => server.listen(path, resolve));
    const output = new SyslogOutput({ path });
    await output.open();
    const long = "ß".repeat(200_000);
    await output.write(line("first"));
    await output.write(line(long));
    await eventually("both messages", () => messages().length === 3);
    assert.deepEqual(messages().map((message) => message.replace(/^<12>.*?\]: /, "")), ["first", long, ""]);
    await output.close();
    await new Promise((resolve) => server.close(resolve));
    rmSync(dir, { recursive: true });
  });
});
