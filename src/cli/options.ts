// SPDX-License-Identifier: Apache-2.0

/** Options that several commands share, and the words that they take. */
import { type CommandUnknownOpts, InvalidArgumentError, Option } from "@commander-js/extra-typings";
import { type DriverChoice } from "../driver/open.ts";
import { isRelease } from "../driver/release.ts";
import { parsePriority, PRIORITIES, type Priority } from "../rules/priority.ts";
import type { SelectionStep } from "../rules/selection.ts";
import { parseDuration } from "./duration.ts";
import { UsageError } from "./errors.ts";
import type { RuleOptions } from "./settings.ts";

const collect = (value: string, all: readonly string[] = []): string[] => [...all, value];

function duration(text: string): number {
  const ms = parseDuration(text);
  if (ms === undefined || ms === 0) throw new InvalidArgumentError("Expected a duration such as 30s, 5m or 1h.");
  return ms;
}

function priority(text: string): Priority {
  const known = parsePriority(text);
  if (known === undefined) throw new InvalidArgumentError(`Expected one of ${PRIORITIES.join(", ").toLowerCase()}.`);
  return known;
}

/** Parses a file's name: an empty one is a variable of a script that was not set. */
export function fileName(text: string): string {
  if (text === "") throw new InvalidArgumentError("Expected a name, not an empty text.");
  return text;
}

/** Parses a kernel's release: it names folders, so it can't be a path. */
export function kernelRelease(text: string): string {
  if (!isRelease(text)) throw new InvalidArgumentError("Expected a kernel's release as uname -r prints it.");
  return text;
}

/** `-r`: rules instead of the shipped ones. */
export const rulesOption = () =>
  new Option("-r, --rules <path>", "rules file or directory instead of the shipped rules (repeatable)")
    .argParser(collect).default([] as string[], "the shipped rules");

/** `--json`, for what prints lines. */
export const jsonOption = () => new Option("--json", "one JSON object a line");

/** `--for`, in ms. */
export const forOption = () =>
  new Option("--for <duration>", "end by itself after this time, e.g. 30s, 5m").argParser(duration);

/** `--fail-on`. */
export const failOnOption = () =>
  new Option("--fail-on <priority>", "exit with 3 if an alert of this priority or above came").argParser(priority);

/** `--driver`. */
export const driverOption = () =>
  new Option("--driver <name>", "where events come from (default: auto, the first that this kernel takes)")
    .choices(["auto", "ebpf", "module"] as const);

/** `--attach`. */
export const attachOption = () =>
  new Option(
    "--attach <how>",
    "how system calls are seen: fexit slows only those that are watched (default: auto, sys_exit or perf)",
  )
    .choices(["auto", "fexit", "perf", "sys_exit"] as const);

/** `--module`. */
export const moduleOption = () =>
  new Option("--module <file>", "the kernel module's file, instead of the first that is found for this kernel")
    .argParser(fileName);

/** `--btf`. */
export const btfOption = () =>
  new Option("--btf <file>", "the kernel's BTF from this file (also .zst, .gz, .xz), for a kernel without")
    .argParser(fileName);

/**
 * Files of the driver that is not wanted would be left out without a word.
 * @throws UsageError
 */
export function refuseUnused(
  { driver, module, btf }: { readonly driver?: DriverChoice; readonly module?: string; readonly btf?: string },
): void {
  if (driver === "ebpf" && module !== undefined) {
    throw new UsageError("--module is not for the driver ebpf: leave it out");
  }
  if (driver === "module" && btf !== undefined) {
    throw new UsageError("--btf is not for the driver module: leave it out");
  }
}

/** `-v`. */
export const verboseOption = () => new Option("-v, --verbose", "say more, such as why the kernel refused a program");

/**
 * Adds what every command that loads rules takes: the configuration, which rules run, what is appended to their
 * outputs. What is given fills the object that is returned, `--enable`, `--disable` and `-T` one list of it, because
 * their order counts. (Twelve options by commander's types are more than the type checker can take in.)
 */
export function addRuleOptions(command: CommandUnknownOpts): RuleOptions {
  const option: string[] = [];
  const selection: SelectionStep[] = [];
  const given: { -readonly [Key in keyof RuleOptions]: RuleOptions[Key] } = { option, selection };
  const add = (flags: string, description: string, take: (text: string) => void, group?: string): void => {
    const made = new Option(flags, description).argParser(take);
    command.addOption(group === undefined ? made : made.helpGroup(group));
  };
  add("-c, --config <file>", "configuration file (YAML)", (file) => given.config = file);
  add("-o, --option <key=value>", "set a configuration key (repeatable)", (text) => option.push(text));
  add("-p, --print <format>", "text and %fields that follow every rule's output", (format) => given.print = format);
  command.addOption(new Option("--all-matches", "every rule that matches an event alerts, not the first only"));
  command.on("option:all-matches", () => given.allMatches = true);

  const group = "Which rules run, after the configuration's choice (repeatable):";
  add("-t, --tag <tag>", "only rules with one of these tags", (tag) => given.tags = [...given.tags ?? [], tag], group);
  add("-T, --disable-tag <tag>", "no rule with this tag", (tag) => selection.push({ disable: { tag } }), group);
  add(
    "--disable <wildcard>",
    "no rule with such a name; * stands for anything",
    (rule) => selection.push({ disable: { rule } }),
    group,
  );
  add(
    "--enable <wildcard>",
    "rules with such a name, also if their file disables them",
    (rule) => selection.push({ enable: { rule } }),
    group,
  );
  add("--priority <level>", "only rules of this priority or above", (text) => given.priority = priority(text), group);
  return given;
}
