// SPDX-License-Identifier: Apache-2.0

/**
 * Addresses and ports of the ends of a socket. The records of `connect` and `accept` say which end of their tuple is the
 * client's; of other calls it is either, which is asked of both.
 */
import type { BinaryString } from "../events/text.ts";
import type { EventType } from "../events/types.ts";
import { layout } from "../fields/layout.ts";
import { type LiteralValue, parseLiteral } from "./literal.ts";
import { type Atom, numberClauses, textsOf } from "./plan_atom.ts";
import { ALWAYS, ask, both, type Clauses, either, type End, type NetworkPattern } from "./plan_clause.ts";

/** What stands behind `fd.`: whose end, and what of it. */
const NAMES = /^fd\.([cslr]?)(ip|net|port)$/;

/** Fields that speak of an end. */
export const NET_FIELDS: ReadonlySet<string> = new Set(
  ["ip", "net", "port"].flatMap((what) => ["", "c", "s", "l", "r"].map((whose) => `fd.${whose}${what}`)),
);

/** Where the value of a field of NET_FIELDS may be found; undefined where that is not known before the record is judged. */
export interface Ends {
  readonly ends: readonly End[];
  /** It is at one of them, and only rules know at which. */
  readonly one: boolean;
}

/** Calls on a socket that waits for clients: what they have of an end is the server's, and the source. */
const OF_LISTENERS: ReadonlySet<string> = new Set(["bind", "listen"]);

/** Calls whose tuple's source is the client. */
const OF_CLIENTS: ReadonlySet<string> = new Set(["connect", "accept", "accept4"]);

export function endsOf(field: string, type: EventType): Ends | undefined {
  const [, whose] = NAMES.exec(field)!;
  if (OF_LISTENERS.has(type.name)) {
    return whose === "" || whose === "s" ? { ends: ["source"], one: false } : undefined;
  }
  const either = ["source", "destination"] as const;
  if (whose === "") return { ends: either, one: false };
  if (!OF_CLIENTS.has(type.name)) return { ends: either, one: true };
  // the source of a connection is its client, which is the caller of connect and the peer of accept
  const source = type.name === "connect" ? ["c", "l"] : ["c", "r"];
  return { ends: [source.includes(whose!) ? "source" : "destination"], one: false };
}

/** The parameters by which the kernel knows the ends, as struct ln_filter_ends of native/filter.h has them; -1: none. */
export function endParams(type: EventType): readonly [tuple: number, fdTuple: number, result: number, role: number] {
  const { tuple, fdTuple, result, fdRole } = layout(type);
  return [tuple, OF_CLIENTS.has(type.name) ? -1 : fdTuple, result, OF_LISTENERS.has(type.name) ? fdRole : -1];
}

/** The clauses of a comparison with what is found at the ends. */
export function netClauses(atom: Atom, found: Ends | undefined): Clauses | undefined {
  const [tuple, fdTuple] = endParams(atom.type);
  if (found === undefined || (tuple < 0 && fdTuple < 0)) return undefined;
  const { node: { operator }, check: { left }, positive } = atom;
  const { ends, one } = found;
  // of both ends' values, `!=` holds when it holds of both
  if (ends.length > 1 && !one && (operator === "!=" || left.several === undefined)) return undefined;
  const clauses: Clauses[] = [];
  for (const end of ends) {
    const wanted = left.type === "PORT" ? numberClauses(atom, { kind: "port", end }) : addressClauses(atom, end);
    if (wanted === undefined) return undefined;
    clauses.push(wanted);
  }
  return positive || one ? either(...clauses) : both(...clauses);
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
