// SPDX-License-Identifier: Apache-2.0

import { Buffer } from "node:buffer";

/**
 * Binary string: one character per byte, U+0000 to U+00FF. The form in which all text from the kernel and all literals
 * of rules are compared, since Falco compares bytes and an attacker's file name need not be UTF-8.
 */
export type BinaryString = string;

/** The UTF-8 bytes of `text` as a binary string. */
export function encodeText(text: string): BinaryString {
  return Buffer.from(text, "utf8").toString("latin1");
}

/** The text that the bytes spell in UTF-8; what is not UTF-8 becomes U+FFFD. */
export function decodeBytes(bytes: BinaryString): string {
  return Buffer.from(bytes, "latin1").toString("utf8");
}
