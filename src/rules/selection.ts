// SPDX-License-Identifier: Apache-2.0

import type { Rule } from "./ruleset.ts";

/** Which rules a step of a selection is about: by a wildcard over the name, or by exact tag. */
export type RuleTarget = { readonly rule: string } | { readonly tag: string };

/** One step of Falco's `rules` setting (compat/rules-format.md §1.7). */
export type SelectionStep = { readonly enable: RuleTarget } | { readonly disable: RuleTarget };

/** Whether `text` is matched by `pattern`, in which `*` stands for anything. Takes time linear in both. */
function matchesWildcard(pattern: string, text: string): boolean {
  const parts = pattern.split("*");
  if (parts.length === 1) return pattern === text;
  const first = parts[0]!;
  const last = parts[parts.length - 1]!;
  if (!text.startsWith(first)) return false;
  let at = first.length;
  for (const part of parts.slice(1, -1)) {
    const found = text.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return text.length - last.length >= at && text.endsWith(last);
}

function hits(target: RuleTarget, rule: Rule): boolean {
  return "tag" in target ? rule.tags.includes(target.tag) : matchesWildcard(target.rule, rule.name);
}

/** The rules with `enabled` as the steps, applied in order, leave it. */
export function selectRules(rules: readonly Rule[], steps: readonly SelectionStep[]): readonly Rule[] {
  return rules.map((rule) => {
    let { enabled } = rule;
    for (const step of steps) {
      if ("enable" in step) enabled ||= hits(step.enable, rule);
      else enabled &&= !hits(step.disable, rule);
    }
    return enabled === rule.enabled ? rule : { ...rule, enabled };
  });
}
