// SPDX-License-Identifier: Apache-2.0

import { errnoName } from "../../../src/events/symbols_linux.ts";
import type { Facts } from "../calls.ts";

/** What a text must be; a number stands for its digits. */
export type Text = string | number | RegExp;

/** One record. */
export interface Expected {
  /** `evt.args`: every parameter of Falco's. */
  readonly args: Text;
  /** Our own parameters: these and no others. */
  readonly own?: Readonly<Record<string, Text>>;
  /** Fields that read more than one parameter or the process. */
  readonly fields?: Readonly<Record<string, Text>>;
}

/** One event type: an act of the helper, by default the one of its name, and the records it makes. */
export interface Row {
  readonly type: string;
  readonly act?: string;
  expect(facts: Facts): readonly Expected[];
}

/** Own parameters of a descriptor whose facts are at `key`; its path unless it has none. */
export function behind(facts: Facts, key: string, type: string, path?: string): Record<string, Text> {
  return {
    fd_type: type,
    fd_dev: facts[`${key}_dev`]!,
    fd_ino: facts[`${key}_ino`]!,
    ...(path === undefined ? {} : { fd_path: path }),
  };
}

/** ` dev=… ino=…` as Falco prints the opened file's. */
export function opened(facts: Facts, key: string): string {
  return `dev=${Number(facts[`${key}_dev`]).toString(16).toUpperCase()} ino=${facts[`${key}_ino`]}`;
}

/** Fields that speak of the helper itself, whatever it calls. */
export function helper(facts: Facts): Record<string, Text> {
  return {
    "proc.name": "calls",
    "proc.exepath": facts["here"]!.replace(/[^/]*$/, "calls"),
    "proc.cwd": `${facts["here"]}/`,
    "user.uid": 0,
    "evt.dir": "<",
  };
}

/** A system call's result as `evt.args` has it. */
export function result(text: string | undefined): string {
  const number = Number(text);
  return number < 0 ? `${number}(${errnoName(number)})` : String(number);
}

/** A text in which `#` stands for a number and `*` for any text. */
export function like(text: string): RegExp {
  const escaped = text.replace(/[()|.[\]+?\\^$]/g, "\\$&");
  return new RegExp(`^${escaped.replaceAll("#", "\\d+").replaceAll("*", ".*")}$`);
}
