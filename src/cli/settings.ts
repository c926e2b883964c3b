// SPDX-License-Identifier: Apache-2.0

import type { FormatOptions } from "../alerts/format.ts";
import { ConfigError, loadConfig } from "../config/load.ts";
import type { Config } from "../config/schema.ts";
import type { Priority } from "../rules/priority.ts";
import type { SelectionStep } from "../rules/selection.ts";
import { CommandError } from "./errors.ts";
import type { BuildOptions } from "./rules.ts";
import { say } from "./say.ts";

/** What every command that loads rules takes. */
export interface RuleOptions {
  readonly config?: string;
  readonly option?: readonly string[];
  /** What follows every output. */
  readonly print?: string;
  readonly allMatches?: true;
  /** Only rules with one of these run. */
  readonly tags?: readonly string[];
  /** Further choices, in the order in which they are given. */
  readonly selection?: readonly SelectionStep[];
  readonly priority?: Priority;
}

/** Options of the commands that take rules from `-r`. */
export interface CommonOptions extends RuleOptions {
  readonly rules: readonly string[];
  readonly json?: true;
}

/**
 * The configuration that the command line asks for: defaults < file < -o < options.
 * @throws CommandError when the file or a key is wrong.
 */
export function configOf(options: RuleOptions & { readonly json?: true }): Config {
  const { config, warnings } = loadOrFail(options);
  for (const warning of warnings) say(`lanner: ${warning}`);
  return {
    ...config,
    rules: [...config.rules, ...selectionOf(options)],
    priority: options.priority ?? config.priority,
    rule_matching: options.allMatches ? "all" : config.rule_matching,
    append_output: [...config.append_output, ...printed(options)],
  };
}

function loadOrFail({ config, option = [], json }: RuleOptions & { readonly json?: true }) {
  try {
    return loadConfig(config, [...option, ...(json ? ["json_output=true"] : [])]);
  } catch (error) {
    if (error instanceof ConfigError) throw new CommandError(error.message);
    throw error;
  }
}

/** Tags choose from all rules, as Falco's -t did; the other options then take away or add. */
function selectionOf({ tags, selection = [] }: RuleOptions): readonly SelectionStep[] {
  if (tags === undefined) return selection;
  return [{ disable: { rule: "*" } }, ...tags.map((tag) => ({ enable: { tag } })), ...selection];
}

function printed({ print }: RuleOptions): Config["append_output"] {
  return print === undefined ? [] : [{ extra_output: print, extra_fields: [], suggested_output: false }];
}

/** Rules files to load: the command line's, else the configuration's; none means the shipped ones. */
export function rulePaths(options: CommonOptions, config: Config): readonly string[] {
  return options.rules.length > 0 ? options.rules : config.rules_files;
}

/**
 * The files and directories that a reload reads, as they are named now.
 * @throws CommandError as `configOf`.
 */
export function watchedPaths(options: CommonOptions): readonly string[] {
  const { config } = loadOrFail(options);
  return [...options.config === undefined ? [] : [options.config], ...rulePaths(options, config)];
}

/** How the configuration wants rules to be compiled and run. */
export function engineOptions(config: Config): BuildOptions {
  const { rule_matching: matching, priority: minimumPriority, append_output, static_fields: staticFields } = config;
  const suggested = Object.keys(staticFields).map((key) => `static_${key.replaceAll(".", "_")}=%static.${key}`);
  const appendOutput = append_output.flatMap(({ match, extra_output, extra_fields, suggested_output }) => [
    {
      ...match,
      ...(extra_output === undefined ? {} : { output: extra_output }),
      fields: extra_fields.flatMap((field): (string | { key: string; format: string })[] =>
        typeof field === "string" ? [field] : Object.entries(field).map(([key, format]) => ({ key, format }))
      ),
      suggested: suggested_output,
    },
    // Falco marks static fields as suggested, too
    ...(suggested_output && suggested.length > 0 ? [{ ...match, output: suggested.join(" ") }] : []),
  ]);
  return { matching, minimumPriority, appendOutput, staticFields };
}

/** How the configuration wants alerts to look. */
export function formatOptions(config: Config): FormatOptions {
  return {
    json: config.json_output,
    isoTime: config.time_format_iso_8601,
    includeOutput: config.json_include_output_property,
    includeTags: config.json_include_tags_property,
    includeFields: config.json_include_output_fields_property,
    includeMessage: config.json_include_message_property,
    base64: config.buffer_format_base64,
  };
}
