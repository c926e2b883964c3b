// SPDX-License-Identifier: Apache-2.0

import type { Rule } from "../rules/ruleset.ts";

/** One entry of Falco's `append_output` (compat/rules-format.md §2): what is added to the outputs of which rules. */
export interface AppendOutput {
  /** Rules of this source only. */
  readonly source?: string | undefined;
  /** The rule of exactly this name only. */
  readonly rule?: string | undefined;
  /** Rules that have all of these tags only. */
  readonly tags?: readonly string[] | undefined;
  /** Text that follows the output after a space: `extra_output`. */
  readonly output?: string;
  /** Fields that JSON alerts have beside the output's: a field as it is, or a key with a format of its own. */
  readonly fields?: readonly (string | { readonly key: string; readonly format: string })[];
  /** Adds `key=%field` for the fields that every container alert is expected to have: `suggested_output`. */
  readonly suggested?: boolean;
}

/** Fields that Falco's container plugin marks as suggested. */
const SUGGESTED = [
  "container.id",
  "container.name",
  "container.image.repository",
  "container.image.tag",
  "k8s.pod.name",
  "k8s.ns.name",
];

const SUGGESTED_TEXT = SUGGESTED.map((field) => `${field.replaceAll(".", "_")}=%${field}`).join(" ");

function applies({ source, rule, tags }: AppendOutput, to: Rule): boolean {
  return (source === undefined || source === to.source) && (rule === undefined || rule === to.name) &&
    (tags ?? []).every((tag) => to.tags.includes(tag));
}

/** A rule's output with everything that is appended to it, and its extra fields as formats by key. */
export function outputOf(
  rule: Rule,
  entries: readonly AppendOutput[],
): { readonly text: string; readonly extra: ReadonlyMap<string, { readonly format: string; readonly raw: boolean }> } {
  const texts = [rule.output];
  const extra = new Map<string, { format: string; raw: boolean }>();
  for (const entry of entries) {
    if (!applies(entry, rule)) continue;
    if (entry.output !== undefined) texts.push(entry.output);
    if (entry.suggested) texts.push(SUGGESTED_TEXT);
    for (const field of entry.fields ?? []) {
      if (typeof field === "string") extra.set(field, { format: `%${field}`, raw: true });
      else extra.set(field.key, { format: field.format, raw: false });
    }
  }
  return { text: texts.join(" "), extra };
}
