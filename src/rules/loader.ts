// SPDX-License-Identifier: Apache-2.0

import type { Expr, Span } from "./ast.ts";
import { Collector } from "./collector.ts";
import { type Compiled, Compiler } from "./compiler.ts";
import { Diagnostics } from "./diagnostic.ts";
import { FileOrder } from "./file_order.ts";
import { isFieldText } from "./lexer.ts";
import { type PluginRequirement, readFile, type Requirements } from "./reader.ts";
import type { RuleSet, SourceText } from "./ruleset.ts";
import { SourceFile } from "./text.ts";
import { BUILT_IN_PLUGINS, parseVersion, type Plugin, satisfies } from "./versions.ts";

/** A rules file: its name for diagnostics, and what is in it. */
export interface RuleFile {
  readonly name: string;
  readonly content: string | Uint8Array;
}

/** What the loader can't know by itself. */
export interface LoadOptions {
  /** Event sources whose rules are run; rules of others are skipped with a warning. By default `syscall`. */
  readonly sources?: readonly string[];
  /** Plugins that `required_plugin_versions` may name; by default those whose fields are built in. */
  readonly plugins?: readonly Plugin[];
  /** Tells the names of fields, with their argument, that exceptions may use; by default whatever looks like one. */
  readonly isField?: (name: string) => boolean;
}

/**
 * Loads rules files in order, as one set of rules. Never throws for what is in a file: everything that is wrong is in
 * `diagnostics`, and with an error among them the set is not fit to be run.
 */
export function loadRules(files: readonly RuleFile[], options: LoadOptions = {}): RuleSet {
  const diagnostics = new Diagnostics();
  const collector = new Collector(diagnostics, options.sources ?? ["syscall"], options.isField ?? isFieldText);
  const requirements: Requirements = { engine: [0, 0, 0], plugins: [] };
  const order = new FileOrder(collector);
  let complete = true;
  files.forEach(({ name, content }, index) => {
    const file = decode(name, content, diagnostics);
    if (file === undefined || !readFile(file, collector, diagnostics, requirements)) complete = false;
    if (index < files.length - 1) order.endOfFile();
  });
  order.report(diagnostics);
  checkPlugins(requirements.plugins, options.plugins ?? BUILT_IN_PLUGINS, diagnostics);
  const compiled = new Compiler(collector, diagnostics, complete).compile();
  return {
    rules: compiled.rules,
    macros: compiled.macros,
    lists: compiled.lists,
    files: files.map((file) => file.name),
    diagnostics: diagnostics.all,
    requirements: {
      engine: requirements.engine,
      plugins: requirements.plugins.map(({ alternatives }) => alternatives),
    },
    textOf: textFinder(compiled.texts),
  };
}

/** The file's text, or undefined after reporting why it has none. */
function decode(name: string, content: string | Uint8Array, diagnostics: Diagnostics): SourceFile | undefined {
  const valid = typeof content === "string" ? content : decodeUtf8(content);
  const text = valid ?? new TextDecoder("utf-8", { ignoreBOM: true }).decode(content as Uint8Array);
  const file = new SourceFile(name, text.startsWith("\ufeff") ? text.slice(1) : text);
  const fail = (message: string, offset: number, hint: string) => {
    diagnostics.add("LOAD_ERR_YAML_PARSE", message, file.at(Math.max(0, offset)), 0, { type: "file", name }, hint);
    return undefined;
  };
  const nul = file.text.indexOf("\0");
  if (nul >= 0) return fail("the file contains a NUL byte", nul, "is this a rules file? save it as UTF-8 text");
  if (valid === undefined) return fail("the file is not valid UTF-8", file.text.indexOf("\ufffd"), "save it as UTF-8");
  return file;
}

function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function checkPlugins(
  requirements: readonly PluginRequirement[],
  plugins: readonly Plugin[],
  diagnostics: Diagnostics,
): void {
  for (const { place, alternatives } of requirements) {
    const met = alternatives.some(({ name, version }) =>
      plugins.some((plugin) => {
        const have = parseVersion(plugin.version);
        return plugin.name === name && have !== undefined && satisfies(have, version);
      })
    );
    if (met) continue;
    const wanted = alternatives.map(({ name, text }) => `${name} (>= ${text})`).join(", ");
    diagnostics.add(
      "LOAD_ERR_VALIDATE",
      `Plugin requirement not satisfied, must load one of: ${wanted}`,
      place.text,
      place.index,
      place.item,
      `built in: ${
        plugins.map((plugin) => plugin.name).join(", ") || "none"
      }; remove the rules that need another plugin`,
    );
  }
}

/**
 * Finds the text that a node's span indexes. Nodes are registered when the first is asked for, which is when something
 * is to be reported.
 */
function textFinder(texts: Compiled["texts"]): RuleSet["textOf"] {
  let known: WeakMap<Span, SourceText> | undefined;
  return (node) => {
    if (known === undefined) {
      known = new WeakMap();
      for (const { condition, text } of texts) register(condition, text, known);
    }
    return known.get(node.span);
  };
}

/** Registers the spans of `root`'s tree, without those of macros in it, which are registered before. */
function register(root: Expr, text: SourceText, known: WeakMap<Span, SourceText>): void {
  type Node = Expr | Exclude<(Expr & { kind: "check" })["left" | "right"], undefined> | {
    readonly kind: "arguments";
    readonly items: readonly Node[];
    readonly span: Span;
  };
  const pending: Node[] = [root];
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    if (known.has(node.span)) continue;
    known.set(node.span, text);
    switch (node.kind) {
      case "and":
      case "or":
        for (const child of node.children) pending.push(child);
        break;
      case "not":
        pending.push(node.child);
        break;
      case "check":
        known.set(node.operatorSpan, text);
        pending.push(node.left);
        if (node.right !== undefined) pending.push(node.right);
        break;
      case "list":
      case "arguments":
        for (const item of node.items) pending.push(item);
        break;
      case "transformer":
        for (const argument of node.args) pending.push(argument);
        break;
    }
  }
}
