// SPDX-License-Identifier: Apache-2.0

import { lookup } from "node:dns/promises";
import { bytesOfIPv4, bytesOfIPv6 } from "../events/address.ts";
import type { BinaryString } from "../events/text.ts";

/** Names for addresses, as far as rules speak of them. */
export interface AddressNames {
  /** Those of the known names that have the address (4 or 16 bytes) now. */
  namesOf(address: BinaryString): readonly BinaryString[];
}

/** Asks for all addresses of a name, as text; rejects when it has none. */
export type Lookup = (name: string) => Promise<readonly string[]>;

/** First and longest pause between two look-ups of a name, in ms: it doubles while the addresses stay, as Falco's. */
const PAUSES = [10_000, 320_000] as const;

const NONE: readonly BinaryString[] = [];

const systemLookup: Lookup = async (name) => (await lookup(name, { all: true })).map(({ address }) => address);

/**
 * Keeps the addresses of the names that rules compare `fd.sip.name` and its kin with. Falco looks a name up in the
 * middle of an event and waits for the answer; here that happens beside the events, so one may come before the first
 * answer does and then has no name. Without network the names simply stay unknown.
 */
export class NameResolver implements AddressNames {
  readonly #lookup: Lookup;
  readonly #addresses = new Map<BinaryString, readonly BinaryString[]>();
  #names: ReadonlySet<BinaryString> = new Set();
  readonly #timers = new Map<BinaryString, ReturnType<typeof setTimeout>>();
  #byAddress: ReadonlyMap<BinaryString, readonly BinaryString[]> = new Map();
  #closed = false;

  /** @param names what to look up, ASCII as host names are */
  constructor(names: Iterable<BinaryString>, lookUp: Lookup = systemLookup) {
    this.#lookup = lookUp;
    this.watch(names);
  }

  /** Looks these names up from now on, and no others. */
  watch(names: Iterable<BinaryString>): void {
    const before = this.#names;
    this.#names = new Set(names);
    for (const name of this.#names) if (!before.has(name)) void this.#refresh(name, PAUSES[0]);
    for (const name of before) if (!this.#names.has(name)) clearTimeout(this.#timers.get(name));
  }

  namesOf(address: BinaryString): readonly BinaryString[] {
    return this.#byAddress.get(address) ?? NONE;
  }

  /** Ends looking up. Idempotent. */
  close(): void {
    this.#closed = true;
    for (const timer of this.#timers.values()) clearTimeout(timer);
  }

  async #refresh(name: BinaryString, pause: number): Promise<void> {
    const found = await this.#lookup(name).catch(() => undefined);
    if (this.#closed || !this.#names.has(name)) return;
    // a failed look-up leaves what was known: a resolver that is away for a moment must not blind a rule
    const changed = found !== undefined && this.#store(name, found);
    const timer = setTimeout(
      () => void this.#refresh(name, changed ? PAUSES[0] : Math.min(pause * 2, PAUSES[1])),
      pause,
    );
    timer.unref();
    this.#timers.set(name, timer);
  }

  /** Whether the addresses of the name are others than before. */
  #store(name: BinaryString, texts: readonly string[]): boolean {
    const addresses = texts.flatMap((text) => bytesOfIPv4(text) ?? bytesOfIPv6(text) ?? []).sort();
    if (addresses.join() === this.#addresses.get(name)?.join()) return false;
    this.#addresses.set(name, addresses);
    const byAddress = new Map<BinaryString, BinaryString[]>();
    for (const [known, its] of this.#addresses) {
      for (const address of its) {
        const names = byAddress.get(address);
        if (names === undefined) byAddress.set(address, [known]);
        else names.push(known);
      }
    }
    this.#byAddress = byAddress;
    return true;
  }
}
