// SPDX-License-Identifier: Apache-2.0

import { FIELDS, findField } from "../fields/catalogue.ts";
import type { BoundField } from "../fields/field.ts";

/** What the engine needs of the field catalogue. */
export interface Catalogue {
  /**
   * The field that `name` and what stood in brackets behind it mean (`evt.arg.flags`, or `proc.aname` and `2`);
   * undefined when no field has that name.
   * @throws FieldError when the field exists but does not take this argument.
   */
  resolve(name: string, argument: string | undefined): BoundField | undefined;
  /** Every field's name, for "did you mean". */
  readonly names: readonly string[];
}

/** Lanner's own catalogue. */
export const FIELD_CATALOGUE: Catalogue = {
  resolve: (name, argument) => findField(name)?.bind(argument),
  names: FIELDS.map(({ name }) => name),
};
