// SPDX-License-Identifier: Apache-2.0

import type { Collector } from "./collector.ts";
import { type Diagnostics, type ItemContext, type ItemPlace, partOf } from "./diagnostic.ts";
import { ItemReader, OVERRIDE_AND_APPEND } from "./item_reader.ts";
import { isBareString, isIdentifier } from "./lexer.ts";
import { didYouMean } from "./nearest.ts";
import { readOverride } from "./override.ts";
import { readRule } from "./rule_reader.ts";
import { engineVersionShape, listShape, macroShape, requirementShape } from "./shapes.ts";
import type { SourceFile } from "./text.ts";
import {
  checkEngineVersion,
  latest,
  parseEngineVersion,
  parseVersion,
  type Requirement,
  type Version,
} from "./versions.ts";
import { readYaml, type YamlMap, type YamlNode } from "./yaml.ts";

/** What one of several plugins has to be loaded for. */
export interface PluginRequirement {
  readonly place: ItemPlace;
  /** Any one of them will do. */
  readonly alternatives: readonly Requirement[];
}

/** What the files read so far need of the program that loads them. */
export interface Requirements {
  engine: Version;
  readonly plugins: PluginRequirement[];
}

/** The key that makes an item what it is, in the order in which Falco looks for them, and all keys that it may have. */
const ITEM_KEYS = {
  required_engine_version: ["required_engine_version"],
  required_plugin_versions: ["required_plugin_versions"],
  list: ["list", "items", "append", "override"],
  macro: ["macro", "condition", "append", "override"],
  rule: [
    "rule",
    "desc",
    "condition",
    "output",
    "priority",
    "source",
    "enabled",
    "tags",
    "exceptions",
    "capture",
    "capture_duration",
    "warn_evttypes",
    "skip-if-unknown-filter",
    "append",
    "override",
  ],
} as const;
const ITEM_KINDS = Object.keys(ITEM_KEYS) as (keyof typeof ITEM_KEYS)[];

/**
 * Reads the items of `file` into `collector`, and what they need into `requirements`; everything that is wrong with
 * them is reported, item by item. False when parts of the file could not even be read as YAML.
 */
export function readFile(
  file: SourceFile,
  collector: Collector,
  diagnostics: Diagnostics,
  requirements: Requirements,
): boolean {
  return new FileReader(file, collector, diagnostics, requirements).read();
}

class FileReader extends ItemReader {
  constructor(
    file: SourceFile,
    collector: Collector,
    diagnostics: Diagnostics,
    private readonly requirements: Requirements,
  ) {
    super(file, collector, diagnostics);
  }

  read(): boolean {
    const { roots, problems } = readYaml(this.file);
    for (const { message, offset, hint } of problems) {
      this.diagnostics.add(
        "LOAD_ERR_YAML_PARSE",
        message,
        this.file.at(offset),
        0,
        partOf(undefined, "value for"),
        hint,
      );
    }
    for (const root of roots) {
      if (root.kind === "scalar" && root.isNull) continue;
      if (root.kind === "sequence") {
        for (const item of root.items) {
          if (item.kind !== "scalar" || !item.isNull) this.readItem(item);
        }
        continue;
      }
      this.fail(
        root.kind === "map" ? "Rules content is not yaml array of objects" : "Rules content is not yaml",
        root.start,
        this.content,
        "start each item with '- rule:', '- macro:' or '- list:'",
      );
    }
    return problems.length === 0;
  }

  private get content(): ItemContext {
    return { type: "file", name: this.file.name };
  }

  private readItem(node: YamlNode): void {
    if (node.kind !== "map") {
      return this.fail(
        "Unexpected element type. Each element should be a yaml associative array.",
        node.start,
        partOf(undefined, "rules content item"),
        "start each item with '- rule:', '- macro:' or '- list:'",
      );
    }
    const kind = ITEM_KINDS.find((key) => node.entries.has(key));
    if (kind === undefined) {
      const first = node.entries.keys().next().value ?? "";
      const hint = didYouMean(first, ITEM_KINDS) ?? `an item starts with one of: ${ITEM_KINDS.join(", ")}`;
      const { text, index, item } = this.place(node, "rules content item", "");
      return this.diagnostics.add("LOAD_UNKNOWN_ITEM", "Unknown top level item", text, index, item, hint);
    }
    const nameNode = node.entries.get(kind)?.value;
    const name = nameNode?.kind === "scalar" ? nameNode.text.value : "";
    const type = kind === "required_plugin_versions" ? "required plugin versions" : kind;
    const place = this.place(node, type, kind.startsWith("required_") ? "" : name);
    this.warnUnknownKeys(node, ITEM_KEYS[kind], place.item);
    const before = this.diagnostics.errors;
    if (kind === "required_engine_version") this.readEngineVersion(node, place);
    else if (kind === "required_plugin_versions") this.readPluginVersions(node, place);
    else if (kind === "list") this.readList(node, place);
    else if (kind === "macro") this.readMacro(node, place);
    else readRule(this, node, place);
    if (this.diagnostics.errors > before && (kind === "list" || kind === "macro" || kind === "rule")) {
      this.collector.broken[kind].add(name);
    }
  }

  private readEngineVersion(node: YamlMap, place: ItemPlace): void {
    const shape = this.shape(engineVersionShape, node, node.entries.keys(), place.item);
    if (shape === undefined) return;
    const required = parseEngineVersion(shape.required_engine_version);
    if (required !== undefined) this.requirements.engine = latest(this.requirements.engine, required);
    const problem = checkEngineVersion(shape.required_engine_version, required);
    if (problem !== undefined) {
      this.diagnostics.add(problem.code, problem.message, place.text, place.index, place.item, problem.hint);
    }
  }

  private readPluginVersions(node: YamlMap, place: ItemPlace): void {
    const entry = node.entries.get("required_plugin_versions")!.value;
    if (entry.kind !== "sequence") {
      return this.fail("Value of required_plugin_versions must be a sequence", entry.start, place.item);
    }
    for (const plugin of entry.items) this.readPluginVersion(plugin, place);
  }

  private readPluginVersion(plugin: YamlNode, { item }: ItemPlace): void {
    const place = this.place(plugin, "required plugin versions entry", nameOf(plugin), item);
    if (plugin.kind !== "map") {
      return this.fail(
        "Plugin version must be a mapping",
        plugin.start,
        place.item,
        "write '- name: …' and 'version: …'",
      );
    }
    this.warnUnknownKeys(plugin, ["name", "version", "alternatives"], place.item);
    const alternatives = plugin.entries.get("alternatives")?.value;
    const maps: YamlMap[] = [plugin];
    if (alternatives !== undefined && alternatives.kind !== "sequence") {
      this.fail("Value of plugin version alternatives must be a sequence", alternatives.start, place.item);
    }
    for (const alternative of alternatives?.kind === "sequence" ? alternatives.items : []) {
      if (alternative.kind === "map") maps.push(alternative);
      else {
        const part = partOf(place.item, "required plugin versions alternative");
        this.fail("Plugin version alternative must be a mapping", alternative.start, part);
      }
    }
    this.addRequirement(maps, place);
  }

  private addRequirement(maps: readonly YamlMap[], place: ItemPlace): void {
    const alternatives: Requirement[] = [];
    for (const map of maps) {
      const alternative = this.place(map, "required plugin versions alternative", nameOf(map), place.item);
      const item = map === maps[0] ? place.item : alternative.item;
      const shape = this.shape(requirementShape, map, ["name", "version"], item);
      if (shape === undefined) return;
      const fail = (message: string, hint: string) =>
        this.diagnostics.add("LOAD_ERR_VALIDATE", message, this.file.at(map.start), 0, place.item, hint);
      const version = parseVersion(shape.version);
      if (version === undefined) {
        return fail(`Invalid required version '${shape.version}' for plugin '${shape.name}'`, "write it as 1.2.3");
      }
      if (alternatives.some((other) => other.name === shape.name)) {
        return fail(
          `Defined multiple alternative version requirements for plugin '${shape.name}'`,
          "name each plugin once",
        );
      }
      alternatives.push({ name: shape.name, text: shape.version, version });
    }
    this.requirements.plugins.push({ place, alternatives });
  }

  private readList(node: YamlMap, place: ItemPlace): void {
    const shape = this.shape(listShape, node, node.entries.keys(), place.item);
    const override = readOverride(this, node, ["items"], ["items"], place);
    const name = place.item.name;
    if (name !== "" && !isBareString(name)) {
      this.warnName("LOAD_INVALID_LIST_NAME", "List", `([^()"'[:space:]=,]+)`, place, "no blanks, quotes or ( ) = ,");
    }
    if (shape?.append) this.warnAppend(place);
    if (shape?.append && override.keys.length > 0) this.fail(OVERRIDE_AND_APPEND, node.start, place.item);
    if (shape === undefined || override.failed) return;
    if (shape.append || override.append.has("items")) this.collector.appendList({ name, place, items: shape.items });
    else this.collector.defineList({ name, place, items: shape.items });
  }

  private readMacro(node: YamlMap, place: ItemPlace): void {
    const shape = this.shape(macroShape, node, node.entries.keys(), place.item);
    const override = readOverride(this, node, ["condition"], ["condition"], place);
    const name = place.item.name;
    if (name !== "" && !isIdentifier(name)) {
      this.warnName("LOAD_INVALID_MACRO_NAME", "Macro", "([a-zA-Z]+[a-zA-Z0-9_]*)", place, "letters, digits and _");
    }
    if (shape?.append) this.warnAppend(place);
    if (shape?.append && override.keys.length > 0) this.fail(OVERRIDE_AND_APPEND, node.start, place.item);
    const condition = this.textOf(node, "condition");
    if (shape === undefined || override.failed || condition === undefined) return;
    const macro = { name, place, condition: [condition] };
    if (shape.append || override.append.has("condition")) this.collector.appendMacro(macro);
    else this.collector.defineMacro(macro);
  }

  private warnName(
    code: "LOAD_INVALID_LIST_NAME" | "LOAD_INVALID_MACRO_NAME",
    kind: string,
    expression: string,
    place: ItemPlace,
    hint: string,
  ): void {
    const message = `${kind} has an invalid name. ${kind} names should match a regular expression: ${expression}`;
    this.diagnostics.add(code, message, place.text, place.index, place.item, `use ${hint}`);
  }
}

/** The plugin that a requirement names. */
function nameOf(node: YamlNode): string {
  const name = node.kind === "map" ? node.entries.get("name")?.value : undefined;
  return name?.kind === "scalar" ? name.text.value : "";
}
