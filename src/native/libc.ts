// SPDX-License-Identifier: Apache-2.0

/**
 * The few C library calls that Node's modules have no equivalent for, bound through whichever FFI the runtime has.
 * Every call returns the C function's result, or the negative errno where that result is -1.
 */
import process from "node:process";
import { LIBC } from "./memfd.ts";

/** Calls of the C library; a negative result is a negative errno. */
export interface Libc {
  socket(domain: number, type: number, protocol: number): number;
  connect(fd: number, address: Uint8Array): number;
  /** Returns the number of bytes taken. */
  send(fd: number, bytes: Uint8Array, flags: number): number;
  close(fd: number): number;
}

/**
 * Binds the C library of the running process.
 * @throws Error when neither Bun's nor Deno's FFI is there, or the library can't be loaded.
 */
export function loadLibc(): Libc {
  return "Deno" in globalThis ? loadWithDeno() : loadWithBun();
}

function loadWithDeno(): Libc {
  // ssize_t is declared as i32: no call here moves 2 GiB, and i32 spares a bigint
  const { symbols } = Deno.dlopen(LIBC, {
    socket: { parameters: ["i32", "i32", "i32"], result: "i32" },
    connect: { parameters: ["i32", "buffer", "u32"], result: "i32" },
    send: { parameters: ["i32", "buffer", "usize", "i32"], result: "i32" },
    close: { parameters: ["i32"], result: "i32" },
    __errno_location: { parameters: [], result: "pointer" },
  });
  const location = symbols.__errno_location();
  if (location === null) throw new Error("the C library has no errno");
  const errno = new Deno.UnsafePointerView(location);
  const checked = (result: number): number => result < 0 ? -errno.getInt32() : result;
  return {
    socket: (domain, type, protocol) => checked(symbols.socket(domain, type, protocol)),
    connect: (fd, address) => checked(symbols.connect(fd, new Uint8Array(address), address.length)),
    send: (fd, bytes, flags) => checked(symbols.send(fd, new Uint8Array(bytes), BigInt(bytes.length), flags)),
    close: (fd) => checked(symbols.close(fd)),
  };
}

/** What is used here of `bun:ffi`. */
interface BunFfi {
  dlopen(
    library: string,
    symbols: Record<string, { args: readonly string[]; returns: string }>,
  ): { symbols: Record<string, (...args: readonly number[]) => number> };
  ptr(bytes: Uint8Array): number;
  readonly read: { i32(pointer: number, offset: number): number };
}

function loadWithBun(): Libc {
  // not an import: Deno would have to resolve it
  const ffi = process.getBuiltinModule("bun:ffi") as BunFfi | undefined;
  if (ffi === undefined) throw new Error("this runtime has no FFI: run lanner with Bun or Deno");
  const { symbols } = ffi.dlopen(LIBC, {
    socket: { args: ["i32", "i32", "i32"], returns: "i32" },
    connect: { args: ["i32", "ptr", "u32"], returns: "i32" },
    send: { args: ["i32", "ptr", "usize", "i32"], returns: "i32" },
    close: { args: ["i32"], returns: "i32" },
    __errno_location: { args: [], returns: "ptr" },
  });
  const call = (name: string, ...args: readonly number[]): number => symbols[name]!(...args);
  const location = call("__errno_location");
  const checked = (result: number): number => result < 0 ? -ffi.read.i32(location, 0) : result;
  return {
    socket: (domain, type, protocol) => checked(call("socket", domain, type, protocol)),
    connect: (fd, address) => checked(call("connect", fd, ffi.ptr(address), address.length)),
    send: (fd, bytes, flags) => checked(call("send", fd, ffi.ptr(bytes), bytes.length, flags)),
    close: (fd) => checked(call("close", fd)),
  };
}
