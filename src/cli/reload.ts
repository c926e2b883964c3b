// SPDX-License-Identifier: Apache-2.0

import type { NameResolver } from "../host/resolver.ts";
import { comparedNames } from "./address_names.ts";
import type { Driver } from "./driver.ts";
import { CommandError } from "./errors.ts";
import type { Judge } from "./judge.ts";
import type { Planner, Runnable } from "./planner.ts";
import { engineOrError, rulesLine } from "./rules.ts";
import { say } from "./say.ts";
import { type CommonOptions, configOf, engineOptions, formatOptions, rulePaths } from "./settings.ts";

/** What a reload changes. */
export interface Reloadable {
  readonly options: CommonOptions;
  readonly driver: Driver;
  readonly planner: Planner;
  readonly judge: Judge;
  readonly addressNames: NameResolver;
}

/** Lets the source hand out what has come meanwhile. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/**
 * Takes the rules, and what the configuration says about them, from their files again while events go on. What both
 * the old and the new rules name is judged once, by either; what is wrong in the files leaves all as it was.
 */
export class Reloader {
  readonly #parts: Reloadable;
  #running = false;
  #again = false;

  constructor(parts: Reloadable) {
    this.#parts = parts;
  }

  /** Reloads soon; while one is under way, once more after it. */
  request(): void {
    if (this.#running) this.#again = true;
    else void this.#run();
  }

  async #run(): Promise<void> {
    this.#running = true;
    do {
      this.#again = false;
      await this.#reload();
    } while (this.#again);
    this.#running = false;
  }

  async #reload(): Promise<void> {
    try {
      const config = configOf(this.#parts.options);
      await turn();
      const loaded = engineOrError(rulePaths(this.#parts.options, config), engineOptions(config), config.rules);
      await turn();
      await this.#apply(loaded, () => this.#parts.judge.use(loaded.engine, formatOptions(config)));
      say(`reloaded: ${rulesLine(loaded)}; ${this.#parts.driver.watched.length} events attached`);
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      say(`lanner: not reloaded, the rules stay as they were: ${error.message}`);
      const rule = "Falco internal: hot restart failure";
      this.#parts.judge.tell({ rule, priority: "Critical", message: `${rule}: ${error.message}`, fields: {} });
    }
  }

  /**
   * First the kernel sends what either rules read and what the new ones can match; what it had sent until then is
   * judged by the old ones, all later events by the new.
   */
  async #apply(loaded: Runnable, use: () => void): Promise<void> {
    const { driver, planner, addressNames } = this.#parts;
    addressNames.watch(comparedNames(loaded.engine));
    planner.use(loaded);
    await new Promise<void>((resolve) =>
      driver.source.whenRead(() => {
        use();
        resolve();
      })
    );
    driver.settle();
  }
}
