// SPDX-License-Identifier: Apache-2.0

/** A plan in words, for rule authors. */
import { addressText } from "../events/render_address.ts";
import { SYMBOLS } from "../events/symbols.ts";
import { decodeBytes } from "../events/text.ts";
import type { EventType } from "../events/types.ts";
import { layout } from "../fields/layout.ts";
import type { End, NetworkPattern, NumberSubject, Test } from "./plan_clause.ts";
import type { PathSet } from "./plan_paths.ts";
import type { Ranges } from "./plan_ranges.ts";

/** More of a kind than this are counted, not named. */
const SHOWN = 6;

function listed(texts: readonly string[]): string {
  const shown = texts.slice(0, SHOWN).join(", ");
  return texts.length > SHOWN ? `${shown} and ${texts.length - SHOWN} more` : shown;
}

function paramName(type: EventType, index: number): string {
  return index === layout(type).result ? "result" : type.params[index]!.name;
}

function subjectName(of: NumberSubject, type: EventType): string {
  if (of.kind === "header") return of.id;
  if (of.kind === "loginuid") return "loginuid";
  return of.kind === "port" ? `${of.end} port` : paramName(type, of.index);
}

/** Numbers as the event prints them: characters, names of enumerations, or digits. */
function numberText(value: number, of: NumberSubject, type: EventType): string {
  const param = of.kind === "param" ? type.params[of.index] : undefined;
  if (param?.name === "fd_type" && value > 32 && value < 127) return String.fromCharCode(value);
  const named = param?.type.startsWith("ENUM") && param.symbols !== undefined
    ? SYMBOLS[param.symbols].find(([, number]) => number === value)?.[0]
    : undefined;
  return named ?? String(value);
}

/** Values that an enumeration does not have pass, but never come. */
function isBeyond(from: number, to: number, of: NumberSubject, type: EventType): boolean {
  if (of.kind !== "param") return false;
  const { name, type: kind } = type.params[of.index]!;
  if (of.index === layout(type).result) return to < -132;
  return (name.startsWith("fd_") || kind.startsWith("ENUM")) && (to < 0 || from > 127);
}

function rangesText(ranges: Ranges, of: NumberSubject, type: EventType): string {
  const lowest = Number.MIN_SAFE_INTEGER, highest = Number.MAX_SAFE_INTEGER;
  const text = (value: number) => numberText(value, of, type);
  const known = ranges.filter(([from, to]) => !isBeyond(from, to, of, type));
  const parts = known.map(([from, to]) => {
    if (from === lowest) return `≤ ${text(to)}`;
    if (to === highest) return `≥ ${text(from)}`;
    return from === to ? text(from) : `${text(from)} to ${text(to)}`;
  });
  return parts.length === 0
    ? "nothing that is known"
    : parts.length > SHOWN
    ? `one of ${listed(parts)}`
    : parts.join(" or ");
}

function pathText({ exact, prefix, suffix, contains }: PathSet): string {
  const quoted = (texts: readonly string[]) => listed(texts.map(decodeBytes));
  const parts = [
    ...(exact.length > 0 ? [`is ${quoted(exact)}`] : []),
    ...(prefix.length > 0 ? [`begins with ${quoted(prefix)}`] : []),
    ...(suffix.length > 0 ? [`ends with ${quoted(suffix)}`] : []),
    ...(contains.length > 0 ? [`contains ${quoted(contains)}`] : []),
  ];
  return parts.length === 0 ? "is odd" : parts.join(" or ");
}

function networkText({ address, bits }: NetworkPattern): string {
  const bytes = Uint8Array.from(address, (char) => char.charCodeAt(0));
  return `${addressText(bytes, 0, bytes.length)}/${bits}`;
}

function flagsText(mask: number, type: EventType, index: number): string {
  const { symbols } = type.params[index]!;
  const names = (symbols === undefined ? [] : SYMBOLS[symbols]).filter(([, value]) => {
    return value !== 0 && (value & (value - 1)) === 0 && (mask & value) !== 0;
  });
  return names.length > 0 ? names.map(([name]) => name).join(", ") : `0${(mask >>> 0).toString(8)}`;
}

const PROCESS_TEXTS = { name: "process name", exepath: "executable" } as const;

function endName(end: End): string {
  return `${end} address`;
}

/** What a test asks of events of a type: `result ≥ 0`. */
export function testText(test: Test, type: EventType): string {
  switch (test.kind) {
    case "number":
      return `${subjectName(test.of, type)} ${rangesText(test.ranges, test.of, type)}`;
    case "bits": {
      const which = test.wanted === "any" ? "has one of" : test.wanted === "all" ? "has" : "has none of";
      const flags = flagsText(test.mask, type, test.index);
      return `${paramName(type, test.index)} ${
        flags.includes(",") ? which : which.replace(/ (one|none) of/, test.wanted === "none" ? " not" : "")
      } ${flags}`;
    }
    case "path":
      return `${paramName(type, test.index)} ${test.outside ? "not: it " : ""}${pathText(test.paths)}`;
    case "process":
      return `${PROCESS_TEXTS[test.of]} ${test.outside ? "not: it " : ""}${pathText(test.paths)}`;
    case "address":
      return `${endName(test.end)} ${test.outside ? "not " : ""}in ${listed(test.networks.map(networkText))}`;
    case "container":
      return test.inside ? "in a container" : "on the host";
  }
}
