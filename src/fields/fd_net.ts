// SPDX-License-Identifier: Apache-2.0

/** `fd.*` of inet sockets: addresses, networks and ports of either end. */
import type { ValueType } from "../events/types.ts";
import { type CatalogueField, field, type Traits } from "./define.ts";
import { canBeSocket, isKnown } from "./descriptor.ts";
import type { Event } from "./event.ts";
import type { Value } from "./field.ts";
import { Socket, type Which } from "./socket.ts";

const EITHER: Traits = { filterOnly: true, noRhs: true, noTransformer: true };

const ENDS = [
  ["c", "client", "the client's"],
  ["s", "server", "the server's"],
  ["l", "local", "the local"],
  ["r", "remote", "the remote"],
] as const;

function socketField(
  name: string,
  type: ValueType,
  doc: string,
  of: (socket: Socket) => Value | undefined,
  traits: Traits = {},
  either = false,
): CatalogueField {
  return field(name, type, doc, () => {
    const socket = new Socket();
    return {
      get: (event) => isKnown(event) && socket.read(event) ? of(socket) : undefined,
      costly: true,
      presentOn: canBeSocket,
      ...(either ? { several: "either" as const } : {}),
    };
  }, traits);
}

/** Values of the client's and the server's end that are known; missing when neither is. */
function both<T extends Value>(of: (which: Which) => T | undefined): readonly T[] | undefined {
  const values = [of("client"), of("server")].filter((value) => value !== undefined);
  return values.length === 0 ? undefined : values;
}

const addresses = (socket: Socket) => both((which) => socket.address(which));
const ports = (socket: Socket) => both((which) => socket.port(which));

/** Falco prints service names only where name resolution is switched on, which it is not: the port's digits. */
const portText = (which: Which) => (socket: Socket) => socket.port(which)?.toString();

/**
 * Falco's names of addresses: not looked up backwards, but the names that rules speak of, wherever one has the address.
 * None is an empty set of values: `!=` holds, `=` and `exists` do not; in output it is missing.
 */
function nameField(name: string, whose: string, which: Which): CatalogueField {
  return field(name, "CHARBUF", `Name of ${whose} end, if it is one that a rule compares with.`, () => {
    const socket = new Socket();
    const namesOf = (event: Event): readonly string[] | undefined => {
      const address = isKnown(event) && socket.read(event) ? socket.address(which) : undefined;
      return address === undefined ? undefined : event.host.addressNames?.namesOf(address) ?? [];
    };
    return {
      get: namesOf,
      output: (event) => namesOf(event)?.[0],
      presentOn: canBeSocket,
      several: "either" as const,
    };
  }, { noRhs: true, noTransformer: true });
}

/** Fields of the class. */
export const FD_NET_FIELDS: readonly CatalogueField[] = [
  socketField("fd.ip", "IPADDR", "Address of either end.", addresses, EITHER, true),
  ...ENDS.map(([letter, which, whose]) =>
    socketField(`fd.${letter}ip`, "IPADDR", `Address of ${whose} end.`, (socket) => socket.address(which))
  ),
  ...ENDS.map(([letter, which, whose]) => nameField(`fd.${letter}ip.name`, whose, which)),
  socketField("fd.port", "PORT", "Port of either end.", ports, EITHER, true),
  ...ENDS.map(([letter, which, whose]) =>
    socketField(`fd.${letter}port`, "PORT", `Port of ${whose} end.`, (socket) => socket.port(which))
  ),
  socketField("fd.proto", "PORT", "Port of either end, compared with a service name.", ports, EITHER, true),
  ...ENDS.map(([letter, which, whose]) =>
    socketField(`fd.${letter}proto`, "CHARBUF", `Port of ${whose} end, as text.`, portText(which))
  ),
  socketField("fd.net", "IPNET", "Address of either end, compared with a network.", addresses, EITHER, true),
  ...ENDS.map(([letter, which, whose]) =>
    socketField(
      `fd.${letter}net`,
      "IPNET",
      `Address of ${whose} end, compared with a network.`,
      (socket) => socket.address(which),
      EITHER,
    )
  ),
];
