// SPDX-License-Identifier: Apache-2.0

import process from "node:process";
import { EVENT_TYPES } from "../events/table.ts";
import type { EventType, SymbolTable, ValueType } from "../events/types.ts";
import { EXIT } from "./errors.ts";
import { byName } from "./filter.ts";
import { tableText } from "./table.ts";

/** An event type as `lanner list events --json` prints it. */
export interface EventListing {
  readonly name: string;
  readonly category: string;
  /** Its result is a new descriptor, which `fd.*` speaks of. */
  readonly makes_descriptor: boolean;
  /** It works on a descriptor, which `fd.*` speaks of. */
  readonly uses_descriptor: boolean;
  readonly parameters: readonly {
    readonly name: string;
    readonly type: ValueType;
    /** The names that its numbers have. */
    readonly symbols?: SymbolTable;
    /** Falco's event does not have it; `evt.arg` and `evt.args` do not show it. */
    readonly own: boolean;
  }[];
}

/** Every event type, in the order of the table. */
export function eventListings(): EventListing[] {
  return EVENT_TYPES.map(({ name, category, createsFd, usesFd, params }) => ({
    name,
    category,
    makes_descriptor: createsFd,
    uses_descriptor: usesFd,
    parameters: params.map(({ name, type, symbols, own }) => ({
      name,
      type,
      ...(symbols === undefined ? {} : { symbols }),
      own,
    })),
  }));
}

/** What an event does with a descriptor, in a word or two. */
export function descriptorText({ makes_descriptor, uses_descriptor }: EventListing): string {
  return [...(makes_descriptor ? ["makes"] : []), ...(uses_descriptor ? ["uses"] : [])].join(", ");
}

/** Event types in few words: those that a field is present on, or that a rule can match. */
export function eventNames(on: (type: EventType) => boolean): string {
  const present = EVENT_TYPES.filter(on);
  const absent = EVENT_TYPES.filter((type) => !on(type));
  if (absent.length === 0) return "all";
  if (EVENT_TYPES.every((type) => on(type) === (type.createsFd || type.usesFd))) return "all with a descriptor";
  const names = (types: readonly EventType[]) => types.map(({ name }) => name).join(" ");
  return absent.length * 4 <= EVENT_TYPES.length ? `all but ${names(absent)}` : names(present);
}

/** `lanner list events [FILTER]`. Returns the exit code. */
export function listEventsCommand(filter: string | undefined, json: boolean): number {
  const listings = byName(eventListings(), filter, "event");
  if (json) process.stdout.write(`${JSON.stringify(listings, undefined, 2)}\n`);
  else {
    const rows = listings.map((event) => [
      event.name,
      event.category,
      descriptorText(event),
      event.parameters.map(({ name, type, own }) => `${name}${own ? "*" : ""}:${type}`).join(" "),
    ]);
    process.stdout.write(tableText(["EVENT", "CATEGORY", "DESCRIPTOR", "PARAMETERS (*: not Falco's)"], rows));
  }
  return EXIT.ok;
}
