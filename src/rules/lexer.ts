// SPDX-License-Identifier: Apache-2.0

import { type BinaryString, encodeText } from "../events/text.ts";

/**
 * A condition that doesn't parse. `index` is where in the condition's string reading stopped, `hint` what the author
 * probably meant. The message is Falco's where Falco has one.
 */
export class ConditionError extends Error {
  constructor(message: string, readonly index: number, readonly hint?: string) {
    super(message);
    this.name = "ConditionError";
  }
}

// deno-lint-ignore no-control-regex
const NOT_ASCII = /[^\x00-\x7f]/;

/** Most text is ASCII, whose bytes are its characters; a list of a hundred thousand items shows the difference. */
function bytesOf(text: string): BinaryString {
  return NOT_ASCII.test(text) ? encodeText(text) : text;
}

/** Characters of a token that messages quote; a hostile token may be megabytes long. */
const QUOTED_IN_MESSAGE = 60;

const BACKSPACE = 0x08, TAB = 0x09, NEWLINE = 0x0a, RETURN = 0x0d, SPACE = 0x20;
const DOUBLE_QUOTE = 0x22, SINGLE_QUOTE = 0x27, OPEN = 0x28, CLOSE = 0x29, COMMA = 0x2c, DOT = 0x2e;
const EQUALS = 0x3d, OPEN_BRACKET = 0x5b, BACKSLASH = 0x5c, CLOSE_BRACKET = 0x5d, UNDERSCORE = 0x5f;

/** What Falco's parser skips between tokens. */
function isBlank(code: number): boolean {
  return code === SPACE || code === TAB || code === BACKSPACE || code === RETURN || code === NEWLINE;
}

/** POSIX `[:space:]`, which ends bare strings: unlike a blank it has \v and \f but not \b. */
function isSpace(code: number): boolean {
  return code === SPACE || (code >= TAB && code <= RETURN);
}

function isLetter(code: number): boolean {
  return (code >= 0x61 && code <= 0x7a) || (code >= 0x41 && code <= 0x5a);
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

function isHexDigit(code: number): boolean {
  return isDigit(code) || (code >= 0x61 && code <= 0x66) || (code >= 0x41 && code <= 0x46);
}

function isWord(code: number): boolean {
  return isLetter(code) || isDigit(code) || code === UNDERSCORE;
}

function isBare(code: number): boolean {
  return !isSpace(code) && code !== OPEN && code !== CLOSE && code !== DOUBLE_QUOTE &&
    code !== SINGLE_QUOTE && code !== EQUALS && code !== COMMA;
}

function isBareArgument(code: number): boolean {
  return !isSpace(code) && code !== OPEN_BRACKET && code !== CLOSE_BRACKET && code !== DOUBLE_QUOTE &&
    code !== SINGLE_QUOTE;
}

function scan(text: string, index: number, accept: (code: number) => boolean): number {
  while (index < text.length && accept(text.charCodeAt(index))) index++;
  return index;
}

/** True when `text` can be written without quotes where a value is expected (language.md §1, "Bare string"). */
export function isBareString(text: string): boolean {
  return text.length > 0 && scan(text, 0, isBare) === text.length;
}

/** True when `text` can stand in a field's brackets without quotes. */
export function isBareFieldArgument(text: string): boolean {
  return text.length > 0 && scan(text, 0, isBareArgument) === text.length;
}

/** True when `text` can be the name of a macro (language.md §1, "Identifier"). */
export function isIdentifier(text: string): boolean {
  return text.length > 0 && isLetter(text.charCodeAt(0)) && scan(text, 0, isWord) === text.length;
}

const ESCAPES: Readonly<Record<string, string>> = {
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  "\\": "\\",
  " ": "\\", // legacy of Falco: a backslash before a blank stands for itself and eats the blank
  "/": "/",
};

/**
 * Reads tokens at a cursor. Every `take…` method advances and answers true, or leaves the cursor alone; `token` is the
 * last one taken. The grammar decides which token is tried where, so there is no stream of tokens: the same letters
 * are a macro, an operator or a string by their place. No regular expressions, so that a token of any length costs
 * linear time and no stack.
 */
export class Lexer {
  /** Index of the next character. */
  index = 0;
  /** The last token as Falco's messages quote it. */
  token = "";
  /** Bytes of the last string, number or argument taken. */
  value: BinaryString = "";

  /** What can be read: a NUL ends it, as it ends Falco's C string. */
  readonly text: string;

  constructor(private readonly whole: string) {
    const nul = whole.indexOf("\0");
    this.text = nul < 0 ? whole : whole.slice(0, nul);
  }

  /** True when everything was read; false at a NUL. */
  get atEnd(): boolean {
    return this.index >= this.whole.length;
  }

  /** The last token, short enough for a message. */
  get tokenInMessage(): string {
    return this.token.length > QUOTED_IN_MESSAGE ? this.token.slice(0, QUOTED_IN_MESSAGE - 3) + "..." : this.token;
  }

  takeBlank(): boolean {
    const start = this.index;
    this.index = scan(this.text, start, isBlank);
    return this.index > start;
  }

  /** True when a blank stands just before the cursor. */
  afterBlank(): boolean {
    return this.index > 0 && isBlank(this.text.charCodeAt(this.index - 1));
  }

  take(symbol: string): boolean {
    if (!this.text.startsWith(symbol, this.index)) return false;
    this.token = symbol;
    this.index += symbol.length;
    return true;
  }

  /** Takes `word` only where a blank follows it, as `contains` must be followed; the blank stays. */
  takeWord(word: string): boolean {
    const end = this.index + word.length;
    if (!this.text.startsWith(word, this.index) || !isBlank(this.text.charCodeAt(end))) return false;
    this.token = word;
    this.index = end;
    return true;
  }

  /** `not` and the white space that must follow it. */
  takeNot(): boolean {
    if (!this.text.startsWith("not", this.index)) return false;
    const end = scan(this.text, this.index + 3, isSpace);
    if (end === this.index + 3) return false;
    this.token = "not";
    this.index = end;
    return true;
  }

  takeIdentifier(): boolean {
    return this.takeUntil(this.identifierEnd(this.index));
  }

  takeFieldName(): boolean {
    let end = this.identifierEnd(this.index);
    if (end === this.index) return false;
    let parts = 1;
    while (this.text.charCodeAt(end) === DOT) {
      const next = this.identifierEnd(end + 1);
      if (next === end + 1) break;
      end = next;
      parts++;
    }
    return parts > 1 && this.takeUntil(end);
  }

  takeNumber(): boolean {
    const text = this.text;
    let end = this.index;
    if (text.charCodeAt(end) === 0x30 && (text.charCodeAt(end + 1) | 0x20) === 0x78) {
      const hexEnd = scan(text, end + 2, isHexDigit);
      if (hexEnd > end + 2) return this.takeValue(hexEnd);
    }
    if (text[end] === "+" || text[end] === "-") end++;
    const digits = end;
    end = scan(text, end, isDigit);
    if (end === digits) return false;
    if (text.charCodeAt(end) === DOT) end = scan(text, end + 1, isDigit);
    if ((text.charCodeAt(end) | 0x20) === 0x65 && (text[end + 1] === "+" || text[end + 1] === "-")) {
      const exponentEnd = scan(text, end + 2, isDigit);
      if (exponentEnd > end + 2) end = exponentEnd;
    }
    return this.takeValue(end);
  }

  takeBareString(): boolean {
    return this.takeValue(scan(this.text, this.index, isBare));
  }

  takeBareArgument(): boolean {
    return this.takeValue(scan(this.text, this.index, isBareArgument));
  }

  /** A string in either kind of quotes. */
  takeQuoted(): boolean {
    const close = this.closingQuote();
    if (close === undefined) return false;
    this.value = unescape(this.text, this.index, close);
    this.token = this.text.slice(this.index + 1, close);
    this.index = close + 1;
    return true;
  }

  /** Where the string at the cursor ends: at the first quote of its kind that no backslash precedes, as in Falco. */
  closingQuote(): number | undefined {
    const start = this.index;
    const quote = this.text[start];
    if (quote !== '"' && quote !== "'") return undefined;
    let close = start;
    do {
      close = this.text.indexOf(quote, close + 1);
      if (close < 0) return undefined;
    } while (close > start + 1 && this.text.charCodeAt(close - 1) === BACKSLASH);
    return close;
  }

  private identifierEnd(index: number): number {
    return isLetter(this.text.charCodeAt(index)) ? scan(this.text, index + 1, isWord) : index;
  }

  private takeUntil(end: number): boolean {
    if (end === this.index) return false;
    this.token = this.text.slice(this.index, end);
    this.index = end;
    return true;
  }

  private takeValue(end: number): boolean {
    if (!this.takeUntil(end)) return false;
    this.value = bytesOf(this.token);
    return true;
  }
}

/** The bytes of the quoted string from the quote at `open` to the one at `close`. */
function unescape(text: string, open: number, close: number): BinaryString {
  const body = text.slice(open + 1, close);
  if (!body.includes("\\")) return bytesOf(body);
  const quote = text[open];
  let bytes = "";
  let from = open + 1;
  for (let i = text.indexOf("\\", from); i >= 0 && i < close; i = text.indexOf("\\", from)) {
    bytes += bytesOf(text.slice(from, i));
    const escaped = i + 1 < close ? text[i + 1]! : "";
    const simple = ESCAPES[escaped];
    from = i + 2;
    if (simple !== undefined) {
      bytes += simple;
    } else if (escaped === quote) {
      bytes += escaped;
    } else if (escaped === '"' || escaped === "'") {
      const other = escaped === '"' ? "'" : '"';
      throw new ConditionError(
        `invalid \\${escaped} escape in ${other}-quoted string`,
        i,
        `inside ${other}…${other} write ${escaped} without the backslash`,
      );
    } else if (escaped === "x") {
      if (from + 2 > close || !isHexDigit(text.charCodeAt(from)) || !isHexDigit(text.charCodeAt(from + 1))) {
        throw new ConditionError("invalid \\x escape: expected exactly two hex digits", i, "write one byte as \\x1f");
      }
      bytes += String.fromCharCode(parseInt(text.slice(from, from + 2), 16));
      from += 2;
    } else {
      throw new ConditionError(
        `unsupported string escape sequence: \\${escaped}`,
        i,
        `write \\\\ for a backslash; escapes are \\b \\f \\n \\r \\t \\\\ \\/ \\${quote} and \\xHH`,
      );
    }
  }
  return bytes + bytesOf(text.slice(from, close));
}

/** True when `text` is written as a field is: `proc.name`, `proc.aname[2]`. */
export function isFieldText(text: string): boolean {
  const lexer = new Lexer(text);
  if (!lexer.takeFieldName()) return false;
  return lexer.atEnd || (lexer.take("[") && (lexer.takeQuoted() || lexer.takeBareArgument()) && lexer.take("]") &&
    lexer.atEnd);
}
