// SPDX-License-Identifier: Apache-2.0

/**
 * What TypeScript asks of native code, in one contract with a Bun and a Deno implementation (bun.ts, deno.ts) over the
 * C functions of native/shim/shim.h. Everything else that differs between the runtimes is behind it too.
 */

/** Memory of another owner, seen as an ArrayBuffer; valid until that owner goes. */
export type ForeignMemory = ArrayBuffer;

/**
 * What a kernel's eBPF may have or lack, in the order of shim.h's LN_TRY_*: bpf(2) at all, the ring buffer, raw
 * tracepoints, the same with the kernel's types, trampolines behind system calls' functions, a security module's hooks,
 * programs that perf runs; and whether programs on tracepoints always run, also while a preempted task is within one.
 */
export const FEATURES = ["bpf", "ring", "raw_tp", "tp_btf", "fexit", "lsm", "perf", "steady"] as const;

/** A name of FEATURES. */
export type Feature = (typeof FEATURES)[number];

/**
 * How the ends of system calls are seen: `fexit` on each one that is watched, so that all others run at full speed;
 * `sys_exit` by the tracepoint that every call passes; `perf` the same through perf, which runs programs with preemption
 * off. `auto` is `sys_exit` unless it would lose events to preemption on this kernel, else `perf`.
 */
export type AttachChoice = "auto" | "fexit" | "sys_exit" | "perf";

/** A native library loaded from bytes, without a file system (memfd and dlopen). */
export interface Shim {
  /**
   * Loads the probe into the kernel without attaching it. Never throws for what the kernel refuses: see `report`.
   * @param probe the probe's ELF bytes
   * @param ringBytes size of the ring buffer, a power of two and a multiple of the page size
   * @param selfPid the process whose events the kernel leaves out
   * @param want LN_WANT_* bits of native/wire.h
   * @param calls names of the system calls to watch, all when left out; the others cost nothing
   * @param attach how the ends of system calls are seen; `auto` when left out
   * @param btf path of a BTF file, for a kernel that has none of its own
   */
  open(
    probe: Uint8Array,
    ringBytes: number,
    selfPid: number,
    want: number,
    calls?: readonly string[],
    attach?: AttachChoice,
    btf?: string,
  ): Sensor;
  /**
   * The same with the kernel module, which must be in the kernel (`insertModule`).
   */
  openModule(ringBytes: number, selfPid: number, want: number, calls?: readonly string[]): Sensor;
  /** Puts the module into the kernel. Returns 0, or a negative errno: -EEXIST when it is there already. */
  insertModule(image: Uint8Array): number;
  /** Takes the module out of the kernel. Returns 0, or a negative errno: -EBUSY while a sensor uses it. */
  removeModule(): number;
  /** Loads and attaches what uses a feature of eBPF, and takes it away again. Returns 0, or the kernel's negative errno. */
  tryFeature(feature: Feature): number;
  /** Ends use of the library. */
  unload(): void;
}

/** One loaded probe: an `ln_sensor` of native/shim/shim.h. */
export interface Sensor {
  /** What became of each program, and the first error that stops everything; JSON checked by the caller with zod. */
  report(): string;
  /** Attaches what was loaded. Returns 0, or a negative errno after which nothing is attached. */
  attach(): number;
  /** The ring's data area, and its beginning once more behind it so that every record is contiguous. */
  readonly ring: ForeignMemory;
  /** Bytes of the ring's data area, without what is repeated. */
  readonly ringBytes: number;
  /** Bytes of committed frames that can be read at the reader's position now: at most about `max`, and to the ring's end. */
  peek(max: number): number;
  /** Bytes of all frames that were not consumed yet, those still being written included. */
  pending(): number;
  /** Gives the next `bytes` (as peek counted them) back to the kernel. */
  consume(bytes: number): void;
  /**
   * Starts a thread that waits for events. Each `arm` makes it wait once; `wake` is then called in JavaScript as soon
   * as there is something to read.
   */
  startWaiting(wake: () => void): void;
  arm(): void;
  /** Stops and joins the thread; `wake` is not called any more. */
  stopWaiting(): void;
  /**
   * Gives the kernel a plan's tables (src/engine/plan_tables.ts), which judge every event from then on, in one step;
   * undefined lets everything pass. Returns 0, or a negative errno: -95 (EOPNOTSUPP) where the kernel refused the
   * program that judges.
   * @param mark what would be dropped is sent with FLAG_FILTERED instead
   */
  setFilter(tables: Uint8Array | undefined, mark: boolean): number;
  /**
   * Tells the driver what was found of the processes that there were after `attach` and before the first record is read,
   * once, even if there were none; it finds out about later ones itself. Returns 0, or a negative errno: then what the
   * filter asks of processes may pass unasked.
   * @param seeds as seeds.ts writes them
   */
  seed(seeds: Uint8Array<ArrayBuffer>): number;
  /**
   * Asks for other events than `open` did; those that were asked for before come on without a gap. Returns 0, or a
   * negative errno. What the kernel refuses is in `report`.
   * @param probe as given to `open`; the module does without
   */
  change(probe: Uint8Array, want: number, calls: readonly string[]): number;
  /** Losses counted in the kernel, as [class][reason] in native/wire.h's order. */
  losses(): readonly number[];
  /** Detaches and frees everything. Idempotent. */
  close(): void;
}
