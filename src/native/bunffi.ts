// SPDX-License-Identifier: Apache-2.0

/** `bun:ffi`, as far as it is used here: Deno, which checks the types, doesn't know that module. */
import process from "node:process";

/** An address; 0 is NULL. */
export type Pointer = number;

/** A C function's types, in bun:ffi's names. */
export interface Declaration {
  readonly args: readonly string[];
  readonly returns: string;
}

/** A JavaScript function that C can call. */
export interface Callback {
  readonly ptr: Pointer;
  close(): void;
}

/** The module. Byte arrays can be passed for pointers. */
export interface BunFfi {
  dlopen<T extends Record<string, Declaration>>(
    library: string,
    symbols: T,
  ): { symbols: { [K in keyof T]: (...args: readonly (number | Uint8Array | null)[]) => number }; close(): void };
  toArrayBuffer(pointer: Pointer, offset: number, length: number): ArrayBuffer;
  readonly read: { i32(pointer: Pointer, offset: number): number };
  CString: new (pointer: Pointer) => { toString(): string };
  JSCallback: new (callback: () => void, declaration: Declaration & { readonly threadsafe: boolean }) => Callback;
}

/**
 * @throws Error when this runtime is neither Deno, which has its own, nor Bun.
 */
export function bunFfi(): BunFfi {
  // Not an import: Deno would have to resolve it.
  const ffi = process.getBuiltinModule("bun:ffi") as BunFfi | undefined;
  if (!ffi) throw new Error("this runtime can't call native code: run lanner with Bun or Deno");
  return ffi;
}
