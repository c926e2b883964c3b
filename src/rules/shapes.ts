// SPDX-License-Identifier: Apache-2.0

import { z } from "zod";
import { parsePriority, type Priority } from "./priority.ts";
import type { YamlNode } from "./yaml.ts";

/**
 * The shapes of what stands under an item's keys, with Falco's messages. Keys are in the order in which Falco reads
 * them, so that its first complaint is ours too.
 */

const problem = (key: string, otherwise: string) => (issue: { input?: unknown }) =>
  issue.input === undefined
    ? `Item has no mapping for key '${key}'`
    : issue.input === null
    ? `Mapping for key '${key}' is empty`
    : otherwise;

/** A scalar that isn't empty. */
const text = (key: string) =>
  z.string({ error: problem(key, "Value is not a scalar value") }).min(1, {
    error: "Value must be non-empty",
    abort: true,
  });

/** What yaml-cpp takes for a boolean. */
const BOOLEAN = /^(?:(y|Y|yes|Yes|YES|true|True|TRUE|on|On|ON)|n|N|no|No|NO|false|False|FALSE|off|Off|OFF)$/;

const flag = (key: string) =>
  text(key).regex(BOOLEAN, { error: "Can't decode YAML scalar value", abort: true }).transform((value) =>
    BOOLEAN.exec(value)?.[1] !== undefined
  );

const uint32 = (key: string) =>
  text(key).regex(/^\d{1,10}$/, { error: "Can't decode YAML scalar value", abort: true }).transform(Number).refine(
    (value) => value < 2 ** 32,
    "Can't decode YAML scalar value",
  );

const scalars = (key: string) =>
  z.array(z.string("sequence value is not scalar"), {
    error: (issue) => issue.input === undefined ? `Item has no mapping for key '${key}'` : "Value is not a sequence",
  });

const priority = text("priority").transform((value, context): Priority => {
  const parsed = parsePriority(value);
  if (parsed === undefined) context.issues.push({ code: "custom", message: "Invalid priority", input: value });
  return parsed ?? "Debug";
});

/** `- list:` without its `override`. */
export const listShape = z.object({ list: text("list"), items: scalars("items"), append: flag("append").optional() });

/** `- macro:` without its `override`. */
export const macroShape = z.object({
  macro: text("macro"),
  condition: text("condition"),
  append: flag("append").optional(),
});

/** What every `- rule:` has, whatever else it does. */
export const ruleHeadShape = z.object({ rule: text("rule"), append: flag("append").optional() });

/** A rule's own keys but for its exceptions, which have places of their own. */
export const ruleShape = z.object({
  condition: text("condition"),
  output: text("output"),
  desc: text("desc"),
  priority,
  source: text("source").optional(),
  enabled: flag("enabled").optional(),
  warn_evttypes: flag("warn_evttypes").optional(),
  "skip-if-unknown-filter": flag("skip-if-unknown-filter").optional(),
  capture: flag("capture").optional(),
  capture_duration: uint32("capture_duration").optional(),
  tags: scalars("tags").optional(),
});

/** Some of a rule's keys: what an append or override gives. */
export const rulePatchShape = ruleShape.partial().extend({
  source: z.string("Value is not a scalar value").optional(),
});

/** A rule that only switches an earlier one. */
export const ruleSwitchShape = z.object({ enabled: flag("enabled") });

/** The name of an exception. */
export const exceptionHeadShape = z.object({ name: text("name") });

/** One plugin requirement or alternative. */
export const requirementShape = z.object({ name: text("name"), version: text("version") });

/** `- required_engine_version:`. */
export const engineVersionShape = z.object({ required_engine_version: text("required_engine_version") });

/** A YAML node as the shapes check it: scalars are strings, plain nulls null. */
export function plain(node: YamlNode): unknown {
  switch (node.kind) {
    case "scalar":
      return node.isNull ? null : node.text.value;
    case "sequence":
      return node.items.map(plain);
    case "map": {
      const object: Record<string, unknown> = Object.create(null);
      for (const [key, entry] of node.entries) object[key] = plain(entry.value);
      return object;
    }
  }
}

/** Something that doesn't have its shape, and the node to point at. */
export interface ShapeProblem {
  readonly message: string;
  /** The offending value; the map itself for a key that is missing. */
  readonly node: YamlNode;
  readonly key: string;
  /** The key is not there at all. */
  readonly missing: boolean;
  /** The value is one of several. */
  readonly inList: boolean;
}

/** `keys` of `map` as `schema` makes them, or what is wrong with them. */
export function checkShape<T>(
  schema: z.ZodType<T>,
  map: YamlNode & { kind: "map" },
  keys: Iterable<string>,
): { readonly value: T } | { readonly problems: readonly ShapeProblem[] } {
  const input: Record<string, unknown> = {};
  for (const key of keys) {
    const entry = map.entries.get(key);
    if (entry !== undefined) input[key] = plain(entry.value);
  }
  const result = schema.safeParse(input);
  if (result.success) return { value: result.data };
  return {
    problems: result.error.issues.map((issue) => {
      const key = String(issue.path[0]);
      let node = map.entries.get(key)?.value;
      const index = issue.path[1];
      if (node?.kind === "sequence" && typeof index === "number") node = node.items[index] ?? node;
      const inList = typeof index === "number";
      return { message: issue.message, node: node ?? map, key, missing: node === undefined, inList };
    }),
  };
}
