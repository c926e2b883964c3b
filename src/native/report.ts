// SPDX-License-Identifier: Apache-2.0

import { z } from "zod";

/** What `Sensor.report` says, once parsed as JSON: what became of the driver and of each program. */
export const Report = z.object({
  driver: z.enum(["ebpf", "module"]),
  attach: z.enum(["fexit", "perf", "tp_btf", "raw_tp", "tracepoint"]),
  /** What stopped everything: the step, the positive errno, and what libbpf said of it, if anything. */
  error: z.object({ what: z.string(), errno: z.number(), message: z.string() }).nullable(),
  /** `verified`: instructions that the kernel's verifier walked; 0 when a program was refused, or it does not tell. */
  programs: z.array(
    z.object({ name: z.string(), loaded: z.boolean(), attached: z.boolean(), verified: z.number(), log: z.string() }),
  ),
});

/** A parsed report. */
export type Report = z.infer<typeof Report>;
