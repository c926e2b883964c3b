// SPDX-License-Identifier: Apache-2.0

import type { Engine } from "../engine/engine.ts";
import type { DiskFiles } from "../engine/plan_atom.ts";
import type { Driver } from "./driver.ts";
import type { Loaded } from "./rules.ts";
import { wantsOf } from "./wants.ts";

/** Rules that can be run. */
export type Runnable = Loaded & { readonly engine: Engine };

/** Time between two looks at the guests' disks, in ms: definitions and images change without an event. */
const LOOK_EVERY_MS = 5000;

/**
 * Keeps what the kernel sends in step with the rules and with what they say of this host: which files are guests'
 * disks. When a QEMU is started everything passes until its disks are known.
 */
export class Planner {
  readonly #driver: Driver;
  readonly #timer: ReturnType<typeof setInterval>;
  #rules: Runnable;
  /** The disks that the kernel knows of, as text; undefined when any file may be one. */
  #planned: string | undefined;

  /** @param rules those that the driver was opened for, without knowing of disks */
  constructor(driver: Driver, rules: Runnable) {
    this.#driver = driver;
    this.#rules = rules;
    this.#timer = setInterval(() => this.#look(), LOOK_EVERY_MS);
    driver.host.guests.whenStarted = () => this.#expect();
    this.#look();
  }

  /** Has the kernel send what these rules want as well, see Driver.change. */
  use(rules: Runnable): void {
    const disks = this.#disksFor(rules);
    this.#driver.change(wantsOf(rules, disks));
    this.#rules = rules;
    this.#planned = textOf(disks);
  }

  close(): void {
    clearInterval(this.#timer);
    this.#driver.host.guests.whenStarted = undefined;
  }

  #disksFor({ fields }: Runnable): DiskFiles | undefined {
    return fields.has("vm.disk_of") ? this.#driver.host.guests.diskFiles() : undefined;
  }

  /** A QEMU was started: what its disks are is planned in the next turn, and until then everything passes. */
  #expect(): void {
    const text = textOf(this.#disksFor(this.#rules));
    if (text === undefined || text === this.#planned) return;
    if (this.#planned !== undefined) this.#driver.filter(undefined);
    this.#planned = undefined;
    setImmediate(() => this.#look());
  }

  #look(): void {
    const disks = this.#disksFor(this.#rules);
    const text = textOf(disks);
    if (text === undefined || text === this.#planned) return;
    this.#driver.filter(wantsOf(this.#rules, disks).filter);
    this.#planned = text;
  }
}

function textOf(disks: DiskFiles | undefined): string | undefined {
  return disks && JSON.stringify(disks);
}
