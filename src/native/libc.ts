// SPDX-License-Identifier: Apache-2.0

/**
 * The few C library calls that Node's modules have no equivalent for, bound through whichever FFI the runtime has.
 * Every call returns the C function's result, or the negative errno where that result is -1.
 */
import process from "node:process";
import { bunFfi } from "./bunffi.ts";

/** Calls of the C library; a negative result is a negative errno. */
export interface Libc {
  socket(domain: number, type: number, protocol: number): number;
  connect(fd: number, address: Uint8Array): number;
  /** Returns the number of bytes taken. */
  send(fd: number, bytes: Uint8Array, flags: number): number;
  close(fd: number): number;
  /** Returns the descriptor of a new file in memory. */
  memfdCreate(name: string, flags: number): number;
  madvise(address: number, length: number, advice: number): number;
}

/** musl answers to glibc's name too: its loader knows every `libc.*` as itself. */
const LIBRARY = "libc.so.6";

/** System call number of memfd_create. Called by number, since glibc has a function for it only since 2.27. */
const SYS_MEMFD_CREATE: Readonly<Record<string, number>> = { x64: 319, arm64: 279 };

function memfdCreateNumber(): number {
  const number = SYS_MEMFD_CREATE[process.arch];
  if (number === undefined) throw new Error(`lanner does not run on ${process.arch}: use x64 or arm64`);
  return number;
}

function cString(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text + "\0");
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
  const { symbols } = Deno.dlopen(LIBRARY, {
    socket: { parameters: ["i32", "i32", "i32"], result: "i32" },
    connect: { parameters: ["i32", "buffer", "u32"], result: "i32" },
    send: { parameters: ["i32", "buffer", "usize", "i32"], result: "i32" },
    close: { parameters: ["i32"], result: "i32" },
    syscall: { parameters: ["i64", "buffer", "u64"], result: "i32" },
    madvise: { parameters: ["usize", "usize", "i32"], result: "i32" },
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
    memfdCreate: (name, flags) => checked(symbols.syscall(BigInt(memfdCreateNumber()), cString(name), BigInt(flags))),
    madvise: (address, length, advice) => checked(symbols.madvise(BigInt(address), BigInt(length), advice)),
  };
}

function loadWithBun(): Libc {
  const ffi = bunFfi();
  const { symbols } = ffi.dlopen(LIBRARY, {
    socket: { args: ["i32", "i32", "i32"], returns: "i32" },
    connect: { args: ["i32", "ptr", "u32"], returns: "i32" },
    send: { args: ["i32", "ptr", "usize", "i32"], returns: "i32" },
    close: { args: ["i32"], returns: "i32" },
    syscall: { args: ["i64", "ptr", "u64"], returns: "i32" },
    madvise: { args: ["usize", "usize", "i32"], returns: "i32" },
    __errno_location: { args: [], returns: "ptr" },
  });
  const location = symbols.__errno_location();
  const checked = (result: number): number => result < 0 ? -ffi.read.i32(location, 0) : result;
  return {
    socket: (domain, type, protocol) => checked(symbols.socket(domain, type, protocol)),
    connect: (fd, address) => checked(symbols.connect(fd, address, address.length)),
    send: (fd, bytes, flags) => checked(symbols.send(fd, bytes, bytes.length, flags)),
    close: (fd) => checked(symbols.close(fd)),
    memfdCreate: (name, flags) => checked(symbols.syscall(memfdCreateNumber(), cString(name), flags)),
    madvise: (address, length, advice) => checked(symbols.madvise(address, length, advice)),
  };
}
