// SPDX-License-Identifier: Apache-2.0

/** The native contract over `bun:ffi`. */
import { type BunFfi, bunFfi, type Callback, type Pointer } from "./bunffi.ts";
import { FEATURES, type ForeignMemory, type Sensor, type Shim } from "./contract.ts";
import { loadLibc } from "./libc.ts";
import { memoryFile } from "./memfd.ts";
import { SEED_BYTES } from "./seeds.ts";
import { ATTACH_HOW, callList, cPath, LOSS_COUNTERS, mappedBytes, NOTHING } from "./shim.ts";

/** The functions of native/shim/shim.h. A size_t is a u32 here: no argument comes near 4 GiB. */
const FUNCTIONS = {
  ln_open: { args: ["ptr", "u64", "u32", "u32", "u32", "ptr", "u32", "ptr"], returns: "ptr" },
  ln_open_module: { args: ["u32", "u32", "u32", "ptr"], returns: "ptr" },
  ln_module_insert: { args: ["ptr", "u64"], returns: "i32" },
  ln_module_remove: { args: [], returns: "i32" },
  ln_try: { args: ["u32"], returns: "i32" },
  ln_report: { args: ["ptr"], returns: "ptr" },
  ln_attach: { args: ["ptr"], returns: "i32" },
  ln_ring: { args: ["ptr"], returns: "ptr" },
  ln_peek: { args: ["ptr", "u32"], returns: "u32" },
  ln_pending: { args: ["ptr"], returns: "u32" },
  ln_change: { args: ["ptr", "ptr", "u64", "u32", "ptr"], returns: "i32" },
  ln_consume: { args: ["ptr", "u32"], returns: "void" },
  ln_filter_set: { args: ["ptr", "ptr", "u64", "u32"], returns: "i32" },
  ln_seed: { args: ["ptr", "ptr", "u32"], returns: "i32" },
  ln_losses: { args: ["ptr", "ptr", "u32"], returns: "i32" },
  ln_arm: { args: ["ptr"], returns: "void" },
  ln_thread_start: { args: ["ptr", "ptr"], returns: "i32" },
  ln_thread_stop: { args: ["ptr"], returns: "void" },
  ln_close: { args: ["ptr"], returns: "void" },
} as const;

function open(ffi: BunFfi, path: string) {
  return ffi.dlopen(path, FUNCTIONS);
}

type Functions = ReturnType<typeof open>["symbols"];

/**
 * @throws Error when this runtime has no `bun:ffi`, or the library can't be loaded.
 */
export function loadWithBun(library: Uint8Array): Shim {
  const ffi = bunFfi();
  const shim = open(ffi, memoryFile(loadLibc(), "lanner-shim", library));
  return {
    open(probe, ringBytes, selfPid, want, calls, attach = "auto", btf) {
      const { ln_open } = shim.symbols;
      const how = ATTACH_HOW[attach];
      const sensor = ln_open(probe, probe.length, ringBytes, selfPid, want, callList(calls), how, cPath(btf));
      if (!sensor) throw new Error("not enough memory to open the probe");
      return new BunSensor(ffi, shim.symbols, sensor, ringBytes);
    },
    openModule(ringBytes, selfPid, want, calls) {
      const sensor = shim.symbols.ln_open_module(ringBytes, selfPid, want, callList(calls));
      if (!sensor) throw new Error("not enough memory to open the module");
      return new BunSensor(ffi, shim.symbols, sensor, ringBytes);
    },
    insertModule: (image) => shim.symbols.ln_module_insert(image, image.length),
    removeModule: () => shim.symbols.ln_module_remove(),
    tryFeature: (feature) => shim.symbols.ln_try(FEATURES.indexOf(feature)),
    unload: () => shim.close(),
  };
}

class BunSensor implements Sensor {
  readonly ring: ForeignMemory;
  readonly ringBytes: number;
  readonly #ffi: BunFfi;
  readonly #shim: Functions;
  readonly #counters = new BigUint64Array(LOSS_COUNTERS);
  /** 0 once closed. */
  #sensor: Pointer;
  #callback: Callback | undefined;

  constructor(ffi: BunFfi, shim: Functions, sensor: Pointer, ringBytes: number) {
    this.#ffi = ffi;
    this.#shim = shim;
    this.#sensor = sensor;
    const data = shim.ln_ring(sensor);
    this.ring = data ? ffi.toArrayBuffer(data, 0, mappedBytes(ringBytes)) : NOTHING;
    this.ringBytes = data ? ringBytes : 0;
  }

  report(): string {
    const text = this.#shim.ln_report(this.#open());
    if (!text) throw new Error("not enough memory for the probe's report");
    return new this.#ffi.CString(text).toString();
  }

  attach(): number {
    return this.#shim.ln_attach(this.#open());
  }

  peek(max: number): number {
    return this.#sensor === 0 ? 0 : this.#shim.ln_peek(this.#sensor, max);
  }

  pending(): number {
    return this.#sensor === 0 ? 0 : this.#shim.ln_pending(this.#sensor);
  }

  consume(bytes: number): void {
    if (this.#sensor !== 0) this.#shim.ln_consume(this.#sensor, bytes);
  }

  startWaiting(wake: () => void): void {
    const callback = new this.#ffi.JSCallback(() => {
      // One that was under way while the thread was stopped arrives after it.
      if (this.#callback === callback) wake();
    }, { args: [], returns: "void", threadsafe: true });
    const result = this.#shim.ln_thread_start(this.#open(), callback.ptr);
    if (result < 0) {
      callback.close();
      throw new Error(`the thread that waits for events can't be started (errno ${-result})`);
    }
    this.#callback = callback;
  }

  arm(): void {
    this.#shim.ln_arm(this.#open());
  }

  stopWaiting(): void {
    const callback = this.#callback;
    if (!callback) return;
    this.#callback = undefined;
    this.#shim.ln_thread_stop(this.#open());
    // A call that is still queued runs before any timer does; then nobody knows the callback any more.
    setTimeout(() => callback.close(), 0);
  }

  setFilter(tables: Uint8Array | undefined, mark: boolean): number {
    return this.#shim.ln_filter_set(this.#open(), tables ?? null, tables?.length ?? 0, mark ? 1 : 0);
  }

  seed(seeds: Uint8Array<ArrayBuffer>): number {
    return this.#shim.ln_seed(this.#open(), seeds.length > 0 ? seeds : null, seeds.length / SEED_BYTES);
  }

  change(probe: Uint8Array, want: number, calls: readonly string[]): number {
    return this.#shim.ln_change(this.#open(), probe, probe.length, want, callList(calls));
  }

  losses(): readonly number[] {
    if (this.#sensor === 0) return [];
    const count = this.#shim.ln_losses(this.#sensor, new Uint8Array(this.#counters.buffer), LOSS_COUNTERS);
    return Array.from(this.#counters.subarray(0, count), Number);
  }

  close(): void {
    if (this.#sensor === 0) return;
    this.stopWaiting();
    this.#shim.ln_close(this.#sensor);
    this.#sensor = 0;
  }

  #open(): Pointer {
    if (this.#sensor === 0) throw new Error("the sensor is closed");
    return this.#sensor;
  }
}
