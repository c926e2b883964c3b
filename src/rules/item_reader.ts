// SPDX-License-Identifier: Apache-2.0

import type { z } from "zod";
import type { Collector } from "./collector.ts";
import { type Diagnostics, type ItemContext, type ItemPlace, partOf } from "./diagnostic.ts";
import { didYouMean } from "./nearest.ts";
import type { SourceText } from "./ruleset.ts";
import { checkShape, type ShapeProblem } from "./shapes.ts";
import type { SourceFile } from "./text.ts";
import type { YamlMap, YamlNode } from "./yaml.ts";

const DEPRECATED_APPEND =
  "'append' key is deprecated. Add an 'append' entry (e.g. 'condition: append') under 'override' instead.";
/** Error of an item that has both. */
export const OVERRIDE_AND_APPEND = "Keys 'override' and 'append: true' cannot be used together. " +
  "Add an 'append' entry (e.g. 'condition: append') under 'override' instead.";

/** Keys whose value Falco takes for a sequence before it asks whether it is empty. */
const SEQUENCES: readonly string[] = ["items", "tags"];

/** What the readers of all kinds of items share: shapes checked, and problems reported at their place in the file. */
export class ItemReader {
  constructor(
    readonly file: SourceFile,
    readonly collector: Collector,
    readonly diagnostics: Diagnostics,
  ) {}

  /** Reports a mistake in the structure of the file. */
  fail(message: string, offset: number, item?: ItemContext, hint?: string): void {
    this.diagnostics.add("LOAD_ERR_YAML_VALIDATE", message, this.file.at(offset), 0, item, hint);
  }

  /** The value of `keys` of `map`, or undefined after reporting what is wrong with them. */
  shape<T>(schema: z.ZodType<T>, map: YamlMap, keys: Iterable<string>, item: ItemContext): T | undefined {
    const result = checkShape(schema, map, keys);
    if ("value" in result) return result.value;
    for (const problem of result.problems) {
      this.fail(problem.message, problem.node.start, this.valueOf(problem, map, item), shapeHint(problem));
    }
    return undefined;
  }

  /** The part of `item` that a problem is about: Falco looks for a value before it looks at it. */
  private valueOf({ key, message, inList }: ShapeProblem, map: YamlMap, item: ItemContext): ItemContext {
    const value = map.entries.get(key)?.value;
    if (value === undefined || (value.kind === "scalar" && value.isNull && !SEQUENCES.includes(key))) return item;
    if (message === "Invalid priority") return partOf(item, "rule priority");
    const part = partOf(item, "value for", key, inList ? this.file.position(value.start) : undefined);
    return inList ? partOf(part, "list item") : part;
  }

  /** Warns of keys that nothing reads. */
  warnUnknownKeys(map: YamlMap, known: readonly string[], item: ItemContext): void {
    const warn = (key: string, start: number, hint: string | undefined) =>
      this.diagnostics.add(
        "LOAD_UNKNOWN_KEY",
        `Unknown key '${key}'. The key will be ignored.`,
        this.file.at(start),
        0,
        item,
        hint,
      );
    for (const [key, entry] of map.entries) {
      if (known.includes(key)) continue;
      const merge = key === "<<" ? "YAML merge keys are not supported; write the keys out" : undefined;
      warn(key, entry.start, merge ?? didYouMean(key, known) ?? `its keys are: ${known.join(", ")}`);
    }
    for (const { key, start } of map.ignored) {
      warn(key, start, known.includes(key) ? "the item has this key already, and the first one counts" : undefined);
    }
  }

  /** The scalar under `key`, whose shape was checked. */
  textOf(map: YamlMap, key: string): SourceText | undefined {
    const node = map.entries.get(key)?.value;
    return node?.kind === "scalar" && !node.isNull ? node.text : undefined;
  }

  /** Where `node`, which is a part of `within`, stands. */
  place(node: YamlNode, type: ItemContext["type"], name: string, within?: ItemContext): ItemPlace {
    const text = this.file.at(node.start);
    return { text, index: 0, item: partOf(within, type, name, text.position(0)) };
  }

  /** Warns of `append: true`. */
  warnAppend(place: ItemPlace): void {
    this.diagnostics.add("LOAD_DEPRECATED_ITEM", DEPRECATED_APPEND, place.text, place.index, place.item);
  }
}

function shapeHint(problem: ShapeProblem): string | undefined {
  if (problem.missing) return `add '${problem.key}:'`;
  switch (problem.message) {
    case "Invalid priority":
      return "use one of: emergency, alert, critical, error, warning, notice, informational, debug";
    case "Value is not a sequence":
      return "write [a, b], or one '- a' a line";
    case "sequence value is not scalar":
      return "each item is a single value; quote it if it has ': ' or brackets in it";
    case "Can't decode YAML scalar value":
      return "write true or false, or a number where one is due";
    default:
      return undefined;
  }
}
