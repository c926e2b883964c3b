// SPDX-License-Identifier: Apache-2.0

/** Chooses the implementation of the native contract that fits the runtime. */
import { loadWithBun } from "./bun.ts";
import type { Shim } from "./contract.ts";
import { loadWithDeno } from "./deno.ts";

/**
 * Loads the shim from the bytes of its shared library.
 * @throws Error when the runtime has no FFI, or the library can't be loaded (the message says why).
 */
export function loadShim(library: Uint8Array): Shim {
  return "Deno" in globalThis ? loadWithDeno(library) : loadWithBun(library);
}
