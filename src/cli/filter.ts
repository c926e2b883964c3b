// SPDX-License-Identifier: Apache-2.0

import { nearest } from "../rules/nearest.ts";
import { UsageError } from "./errors.ts";

/**
 * The items whose name contains `filter`, in any case; all without one.
 * @throws UsageError when there is none: then it is mistyped.
 */
export function byName<Item extends { readonly name: string }>(
  items: readonly Item[],
  filter: string | undefined,
  what: string,
): readonly Item[] {
  if (filter === undefined) return items;
  const found = items.filter(({ name }) => name.toLowerCase().includes(filter.toLowerCase()));
  if (found.length > 0) return found;
  const near = nearest(filter, items.map(({ name }) => name));
  throw new UsageError(
    `no ${what}'s name contains '${filter}'; ${
      near === undefined ? `without it lanner list ${what}s shows all` : `did you mean '${near}'?`
    }`,
  );
}
