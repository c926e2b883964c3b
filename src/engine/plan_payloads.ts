// SPDX-License-Identifier: Apache-2.0

import type { TemplateField, TemplatePart } from "../alerts/template.ts";
import type { CompiledRule } from "./engine.ts";

/** What records may carry beside the facts that they always have. */
export const PAYLOADS = ["environment", "arguments", "directory", "data"] as const;
export type Payload = (typeof PAYLOADS)[number];

/** Fields that read each, wherever they stand in an expression. `evt.args` prints whatever its event has. */
const READERS: Readonly<Record<Payload, RegExp>> = {
  environment: /\bproc\.a?env\b|\bevt\.(raw)?arg[.[]env\b|\bevt\.(args|info)\b|\bevt\.(raw)?arg\[\d/,
  arguments:
    /\bproc\.[ap]?(args|cmdline|exeline|cmdargs|cmdlenargs|cmdnargs|stdin)\b|\bevt\.(raw)?arg[.[](args|\d)|\bevt\.(args|info)\b/,
  directory: /\bproc\.cwd\b|\bevt\.(raw)?arg[.[](cwd|\d)|\bevt\.(args|info)\b/,
  data: /\bevt\.(args|info|buffer|(raw)?arg[.[](data|img|msgcontrol|\d))/,
};

/** Which rules read each payload, in a condition or an output; a payload that none reads need not be collected. */
export function payloadsOf(rules: readonly CompiledRule[]): ReadonlyMap<Payload, readonly string[]> {
  const readers = new Map<Payload, string[]>(PAYLOADS.map((payload) => [payload, []]));
  for (const compiled of rules) {
    const texts = [...fieldTexts(compiled)];
    for (const payload of PAYLOADS) {
      if (texts.some((text) => READERS[payload].test(text))) readers.get(payload)!.push(compiled.rule.name);
    }
  }
  return readers;
}

/** Every expression that a rule reads, as it is spelt. */
function* fieldTexts({ checks, template }: CompiledRule): Iterable<string> {
  for (const { left, right } of checks.values()) {
    yield left.text;
    if (right !== undefined) yield right.text;
  }
  yield* partTexts(template.parts);
  for (const extra of template.extra) {
    if (extra.kind === "field") yield extra.field.text;
    else yield* partTexts(extra.parts);
  }
}

function partTexts(parts: readonly TemplatePart[]): string[] {
  const fields = parts.flatMap((part): TemplateField[] => part.kind === "field" ? [part.field] : []);
  return fields.map(({ text }) => text);
}
