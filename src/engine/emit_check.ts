// SPDX-License-Identifier: Apache-2.0

/**
 * Single checks as JavaScript. Where a field's value comes from decides how: numbers of the record are read from its
 * words, texts that lie in it are laid into a buffer once per event and compared there, and anything else is read once
 * by the field's own function.
 */
import type { Event } from "../fields/event.ts";
import type { BoundField, Part, Slice, Source } from "../fields/field.ts";
import { TEXT_START, TextBuffer } from "../fields/text_buffer.ts";
import type { BoundCheck } from "./check.ts";
import { RecordEmitter } from "./emit_record.ts";
import { emitParamHas, emitQuestion, pairOf, type TextPlace } from "./emit_text.ts";
import type { Predicate } from "./predicate.ts";
import type { Scope } from "./scope.ts";

/** How fields are read that need no call, by their text. */
export interface Sources {
  /** Fields that are numbers of the record, or follow from them. */
  readonly values: ReadonlyMap<string, Source>;
  /** Parts of other fields: whether they are there, and whole. */
  readonly parts: ReadonlyMap<string, Source>;
  /** Texts whose pairs of bytes are those of a parameter. */
  readonly within: ReadonlyMap<string, number>;
}

/** What it costs to lay down a text, which all that ask of it share: see estimate.ts. */
const LAYING = 20;

const FIRST_WORD = TEXT_START >> 2;

/** The buffers of an engine's texts: one event is judged at a time, so that its matchers share them. */
export class Texts {
  readonly #buffers = new Map<string, TextBuffer>();

  /** The buffer that the field of this text is laid into. */
  bufferOf(field: string): TextBuffer {
    const known = this.#buffers.get(field);
    if (known !== undefined) return known;
    const buffer = new TextBuffer();
    this.#buffers.set(field, buffer);
    return buffer;
  }
}

/** A text as generated code finds it. */
interface EmittedText {
  /** An expression that lays it down, the first time in an event, and tells whether it is there. */
  readonly present: string;
  readonly place: TextPlace;
}

/** Writes the checks of one matcher into its scope. */
export class CheckEmitter {
  readonly #scope: Scope;
  readonly #sources: Sources;
  readonly #texts: Texts;
  readonly #record: RecordEmitter;
  /** How many checks read each field, by how they read it. */
  readonly #reads = new Map<string, number>();
  /** Fields that are compared as bytes. */
  readonly #laid = new Map<string, BoundField>();
  readonly #emitted = new Map<string, EmittedText>();
  readonly #values = new Map<string, { readonly value: string; readonly variable: string }>();

  constructor(scope: Scope, sources: Sources, texts: Texts) {
    this.#scope = scope;
    this.#sources = sources;
    this.#texts = texts;
    this.#record = new RecordEmitter(scope);
  }

  /** Takes notice of a check before any is written. */
  count(check: BoundCheck): void {
    const key = readKey(check);
    this.#reads.set(key, (this.#reads.get(key) ?? 0) + 1);
    const { field } = check.left;
    if (field !== undefined && readsBytes(check)) this.#laid.set(field.text, field);
  }

  /** What a check costs here that is said to cost `cost`. */
  price(check: BoundCheck, cost: number): number {
    if (this.isCheap(check)) return 1;
    if (!readsBytes(check)) return cost;
    const { predicate, left: { field } } = check;
    const gated = predicate?.question && this.#sources.within.has(field!.text) && pairOf(predicate.question);
    return gated ? cost : cost + LAYING / (this.#reads.get(readKey(check)) ?? 1);
  }

  /** Whether a check takes no longer than remembering its outcome. */
  isCheap({ predicate, left: { field } }: BoundCheck): boolean {
    return predicate?.inline !== undefined && field !== undefined && this.#sources.values.has(field.text);
  }

  /** An expression that is true when the check holds. */
  check(check: BoundCheck): string {
    const { predicate, left: { field } } = check;
    if (predicate === undefined || field === undefined) return `${this.#scope.constant(check)}.holds(event)`;
    const source = this.#sources.values.get(field.text);
    if (source !== undefined) return this.#ofSource(predicate, source);
    if (readsBytes(check)) return this.#ofText(predicate, field);
    const { value, variable } = this.#value(check, field);
    return `(${value} !== undefined && ${this.#asked(predicate, variable)})`;
  }

  /** `((r2 >= 0) && ((r2 < 0 ? 0 : r1[r2 + 1]) * 4294967296 + …) >= (0))`; of texts, a bit for each that will do. */
  #ofSource(predicate: Predicate, source: Source): string {
    const present = this.#record.expand(source.present);
    const value = this.#record.expand(source.value);
    if (source.texts === undefined) return `(${present} && ${this.#asked(predicate, value)})`;
    const holding = source.texts.reduce((mask, text, i) => predicate.holds(text) ? mask | (1 << i) : mask, 0);
    return `(${present} && ((${holding} >> ${value}) & 1) !== 0)`;
  }

  /** `(((known0 & 2) !== 0 ? … : f1(event)) && (c3.length >= 5 && c4[1] === 1668572463 && (c4[2] & 255) === 47))` */
  #ofText(predicate: Predicate, field: BoundField): string {
    const { present, place } = this.#text(field);
    const test = predicate.onBytes!;
    const { question } = predicate;
    const param = this.#sources.within.get(field.text);
    const pair = question === undefined || param === undefined ? undefined : pairOf(question);
    const spelt = question && pair === undefined ? emitQuestion(question, test, place, this.#scope) : undefined;
    const gate = pair === undefined ? "" : `${emitParamHas(pair, param!, this.#scope)} && `;
    return `(${gate}${present} && ${spelt ?? `${this.#scope.constant(test)}(${place.slice})`})`;
  }

  /** The predicate's question about a value that is there: a comparison, or a call of `holds`. */
  #asked(predicate: Predicate, value: string): string {
    const { inline } = predicate;
    if (inline === undefined) return `${this.#scope.constant(predicate)}.holds(${value})`;
    const { operator, operand } = inline;
    const spelt = typeof operand === "number" || typeof operand === "boolean" ? `(${operand})` : undefined;
    return `${value} ${operator} ${spelt ?? this.#scope.constant(operand)}`;
  }

  #text(field: BoundField): EmittedText {
    const known = this.#emitted.get(field.text);
    if (known !== undefined) return known;
    const whole = field.part && this.#laid.get(field.part.of);
    const text = whole === undefined ? this.#wholeText(field) : this.#partialText(field, field.part!, whole);
    this.#emitted.set(field.text, text);
    return text;
  }

  /** A text that is laid down by the field's function: `(c1.lay(event, c2) || c3(c1, event, c2))`. */
  #wholeText(field: BoundField): EmittedText {
    const buffer = this.#texts.bufferOf(field.text);
    const [name, slice] = [this.#scope.constant(field), this.#scope.constant(buffer)];
    const located = `${this.#scope.constant(layLocated)}(${name}, event, ${slice})`;
    const laid = field.lay === undefined ? located : `(${name}.lay(event, ${slice}) || ${located})`;
    const [words, bytes] = [this.#scope.constant(buffer.words), this.#scope.constant(buffer.u8)];
    return {
      present: this.#scope.remembered(laid),
      place: {
        slice,
        word: (index) => `${words}[${typeof index === "number" ? FIRST_WORD + index : `${FIRST_WORD} + ${index}`}]`,
        byte: (index) => `${bytes}[${TEXT_START} + ${index}]`,
      },
    };
  }

  /** A text that the field's function narrows down from another: `… && c5.narrow(event, c2, c6)`. */
  #partialText(field: BoundField, part: Part, whole: BoundField): EmittedText {
    const buffer = this.#texts.bufferOf(whole.text);
    const at: Slice = { u8: buffer.u8, offset: 0, length: 0 };
    const [narrower, from, slice] = [part, buffer, at].map((value) => this.#scope.constant(value)) as [
      string,
      string,
      string,
    ];
    const [words, bytes] = [this.#scope.constant(buffer.words), this.#scope.constant(buffer.u8)];
    const source = this.#sources.parts.get(field.text);
    const narrowed = source === undefined
      ? `${narrower}.narrow(event, ${from}, ${slice})`
      : `${this.#record.expand(source.present)} && (${this.#record.expand(source.value)} ? ${from}.whole(${slice}) : ` +
        `${from}.${part.atStart ? "before" : "behind"}Slash(${slice}))`;
    return {
      present: this.#scope.remembered(`${this.#text(whole).present} && ${narrowed}`),
      place: {
        slice,
        ...(part.atStart ? { word: (index) => `${words}[(${slice}.offset >> 2) + ${index}]` } : {}),
        byte: (index) => `${bytes}[${slice}.offset + ${index}]`,
      },
    };
  }

  /** A field's value, read by its own function, the first time in an event. */
  #value(check: BoundCheck, field: BoundField): { readonly value: string; readonly variable: string } {
    const key = readKey(check);
    const known = this.#values.get(key);
    if (known !== undefined) return known;
    const read = `${this.#scope.constant(field)}.get(event)`;
    const variable = this.#reads.get(key) === 1 ? this.#scope.variable() : undefined;
    const emitted = variable === undefined
      ? this.#scope.rememberedValue(read)
      : { value: `(${variable} = ${read})`, variable };
    this.#values.set(key, emitted);
    return emitted;
  }
}

/** Lays down a text by way of `locate`. */
function layLocated(field: BoundField, event: Event, buffer: TextBuffer): boolean {
  if (field.locate?.(event, LOCATED) !== true) return false;
  buffer.copy(LOCATED);
  return true;
}

/** Where a text was located that is about to be copied. */
const LOCATED: Slice = { u8: new Uint8Array(0), offset: 0, length: 0 };

function readsBytes({ predicate, left: { field } }: BoundCheck): boolean {
  return predicate?.onBytes !== undefined && field?.locate !== undefined;
}

function readKey(check: BoundCheck): string {
  return `${readsBytes(check) ? "bytes" : "value"} ${check.left.text}`;
}
