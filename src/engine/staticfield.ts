// SPDX-License-Identifier: Apache-2.0

import { encodeText } from "../events/text.ts";
import { type BoundField, type Field, FieldError } from "../fields/field.ts";
import type { Catalogue } from "./catalogue.ts";

/** The catalogue with Falco's `static_fields`: `static.KEY` is a text that the configuration sets. */
export function withStaticFields(catalogue: Catalogue, values: ReadonlyMap<string, string>): Catalogue {
  const fields = new Map([...values].map(([key, value]) => [`static.${key}`, staticField(`static.${key}`, value)]));
  return {
    names: [...catalogue.names, ...fields.keys()],
    resolve: (name, argument) => fields.get(name)?.bind(argument) ?? catalogue.resolve(name, argument),
  };
}

function staticField(name: string, text: string): Field {
  const value = encodeText(text);
  const field: Field = {
    name,
    type: "CHARBUF",
    argument: "none",
    doc: "A text that the configuration sets.",
    bind(argument): BoundField {
      if (argument !== undefined) throw new FieldError(`field ${name} takes no argument`);
      return { text: name, field, type: "CHARBUF", list: false, get: () => value, presentOn: () => true };
    },
  };
  return field;
}
