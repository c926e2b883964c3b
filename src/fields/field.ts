// SPDX-License-Identifier: Apache-2.0

import type { BufferText } from "../events/render.ts";
import type { EventType, ValueType } from "../events/types.ts";
import type { Process } from "../host/process.ts";
import type { Event } from "./event.ts";
import type { TextBuffer } from "./text_buffer.ts";

/**
 * A field's value. Text, byte buffers and IP addresses (4 or 16 bytes) are binary strings (src/events/text.ts);
 * numbers are doubles where they are exact and bigint where 64 bits may be needed (always for ABSTIME, for RELTIME but
 * where it is a process's age, for the INT64 and UINT64 that say so in their doc); a list field, and a field that stands for several values, gives an
 * array.
 */
export type Value = string | number | bigint | boolean | readonly Value[];

/** Bytes in some memory: how text is compared without making a string of it. The NUL is not part of it. */
export interface Slice {
  u8: Uint8Array;
  offset: number;
  length: number;
}

/**
 * How an operator treats a field that stands for several values at once.
 * `either`: fd.ip and its kin; an operator holds if it holds for one value, `!=` if it holds for all.
 * `ancestors`: bare proc.aname and its kin; every operator, `!=` too, holds if it holds for one value.
 */
export type Several = "either" | "ancestors";

/** A field's value as a part of another's. */
export interface Part {
  /** The other field, as BoundField.text has it. */
  readonly of: string;
  /** The part starts where the whole does or, a single slash, at the very start of the whole's memory. */
  readonly atStart: boolean;
  /** Points `into` at the part of `whole` that is the value; false when it is missing. */
  narrow(event: Event, whole: TextBuffer, into: Slice): boolean;
  /**
   * The same for generated code where that is simple: whether there is a value, and whether it is the whole rather than
   * what is before (`atStart`) or behind the last slash.
   */
  source?(type: EventType): Source | undefined;
}

/**
 * How a value is read, as JavaScript: expressions over `has(N)`, whether the record's parameter N holds a number, and
 * `low(N)` and `high(N)`, its halves as signed 32-bit numbers, 0 without one. They are of the catalogue's own making:
 * nothing of a rule's text may be in them.
 */
export interface Source {
  /** Whether there is a value. */
  readonly present: string;
  readonly value: string;
  /** The value is one of these texts: `value` is its index. */
  readonly texts?: readonly string[];
}

/** A field with its argument, ready to be read. Bound once when rules are loaded. */
export interface BoundField {
  /** The expression as written: `proc.aname[2]`. Keys `output_fields`. */
  readonly text: string;
  readonly field: Field;
  readonly type: ValueType;
  /** The value is an array; operators are Falco's for list fields. */
  readonly list: boolean;
  readonly several?: Several;
  /** The value, or undefined when it is missing. In a condition; see `output` for text. */
  get(event: Event): Value | undefined;
  /**
   * The value for output where that differs from `get` (a bare proc.aname prints all ancestors joined). A text that is
   * put together from bytes shows these by `bufferText`, by default with dots.
   */
  output?(event: Event, bufferText?: BufferText): Value | undefined;
  /** The value for JSON's `output_fields` where that differs from the text (evt.time is ns since the epoch there). */
  json?(event: Event): Value | undefined;
  /**
   * Where the value can be compared in place: points `into` at its bytes and returns true, or returns false when it
   * is missing. Present on text fields that come from the record.
   */
  locate?(event: Event, into: Slice): boolean;
  /** Lays the value down where that takes no more than copying; false where `locate` has to be asked. */
  lay?(event: Event, into: TextBuffer): boolean;
  /**
   * Index of a text parameter whose bytes, but for some of its slashes, are the value's: two bytes that follow each
   * other in the value do so in the parameter, unless one is a slash. -1 for none.
   */
  within?(type: EventType): number;
  /** Where the value is a part of another field's; `locate` finds both. */
  readonly part?: Part;
  /** How the value is read from records of one type, for generated code, where that is simple. */
  source?(type: EventType): Source | undefined;
  /** Making the value takes much longer than comparing it: it is asked for last. */
  readonly costly?: true;
  /** The value depends on when it was asked for before. */
  readonly stateful?: true;
  /**
   * The value as a function of the process and its ancestors alone: the engine may keep the outcome of a predicate for
   * this revision of the process and this lineage of the tree.
   */
  ofProcess?(process: Process): Value | undefined;
  /** False when the field is missing on every event of this type, so that a check on it can never hold. */
  presentOn(type: EventType): boolean;
}

/** One field of the catalogue. */
export interface Field {
  readonly name: string;
  /** Type, unless the argument decides it (`DYN`: see BoundField.type). */
  readonly type: ValueType;
  readonly list?: boolean;
  /** Whether `[…]` or a dotted rest follows the name. */
  readonly argument: "none" | "optional" | "required";
  /** Usable in conditions only. */
  readonly filterOnly?: boolean;
  /** Usable in outputs only. */
  readonly printOnly?: boolean;
  /** Cannot be the right-hand side of a comparison. */
  readonly noRhs?: boolean;
  /** No transformer may take it. */
  readonly noTransformer?: boolean;
  readonly deprecated?: boolean;
  /** Not one of Falco's. */
  readonly own?: boolean;
  /**
   * Falco has it and rules may name it, but here it is always missing or constant: it loads with Falco's meaning and
   * is left out of listings.
   */
  readonly unavailable?: boolean;
  /** One sentence in our own words. */
  readonly doc: string;
  /**
   * The field with its argument.
   * @throws FieldError when the argument is missing, malformed or names nothing.
   */
  bind(argument: string | undefined): BoundField;
}

/** An argument that a field does not take, or a field that does not exist. */
export class FieldError extends Error {
  override readonly name = "FieldError";

  constructor(
    message: string,
    /** What was wrong in the expression and the words it could have been, for "did you mean". */
    readonly wrong: { readonly word: string; readonly candidates: readonly string[] } | undefined = undefined,
  ) {
    super(message);
  }
}
