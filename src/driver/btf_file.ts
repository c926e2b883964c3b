// SPDX-License-Identifier: Apache-2.0

/** A kernel's BTF from a file, for kernels with eBPF that were built without it. */
import { Buffer } from "node:buffer";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { BtfFileFacts, HostFacts, Obstacle } from "../doctor/facts.ts";
import { loadLibc } from "../native/libc.ts";
import { memoryFile } from "../native/memfd.ts";
import { functionsOf } from "./btf.ts";
import { DriverError } from "./error.ts";
import { besideBinary } from "./module_find.ts";
import { readUnpacked } from "./unpack.ts";

/** BTF that was found and checked. */
export interface FoundBtf {
  readonly facts: BtfFileFacts;
  /** A path that libbpf can read, without compression; there when there is no problem. */
  readonly usable?: string;
}

const ENDINGS = ["", ".zst", ".gz", ".xz"];

/** What unloads a driver is thrown away when the driver is built in, and is in BTF nevertheless. */
const MAY_BE_MISSING = /exit|fini|deinit|cleanup|remove|unload|unregister/;

const TAKE_ANOTHER = "take the BTF of exactly this kernel release, or leave it out";

/**
 * The BTF file for a kernel: the one given, else, where the kernel has none, btf/RELEASE.btf (also compressed) beside the
 * executable; undefined when there is none, or need not be.
 */
export function findBtf(
  { release, btf }: Pick<HostFacts, "release" | "btf">,
  given?: string,
  beside = besideBinary(),
): FoundBtf | undefined {
  if (given === undefined && btf !== null) return undefined;
  const path = given ?? ENDINGS.map((ending) => join(beside, "btf", `${release}.btf${ending}`)).find(existsSync);
  if (path === undefined) return undefined;
  const facts = { path, given: given !== undefined };
  try {
    const bytes = readUnpacked(path);
    const problem = btfProblem(path, bytes, runningFunctions());
    if (problem !== null) return { facts: { ...facts, problem } };
    return { facts: { ...facts, problem }, usable: memoryFile(loadLibc(), "lanner-btf", bytes) };
  } catch (error) {
    if (!(error instanceof DriverError)) throw error;
    return { facts: { ...facts, problem: { cause: error.reason, next: error.next ?? TAKE_ANOTHER } } };
  }
}

/** Names of the running kernel's functions; none when they can't be read. */
function runningFunctions(): ReadonlySet<string> {
  try {
    return functionNames(readFileSync("/proc/kallsyms", "latin1"));
  } catch {
    return new Set();
  }
}

/** Before a name: an address of 64 bits in hex, a letter, and spaces. */
const NAME_AT = 19;

/** The names in /proc/kallsyms, without what the compiler appends to a function's (`.isra.0`): BTF has them so. */
export function functionNames(kallsyms: string): ReadonlySet<string> {
  const names = new Set<string>();
  for (let at = 0, end; (end = kallsyms.indexOf("\n", at)) >= 0; at = end + 1) {
    const line = kallsyms.slice(at + NAME_AT, end);
    const dot = line.search(/[.\t]/);
    names.add(dot < 0 ? line : line.slice(0, dot));
  }
  return names;
}

/**
 * What is wrong with a BTF file; null when nothing is. BTF does not say which kernel it is of, but has the names of that
 * kernel's functions, of which even the next point release has a few others (7.0.12 to 7.0.13: 3 of 51,464).
 * @param running names of the running kernel's functions; none: they can't be read
 */
export function btfProblem(path: string, bytes: Uint8Array, running: ReadonlySet<string>): Obstacle | null {
  const other = (what: string): Obstacle => ({ cause: `${path} ${what}`, next: TAKE_ANOTHER });
  const functions = functionsOf(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length));
  if (typeof functions === "string") return other(functions);
  if (functions.length === 0) return other("has no functions, so is not a kernel's BTF");
  if (running.size === 0) {
    return {
      cause: `${path} can't be checked: /proc/kallsyms can't be read or is empty`,
      next: "give lanner the host's /proc, with nothing in it masked, or use the kernel module",
    };
  }
  const strangers = functions.filter((name) => !running.has(name) && !MAY_BE_MISSING.test(name));
  if (strangers.length === 0) return null;
  return other(
    `is another kernel's (${strangers.length} of its ${functions.length} functions are not in this one, such as ` +
      `${strangers[0]})`,
  );
}
