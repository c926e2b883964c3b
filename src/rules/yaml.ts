// SPDX-License-Identifier: Apache-2.0

import { Composer, type Document, isAlias, isMap, isScalar, isSeq, Lexer, Parser } from "yaml";
import type { SourceText } from "./ruleset.ts";
import { type ScalarStyle, ScalarText, type SourceFile } from "./text.ts";

/** A value of a rules file with its place: the YAML document without anchors, aliases, tags and comments. */
export type YamlNode = YamlScalar | YamlSequence | YamlMap;

/** Scalars stay text, as yaml-cpp gives them: `yes`, `0x10` and `1.0` mean what the reader of the key makes of them. */
export interface YamlScalar {
  readonly kind: "scalar";
  /** The decoded text; its positions are those of the file. */
  readonly text: SourceText;
  /** A plain `null`, `~` or nothing at all. */
  readonly isNull: boolean;
  readonly start: number;
}
export interface YamlSequence {
  readonly kind: "sequence";
  readonly items: readonly YamlNode[];
  readonly start: number;
}
export interface YamlMap {
  readonly kind: "map";
  /** Of a key that is given twice, the first, as in yaml-cpp. */
  readonly entries: ReadonlyMap<string, YamlEntry>;
  /** Keys that are given again, and keys that are not scalars (named "?"). */
  readonly ignored: readonly { readonly key: string; readonly start: number }[];
  readonly start: number;
}
export interface YamlEntry {
  /** Offset of the key. */
  readonly start: number;
  readonly value: YamlNode;
}

/** What is wrong with a file as YAML. */
export interface YamlProblem {
  readonly message: string;
  readonly offset: number;
  readonly hint?: string;
}

/** Collections may nest this deep, which no rules file needs. */
const MAX_DEPTH = 100;
/** YAML lexemes in a file: ten megabytes of ordinary rules have fewer. */
const MAX_LEXEMES = 3_000_000;
/** Values that aliases may add to those that are written. */
const MAX_ALIASED = 1_000_000;
/** YAML problems reported for one file. */
const MAX_PROBLEMS = 20;

/** The roots of the documents of `file` that are well-formed, and what is wrong with the others. */
export function readYaml(file: SourceFile): { readonly roots: readonly YamlNode[]; readonly problems: YamlProblem[] } {
  const problems: YamlProblem[] = [];
  const roots: YamlNode[] = [];
  for (const document of parseDocuments(file, problems)) {
    // What else the parser finds in a document mostly follows from the first mistake.
    const error = document.errors[0];
    if (error !== undefined && problems.length < MAX_PROBLEMS) {
      problems.push({ message: firstLine(error.message), offset: error.pos[0], ...hintFor(error.code) });
    }
    if (error !== undefined || document.contents === null) continue;
    try {
      roots.push(new Converter(file).convert(document.contents, 0).node);
    } catch (error) {
      if (!(error instanceof YamlError)) throw error;
      problems.push(error.problem);
    }
  }
  return { roots, problems };
}

/**
 * Composes document by document, lexeme by lexeme, so that a hostile file is left before it has filled the memory or
 * overflowed the composer's stack.
 */
function* parseDocuments(file: SourceFile, problems: YamlProblem[]): Generator<Document.Parsed> {
  const composer = new Composer({
    schema: "failsafe",
    strict: false,
    uniqueKeys: false,
    logLevel: "silent",
    prettyErrors: false,
  });
  const parser = new Parser();
  let lexemes = 0;
  let errors = 0;
  for (const lexeme of new Lexer().lex(file.text)) {
    for (const token of parser.next(lexeme)) {
      if (token.type === "error") errors++;
      yield* composer.next(token);
    }
    if (errors > MAX_PROBLEMS) break;
    if (parser.stack.length > MAX_DEPTH) {
      problems.push({
        message: `collections nest more than ${MAX_DEPTH} deep`,
        offset: parser.offset,
        hint: "a rules file is a list of items; remove the surplus brackets or indentation",
      });
      return;
    }
    if (++lexemes > MAX_LEXEMES) {
      problems.push({
        message: `the file has more than ${MAX_LEXEMES} words and signs`,
        offset: parser.offset,
        hint: "split it into several files",
      });
      return;
    }
  }
  if (errors <= MAX_PROBLEMS) { for (const token of parser.end()) yield* composer.next(token); }
  yield* composer.end(true, file.text.length);
}

class YamlError extends Error {
  constructor(readonly problem: YamlProblem) {
    super(problem.message);
    this.name = "YamlError";
  }
}

/** A node with what it stands for when its aliases are expanded. */
interface Converted {
  readonly node: YamlNode;
  readonly size: number;
  readonly depth: number;
}

/** Makes the tree of one document. An alias becomes the very node of its anchor; only the count sees it as a copy. */
class Converter {
  private readonly anchors = new Map<string, Converted | "open">();
  private aliased = 0;

  constructor(private readonly file: SourceFile) {}

  convert(node: unknown, fallback: number): Converted {
    if (isAlias(node)) return this.resolve(node.source, node.range?.[0] ?? fallback);
    const start = (isScalar(node) || isMap(node) || isSeq(node) ? node.range?.[0] : undefined) ?? fallback;
    const anchor = isScalar(node) || isMap(node) || isSeq(node) ? node.anchor : undefined;
    if (anchor !== undefined) this.anchors.set(anchor, "open");
    const converted = isMap(node)
      ? this.convertMap(node.items, start)
      : isSeq(node)
      ? this.convertSequence(node.items, start)
      : this.convertScalar(node, start);
    if (converted.depth > MAX_DEPTH) {
      throw new YamlError({ message: `aliases nest more than ${MAX_DEPTH} deep`, offset: start });
    }
    if (anchor !== undefined) this.anchors.set(anchor, converted);
    return converted;
  }

  private resolve(name: string, offset: number): Converted {
    const target = this.anchors.get(name);
    if (target === undefined) throw new YamlError({ message: `the alias *${name} has no anchor before it`, offset });
    if (target === "open") throw new YamlError({ message: `the alias *${name} is inside its own anchor`, offset });
    this.aliased += target.size;
    if (this.aliased > MAX_ALIASED) {
      throw new YamlError({
        message: `aliases expand to more than ${MAX_ALIASED} values`,
        offset,
        hint: "write the values out, or fewer of them",
      });
    }
    return target;
  }

  private convertScalar(node: unknown, start: number): Converted {
    const plainNull = { size: 1, depth: 0 };
    if (!isScalar(node)) {
      return {
        node: { kind: "scalar", text: new ScalarText(this.file, "", start, start, "plain"), isNull: true, start },
        ...plainNull,
      };
    }
    const value = typeof node.value === "string" ? node.value : "";
    const style = STYLES[node.type ?? "PLAIN"] ?? "plain";
    const isNull = style === "plain" && /^(?:|~|null|Null|NULL)$/.test(value) && node.tag === undefined;
    const text = new ScalarText(this.file, value, start, node.range?.[1] ?? start, style);
    return { node: { kind: "scalar", text, isNull, start }, ...plainNull };
  }

  private convertSequence(items: readonly unknown[], start: number): Converted {
    const nodes: YamlNode[] = [];
    let size = 1;
    let depth = 0;
    for (const item of items) {
      const converted = this.convert(item, start);
      nodes.push(converted.node);
      size += converted.size;
      depth = Math.max(depth, converted.depth);
    }
    return { node: { kind: "sequence", items: nodes, start }, size, depth: depth + 1 };
  }

  private convertMap(pairs: readonly { key: unknown; value: unknown }[], start: number): Converted {
    const entries = new Map<string, YamlEntry>();
    const ignored: { key: string; start: number }[] = [];
    let size = 1;
    let depth = 0;
    for (const pair of pairs) {
      const key = this.convert(pair.key, start);
      const value = this.convert(pair.value, key.node.start);
      size += key.size + value.size;
      depth = Math.max(depth, key.depth, value.depth);
      const name = key.node.kind === "scalar" ? key.node.text.value : "?";
      if (key.node.kind !== "scalar" || entries.has(name)) ignored.push({ key: name, start: key.node.start });
      else entries.set(name, { start: key.node.start, value: value.node });
    }
    return { node: { kind: "map", entries, ignored, start }, size, depth: depth + 1 };
  }
}

const STYLES: Readonly<Record<string, ScalarStyle>> = {
  QUOTE_SINGLE: "single",
  QUOTE_DOUBLE: "double",
  BLOCK_FOLDED: "block",
  BLOCK_LITERAL: "block",
};

function firstLine(message: string): string {
  return message.split("\n", 1)[0]!;
}

function hintFor(code: string): { hint?: string } {
  switch (code) {
    case "BAD_INDENT":
      return { hint: "close every bracket, and indent with blanks as far as the line above" };
    case "TAB_AS_INDENT":
      return { hint: "indent with blanks" };
    case "BLOCK_AS_IMPLICIT_KEY":
    case "MULTILINE_IMPLICIT_KEY":
    case "MISSING_CHAR":
      return {
        hint:
          "quote a value that has ': ' or ' #' in it, close every quote and bracket, and indent an item's keys alike",
      };
    case "BAD_SCALAR_START":
      return { hint: "put the value into quotes" };
    default:
      return {};
  }
}
