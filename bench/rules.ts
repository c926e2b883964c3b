// SPDX-License-Identifier: Apache-2.0

import { existsSync, readFileSync } from "node:fs";
import { shippedRules } from "../src/cli/rules.ts";
import { buildEngine } from "../src/engine/build.ts";
import type { Engine } from "../src/engine/engine.ts";
import { FIELD_CATALOGUE } from "../src/fields/catalogue.ts";
import { loadRules } from "../src/rules/loader.ts";
import type { RuleSet } from "../src/rules/ruleset.ts";

/** Falco's stable file, beside this repository where it is at hand. */
const OFFICIAL = new URL("../../shared/compat/falco_rules.yaml", import.meta.url);

/** The rules to measure with: Falco's stable file, else the shipped ones. */
export function loadEngine(): { rules: RuleSet; engine: Engine; official: boolean } {
  const official = existsSync(OFFICIAL);
  const rules = loadRules(
    official ? [{ name: "falco_rules.yaml", content: readFileSync(OFFICIAL) }] : shippedRules(),
  );
  const { engine } = buildEngine(rules, FIELD_CATALOGUE, { matching: "first", minimumPriority: "Debug" });
  if (engine === undefined) throw new Error(`${rules.files.join(", ")}: these rules do not load`);
  return { rules, engine, official };
}
