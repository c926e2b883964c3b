// SPDX-License-Identifier: Apache-2.0

import { type ItemContext, type ItemPlace, partOf } from "./diagnostic.ts";
import { didYouMean } from "./nearest.ts";
import type { ItemReader } from "./item_reader.ts";
import type { YamlMap } from "./yaml.ts";

/** The keys that an item's `override` names, by what is to be done with them. */
export interface Override {
  readonly append: ReadonlySet<string>;
  readonly replace: ReadonlySet<string>;
  /** All of them, as written. */
  readonly keys: readonly string[];
  /** Something is wrong with it, and was reported. */
  readonly failed: boolean;
}

/** Reads `override`, where the item allows to append to or replace only some keys (rules-format.md §1.2). */
export function readOverride(
  reader: ItemReader,
  map: YamlMap,
  appendable: readonly string[],
  replaceable: readonly string[],
  place: ItemPlace,
): Override {
  const append = new Set<string>();
  const replace = new Set<string>();
  const node = map.entries.get("override")?.value;
  if (node === undefined || (node.kind === "scalar" && node.isNull)) {
    return { append, replace, keys: [], failed: false };
  }
  let failed = false;
  const overrides = reader.place(map, "overrides", "", place.item).item;
  const fail = (message: string, offset: number, item: ItemContext, hint?: string) => {
    failed = true;
    reader.fail(message, offset, item, hint);
  };
  if (node.kind !== "map") {
    const hint = "write 'override:' and under it 'condition: append'";
    fail("Value of override must be a mapping", node.start, partOf(place.item, "overrides"), hint);
    return { append, replace, keys: [], failed };
  }
  const all = [...new Set([...appendable, ...replaceable])];
  for (const [key, entry] of node.entries) {
    const operation = entry.value.kind === "scalar" ? entry.value.text.value : "";
    const unknown = all.includes(key) ? undefined : didYouMean(key, all) ?? `keys that can be: ${all.join(", ")}`;
    const part = partOf(overrides, "overrides", key);
    if (operation === "append") {
      if (appendable.includes(key)) append.add(key);
      else fail(`Key '${key}' cannot be appended to, use 'replace' instead`, entry.start, part, unknown);
    } else if (operation === "replace") {
      if (replaceable.includes(key)) replace.add(key);
      else fail(`Key '${key}' cannot be replaced`, entry.start, part, unknown);
    } else {
      const allowed = (appendable.includes(key) ? "append " : "") + (replaceable.includes(key) ? "replace " : "");
      fail(
        `Invalid override operation for key '${key}': '${operation}'. Allowed values are: ${allowed}`,
        entry.value.start,
        partOf(overrides, "value for", key),
        unknown ?? didYouMean(operation, ["append", "replace"]),
      );
    }
  }
  return { append, replace, keys: [...node.entries.keys()], failed };
}
