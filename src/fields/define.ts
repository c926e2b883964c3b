// SPDX-License-Identifier: Apache-2.0

/** How the files of the catalogue state their fields. */
import type { ValueType } from "../events/types.ts";
import type { Process } from "../host/process.ts";
import type { Event } from "./event.ts";
import { type BoundField, type Field, FieldError, type Source, type Value } from "./field.ts";

/** What a bound field does; the rest of BoundField follows from the field. */
export type Reader = Omit<BoundField, "text" | "field" | "type" | "list" | "presentOn"> & {
  /** Where the argument decides it. */
  readonly type?: ValueType;
  /** The value is an array. */
  readonly list?: true;
  /** Everywhere, when left out. */
  readonly presentOn?: BoundField["presentOn"];
};

/** Properties of a field beside name, type and doc. */
export type Traits = Partial<
  Pick<Field, "filterOnly" | "printOnly" | "noRhs" | "noTransformer" | "deprecated" | "own" | "unavailable">
>;

/** A field of the catalogue, which also knows how its argument is written. */
export interface CatalogueField extends Field {
  /** The argument may follow after a dot: `evt.arg.flags`. */
  readonly dotted?: boolean;
  /** The field with its argument, keeping how the expression was written. */
  bindAs(argument: string | undefined, text: string): BoundField;
}

/** A field whose argument `make` understands. It is called for each binding, so that a reader may own scratch memory. */
export function fieldWithArgument(
  name: string,
  type: ValueType,
  doc: string,
  argument: Field["argument"],
  make: (argument: string | undefined) => Reader,
  traits: Traits & { readonly dotted?: boolean } = {},
): CatalogueField {
  const field: CatalogueField = {
    name,
    type,
    doc,
    argument,
    ...traits,
    bind: (given) => field.bindAs(given, given === undefined ? name : `${name}[${given}]`),
    bindAs: (given, text) => {
      if (given === undefined && argument === "required") throw new FieldError(`field ${name} needs an argument`);
      if (given !== undefined && argument === "none") throw new FieldError(`field ${name} takes no argument`);
      const reader = make(given);
      return { presentOn: () => true, type, list: false, ...reader, text, field };
    },
  };
  return field;
}

/** A field without argument. */
export function field(
  name: string,
  type: ValueType,
  doc: string,
  make: () => Reader,
  traits: Traits = {},
): CatalogueField {
  return fieldWithArgument(name, type, doc, "none", make, traits);
}

/** A field whose value is one expression over the event. */
export function eventField(
  name: string,
  type: ValueType,
  doc: string,
  get: (event: Event) => Value | undefined,
  traits: Traits = {},
): CatalogueField {
  return field(name, type, doc, () => ({ get }), traits);
}

/** A field over the event's process: missing where that is not known. */
export function processField(
  name: string,
  type: ValueType,
  doc: string,
  of: (process: Process) => Value | undefined,
  traits: Traits = {},
): CatalogueField {
  return field(name, type, doc, () => ({ get: (event) => event.process && of(event.process) }), traits);
}

/** Like `processField`, for what changes with the revision or the lineage only, so that outcomes may be kept. */
export function execField(
  name: string,
  type: ValueType,
  doc: string,
  ofProcess: (process: Process) => Value | undefined,
  traits: Traits = {},
): CatalogueField {
  return field(
    name,
    type,
    doc,
    () => ({ get: (event) => event.process && ofProcess(event.process), ofProcess }),
    traits,
  );
}

/** The signed 64-bit number in parameter `index`, -1 for none. */
export function numberSource(index: number): Source {
  if (index < 0) return { present: "false", value: "0" };
  return { present: `has(${index})`, value: `high(${index}) * 4294967296 + (low(${index}) >>> 0)` };
}
