// SPDX-License-Identifier: Apache-2.0

import process from "node:process";
import { Command, CommanderError, type CommandUnknownOpts, Option } from "@commander-js/extra-typings";
import { checkCommand } from "./check.ts";
import { CommandError, EXIT, UsageError } from "./errors.ts";
import { listEventsCommand } from "./list_events.ts";
import { listFieldsCommand } from "./list_fields.ts";
import { listRulesCommand } from "./list_rules.ts";
import { addRuleOptions, failOnOption, forOption, jsonOption, rulesOption, verboseOption } from "./options.ts";
import { recordCommand } from "./record.ts";
import { replayCommand } from "./replay.ts";
import { runCommand } from "./run.ts";
import { VERSION } from "./version.ts";

/** The whole command line; `done` takes the exit code of the command that ran. */
function program(done: (code: number) => void): Command {
  const lanner = new Command("lanner")
    .description("Runtime security sensor: real kernel events, judged by rules in Falco's language.")
    .version(`lanner ${VERSION}`, "-V, --version", "print the version")
    .helpOption("-h, --help", "print help");
  const run = lanner.command("run").description("watch this host and print alerts")
    .addOption(rulesOption()).addOption(jsonOption()).addOption(forOption()).addOption(failOnOption())
    .addOption(
      new Option("--driver <name>", "where events come from").choices(["auto", "ebpf"] as const).default(
        "auto" as const,
      ),
    )
    .addOption(verboseOption());
  const runRules = addRuleOptions(run);
  run.action(async (options) => done(await runCommand({ ...options, ...runRules })));
  const check = lanner.command("check").description("validate rules files")
    .argument("<path...>", "rules files or directories, loaded in this order")
    .addOption(new Option("--json", "Falco's load results as JSON"));
  const checkRules = addRuleOptions(check);
  check.action((paths, { json }) => done(checkCommand(paths, json ?? false, checkRules)));
  addListCommands(lanner.command("list").description("what rules can use, and what rules do"), done);
  lanner.command("record").description("store this host's events in a file")
    .addOption(new Option("-w, --write <file>", "the recording").makeOptionMandatory())
    .addOption(forOption()).addOption(verboseOption())
    .action(async (options) => done(await recordCommand(options)));
  const replay = lanner.command("replay").description("judge a recording; needs no privileges")
    .argument("<file>", "a recording made by `lanner record`")
    .addOption(rulesOption()).addOption(jsonOption()).addOption(failOnOption());
  const replayRules = addRuleOptions(replay);
  replay.action(async (file, options) => done(await replayCommand(file, { ...options, ...replayRules })));
  return lanner;
}

/** `lanner list …`. */
function addListCommands(list: Command, done: (code: number) => void): void {
  const json = () => new Option("--json", "as JSON");
  list.command("fields").description("fields of conditions and outputs: types, events, whether Falco has them")
    .argument("[filter]", "only fields whose name contains this")
    .addOption(json())
    .action((filter, options) => done(listFieldsCommand(filter, options.json ?? false)));
  list.command("events").description("events, their parameters and their descriptors")
    .argument("[filter]", "only events whose name contains this")
    .addOption(json())
    .action((filter, options) => done(listEventsCommand(filter, options.json ?? false)));
  const rules = list.command("rules")
    .description("rules: compiled conditions, events, and the fields, macros and lists that they use")
    .argument("[filter]", "only rules whose name contains this")
    .addOption(rulesOption())
    .addOption(new Option("--json", "as JSON, like Falco's description of rules"));
  const given = addRuleOptions(rules);
  rules.action((filter, options) =>
    done(listRulesCommand(filter, options.json ?? false, { rules: options.rules, ...given }))
  );
}

/** commander's two-line messages as one line: what is wrong, the nearest known word, where to look. */
function usageLine(error: CommanderError, help: string): string {
  const text = error.message.replace(/^error: /, "").replace(/\s*\n\s*/g, " ").trim();
  return `${text.replace(/\.$/, "")}; see ${help} --help`;
}

/** Makes commander throw UsageError instead of printing and leaving; after printing help it throws a CommanderError. */
function takeOver(command: CommandUnknownOpts, name: string): void {
  command.configureOutput({ writeErr: () => {}, writeOut: (text) => void process.stdout.write(text) });
  command.exitOverride((error) => {
    if (error.exitCode === 0) throw error;
    if (error.code !== "commander.help") throw new UsageError(usageLine(error, name));
    process.stderr.write(command.helpInformation());
    throw error;
  });
  for (const each of command.commands) takeOver(each, `${name} ${each.name()}`);
}

/** Runs the command that `args` (without program and script) ask for; returns the exit code. Never throws. */
export async function main(args: readonly string[]): Promise<number> {
  let code: number = EXIT.ok;
  const lanner = program((result) => {
    code = result;
  });
  takeOver(lanner, "lanner");
  try {
    await lanner.parseAsync([...args], { from: "user" });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
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
