// SPDX-License-Identifier: Apache-2.0

/** The socket behind an event: its two ends, and which of them is the client. */
import {
  addressText,
  AF_INET,
  AF_INET6,
  isMapped,
  port,
  TUPLE_INET6_BYTES,
  TUPLE_INET_BYTES,
} from "../events/render_address.ts";
import type { BinaryString } from "../events/text.ts";
import type { Event } from "./event.ts";
import { layout } from "./layout.ts";

/** IP protocols that Falco names. */
const L4PROTO: ReadonlyMap<number, string> = new Map([[1, "icmp"], [58, "icmp"], [6, "tcp"], [17, "udp"], [
  255,
  "raw",
]]);

/** EINPROGRESS as a result: a non-blocking connect under way. */
const IN_PROGRESS = -115;

/** Linux takes ports for clients from here on by default (net.ipv4.ip_local_port_range). */
const FIRST_EPHEMERAL = 32768;

/** Which end of a socket the process is. */
export type Role = "none" | "client" | "server";

/** An end of a socket, by role or by place. */
export type Which = "client" | "server" | "local" | "remote";

/** An end of an inet socket: where its address and port lie in memory. */
interface End {
  at: number;
  port: number;
}

/**
 * Reads one event's socket in place. `read` first; the rest speaks of the event that was read last.
 */
export class Socket {
  #u8: Uint8Array = new Uint8Array(0);
  /** Address bytes: 4 or 16. */
  #bytes = 0;
  readonly #local: End = { at: 0, port: 0 };
  readonly #remote: End = { at: 0, port: 0 };

  role: Role = "none";

  /** Whether the event is about an inet socket whose addresses the record has. */
  read(event: Event): boolean {
    const { record, type } = event;
    const where = layout(type);
    this.role = "none";
    if (where.fdType < 0) return false;
    let index = where.tuple;
    let sourceIsLocal = where.direction === "outbound";
    let ofEvent = true;
    if (index < 0 || record.len(index) === 0 || !completed(event)) {
      index = where.fdTuple;
      sourceIsLocal = true;
      ofEvent = false;
    }
    const length = record.len(index);
    if (length === 0) return false;
    const u8 = this.#u8 = record.memory.u8;
    const at = record.offset(index) + 1;
    const source = sourceIsLocal ? this.#local : this.#remote;
    const destination = sourceIsLocal ? this.#remote : this.#local;
    if (u8[at - 1] === AF_INET && length === TUPLE_INET_BYTES) {
      this.#bytes = 4;
      source.at = at;
      source.port = port(u8, at + 4);
      destination.at = at + 6;
      destination.port = port(u8, at + 10);
    } else if (u8[at - 1] === AF_INET6 && length === TUPLE_INET6_BYTES) {
      const skip = isMapped(u8, at) && isMapped(u8, at + 18) ? 12 : 0;
      this.#bytes = 16 - skip;
      source.at = at + skip;
      source.port = port(u8, at + 16);
      destination.at = at + 18 + skip;
      destination.port = port(u8, at + 34);
    } else return false;
    this.role = this.#roleOf(event, ofEvent);
    return true;
  }

  /**
   * connect makes a client, accept a server, and the kernel knows who listens. Falco remembers the rest from earlier
   * calls; without memory it is guessed for a socket with both ends: the end whose port is not an ephemeral one is
   * the server's; where that doesn't tell, who reads a datagram is the server and anybody else the client.
   */
  #roleOf(event: Event, ofEvent: boolean): Role {
    const { record, type } = event;
    const { fdRole, tuple } = layout(type);
    if (type.name === "connect") return completed(event) ? "client" : "none";
    if (type.createsFd && tuple >= 0) return "server";
    const role = fdRole >= 0 && record.hasNumber(fdRole) ? record.low(fdRole) : 0;
    if (role === 1) return "client";
    if (role === 2) return "server";
    if (this.#remote.port === 0) return "none";
    const localEphemeral = this.#local.port >= FIRST_EPHEMERAL;
    if (localEphemeral !== this.#remote.port >= FIRST_EPHEMERAL) return localEphemeral ? "client" : "server";
    return ofEvent && type.category === "io_read" ? "server" : "client";
  }

  /** Both ends are known. */
  get connected(): boolean {
    return this.#remote.port !== 0 && this.role !== "none";
  }

  /** A socket that waits for clients: it has one end, which is the server's. */
  get listening(): boolean {
    return this.role === "server" && !this.connected;
  }

  /** 4, or 6 for what is not IPv4 on both ends. */
  get version(): 4 | 6 {
    return this.#bytes === 4 ? 4 : 6;
  }

  #end(which: Which): End | undefined {
    if (which === "local") return this.connected ? this.#local : undefined;
    if (which === "remote") return this.connected ? this.#remote : undefined;
    if (this.role === "none") return undefined;
    const own = which === this.role;
    return own ? this.#local : this.connected ? this.#remote : undefined;
  }

  /** Address of an end, 4 or 16 bytes; undefined when that end is not known. */
  address(which: Which): BinaryString | undefined {
    const end = this.#end(which);
    if (end === undefined) return undefined;
    let text = "";
    for (let i = 0; i < this.#bytes; i++) text += String.fromCharCode(this.#u8[end.at + i]!);
    return text;
  }

  /** Port of an end; undefined when that end is not known. */
  port(which: Which): number | undefined {
    return this.#end(which)?.port;
  }

  /** Falco's name: `client:port->server:port`, `ip:port` when listening, empty before there is a role. */
  get name(): string {
    if (this.role === "none") return "";
    const client = this.role === "client" ? this.#local : this.#remote;
    const server = this.role === "client" ? this.#remote : this.#local;
    const to = `${addressText(this.#u8, server.at, this.#bytes)}:${server.port}`;
    return this.listening ? to : `${addressText(this.#u8, client.at, this.#bytes)}:${client.port}->${to}`;
  }
}

/** The call did what it is for, or a connect is still under way: only then its tuple counts. */
export function completed(event: Event): boolean {
  const { record } = event;
  const { result } = layout(event.type);
  if (result < 0 || !record.hasNumber(result)) return true;
  const value = record.number(result);
  return value >= 0 || value === IN_PROGRESS;
}

/** `tcp`, `udp`, `icmp`, `raw`; undefined for another protocol or when the record has none. */
export function l4proto(event: Event): string | undefined {
  const { fdProto } = layout(event.type);
  return fdProto >= 0 && event.record.hasNumber(fdProto) ? L4PROTO.get(event.record.low(fdProto)) : undefined;
}

/** Family of the socket that the record's tuples are of; 0 when it has none. */
export function family(event: Event): number {
  const { record } = event;
  const { tuple, fdTuple } = layout(event.type);
  for (const index of [tuple, fdTuple]) {
    if (index >= 0 && record.len(index) > 0) return record.memory.u8[record.offset(index)]!;
  }
  return 0;
}
