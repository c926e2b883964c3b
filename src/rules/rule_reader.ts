// SPDX-License-Identifier: Apache-2.0

import type { RulePatch } from "./collector.ts";
import { type ItemContext, type ItemPlace, partOf } from "./diagnostic.ts";
import type { ExceptionDefinition, ExceptionEntry } from "./exceptions.ts";
import { readOverride } from "./override.ts";
import { type ItemReader, OVERRIDE_AND_APPEND } from "./item_reader.ts";
import { exceptionHeadShape, ruleHeadShape, rulePatchShape, ruleShape, ruleSwitchShape } from "./shapes.ts";
import { trimText } from "./text.ts";
import type { YamlMap, YamlNode } from "./yaml.ts";

/** In the order in which Falco looks at them. */
const APPENDABLE = ["condition", "exceptions", "output", "desc", "tags"] as const;
const REPLACEABLE = [
  ...APPENDABLE,
  "priority",
  "enabled",
  "warn_evttypes",
  "skip-if-unknown-filter",
  "capture",
  "capture_duration",
] as const;

const DEPRECATED_ENABLED = "The standalone 'enabled' key usage is deprecated. The correct approach requires also a " +
  "'replace' entry under the 'override' key (i.e. 'enabled: replace').";

/** Reads a `- rule:` item: a definition, an append, an override, or a switch of an earlier rule. */
export function readRule(reader: ItemReader, map: YamlMap, place: ItemPlace): void {
  const head = reader.shape(ruleHeadShape, map, ["rule", "append"], place.item);
  if (head?.append) reader.warnAppend(place);
  const override = readOverride(reader, map, APPENDABLE, REPLACEABLE, place);
  if (head?.append && override.keys.length > 0) return reader.fail(OVERRIDE_AND_APPEND, map.start, place.item);
  if (override.failed && override.keys.length === 0) return; // it isn't clear what the item is meant to do
  if (override.keys.length > 0) {
    // With some entries unusable, what the item says about the others still deserves a look.
    const before = reader.diagnostics.errors;
    const appended = override.append.size > 0 ? readPatch(reader, map, place, override.append, "append") : undefined;
    const replaced = override.replace.size > 0 ? readPatch(reader, map, place, override.replace, "replace") : undefined;
    for (const key of [...REPLACEABLE].sort()) {
      const entry = map.entries.get(key);
      if (entry === undefined || override.keys.includes(key)) continue;
      reader.fail(
        `Unexpected key '${key}': no corresponding entry under 'override' is defined.`,
        entry.start,
        partOf(place.item, "overrides", key),
        `add '${key}: replace' under 'override', or remove '${key}'`,
      );
    }
    if (head === undefined || override.failed || reader.diagnostics.errors > before) return;
    if (appended !== undefined) reader.collector.appendRule(appended);
    if (replaced !== undefined) reader.collector.replaceInRule(replaced);
  } else if (head?.append) {
    const keys = ["condition", "exceptions"].filter((key) => map.entries.has(key));
    const patch = readPatch(reader, map, place, new Set(keys), "append");
    if (patch !== undefined) reader.collector.appendRule(patch);
  } else if (!["condition", "output", "desc", "priority"].some((key) => map.entries.has(key))) {
    readSwitch(reader, map, place);
  } else {
    readDefinition(reader, map, place, head !== undefined && !override.failed);
  }
}

function readDefinition(reader: ItemReader, map: YamlMap, place: ItemPlace, define: boolean): void {
  const shape = reader.shape(ruleShape, map, map.entries.keys(), place.item);
  const exceptions = readExceptions(reader, map, place.item, "define");
  const condition = reader.textOf(map, "condition");
  const output = reader.textOf(map, "output");
  if (!define || shape === undefined || exceptions === undefined) return;
  if (condition === undefined || output === undefined) return;
  reader.collector.defineRule({
    name: place.item.name,
    place,
    condition: [condition],
    output: [trimText(output)],
    description: shape.desc,
    priority: shape.priority,
    source: shape.source ?? "syscall",
    tags: new Set(shape.tags),
    enabled: shape.enabled ?? true,
    warnEventTypes: shape.warn_evttypes ?? true,
    skipIfUnknownFilter: shape["skip-if-unknown-filter"] ?? false,
    exceptions,
  });
}

function readSwitch(reader: ItemReader, map: YamlMap, place: ItemPlace): void {
  if (!map.entries.has("enabled")) {
    return reader.fail(
      "Item has no mapping for key 'enabled'",
      map.start,
      place.item,
      "a rule needs condition, output, desc and priority; one that only switches an earlier rule needs enabled",
    );
  }
  const shape = reader.shape(ruleSwitchShape, map, ["enabled"], place.item);
  reader.diagnostics.add("LOAD_DEPRECATED_ITEM", DEPRECATED_ENABLED, place.text, place.index, place.item);
  if (shape !== undefined) reader.collector.switchRule(place.item.name, shape.enabled, place);
}

/** The values of `keys`, or undefined after reporting what is wrong. */
function readPatch(
  reader: ItemReader,
  map: YamlMap,
  place: ItemPlace,
  keys: ReadonlySet<string>,
  mode: "append" | "replace",
): RulePatch | undefined {
  let complete = true;
  for (const key of keys) {
    if (map.entries.has(key)) continue;
    complete = false;
    reader.fail(
      `An ${mode} override for '${key}' was specified but '${key}' is not defined`,
      map.entries.get("override")?.start ?? map.start,
      place.item,
      `add '${key}:' to the item, or remove it from 'override'`,
    );
  }
  const shape = reader.shape(rulePatchShape, map, [...keys, "source"], place.item);
  const exceptions = keys.has("exceptions") ? readExceptions(reader, map, place.item, mode) : [];
  if (!complete || shape === undefined || exceptions === undefined) return undefined;
  return {
    name: place.item.name,
    place,
    source: shape.source,
    condition: keys.has("condition") ? reader.textOf(map, "condition") : undefined,
    output: keys.has("output") ? reader.textOf(map, "output") : undefined,
    description: shape.desc,
    priority: shape.priority,
    tags: shape.tags,
    enabled: shape.enabled,
    warnEventTypes: shape.warn_evttypes,
    skipIfUnknownFilter: shape["skip-if-unknown-filter"],
    exceptions: keys.has("exceptions") ? exceptions : undefined,
  };
}

/** The item's exceptions, or undefined after reporting what is wrong. */
function readExceptions(
  reader: ItemReader,
  map: YamlMap,
  rule: ItemContext,
  mode: "define" | "append" | "replace",
): ExceptionDefinition[] | undefined {
  const node = map.entries.get("exceptions")?.value;
  if (node === undefined || (node.kind === "scalar" && node.isNull)) return [];
  if (node.kind !== "sequence") {
    const part = partOf(rule, "exceptions");
    reader.fail("Rule exceptions must be a sequence", node.start, part, "start each exception with '- name:'");
    return undefined;
  }
  const before = reader.diagnostics.errors;
  const exceptions: ExceptionDefinition[] = [];
  for (const entry of node.items) {
    const exception = readException(reader, entry, rule, mode);
    if (exception === undefined) continue;
    if (exceptions.some((other) => other.name === exception.name)) {
      reader.diagnostics.add(
        "LOAD_EXCEPTION_NAME_NOT_UNIQUE",
        "Multiple definitions of exceptions with the same name in the same object",
        exception.place.text,
        0,
        exception.place.item,
        "give each exception a name of its own, or put the values into one",
      );
    }
    exceptions.push(exception);
  }
  return reader.diagnostics.errors > before ? undefined : exceptions;
}

function readException(
  reader: ItemReader,
  node: YamlNode,
  rule: ItemContext,
  mode: "define" | "append" | "replace",
): ExceptionDefinition | undefined {
  if (node.kind !== "map") {
    const part = partOf(rule, "exception");
    reader.fail("Rule exception must be a mapping", node.start, part, "start each exception with '- name:'");
    return undefined;
  }
  const head = reader.shape(exceptionHeadShape, node, ["name"], reader.place(node, "exception", "", rule).item);
  if (head === undefined) return undefined;
  const place = reader.place(node, "exception", head.name, rule);
  reader.warnUnknownKeys(node, ["name", "fields", "comps", "values"], place.item);
  const entryOf = (key: string) => {
    const value = node.entries.get(key)?.value;
    if (value === undefined || (value.kind === "scalar" && value.isNull)) return undefined;
    return readEntry(reader, value, key, partOf(place.item, "value for", key));
  };
  if (mode !== "append" && !node.entries.has("fields")) {
    reader.fail("Item has no mapping for key 'fields'", node.start, place.item, "add 'fields:'");
  }
  const fields = entryOf("fields");
  const comps = entryOf("comps");
  const valuesNode = node.entries.get("values")?.value;
  const values: ExceptionEntry[] = [];
  if (valuesNode === undefined) {
    if (mode !== "define") {
      const message = "Overriding/appending exception with no values";
      reader.diagnostics.add("LOAD_APPEND_NO_VALUES", message, place.text, 0, place.item, "add 'values:'");
    }
  } else if (valuesNode.kind !== "sequence") {
    const part = partOf(place.item, "exception values");
    reader.fail("Rule exception values must be a sequence", valuesNode.start, part, "write one '- …' a value");
  } else {
    const part = partOf(partOf(place.item, "exception values"), "exception value");
    for (const value of valuesNode.items) {
      const entry = readEntry(reader, value, "values", part);
      if (entry !== undefined) values.push(entry);
    }
  }
  return { name: head.name, place, fields, comps, values };
}

/** A scalar or nested list of scalars; undefined after reporting anything else. */
function readEntry(reader: ItemReader, node: YamlNode, key: string, item: ItemContext): ExceptionEntry | undefined {
  if (node.kind === "sequence") {
    return node.items.flatMap((inner) => {
      const entry = readEntry(reader, inner, key, item);
      return entry === undefined ? [] : [entry];
    });
  }
  if (node.kind === "scalar" && !node.isNull && node.text.value !== "") return node.text;
  const empty = node.kind === "scalar";
  reader.fail(
    empty ? "Value must be non-empty" : "Value is not a scalar value",
    node.start,
    item,
    empty ? "write a value, or remove this one" : `'${key}' has single values or lists of them`,
  );
  return undefined;
}
