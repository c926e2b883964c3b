// SPDX-License-Identifier: Apache-2.0

/** A client of a local (AF_UNIX) datagram socket such as /dev/log; `node:dgram` knows only the internet's. */
import { Buffer } from "node:buffer";
import { constants } from "node:os";
import type { Libc } from "./libc.ts";

const AF_UNIX = 1;
const SOCK_STREAM = 1;
const SOCK_DGRAM = 2;
/** SOCK_NONBLOCK and SOCK_CLOEXEC: the same on x86 and ARM. */
const SOCK_FLAGS = 0x800 | 0x80000;
const MSG_DONTWAIT = 0x40;
const MSG_NOSIGNAL = 0x4000;
/** `sun_path` with its NUL: unix(7). */
const PATH_BYTES = 108;

/**
 * One connection to a local socket, never blocking. Falls back from datagrams to a stream where the daemon listens on
 * one, as glibc's syslog() does.
 */
export class DatagramSocket {
  readonly #libc: Libc;
  #fd = -1;
  #stream = false;

  constructor(libc: Libc) {
    this.#libc = libc;
  }

  /** Whether the peer turned out to listen on a stream: messages then need their own separator. */
  get stream(): boolean {
    return this.#stream;
  }

  get connected(): boolean {
    return this.#fd >= 0;
  }

  /** Connects to the socket at `path`, leaving any earlier one. Returns 0 or a negative errno. */
  connect(path: string): number {
    this.close();
    const address = socketAddress(path);
    if (address === undefined) return -constants.errno.ENAMETOOLONG;
    const result = this.#open(address, SOCK_DGRAM);
    return result === -constants.errno.EPROTOTYPE ? this.#open(address, SOCK_STREAM) : result;
  }

  #open(address: Uint8Array, type: number): number {
    const fd = this.#libc.socket(AF_UNIX, type | SOCK_FLAGS, 0);
    if (fd < 0) return fd;
    const result = this.#libc.connect(fd, address);
    if (result < 0) {
      this.#libc.close(fd);
      return result;
    }
    this.#fd = fd;
    this.#stream = type === SOCK_STREAM;
    return 0;
  }

  /**
   * Sends without waiting. Returns the bytes taken (all of them, or none, for datagrams) or a negative errno: EAGAIN
   * when the peer's queue is full, EMSGSIZE when a datagram is too long, ENOTCONN when not connected.
   */
  send(bytes: Uint8Array): number {
    if (this.#fd < 0) return -constants.errno.ENOTCONN;
    return this.#libc.send(this.#fd, bytes, MSG_DONTWAIT | MSG_NOSIGNAL);
  }

  /** Idempotent. */
  close(): void {
    if (this.#fd >= 0) this.#libc.close(this.#fd);
    this.#fd = -1;
  }
}

/** `struct sockaddr_un`; undefined when the path is too long for one. */
function socketAddress(path: string): Uint8Array | undefined {
  const name = Buffer.from(path, "utf8");
  if (name.length >= PATH_BYTES) return undefined;
  const address = Buffer.alloc(2 + PATH_BYTES);
  address.writeUInt16LE(AF_UNIX);
  name.copy(address, 2);
  return address;
}
