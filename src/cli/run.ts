// SPDX-License-Identifier: Apache-2.0

import { NameResolver } from "../host/resolver.ts";
import type { RuntimeSocket } from "../host/runtime_sockets.ts";
import type { Config } from "../config/schema.ts";
import type { AttachChoice } from "../native/contract.ts";
import type { Priority } from "../rules/priority.ts";
import { comparedNames } from "./address_names.ts";
import type { DriverChoice } from "../driver/open.ts";
import { type Driver, openDriver } from "./driver.ts";
import { CommandError, EXIT } from "./errors.ts";
import { Judge } from "./judge.ts";
import { LossWatch } from "./losses.ts";
import { FileWatch } from "./file_watch.ts";
import { MemoryKeeper } from "./memory.ts";
import { refuseUnused } from "./options.ts";
import { Planner } from "./planner.ts";
import { Reloader } from "./reload.ts";
import { engineOrFail, type Loaded, rulesLine } from "./rules.ts";
import { type CommonOptions, configOf, engineOptions, formatOptions, rulePaths, watchedPaths } from "./settings.ts";
import { onSignals } from "./signals.ts";
import { drainSinks, openSinks, type Sink } from "./sinks.ts";
import { say } from "./say.ts";
import { openSnapshotFile, Snapshots } from "./snapshots.ts";
import { summaryLines } from "./summary.ts";
import { VERSION } from "./version.ts";
import { wantsOf } from "./wants.ts";

/** Options of `lanner run`. */
export interface RunOptions extends CommonOptions {
  /** ms */
  readonly for?: number;
  readonly failOn?: Priority;
  readonly verbose?: true;
  readonly driver?: DriverChoice;
  readonly attach?: AttachChoice;
  readonly module?: string;
  readonly btf?: string;
}

/** `lanner run`: watches this host until a signal or `--for` ends it. Returns the exit code. */
export async function runCommand(options: RunOptions): Promise<number> {
  const config = configOf(options);
  refuseUnused({ ...options, driver: options.driver ?? config.driver });
  say(`lanner ${VERSION}`);
  const loaded = engineOrFail(rulePaths(options, config), engineOptions(config), config.rules);
  const snapshotFile = await openSnapshotFile(config.metrics);
  const sinks = await openSinks(config);
  const addressNames = new NameResolver(comparedNames(loaded.engine));
  let driver: Driver;
  try {
    driver = await openDriver({
      driver: options.driver ?? config.driver,
      attach: options.attach ?? config.attach,
      ...(options.module === undefined ? {} : { module: options.module }),
      ...(options.btf === undefined ? {} : { btf: options.btf }),
      addressNames,
      sockets: socketsOf(config),
      ringBytes: config.ring_size_mb * 1024 * 1024,
      verbose: options.verbose ?? false,
      ...wantsOf(loaded),
    });
  } catch (error) {
    addressNames.close();
    await drainSinks(sinks);
    throw error;
  }
  await driver.host.ready;
  const judge = new Judge(driver.host, loaded.engine, sinks.map(({ queue }) => queue), formatOptions(config));
  announce(driver, loaded);
  const losses = new LossGuard(driver, judge, config);
  const snapshots = config.metrics.enabled
    ? new Snapshots(config.metrics, { driver, judge, sinks }, snapshotFile)
    : undefined;
  const planner = new Planner(driver, loaded);
  const reloader = new Reloader({ options, driver, planner, judge, addressNames });
  const files = config.watch_config_files
    ? new FileWatch(() => watchedPaths(options), () => reloader.request())
    : undefined;
  await watch(driver, judge, sinks, reloader, options.for);
  files?.close();
  planner.close();
  losses.end();
  await snapshots?.close();
  driver.source.close();
  addressNames.close();
  await drainSinks(sinks);
  for (const line of summaryLines(judge, driver.source.losses(), sinks)) say(line);
  driver.unload();
  if (losses.isFatal) throw new CommandError("events were lost, and syscall_event_drops.actions says to exit then");
  return options.failOn !== undefined && judge.reached(options.failOn) ? EXIT.failOn : EXIT.ok;
}

/** The sockets of the container engines that are to be asked. */
function socketsOf({ container_engines }: Config): RuntimeSocket[] {
  return (["docker", "podman"] as const).flatMap((type) => {
    const { enabled, sockets } = container_engines[type];
    return enabled ? sockets.map((path) => ({ type, path })) : [];
  });
}

/** Looks for losses once a second and does what the configuration says about them. */
class LossGuard {
  /** They are to end the sensor. */
  isFatal = false;
  readonly #driver: Driver;
  readonly #judge: Judge;
  readonly #watch: LossWatch;
  readonly #timer: ReturnType<typeof setInterval>;

  constructor(driver: Driver, judge: Judge, { syscall_event_drops }: Config) {
    this.#driver = driver;
    this.#judge = judge;
    this.#watch = new LossWatch(syscall_event_drops, driver.kind === "ebpf", performance.now() / 1000);
    this.#timer = setInterval(() => this.#check(false), 1000);
  }

  /** Reports what was not yet; before the source is closed and the outputs are drained. */
  end(): void {
    clearInterval(this.#timer);
    this.#check(true);
  }

  #check(final: boolean): void {
    const { source } = this.#driver;
    const tally = { seen: this.#judge.events, lost: source.losses().kernel };
    const report = this.#watch.check(tally, performance.now() / 1000, final);
    if (report?.log !== undefined) say(report.log);
    if (report?.alert !== undefined) this.#judge.tell(report.alert);
    if (report?.exit !== true) return;
    this.isFatal = true;
    source.stop();
  }
}

function announce({ verdict, watched }: Driver, loaded: Loaded): void {
  say(`driver: ${verdict}`);
  say(`rules: ${rulesLine(loaded)}`);
  say(`events: ${watched.length} attached (${watched.join(", ")})`);
}

/** Judges events until a signal or the time ends it. */
async function watch(
  { source }: Driver,
  judge: Judge,
  sinks: readonly Sink[],
  reloader: Reloader,
  ms: number | undefined,
): Promise<void> {
  const timer = ms === undefined ? undefined : setTimeout(() => source.stop(), ms);
  const ignoreEnd = onSignals(["SIGINT", "SIGTERM"], () => source.stop());
  const ignoreReopen = onSignals(["SIGUSR1"], () => sinks.forEach(({ queue }) => queue.reopen()));
  const ignoreReload = onSignals(["SIGHUP"], () => reloader.request());
  say("armed");
  const memory = new MemoryKeeper();
  try {
    await source.run(judge.onRecord);
  } finally {
    memory.close();
    clearTimeout(timer);
    ignoreEnd();
    ignoreReopen();
    ignoreReload();
  }
}
