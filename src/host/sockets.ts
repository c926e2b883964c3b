// SPDX-License-Identifier: Apache-2.0

/** A socket by its inode, in the tables of its process's network namespace (proc_pid_net(5)). */
import { Buffer } from "node:buffer";
import { addressText } from "../events/render_address.ts";
import type { Descriptor } from "./descriptors.ts";
import { readStart } from "./files.ts";

/** Some 40,000 sockets of one kind. */
const LIMIT_BYTES = 8 << 20;

/** Ports from here on are mostly clients' (net.ipv4.ip_local_port_range). */
const FIRST_EPHEMERAL = 32768;

/** Tables of inet sockets, and Falco's word for what is in them. */
const INET: readonly (readonly [string, string])[] = [
  ["tcp", "ipv4"],
  ["tcp6", "ipv6"],
  ["udp", "ipv4"],
  ["udp6", "ipv6"],
  ["raw", "ipv4"],
  ["raw6", "ipv6"],
];

/** The columns of the line that has the inode in column `column`. */
function lineOf(table: string, inode: string, column: number): readonly string[] | undefined {
  const text = readStart(table, LIMIT_BYTES) ?? "";
  for (let at = text.indexOf(` ${inode}`); at >= 0; at = text.indexOf(` ${inode}`, at + 1)) {
    const start = text.lastIndexOf("\n", at) + 1;
    const end = text.indexOf("\n", at);
    const columns = text.slice(start, end < 0 ? undefined : end).trim().split(/\s+/);
    if (columns[column] === inode) return columns;
  }
  return undefined;
}

/** An end as `HEX:PORT`: the address in 32-bit words of the machine's byte order. */
function endOf(text: string): { readonly address: string; readonly port: number } {
  const [hex = "", port = "0"] = text.split(":");
  const bytes = Buffer.from(hex, "hex");
  return { address: addressText(bytes.swap32(), 0, bytes.length), port: Number.parseInt(port, 16) };
}

/** Falco's name: the client first, as far as ports tell who that is. */
function nameOf(local: string, remote: string): string {
  const here = endOf(local);
  const there = endOf(remote);
  if (there.port === 0) return `${here.address}:${here.port}`;
  const isServer = here.port < FIRST_EPHEMERAL && there.port >= FIRST_EPHEMERAL;
  const [client, server] = isServer ? [there, here] : [here, there];
  return `${client.address}:${client.port}->${server.address}:${server.port}`;
}

/**
 * The socket with this inode.
 * @param net the process's /proc/PID/net
 */
export function findSocket(inode: string, net: string): Descriptor {
  for (const [table, type] of INET) {
    const columns = lineOf(`${net}/${table}`, inode, 9);
    if (columns !== undefined) return { type, name: nameOf(columns[1]!, columns[2]!) };
  }
  const unix = lineOf(`${net}/unix`, inode, 6);
  if (unix !== undefined) return { type: "unix", name: unix[7] ?? "" };
  const isNetlink = lineOf(`${net}/netlink`, inode, 9) !== undefined;
  return { type: isNetlink ? "netlink" : "<NA>", name: "" };
}
