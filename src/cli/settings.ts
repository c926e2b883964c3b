// SPDX-License-Identifier: Apache-2.0

import type { FormatOptions } from "../alerts/format.ts";
import { ConfigError, loadConfig } from "../config/load.ts";
import type { Config } from "../config/schema.ts";
import type { EngineOptions } from "../engine/build.ts";
import { CommandError } from "./errors.ts";
import { say } from "./say.ts";

/** Options that several commands share, as commander hands them over. */
export interface CommonOptions {
  readonly rules: readonly string[];
  readonly json?: true;
  readonly config?: string;
  readonly option: readonly string[];
}

/**
 * The configuration that the command line asks for: defaults < file < -o < options.
 * @throws CommandError when the file or a key is wrong.
 */
export function configOf(options: CommonOptions): Config {
  try {
    const { config, warnings } = loadConfig(options.config, [
      ...options.option,
      ...(options.json ? ["json_output=true"] : []),
    ]);
    for (const warning of warnings) say(`lanner: ${warning}`);
    return config;
  } catch (error) {
    if (error instanceof ConfigError) throw new CommandError(error.message);
    throw error;
  }
}

/** Rules files to load: the command line's, else the configuration's; none means the shipped ones. */
export function rulePaths(options: CommonOptions, config: Config): readonly string[] {
  return options.rules.length > 0 ? options.rules : config.rules_files;
}

/** How the configuration wants rules to be run. */
export function engineOptions(config: Config): EngineOptions {
  const { rule_matching: matching, priority: minimumPriority, append_output } = config;
  const appendOutput = append_output.map(({ match, extra_output, extra_fields, suggested_output }) => ({
    ...match,
    ...(extra_output === undefined ? {} : { output: extra_output }),
    fields: extra_fields.flatMap((field): (string | { key: string; format: string })[] =>
      typeof field === "string" ? [field] : Object.entries(field).map(([key, format]) => ({ key, format }))
    ),
    suggested: suggested_output,
  }));
  return { matching, minimumPriority, appendOutput };
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
  };
}
