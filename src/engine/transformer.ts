// SPDX-License-Identifier: Apache-2.0

/** What transformers do to values: compat/language.md §5. Text is binary strings; undefined is "missing". */
import { Buffer } from "node:buffer";
import type { BinaryString } from "../events/text.ts";
import type { Value } from "../fields/field.ts";

/** ASCII letters in upper case, as C's toupper does to each byte. */
export function toUpper(text: BinaryString): BinaryString {
  return text.replace(/[a-z]+/g, (letters) => letters.toUpperCase());
}

/** ASCII letters in lower case, as C's tolower does to each byte. */
export function toLower(text: BinaryString): BinaryString {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

/** What the text spells in base64, with or without padding; undefined when it is not base64. */
export function decodeBase64(text: BinaryString): BinaryString | undefined {
  const match = /^([A-Za-z0-9+/]*)(={0,2})$/.exec(text);
  if (match === null) return undefined;
  const [, digits = "", padding = ""] = match;
  if (digits.length % 4 === 1 || (padding !== "" && (digits.length + padding.length) % 4 !== 0)) return undefined;
  return Buffer.from(digits, "base64").toString("latin1");
}

/** The text after its last slash; all of it when it has none. */
export function basename(path: BinaryString): BinaryString {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** A list's number of elements, or a text's number of bytes. */
export function lengthOf(value: Value): number {
  if (typeof value === "string" || Array.isArray(value)) return value.length;
  return 0;
}

/** What getopt's second argument says: a letter is an option, a letter with `:` an option that takes a value. */
export interface OptionString {
  readonly options: ReadonlySet<string>;
  readonly withValue: ReadonlySet<string>;
}

/** Reads getopt's second argument. */
export function parseOptionString(text: BinaryString): OptionString {
  const options = new Set<string>();
  const withValue = new Set<string>();
  for (let i = 0; i < text.length; i++) {
    const option = text[i]!;
    if (option === ":") continue;
    options.add(option);
    if (text[i + 1] === ":") withValue.add(option);
  }
  return { options, withValue };
}

/** One option found in an argument vector; `value` undefined for an option that takes none. */
interface FoundOption {
  readonly option: string;
  readonly value: BinaryString | undefined;
}

/** Options in order. An option that is not known is `?`; one whose value is missing has an empty name and no value. */
function findOptions(argv: readonly BinaryString[], accepted: OptionString): (FoundOption & { letter: string })[] {
  const found: (FoundOption & { letter: string })[] = [];
  for (let i = 0; i < argv.length; i++) {
    const argument = argv[i]!;
    if (argument === "--" || argument.length < 2 || argument[0] !== "-") break;
    if (argument[1] === "-") continue; // a long option
    for (let j = 1; j < argument.length; j++) {
      const letter = argument[j]!;
      if (!accepted.options.has(letter)) {
        found.push({ letter: "", option: "?", value: undefined });
        continue;
      }
      if (!accepted.withValue.has(letter)) {
        found.push({ letter, option: letter, value: undefined });
        continue;
      }
      if (j + 1 < argument.length) found.push({ letter, option: letter, value: argument.slice(j + 1) });
      else if (i + 1 < argv.length) found.push({ letter, option: letter, value: argv[++i]! });
      else found.push({ letter, option: "", value: undefined });
      break;
    }
  }
  return found;
}

/** `getopt(list, optstring)`: each option, followed by its value when it takes one. */
export function getopt(argv: readonly BinaryString[], accepted: OptionString): BinaryString[] {
  return findOptions(argv, accepted).flatMap(({ option, value }) => (value === undefined ? [option] : [option, value]));
}

/** `getopt(list, optstring)[c]`: the value of the last `c`, or `c` itself when it takes none; undefined when absent. */
export function getoptValue(
  argv: readonly BinaryString[],
  accepted: OptionString,
  letter: string,
): BinaryString | undefined {
  const last = findOptions(argv, accepted).findLast((found) => found.letter === letter);
  return last && (last.value ?? last.option);
}
