// SPDX-License-Identifier: Apache-2.0

import { RE2JS } from "re2js";
import { type BinaryString, decodeBytes } from "../events/text.ts";
import { FieldError } from "./field.ts";

/**
 * Whether a regular expression is found anywhere in a value, as Falco's container plugin chooses mounts: unanchored, `^`
 * and `$` at every line. In time linear in the value (see src/engine/regex.ts for the choice of re2js).
 * @throws FieldError for a pattern that is none.
 */
export function regexSearch(pattern: BinaryString): (value: BinaryString) => boolean {
  let compiled: RE2JS;
  try {
    compiled = RE2JS.compile(decodeBytes(pattern), RE2JS.MULTILINE);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new FieldError(`${decodeBytes(pattern)} is no regular expression: ${reason}`);
  }
  return (value) => compiled.test(decodeBytes(value));
}
