// SPDX-License-Identifier: Apache-2.0

/** The native contract over Deno's FFI. */
import { FEATURES, type ForeignMemory, type Sensor, type Shim } from "./contract.ts";
import { loadLibc } from "./libc.ts";
import { memoryFile } from "./memfd.ts";
import { SEED_BYTES } from "./seeds.ts";
import { ATTACH_HOW, callList, cPath, LOSS_COUNTERS, mappedBytes, NOTHING } from "./shim.ts";

/** The functions of native/shim/shim.h. */
const FUNCTIONS = {
  ln_open: { parameters: ["buffer", "usize", "u32", "u32", "u32", "buffer", "u32", "buffer"], result: "pointer" },
  ln_open_module: { parameters: ["u32", "u32", "u32", "buffer"], result: "pointer" },
  ln_module_insert: { parameters: ["buffer", "usize"], result: "i32" },
  ln_module_remove: { parameters: [], result: "i32" },
  ln_try: { parameters: ["u32"], result: "i32" },
  ln_report: { parameters: ["pointer"], result: "pointer" },
  ln_attach: { parameters: ["pointer"], result: "i32" },
  ln_ring: { parameters: ["pointer"], result: "pointer" },
  ln_peek: { parameters: ["pointer", "u32"], result: "u32" },
  ln_pending: { parameters: ["pointer"], result: "u32" },
  ln_change: { parameters: ["pointer", "buffer", "usize", "u32", "buffer"], result: "i32" },
  ln_consume: { parameters: ["pointer", "u32"], result: "void" },
  ln_filter_set: { parameters: ["pointer", "buffer", "usize", "u32"], result: "i32" },
  ln_seed: { parameters: ["pointer", "buffer", "u32"], result: "i32" },
  ln_losses: { parameters: ["pointer", "buffer", "u32"], result: "i32" },
  ln_arm: { parameters: ["pointer"], result: "void" },
  // On a thread of Deno's own. A thread-safe callback would not do: the thread that calls one is blocked until
  // JavaScript has run it, so JavaScript could not join that thread.
  ln_wait: { parameters: ["pointer"], result: "i32", nonblocking: true },
  ln_wait_end: { parameters: ["pointer"], result: "void" },
  ln_close: { parameters: ["pointer"], result: "void" },
} as const;

type Functions = Deno.StaticForeignLibraryInterface<typeof FUNCTIONS>;

/**
 * @throws Error when the library can't be loaded.
 */
export function loadWithDeno(library: Uint8Array): Shim {
  const shim = Deno.dlopen(memoryFile(loadLibc(), "lanner-shim", library), FUNCTIONS);
  const sensors: DenoSensor[] = [];
  return {
    open(probe, ringBytes, selfPid, want, calls, attach = "auto", btf) {
      const sensor = shim.symbols.ln_open(
        new Uint8Array(probe),
        BigInt(probe.length),
        ringBytes,
        selfPid,
        want,
        callList(calls),
        ATTACH_HOW[attach],
        cPath(btf),
      );
      if (!sensor) throw new Error("not enough memory to open the probe");
      const opened = new DenoSensor(shim.symbols, sensor, ringBytes);
      sensors.push(opened);
      return opened;
    },
    openModule(ringBytes, selfPid, want, calls) {
      const sensor = shim.symbols.ln_open_module(ringBytes, selfPid, want, callList(calls));
      if (!sensor) throw new Error("not enough memory to open the module");
      const opened = new DenoSensor(shim.symbols, sensor, ringBytes);
      sensors.push(opened);
      return opened;
    },
    insertModule: (image) => shim.symbols.ln_module_insert(new Uint8Array(image), BigInt(image.length)),
    removeModule: () => shim.symbols.ln_module_remove(),
    tryFeature: (feature) => shim.symbols.ln_try(FEATURES.indexOf(feature)),
    unload() {
      // A thread that has just left ln_wait may still be on its way out of the library.
      void Promise.all(sensors.map((sensor) => sensor.waiting)).then(() => shim.close());
    },
  };
}

class DenoSensor implements Sensor {
  readonly ring: ForeignMemory;
  readonly ringBytes: number;
  /** Settles when no thread is in the library on behalf of this sensor; undefined when none is. */
  waiting: Promise<void> | undefined;
  readonly #shim: Functions;
  readonly #counters = new BigUint64Array(LOSS_COUNTERS);
  /** null once closed. */
  #sensor: Deno.PointerObject | null;
  #wake: (() => void) | undefined;

  constructor(shim: Functions, sensor: Deno.PointerObject, ringBytes: number) {
    this.#shim = shim;
    this.#sensor = sensor;
    const data = shim.ln_ring(sensor);
    this.ring = data ? Deno.UnsafePointerView.getArrayBuffer(data, mappedBytes(ringBytes)) : NOTHING;
    this.ringBytes = data ? ringBytes : 0;
  }

  report(): string {
    const text = this.#shim.ln_report(this.#open());
    if (!text) throw new Error("not enough memory for the probe's report");
    return Deno.UnsafePointerView.getCString(text);
  }

  attach(): number {
    return this.#shim.ln_attach(this.#open());
  }

  peek(max: number): number {
    return this.#sensor === null ? 0 : this.#shim.ln_peek(this.#sensor, max);
  }

  pending(): number {
    return this.#sensor === null ? 0 : this.#shim.ln_pending(this.#sensor);
  }

  consume(bytes: number): void {
    if (this.#sensor !== null) this.#shim.ln_consume(this.#sensor, bytes);
  }

  startWaiting(wake: () => void): void {
    this.#open();
    this.#wake = wake;
  }

  arm(): void {
    const sensor = this.#open();
    if (!this.#wake || this.waiting) return;
    this.#shim.ln_arm(sensor);
    this.waiting = this.#shim.ln_wait(sensor).then((data) => {
      this.waiting = undefined;
      if (data === 1) this.#wake?.();
    });
  }

  stopWaiting(): void {
    if (!this.#wake) return;
    this.#wake = undefined;
    this.#shim.ln_wait_end(this.#open());
  }

  setFilter(tables: Uint8Array | undefined, mark: boolean): number {
    const bytes = tables === undefined ? null : new Uint8Array(tables);
    return this.#shim.ln_filter_set(this.#open(), bytes, BigInt(tables?.length ?? 0), mark ? 1 : 0);
  }

  seed(seeds: Uint8Array<ArrayBuffer>): number {
    return this.#shim.ln_seed(this.#open(), seeds.length > 0 ? seeds : null, seeds.length / SEED_BYTES);
  }

  change(probe: Uint8Array, want: number, calls: readonly string[]): number {
    const bytes = new Uint8Array(probe);
    return this.#shim.ln_change(this.#open(), bytes, BigInt(bytes.length), want, callList(calls));
  }

  losses(): readonly number[] {
    if (this.#sensor === null) return [];
    const count = this.#shim.ln_losses(this.#sensor, new Uint8Array(this.#counters.buffer), LOSS_COUNTERS);
    return Array.from(this.#counters.subarray(0, count), Number);
  }

  close(): void {
    if (this.#sensor === null) return;
    this.stopWaiting();
    this.#shim.ln_close(this.#sensor);
    this.#sensor = null;
  }

  #open(): Deno.PointerObject {
    if (this.#sensor === null) throw new Error("the sensor is closed");
    return this.#sensor;
  }
}
