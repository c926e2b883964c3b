// SPDX-License-Identifier: Apache-2.0

import type { MacroRef } from "./ast.ts";
import type { Collector, MacroDefinition, RuleDefinition } from "./collector.ts";
import { type Diagnostics, partOf, where } from "./diagnostic.ts";
import { ConditionError } from "./lexer.ts";
import { references } from "./macros.ts";
import { parseCondition } from "./parser.ts";
import type { SourceText } from "./ruleset.ts";
import { joinTexts } from "./text.ts";

interface Missing {
  readonly definition: RuleDefinition | MacroDefinition;
  readonly text: SourceText;
  readonly ref: MacroRef;
}

/**
 * Falco compiles after every file all that it has read so far, so that nothing may need a macro of a later file. This
 * notes what is missing at the end of each file, and reports at the end of all what turned out to be defined too late.
 */
export class FileOrder {
  private readonly missing: Missing[] = [];

  constructor(private readonly collector: Collector) {}

  /** To be called after each file but the last. */
  endOfFile(): void {
    const { macros, changed } = this.collector;
    for (const definition of changed) {
      const text = joinTexts(definition.condition);
      for (const ref of ownReferences(text.value)) {
        if (!macros.has(ref.name)) this.missing.push({ definition, text, ref });
      }
    }
    changed.clear();
  }

  /** To be called after the last file. */
  report(diagnostics: Diagnostics): void {
    for (const { definition: { place }, text, ref } of this.missing) {
      const later = this.collector.macros.get(ref.name);
      if (later === undefined) continue; // the compiler says that it is not defined at all
      diagnostics.add(
        "LOAD_ERR_VALIDATE",
        `Undefined macro '${ref.name}' used in filter.`,
        text,
        ref.span.start,
        partOf(place.item, "condition expression"),
        `macro '${ref.name}' is defined in a later file, at ${where(later.place)}; load that file first`,
      );
    }
  }
}

function ownReferences(condition: string): MacroRef[] {
  try {
    return references(parseCondition(condition));
  } catch (error) {
    if (error instanceof ConditionError) return []; // the compiler reports it
    throw error;
  }
}
