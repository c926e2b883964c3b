// SPDX-License-Identifier: Apache-2.0

/** The configuration: defaults < file < overrides (`-o key=value`, command-line options). */
import process from "node:process";
import { type Document, isMap, isNode, isScalar, LineCounter, type Node, parseDocument, visit } from "yaml";
import type { z } from "zod";
import { readWhole } from "../files/read.ts";
import { didYouMean } from "../rules/nearest.ts";
import { expandVariables } from "./environment.ts";
import { ConfigError } from "./error.ts";
import { isEmpty, override } from "./override.ts";
import { type Config, ConfigSchema, FALCO_ONLY } from "./schema.ts";

export { ConfigError } from "./error.ts";

/** No configuration comes near it. */
const MAX_FILE_BYTES = 1 << 20;

/** A configuration, and what its author should know, one line each. */
export interface LoadedConfig {
  readonly config: Config;
  readonly warnings: readonly string[];
}

/**
 * Loads the configuration.
 * @param file a YAML file, Falco's falco.yaml for instance; undefined for none
 * @param overrides `key=value` each, later ones win
 * @param environment what `${NAME}` in values is replaced from
 * @throws ConfigError for a file that can't be read or is no YAML, and for a value that a key can't have; a key that
 * does not exist is a warning, as in Falco.
 */
export function loadConfig(
  file: string | undefined,
  overrides: readonly string[] = [],
  environment: Readonly<Record<string, string | undefined>> = process.env,
): LoadedConfig {
  const layers = new Layers(file, overrides);
  layers.prepare(environment);
  const values = layers.values();
  const warnings = dropUnused(values, layers);
  const result = ConfigSchema.safeParse(values);
  if (!result.success) throw problem(result.error.issues, layers);
  return { config: result.data, warnings };
}

/** The file with the overrides worked in, which knows where each value comes from. */
class Layers {
  readonly #file: string;
  readonly #lines = new LineCounter();
  readonly #document: Document;
  /** Nodes that an override has put there, by its text. */
  readonly #origins = new Map<Node, string>();

  constructor(file: string | undefined, overrides: readonly string[]) {
    this.#file = file ?? "configuration";
    // scalars stay the text that they are in the file; the schema says what they have to be
    const document = parseDocument(file === undefined ? "" : read(file), {
      schema: "failsafe",
      lineCounter: this.#lines,
      prettyErrors: false,
    });
    this.#document = document;
    const [error] = document.errors;
    if (error) throw new ConfigError(`${this.#at(error.pos[0])}: ${error.message}`);
    if (!isEmpty(document.contents) && !isMap(document.contents)) {
      throw new ConfigError(`${this.#file}: expected keys and values at the top`);
    }
    for (const text of overrides) {
      for (const node of override(document, text)) this.#origins.set(node, text);
    }
  }

  /** Removes keys without a value, which mean their default; expands variables; knows `rules_file` as an alias. */
  prepare(environment: Readonly<Record<string, string | undefined>>): void {
    visit(this.#document, {
      Pair: (_, { value }) => isEmpty(value) ? visit.REMOVE : undefined,
      Scalar: (key, node) => {
        if (key !== "key" && typeof node.value === "string") node.value = expandVariables(node.value, environment);
      },
    });
    const map = this.#document.contents;
    if (!isMap(map) || !map.has("rules_file")) return;
    if (map.has("rules_files")) {
      throw new ConfigError(`${this.where(["rules_file"])}: rules_file and rules_files are the same: give one of them`);
    }
    map.set("rules_files", map.get("rules_file", true));
    map.delete("rules_file");
  }

  /** A copy of everything as plain values. */
  values(): Record<string, unknown> {
    try {
      const values: unknown = this.#document.toJS({ maxAliasCount: 100 });
      return isRecord(values) ? values : {};
    } catch (error) {
      throw new ConfigError(`${this.#file}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  /** Where the value at `path`, or what there is of the way to it, was written. */
  where(path: readonly PropertyKey[]): string {
    let place: string | undefined;
    for (let depth = 0; depth <= path.length; depth++) {
      const node = this.#node(path.slice(0, depth));
      if (node === undefined) break;
      const origin = this.#origins.get(node);
      if (origin !== undefined) return `-o ${origin}`;
      const start = this.#keyStart(path.slice(0, depth)) ?? node.range?.[0];
      if (depth > 0 && start !== undefined) place = this.#at(start);
    }
    return place ?? this.#file;
  }

  /** The text of the scalar at `path`. */
  text(path: readonly PropertyKey[]): string | undefined {
    const node = this.#node(path);
    return isScalar(node) ? String(node.value) : undefined;
  }

  #node(path: readonly PropertyKey[]): Node | undefined {
    const found: unknown = this.#document.getIn(path, true);
    return isNode(found) ? found : undefined;
  }

  /** Keys are where a reader looks first. */
  #keyStart(path: readonly PropertyKey[]): number | undefined {
    const parent = this.#node(path.slice(0, -1));
    if (path.length === 0 || !isMap(parent)) return undefined;
    const pair = parent.items.find(({ key }) => isScalar(key) && key.value === path.at(-1));
    return isScalar(pair?.key) ? pair.key.range?.[0] : undefined;
  }

  #at(offset: number): string {
    const { line, col } = this.#lines.linePos(offset);
    return `${this.#file}:${line}:${col}`;
  }
}

function read(file: string): string {
  try {
    return readWhole(file, { limit: MAX_FILE_BYTES, pipes: true }).toString("utf8");
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new ConfigError(`${file}: can't be read: ${why}`);
  }
}

/** Takes the keys out that mean nothing here, and says so. */
function dropUnused(values: Record<string, unknown>, layers: Layers): string[] {
  const warnings: string[] = [];
  const unused = [...FALCO_ONLY].filter((path) => {
    const { holder, key } = lookUp(values, path);
    return isRecord(holder) && Object.hasOwn(holder, key);
  }).sort();
  if (unused.length > 0) {
    warnings.push(`${layers.where([])}: settings of Falco without effect here: ${unused.join(", ")}`);
  }
  for (const key of ["http_output", "program_output"]) {
    const output = values[key];
    if (isRecord(output) && /^(true|yes|y|on)$/i.test(String(output["enabled"]))) {
      warnings.push(`${layers.where([key])}: ${key} is enabled, but there is no such output: nothing is sent there`);
    }
  }
  for (const path of unused) {
    const { holder, key } = lookUp(values, path);
    if (isRecord(holder)) delete holder[key];
  }

  const defaults: unknown = ConfigSchema.parse({});
  for (const issue of ConfigSchema.safeParse(values).error?.issues ?? []) {
    if (issue.code !== "unrecognized_keys") continue;
    const known = at(defaults, issue.path);
    const holder = at(values, issue.path);
    for (const key of issue.keys) {
      if (isRecord(holder)) delete holder[key];
      const hint = didYouMean(key, isRecord(known) ? Object.keys(known) : []);
      const name = [...issue.path, key].join(".");
      warnings.push(
        `${layers.where([...issue.path, key])}: unknown key '${name}' is ignored${hint ? `; ${hint}` : ""}`,
      );
    }
  }
  return warnings;
}

/** The error for the first of a failed check's issues, with the number of the others. */
function problem(issues: readonly z.core.$ZodIssue[], layers: Layers): ConfigError {
  const [first] = issues;
  if (first === undefined) return new ConfigError("the configuration is not valid");
  const text = layers.text(first.path);
  const given = text === undefined ? "" : `, not '${text}'`;
  const others = issues.length > 1 ? ` (and ${issues.length - 1} more)` : "";
  return new ConfigError(`${layers.where(first.path)}: ${first.path.join(".")}: ${first.message}${given}${others}`);
}

/** What holds the last key of a dotted path, and that key. */
function lookUp(values: unknown, path: string): { holder: unknown; key: string } {
  const steps = path.split(".");
  return { holder: at(values, steps.slice(0, -1)), key: steps.at(-1)! };
}

function at(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (inner, step) => typeof inner === "object" && inner !== null ? Reflect.get(inner, step) : undefined,
    value,
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
