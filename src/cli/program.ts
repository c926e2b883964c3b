// SPDX-License-Identifier: Apache-2.0

import process from "node:process";
import { Command, CommanderError, InvalidArgumentError, Option } from "@commander-js/extra-typings";
import { parsePriority, PRIORITIES, type Priority } from "../rules/priority.ts";
import { checkCommand } from "./check.ts";
import { parseDuration } from "./duration.ts";
import { CommandError, EXIT, UsageError } from "./errors.ts";
import { recordCommand } from "./record.ts";
import { replayCommand } from "./replay.ts";
import { runCommand } from "./run.ts";
import { VERSION } from "./version.ts";

const collect = (value: string, all: string[]): string[] => [...all, value];

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

const rulesOption = () =>
  new Option("-r, --rules <path>", "rules file or directory instead of the shipped rules (repeatable)")
    .argParser(collect).default([] as string[], "the shipped rules");
const jsonOption = () => new Option("--json", "one JSON object a line");
const optionOption = () =>
  new Option("-o, --option <key=value>", "set a configuration key (repeatable)").argParser(collect).default(
    [] as string[],
  );
const configOption = () => new Option("-c, --config <file>", "configuration file (YAML)");
const verboseOption = () => new Option("-v, --verbose", "say more, such as why the kernel refused a program");
const forOption = () =>
  new Option("--for <duration>", "end by itself after this time, e.g. 30s, 5m").argParser(duration);
const failOnOption = () =>
  new Option("--fail-on <priority>", "exit with 3 if an alert of this priority or above came").argParser(priority);

/** The whole command line; `done` takes the exit code of the command that ran. */
function program(done: (code: number) => void): Command {
  const lanner = new Command("lanner")
    .description("Runtime security sensor: real kernel events, judged by rules in Falco's language.")
    .version(`lanner ${VERSION}`, "-V, --version", "print the version")
    .helpOption("-h, --help", "print help");
  lanner.command("run").description("watch this host and print alerts")
    .addOption(rulesOption()).addOption(jsonOption()).addOption(forOption()).addOption(failOnOption())
    .addOption(configOption()).addOption(optionOption())
    .addOption(
      new Option("--driver <name>", "where events come from").choices(["auto", "ebpf"] as const).default(
        "auto" as const,
      ),
    )
    .addOption(verboseOption())
    .action(async (options) => done(await runCommand(options)));
  lanner.command("check").description("validate rules files")
    .argument("<path...>", "rules files or directories, loaded in this order")
    .addOption(new Option("--json", "Falco's load results as JSON"))
    .action(async (paths, options) => done(await checkCommand(paths, options)));
  lanner.command("record").description("store this host's events in a file")
    .addOption(new Option("-w, --write <file>", "the recording").makeOptionMandatory())
    .addOption(forOption()).addOption(verboseOption())
    .action(async (options) => done(await recordCommand(options)));
  lanner.command("replay").description("judge a recording; needs no privileges")
    .argument("<file>", "a recording made by `lanner record`")
    .addOption(rulesOption()).addOption(jsonOption()).addOption(failOnOption())
    .addOption(configOption()).addOption(optionOption())
    .action(async (file, options) => done(await replayCommand(file, options)));
  return lanner;
}

/** commander's two-line messages as one line: what is wrong, the nearest known word, where to look. */
function usageLine(error: CommanderError): string {
  const text = error.message.replace(/^error: /, "").replace(/\s*\n\s*/g, " ").trim();
  return /--help/.test(text) ? text : `${text.replace(/\.$/, "")}; see lanner --help`;
}

/** Runs the command that `args` (without program and script) ask for; returns the exit code. Never throws. */
export async function main(args: readonly string[]): Promise<number> {
  let code: number = EXIT.ok;
  const lanner = program((result) => {
    code = result;
  });
  const quiet = { writeErr: () => {}, writeOut: (text: string) => void process.stdout.write(text) };
  for (const command of [lanner, ...lanner.commands]) command.exitOverride().configureOutput(quiet);
  try {
    if (args.length === 0) {
      process.stderr.write(lanner.helpInformation());
      return EXIT.usage;
    }
    await lanner.parseAsync([...args], { from: "user" });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) {
      if (error.exitCode === 0) return EXIT.ok;
      process.stderr.write(`lanner: ${usageLine(error)}\n`);
      return EXIT.usage;
    }
    if (error instanceof UsageError) {
      process.stderr.write(`lanner: ${error.message}\n`);
      return EXIT.usage;
    }
    if (error instanceof CommandError) {
      process.stderr.write(`lanner: ${error.message}\n`);
      return EXIT.failed;
    }
    throw error;
  }
}
