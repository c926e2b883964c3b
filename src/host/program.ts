// SPDX-License-Identifier: Apache-2.0

import { bigOf, type RecordReader } from "../events/record.ts";
import type { BinaryString } from "../events/text.ts";
import type { Process } from "./process.ts";

/** What a process is by its last exec: one object for it and all that it forks, until they exec in their turn. */
export type Program = Pick<
  Process,
  | "exepath"
  | "env"
  | "exeFlags"
  | "exeIno"
  | "exeInoCtime"
  | "exeInoMtime"
  | "capInheritable"
  | "capPermitted"
  | "capEffective"
  | "execTime"
>;

/** Of a process that no exec is known of. */
export const NO_PROGRAM: Program = {
  exepath: "",
  env: "",
  exeFlags: 0,
  exeIno: 0n,
  exeInoCtime: 0n,
  exeInoMtime: 0n,
  capInheritable: 0n,
  capPermitted: 0n,
  capEffective: 0n,
  execTime: 0n,
};

/** A time in ns since the epoch. */
export interface Moment {
  readonly time: bigint;
}

/** A time that is not known. */
export const NEVER: Moment = { time: 0n };

/** A time that a record tells in ns since boot. Hardly any is ever asked for, and a bigint is an allocation. */
export class BootMoment implements Moment {
  readonly #bootTime: bigint;
  readonly #high: number;
  readonly #low: number;
  #time: bigint | undefined;

  /** @param bootTime in ns since the epoch */
  constructor(bootTime: bigint, high: number, low: number) {
    this.#bootTime = bootTime;
    this.#high = high | 0;
    this.#low = low | 0;
  }

  get time(): bigint {
    return this.#time ??= this.#bootTime + bigOf(this.#high, this.#low >>> 0);
  }

  /** Whether this is the time with these halves; false also when a clock was set in between. */
  is(bootTime: bigint, high: number, low: number): boolean {
    return this.#low === (low | 0) && this.#high === (high | 0) && this.#bootTime === bootTime;
  }
}

/** The 64-bit numbers of an exec's record, in this order. */
const WIDE = [
  "cap_inheritable",
  "cap_permitted",
  "cap_effective",
  "exe_ino",
  "exe_ino_ctime",
  "exe_ino_mtime",
] as const;

/** Indices of these parameters in one type of record. */
export class ProgramLayout {
  readonly exepath: number;
  readonly env: number;
  readonly flags: number;
  readonly wide: readonly number[];

  /** @param indexOf a parameter by name */
  constructor(indexOf: (name: string) => number) {
    this.exepath = indexOf("trusted_exepath");
    this.env = indexOf("env");
    this.flags = indexOf("flags");
    this.wide = WIDE.map(indexOf);
  }
}

/** What an exec's record tells. The numbers are kept as they are in it until they are asked for. */
export class ExecProgram implements Program {
  readonly exepath: BinaryString;
  readonly env: BinaryString;
  readonly exeFlags: number;
  readonly #executed: BootMoment;
  /** Two halves of each, the lower first. */
  readonly #wide = new Int32Array(2 * WIDE.length);

  constructor(record: RecordReader, layout: ProgramLayout, bootTime: bigint) {
    this.exepath = withoutDeleted(record.text(layout.exepath));
    this.env = endWithNul(record.bytes(layout.env));
    this.exeFlags = record.lowOr(layout.flags, 0);
    this.#executed = new BootMoment(bootTime, record.timeHigh, record.timeLow);
    for (let i = 0; i < WIDE.length; i++) {
      const index = layout.wide[i]!;
      if (!record.hasNumber(index)) continue;
      this.#wide[2 * i] = record.low(index);
      this.#wide[2 * i + 1] = record.high(index);
    }
  }

  get execTime(): bigint {
    return this.#executed.time;
  }

  get capInheritable(): bigint {
    return this.#number(0);
  }

  get capPermitted(): bigint {
    return this.#number(1);
  }

  get capEffective(): bigint {
    return this.#number(2);
  }

  get exeIno(): bigint {
    return this.#number(3);
  }

  get exeInoCtime(): bigint {
    return this.#number(4);
  }

  get exeInoMtime(): bigint {
    return this.#number(5);
  }

  #number(i: number): bigint {
    return BigInt.asUintN(64, bigOf(this.#wide[2 * i + 1]!, this.#wide[2 * i]! >>> 0));
  }
}

/** The strings with the last one's NUL, which a cut at a limit takes away. */
export function endWithNul(strings: BinaryString): BinaryString {
  return strings === "" || strings.endsWith("\0") ? strings : strings + "\0";
}

/** The path without the mark that the kernel puts behind an unlinked file's name. */
export function withoutDeleted(path: BinaryString): BinaryString {
  return path.endsWith(" (deleted)") ? path.slice(0, -10) : path;
}
