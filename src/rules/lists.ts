// SPDX-License-Identifier: Apache-2.0

import type { SourceText } from "./ruleset.ts";
import { TextBuilder } from "./text.ts";

/** A list as it is put into conditions: `order` is its place among the lists, by first definition. */
export interface ListText {
  readonly name: string;
  readonly order: number;
  /** Its items, those that name another visible list already replaced by that list's items. */
  readonly items: readonly string[];
}

/** Lists that make conditions longer than this, in characters over all of a load, are an error. */
const MAX_EXPANSION = 64 * 1024 * 1024;

/** Lists can't be put into a condition: that would take too much memory. `index` is where in its text. */
export class ExpansionError extends Error {
  constructor(message: string, readonly index: number) {
    super(message);
    this.name = "ExpansionError";
  }
}

/** Falco puts an item that has a blank into quotes unless it starts with one; nothing is escaped (language.md §6). */
export function quoteItem(item: string): string {
  return item.includes(" ") && item[0] !== '"' && item[0] !== "'" ? `"${item}"` : item;
}

/** Lists that name lists that name lists …: this deep and no deeper. */
const MAX_DEPTH = 1000;

const BLANKS = " \t\n\r";
const DELIMITER = /[ \t\n\r(),=]/;

function isDelimiter(code: number): boolean {
  return code === 0x20 || code === 0x09 || code === 0x0a || code === 0x0d || // blank
    code === 0x28 || code === 0x29 || code === 0x2c || code === 0x3d; // ( ) , =
}

/**
 * Replaces the names of lists in the text of conditions, before it is parsed, as Falco does: wherever a name stands
 * between delimiters, in quoted strings too. Falco makes one pass per list in the order of their definition; here each
 * name is looked up once and what it inserts is searched for the lists defined after it, which comes to the same.
 */
export class ListExpander {
  private readonly byName = new Map<string, ListText>();
  /** Lists whose names contain delimiters; they can't be looked up by word. */
  private readonly odd: ListText[] = [];
  private budget = MAX_EXPANSION;

  constructor(lists: Iterable<ListText>) {
    for (const list of lists) {
      if (DELIMITER.test(list.name)) this.odd.push(list);
      else this.byName.set(list.name, list);
    }
  }

  /**
   * `text` with its lists replaced; adds their names to `used`.
   *
   * @throws ExpansionError when this and earlier texts became too long together, or lists nest too deep.
   */
  expand(text: SourceText, used: Set<string>): SourceText {
    let result = this.expandWords(text, used);
    for (const list of this.odd) result = this.expandOdd(result, list, used);
    return result;
  }

  private expandWords(text: SourceText, used: Set<string>): SourceText {
    const { value } = text;
    const builder = new TextBuilder();
    let copied = 0;
    for (let start = 0; start < value.length;) {
      if (isDelimiter(value.charCodeAt(start))) {
        start++;
        continue;
      }
      let end = start + 1;
      while (end < value.length && !isDelimiter(value.charCodeAt(end))) end++;
      const list = this.byName.get(value.slice(start, end));
      if (list === undefined) {
        start = end;
        continue;
      }
      const words: string[] = [];
      this.expandList(list, words, used, start, 1);
      copied = this.replace(builder, text, copied, start, end, words.join(", "));
      start = Math.max(end, copied);
    }
    return copied === 0 ? text : builder.add(text, copied).build();
  }

  /** Adds to `words` what `list` stands for; `depth` lists are being expanded around and with it, at `index`. */
  private expandList(list: ListText, words: string[], used: Set<string>, index: number, depth: number): void {
    used.add(list.name);
    if (depth > MAX_DEPTH) throw new ExpansionError(`lists name each other more than ${MAX_DEPTH} deep`, index);
    this.charge(list, 1, index);
    for (const item of list.items) {
      const inner = this.byName.get(item);
      if (inner !== undefined && inner.order > list.order) {
        this.expandList(inner, words, used, index, depth + 1);
        continue;
      }
      let word = quoteItem(item);
      // An item may itself be text with delimiters in which a later list is named.
      if (DELIMITER.test(word)) word = this.expandItem(word, list, used, index, depth);
      this.charge(list, word.length + 2, index);
      words.push(word);
    }
  }

  private expandItem(item: string, list: ListText, used: Set<string>, index: number, depth: number): string {
    return item.split(/([ \t\n\r(),=]+)/).map((word) => {
      const inner = this.byName.get(word);
      if (inner === undefined || inner.order <= list.order) return word;
      const words: string[] = [];
      this.expandList(inner, words, used, index, depth + 1);
      return ` ${words.join(", ")} `;
    }).join("");
  }

  private charge(list: ListText, characters: number, index: number): void {
    this.budget -= characters;
    if (this.budget < 0) {
      throw new ExpansionError(
        `list '${list.name}' makes the conditions longer than ${MAX_EXPANSION} characters`,
        index,
      );
    }
  }

  private expandOdd(text: SourceText, list: ListText, used: Set<string>): SourceText {
    const { value } = text;
    const builder = new TextBuilder();
    let copied = 0;
    for (let start = value.indexOf(list.name); start >= 0; start = value.indexOf(list.name, start + 1)) {
      const end = start + list.name.length;
      if (start < copied || !delimits(value[start - 1]) || !delimits(value[end])) continue;
      const words: string[] = [];
      this.expandList(list, words, used, start, 1);
      copied = this.replace(builder, text, copied, start, end, words.join(", "));
    }
    return copied === 0 ? text : builder.add(text, copied).build();
  }

  /**
   * Puts `words` in place of [start, end) of `text`, of which everything before `copied` is in `builder`; answers what
   * is copied now. The blanks around the name become one on each side; an empty list takes a comma with it.
   */
  private replace(
    builder: TextBuilder,
    text: SourceText,
    copied: number,
    start: number,
    end: number,
    words: string,
  ): number {
    const { value } = text;
    let from = start;
    while (from > copied && BLANKS.includes(value[from - 1]!)) from--;
    let to = end;
    while (to < value.length && BLANKS.includes(value[to]!)) to++;
    if (words === "") {
      if (from > copied && value[from - 1] === ",") from--;
      else if (value[to] === ",") to++;
    }
    builder.add(text, copied, from);
    builder.insert(`${builder.length > 0 ? " " : ""}${words} `, text, start);
    return to;
  }
}

function delimits(character: string | undefined): boolean {
  return character === undefined || DELIMITER.test(character);
}
