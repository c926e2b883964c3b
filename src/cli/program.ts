// SPDX-License-Identifier: Apache-2.0

import process from "node:process";
import { Command, CommanderError, type CommandUnknownOpts, Option } from "@commander-js/extra-typings";
import { checkCommand } from "./check.ts";
import { DriverError } from "../driver/error.ts";
import { doctorCommand } from "./doctor.ts";
import {
  driverBuildCommand,
  driverBundleCommand,
  driverInstallCommand,
  driverRemoveCommand,
  driverStatusCommand,
} from "./driver_command.ts";
import { CommandError, EXIT, UsageError } from "./errors.ts";
import { listEventsCommand } from "./list_events.ts";
import { listFieldsCommand } from "./list_fields.ts";
import { listRulesCommand } from "./list_rules.ts";
import {
  addRuleOptions,
  attachOption,
  btfOption,
  driverOption,
  failOnOption,
  fileName,
  forOption,
  jsonOption,
  kernelRelease,
  moduleOption,
  rulesOption,
  verboseOption,
} from "./options.ts";
import { planCommand } from "./plan.ts";
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
    .addOption(driverOption()).addOption(attachOption()).addOption(moduleOption()).addOption(btfOption())
    .addOption(verboseOption());
  const runRules = addRuleOptions(run);
  run.action(async (options) => done(await runCommand({ ...options, ...runRules })));
  const check = lanner.command("check").description("validate rules files")
    .argument("<path...>", "rules files or directories, loaded in this order")
    .addOption(new Option("--json", "Falco's load results as JSON"));
  const checkRules = addRuleOptions(check);
  check.action((paths, { json }) => done(checkCommand(paths, json ?? false, checkRules)));
  addListCommands(lanner.command("list").description("what rules can use, and what rules do"), done);
  const plan = lanner.command("plan").description("what the kernel is asked for: what each rule costs")
    .addOption(rulesOption()).addOption(new Option("--json", "as JSON"));
  const planRules = addRuleOptions(plan);
  plan.action(({ rules, json }) => done(planCommand(json ?? false, { ...planRules, rules })));
  lanner.command("record").description("store this host's events in a file")
    .addOption(new Option("-w, --write <file>", "the recording").argParser(fileName).makeOptionMandatory())
    .addOption(forOption()).addOption(driverOption()).addOption(moduleOption()).addOption(btfOption())
    .addOption(verboseOption())
    .action(async (options) => done(await recordCommand(options)));
  const replay = lanner.command("replay").description("judge a recording; needs no privileges")
    .argument("<file>", "a recording made by `lanner record`")
    .addOption(rulesOption()).addOption(jsonOption()).addOption(failOnOption());
  const replayRules = addRuleOptions(replay);
  replay.action(async (file, options) => done(await replayCommand(file, { ...options, ...replayRules })));
  lanner.command("doctor").description("what this host offers, which driver runs on it, and what is missing")
    .addOption(new Option("--json", "as JSON, with every fact")).addOption(btfOption()).addOption(moduleOption())
    .action((options) => done(doctorCommand(options)));
  addDriverCommands(lanner.command("driver").description("the kernel module, for kernels without BTF"), done);
  return lanner;
}

/** `lanner driver …`. */
function addDriverCommands(driver: Command, done: (code: number) => void): void {
  const kernel = () =>
    new Option("--kernel <release>", "for this release instead of the running kernel's").argParser(kernelRelease);
  const headers = () =>
    new Option(
      "--headers <dir>",
      "the kernel's build directory, or one with several (default: /lib/modules/RELEASE/build)",
    ).argParser(fileName);
  const signKey = () =>
    new Option("--sign-key <file>", "sign it with this private key (PEM), for Secure Boot").argParser(fileName);
  const signCertificate = () =>
    new Option("--sign-cert <file>", "the key's certificate (default: the key's own file)")
      .argParser(fileName);
  const verbose = () => new Option("-v, --verbose", "print all that the compiler says when it fails");
  const write = (name: string) => new Option("-w, --write <file>", "where to put it").argParser(fileName).default(name);
  driver.command("build").description("compile the module from the sources in this executable")
    .addOption(kernel()).addOption(headers()).addOption(signKey()).addOption(signCertificate())
    .addOption(write("lanner.ko")).addOption(verbose())
    .action(async (options) => done(await driverBuildCommand(options)));
  driver.command("bundle").description("modules for many kernels in one file, to be put beside lanner")
    .argument("<release...>", "kernel releases whose headers are here, or module files")
    .addOption(headers()).addOption(signKey()).addOption(signCertificate())
    .addOption(write("lanner-modules")).addOption(verbose())
    .action(async (names, options) => done(await driverBundleCommand(names, options)));
  driver.command("install").description("compile the module, put it below /lib/modules and load it at every boot")
    .addOption(kernel()).addOption(headers()).addOption(signKey()).addOption(signCertificate())
    .addOption(new Option("--module <file>", "put this one there instead of compiling").argParser(fileName))
    .addOption(verbose())
    .action(async (options) => done(await driverInstallCommand(options)));
  driver.command("status").description("which module there is for this kernel, and whether it is loaded")
    .addOption(new Option("--json", "as JSON"))
    .action(({ json }) => done(driverStatusCommand(json ?? false)));
  driver.command("remove").description("unload the module and take it away from /lib/modules")
    .addOption(kernel())
    .action((options) => done(driverRemoveCommand(options)));
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
    if (error instanceof CommandError || error instanceof DriverError) {
      process.stderr.write(`lanner: ${error.message}\n`);
      return EXIT.failed;
    }
    throw error;
  }
}
