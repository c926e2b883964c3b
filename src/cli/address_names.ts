// SPDX-License-Identifier: Apache-2.0

import type { Engine } from "../engine/engine.ts";
import type { BinaryString } from "../events/text.ts";

/** The names that rules compare addresses with: `fd.sip.name = "registry.example"`. */
export function comparedNames(engine: Engine): ReadonlySet<BinaryString> {
  const names = new Set<BinaryString>();
  for (const { checks } of engine.rules) {
    for (const { left, right } of checks.keys()) {
      if (left.kind !== "field" || !/^fd\.[cslr]ip\.name$/.test(left.name)) continue;
      if (right?.kind === "literal") names.add(right.value);
      if (right?.kind === "list") { for (const { value } of right.items) names.add(value); }
    }
  }
  return names;
}
