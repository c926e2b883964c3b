// SPDX-License-Identifier: Apache-2.0

/**
 * `regex`: RE2 with POSIX syntax, matching the whole value.
 *
 * The matcher is re2js, a port of RE2 that is pure JavaScript (so it runs in Deno, Bun and the compiled binary), is
 * kept up to date and is tested against RE2's own exhaustive cases: time is linear in the value, and a pattern that
 * would grow too large is refused. JavaScript's own RegExp backtracks, so one rule and one file name could hang the
 * sensor; the WebAssembly build of RE2 is no longer kept; an own automaton would have to earn again, case by case, the
 * fidelity to RE2 that Falco's rules rely on.
 *
 * re2js offers RE2's Perl syntax only, so a pattern is first rewritten from RE2's POSIX syntax: what POSIX does not
 * have is an error, and where both read the same text differently the POSIX reading is spelled out.
 */
import { RE2JS } from "re2js";
import { type BinaryString, decodeBytes } from "../events/text.ts";

/** A pattern that is no regular expression. The message says why, one line. */
export class RegexError extends Error {
  override readonly name = "RegexError";
}

/** Escapes that POSIX syntax has beyond punctuation: control characters, octal and hexadecimal character codes. */
const ESCAPES = /^\\(?:[afnrtv]|0[0-7]{0,2}|[1-7][0-7]{1,2}|x[0-9a-fA-F]{2}|x\{[0-9a-fA-F]+\}|[^\w])/;

/**
 * The Perl-syntax pattern that means what `pattern` means in POSIX syntax.
 * @throws RegexError for what only Perl syntax has: `\d`, `\b`, `(?…)`.
 */
export function fromPosix(pattern: string): string {
  let out = "";
  let atom = -1; // where in `out` the last thing that can be repeated starts
  let repeated = false;
  const groups: number[] = [];
  let rest = pattern;
  const take = (length: number): string => {
    const taken = rest.slice(0, length);
    rest = rest.slice(length);
    return taken;
  };
  const append = (text: string): void => {
    atom = out.length;
    repeated = false;
    out += text;
  };
  while (rest !== "") {
    const quantifier = /^(?:[*+?]|\{[0-9]+(?:,[0-9]*)?\})/.exec(rest)?.[0];
    if (rest[0] === "\\") append(take(escapeLength(rest)));
    else if (rest[0] === "[") append(take(classLength(rest)));
    else if (rest[0] === "(") {
      if (rest[1] === "?") throw new RegexError(`missing argument to repetition operator: ?`);
      groups.push(out.length);
      append(take(1));
      atom = -1;
    } else if (rest[0] === ")") {
      out += take(1);
      atom = groups.pop() ?? -1;
      repeated = false;
    } else if (quantifier !== undefined && atom >= 0) {
      // a second quantifier repeats the first's whole; Perl would read it as "as few as possible"
      if (repeated) out = `${out.slice(0, atom)}(?:${out.slice(atom)})`;
      out += take(quantifier.length);
      repeated = true;
    } else if (rest[0] === "|") {
      out += take(1);
      atom = -1;
    } else append(take(String.fromCodePoint(rest.codePointAt(0)!).length));
  }
  return out;
}

function escapeLength(text: string): number {
  const escape = ESCAPES.exec(text)?.[0];
  if (escape === undefined) throw new RegexError(`invalid escape sequence: ${text.slice(0, 2)}`);
  return escape.length;
}

/** Length of the bracket expression that `text` begins with. */
function classLength(text: string): number {
  let at = text[1] === "^" ? 2 : 1;
  if (text[at] === "]") at++;
  while (at < text.length && text[at] !== "]") {
    const named = /^\[:\^?[a-z]+:\]/.exec(text.slice(at, at + 16));
    if (named) at += named[0].length;
    else if (text[at] === "\\") at += escapeLength(text.slice(at));
    else at++;
  }
  if (at >= text.length) throw new RegexError(`missing closing ]: ${text}`);
  return at + 1;
}

/**
 * The test of a pattern. Values are read as UTF-8, with U+FFFD for what is not.
 * @throws RegexError for a pattern that RE2 does not take in POSIX syntax.
 */
export function regexTest(pattern: BinaryString): (value: BinaryString) => boolean {
  const translated = fromPosix(decodeBytes(pattern));
  let compiled: RE2JS;
  try {
    compiled = RE2JS.compile(translated, RE2JS.MULTILINE | RE2JS.DISABLE_UNICODE_GROUPS);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new RegexError(reason.replace(/^error parsing regexp: /, ""));
  }
  return (value) => compiled.testExact(decodeBytes(value));
}
