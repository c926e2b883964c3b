// SPDX-License-Identifier: Apache-2.0

import { isIPv4, isIPv6 } from "node:net";
import type { BinaryString } from "./text.ts";

/** The 4 bytes of an IPv4 address in dotted decimals; undefined when it is none. */
export function bytesOfIPv4(text: string): BinaryString | undefined {
  if (!isIPv4(text)) return undefined;
  return String.fromCharCode(...text.split(".").map(Number));
}

/** The 16 bytes of an IPv6 address without zone, in any of its spellings; undefined when it is none. */
export function bytesOfIPv6(text: string): BinaryString | undefined {
  if (!isIPv6(text) || text.includes("%")) return undefined;
  let groups = text;
  const tail = groups.slice(groups.lastIndexOf(":") + 1);
  const embedded = bytesOfIPv4(tail);
  if (embedded !== undefined) {
    const pair = (at: number) => ((embedded.charCodeAt(at) << 8) | embedded.charCodeAt(at + 1)).toString(16);
    groups = groups.slice(0, groups.length - tail.length) + `${pair(0)}:${pair(2)}`;
  }
  const [head = "", rest] = groups.split("::");
  const words = (part: string) => (part === "" ? [] : part.split(":").map((word) => parseInt(word, 16)));
  const left = words(head);
  const right = rest === undefined ? [] : words(rest);
  const all = [...left, ...new Array<number>(8 - left.length - right.length).fill(0), ...right];
  return String.fromCharCode(...all.flatMap((word) => [word >> 8, word & 255]));
}
