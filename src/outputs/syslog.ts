// SPDX-License-Identifier: Apache-2.0

import { Buffer } from "node:buffer";
import { constants } from "node:os";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { DatagramSocket } from "../native/datagram.ts";
import { type Libc, loadLibc } from "../native/libc.ts";
import { severity } from "../rules/priority.ts";
import { errnoWords } from "./errno.ts";
import { type Line, type Output, OutputError } from "./output.ts";

/** Facility LOG_USER, what Falco's alerts have too: RFC 3164 §4.1.1. */
const LOG_USER = 1;

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"] as const;

/** Ends a message that the socket takes no more of. */
const CUT_MARK = "... [truncated]";

/** A daemon whose queue is full gets this long (ms) to catch up, asked every FULL_PAUSE ms, before the line fails. */
const FULL_PATIENCE = 1000;
const FULL_PAUSE = 5;

const { EAGAIN, EINTR, EMSGSIZE, ENOBUFS } = constants.errno;

/** Where the syslog daemon listens. */
export interface SyslogOptions {
  readonly path?: string;
  readonly libc?: Libc;
}

/** Alerts to the syslog daemon of this host, as glibc's syslog() would send them; connects again when it restarts. */
export class SyslogOutput implements Output {
  readonly name = "syslog";
  readonly #path: string;
  readonly #libc: Libc | undefined;
  #socket: DatagramSocket | undefined;

  constructor(options: SyslogOptions = {}) {
    this.#path = options.path ?? "/dev/log";
    this.#libc = options.libc;
  }

  open(): Promise<void> {
    return promise(() => {
      this.#socket ??= new DatagramSocket(this.#libc ?? load());
      this.#connect(this.#socket);
    });
  }

  async write(line: Line): Promise<void> {
    const socket = this.#socket;
    if (socket === undefined) throw new OutputError(`syslog ${this.#path}: it is not open`);
    const head = header(severity(line.priority), new Date());
    let bytes: Buffer = Buffer.from(`${head}${line.text}`, "utf8");
    let reconnected = false;
    if (!socket.connected) {
      this.#connect(socket);
      reconnected = true;
    }
    const deadline = performance.now() + FULL_PATIENCE;
    for (;;) {
      const errno = socket.stream ? await sendStream(socket, bytes, deadline) : -Math.min(0, socket.send(bytes));
      if (errno === 0) return;
      if (errno === EMSGSIZE && bytes.length > head.length + CUT_MARK.length) {
        bytes = shorten(bytes, Math.max(bytes.length >> 1, head.length + CUT_MARK.length));
      } else if (isFull(errno) && performance.now() < deadline) {
        await sleep(FULL_PAUSE);
      } else if (!isFull(errno) && !reconnected) {
        this.#connect(socket);
        reconnected = true;
      } else {
        if (!isFull(errno)) socket.close();
        throw this.#failure(errno);
      }
    }
  }

  reopen(): Promise<void> {
    return promise(() => {
      if (this.#socket) this.#connect(this.#socket);
    });
  }

  close(): Promise<void> {
    this.#socket?.close();
    this.#socket = undefined;
    return Promise.resolve();
  }

  #connect(socket: DatagramSocket): void {
    const result = socket.connect(this.#path);
    if (result < 0) throw this.#failure(-result);
  }

  #failure(errno: number): OutputError {
    return new OutputError(`syslog ${this.#path}: ${errnoWords(errno)}; is the syslog daemon running?`);
  }
}

/** Runs what throws synchronously as a promise that rejects. */
function promise(act: () => void): Promise<void> {
  return new Promise((resolve) => resolve(act()));
}

function load(): Libc {
  try {
    return loadLibc();
  } catch (error) {
    throw new OutputError(`syslog: the C library can't be reached: ${error instanceof Error ? error.message : error}`);
  }
}

function isFull(errno: number): boolean {
  return errno === EAGAIN || errno === ENOBUFS || errno === EINTR;
}

/**
 * Sends a whole message on a stream, ended by a NUL as glibc does. Returns 0 or an errno; after anything but 0 the
 * connection is closed if a part was sent, since the rest would be taken for the next message.
 */
async function sendStream(socket: DatagramSocket, message: Buffer, deadline: number): Promise<number> {
  const bytes = Buffer.concat([message, Buffer.alloc(1)]);
  for (let at = 0; at < bytes.length;) {
    const sent = socket.send(bytes.subarray(at));
    if (sent >= 0) at += sent;
    else if (isFull(-sent) && at > 0 && performance.now() < deadline) await sleep(FULL_PAUSE);
    else {
      if (at > 0) socket.close();
      return -sent;
    }
  }
  return 0;
}

/** `<PRI>Mmm dd hh:mm:ss lanner[pid]: ` in local time: RFC 3164 §4.1, without the host name as on a local socket. */
export function header(level: number, at: Date): string {
  const two = (n: number): string => String(n).padStart(2, "0");
  const day = String(at.getDate()).padStart(2, " ");
  const time = `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
  return `<${LOG_USER * 8 + level}>${MONTHS[at.getMonth()]} ${day} ${time} lanner[${process.pid}]: `;
}

/** The first `length` bytes at most, cut between characters, and a mark that says so in place of the rest. */
function shorten(bytes: Buffer, length: number): Buffer {
  let end = Math.max(0, length - CUT_MARK.length);
  while (end > 0 && (bytes[end]! & 0xc0) === 0x80) end--;
  return Buffer.concat([bytes.subarray(0, end), Buffer.from(CUT_MARK)]);
}
