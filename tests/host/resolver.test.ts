// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import { bytesOfIPv4, bytesOfIPv6 } from "../../src/events/address.ts";
import { NameResolver } from "../../src/host/resolver.ts";

const KNOWN: Readonly<Record<string, readonly string[]>> = {
  "api.example": ["10.0.0.1", "2001:db8::1"],
  "www.example": ["10.0.0.1", "10.0.0.2"],
};

async function resolver(): Promise<NameResolver> {
  const made = new NameResolver(
    ["api.example", "www.example", "gone.example"],
    (name) => KNOWN[name] === undefined ? Promise.reject(new Error("no such name")) : Promise.resolve(KNOWN[name]),
  );
  await new Promise((resolve) => setTimeout(resolve, 0));
  return made;
}

test("an address has the names that resolve to it", async () => {
  const names = await resolver();
  assert.deepEqual(names.namesOf(bytesOfIPv4("10.0.0.1")!).toSorted(), ["api.example", "www.example"]);
  assert.deepEqual(names.namesOf(bytesOfIPv4("10.0.0.2")!), ["www.example"]);
  assert.deepEqual(names.namesOf(bytesOfIPv6("2001:db8::1")!), ["api.example"]);
  names.close();
});

test("an address that no known name has is without name, and a name that does not resolve is no error", async () => {
  const names = await resolver();
  assert.deepEqual(names.namesOf(bytesOfIPv4("10.9.9.9")!), []);
  names.close();
});

test("before the first answer there are no names", () => {
  const names = new NameResolver(["api.example"], () => new Promise(() => {}));
  assert.deepEqual(names.namesOf(bytesOfIPv4("10.0.0.1")!), []);
  names.close();
});
