// SPDX-License-Identifier: Apache-2.0

/** Addresses and ports of `connect` and `accept`, whose record says which end of its tuple is the client's. */
import type { BinaryString } from "../events/text.ts";
import type { EventType } from "../events/types.ts";
import { type LiteralValue, parseLiteral } from "./literal.ts";
import { type Atom, numberClauses, textsOf } from "./plan_atom.ts";
import { ALWAYS, ask, both, type Clauses, either, type End, type NetworkPattern } from "./plan_clause.ts";

/** What stands behind `fd.`: whose end, and what of it. */
const NAMES = /^fd\.([cslr]?)(ip|net|port)$/;

/** Fields that speak of an end. */
export const NET_FIELDS: ReadonlySet<string> = new Set(
  ["ip", "net", "port"].flatMap((what) => ["", "c", "s", "l", "r"].map((whose) => `fd.${whose}${what}`)),
);

/** Which ends of the tuple a field of NET_FIELDS speaks of; none where that is not known before the record is judged. */
export function endsOf(field: string, type: EventType): readonly End[] {
  const [, whose] = NAMES.exec(field)!;
  const accepts = type.name === "accept" || type.name === "accept4";
  if (!accepts && type.name !== "connect") return [];
  if (whose === "") return ["source", "destination"];
  // the source of a connection is its client, which is the caller of connect and the peer of accept
  const source = accepts ? ["c", "r"] : ["c", "l"];
  return [source.includes(whose!) ? "source" : "destination"];
}

/** The clauses of a comparison with one end, or with either. */
export function netClauses(atom: Atom, ends: readonly End[]): Clauses | undefined {
  if (ends.length === 0) return undefined;
  const { node: { operator }, check: { left }, positive } = atom;
  // of either end, `!=` holds when it holds of both
  if (ends.length > 1 && (operator === "!=" || left.several === undefined)) return undefined;
  const clauses: Clauses[] = [];
  for (const end of ends) {
    const found = left.type === "PORT" ? numberClauses(atom, { kind: "port", end }) : addressClauses(atom, end);
    if (found === undefined) return undefined;
    clauses.push(found);
  }
  return positive ? either(...clauses) : both(...clauses);
}

function addressClauses({ check, node, positive, services }: Atom, end: End): Clauses | undefined {
  const { operator, modifier } = node;
  if (operator === "exists") return ALWAYS;
  if (modifier !== undefined) return undefined;
  // of several networks `fd.net in` looks at the first only: which may be turned round only when there is one
  const networks = textsOf(node).map((text) => patternOf(parseLiteral(text, check.left.type, services)));
  if (!positive && check.left.several !== undefined && networks.length > 1) return undefined;
  return ask({ kind: "address", end, outside: (operator === "!=") === positive, networks, missing: !positive });
}

function patternOf(literal: LiteralValue): NetworkPattern {
  if (typeof literal === "object") return { address: literal.address, bits: literal.prefix };
  const address: BinaryString = String(literal);
  return { address, bits: address.length * 8 };
}
