// SPDX-License-Identifier: Apache-2.0

/** SOCKADDR and SOCKTUPLE parameters built by hand, as native/wire.h lays them out. */

/** The 16 bytes of an IPv6 address; an IPv4 tail in dotted form is understood. */
export function ip6(text: string): number[] {
  const dotted = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(text);
  if (dotted !== null) {
    const [a, b, c, d] = dotted.slice(2).map(Number) as [number, number, number, number];
    return ip6(`${dotted[1]}${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`);
  }
  const [head = "", tail] = text.split("::");
  const groups = (part: string) => part === "" ? [] : part.split(":").map((group) => parseInt(group, 16));
  const left = groups(head);
  const right = tail === undefined ? [] : groups(tail);
  const zeros = new Array<number>(8 - left.length - right.length).fill(0);
  return [...left, ...zeros, ...right].flatMap((group) => [group >> 8, group & 0xff]);
}

function end(address: string, port: number): number[] {
  const bytes = address.includes(":") ? ip6(address) : address.split(".").map(Number);
  return [...bytes, port & 0xff, port >> 8];
}

const family = (address: string) => address.includes(":") ? 10 : 2;

/** A SOCKADDR of an inet or inet6 socket. */
export function sockaddr(address: string, port: number): Uint8Array {
  return Uint8Array.from([family(address), ...end(address, port)]);
}

/** A SOCKTUPLE of an inet or inet6 socket: source, then destination. */
export function tuple(source: string, sport: number, destination: string, dport: number): Uint8Array {
  return Uint8Array.from([family(source), ...end(source, sport), ...end(destination, dport)]);
}

/** A SOCKTUPLE of a unix socket. */
export function unixTuple(source: bigint, destination: bigint, path: string): Uint8Array {
  const bytes = new Uint8Array(17 + path.length + 1);
  const view = new DataView(bytes.buffer);
  bytes[0] = 1;
  view.setBigUint64(1, source, true);
  view.setBigUint64(9, destination, true);
  bytes.set(new TextEncoder().encode(path), 17);
  return bytes;
}
