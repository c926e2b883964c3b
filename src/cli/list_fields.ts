// SPDX-License-Identifier: Apache-2.0

import process from "node:process";
import { EVENT_TYPES } from "../events/table.ts";
import { FIELDS } from "../fields/catalogue.ts";
import { type BoundField, type Field, FieldError } from "../fields/field.ts";
import { EXIT } from "./errors.ts";
import { byName } from "./filter.ts";
import { eventNames } from "./list_events.ts";
import { tableText } from "./table.ts";

/** A field as `lanner list fields --json` prints it. */
export interface FieldListing {
  readonly name: string;
  readonly type: Field["type"];
  readonly argument: Field["argument"];
  readonly list: boolean;
  readonly flags: readonly string[];
  readonly origin: "falco" | "lanner";
  readonly description: string;
  /** Names of the events that it can be present on; null where the argument decides. */
  readonly events: readonly string[] | null;
  /** The same in few words. */
  readonly present_on: string;
}

/** Every field that can have a value, by class. */
export function fieldListings(): FieldListing[] {
  return FIELDS.map((field) => {
    const bound = bareField(field);
    return {
      name: field.name,
      type: field.type,
      argument: field.argument,
      list: bound?.list ?? field.list ?? false,
      flags: flagsOf(field),
      origin: field.own ? "lanner" : "falco",
      description: field.doc,
      events: bound === undefined ? null : EVENT_TYPES.filter((type) => bound.presentOn(type)).map(({ name }) => name),
      present_on: bound === undefined ? "as the argument says" : eventNames((type) => bound.presentOn(type)),
    };
  });
}

function bareField(field: Field): BoundField | undefined {
  try {
    return field.bind(undefined);
  } catch (error) {
    if (error instanceof FieldError) return undefined;
    throw error;
  }
}

function flagsOf({ filterOnly, printOnly, noRhs, noTransformer, deprecated }: Field): string[] {
  const flags = [
    [filterOnly, "conditions only"],
    [printOnly, "outputs only"],
    [noRhs, "left side only"],
    [noTransformer, "no transformer"],
    [deprecated, "deprecated"],
  ] as const;
  return flags.flatMap(([set, flag]) => set ? [flag] : []);
}

/** `lanner list fields [FILTER]`. Returns the exit code. */
export function listFieldsCommand(filter: string | undefined, json: boolean): number {
  const listings = byName(fieldListings(), filter, "field");
  if (json) process.stdout.write(`${JSON.stringify(listings, undefined, 2)}\n`);
  else process.stdout.write(tableText(FIELD_HEADING.map((word) => word.toUpperCase()), listings.map(fieldRow)));
  return EXIT.ok;
}

/** Headings of `fieldRow`'s columns. */
const FIELD_HEADING = ["Field", "Type", "Argument", "From", "Flags", "Description", "Present on"] as const;

/** A field as a table's row. */
function fieldRow(field: FieldListing): string[] {
  return [
    field.name,
    field.list ? `list of ${field.type}` : field.type,
    field.argument === "none" ? "" : field.argument,
    field.origin === "falco" ? "Falco" : "Lanner",
    field.flags.join(", "),
    field.description,
    field.present_on,
  ];
}
