// SPDX-License-Identifier: Apache-2.0

import type { BoundField } from "../fields/field.ts";

/** What the engine needs of the field catalogue; src/fields/catalogue.ts has Lanner's own. */
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
