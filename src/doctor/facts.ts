// SPDX-License-Identifier: Apache-2.0

/**
 * What is known of a host before a driver is chosen. Facts only: what they mean is said in obstacle.ts and verdict.ts,
 * so that facts recorded on one kernel can be judged on another (`lanner doctor --json` prints them).
 */
import { z } from "zod";
import { FEATURES } from "../native/contract.ts";

/** What stands in the way, and what to do. */
export const Obstacle = z.strictObject({ cause: z.string(), next: z.string() });

/** See the schema. */
export type Obstacle = z.infer<typeof Obstacle>;

/** Of the running kernel, and of what this process may do in it. */
export const HostFacts = z.strictObject({
  /** `uname -r`, `-v` and `-m`. */
  release: z.string(),
  version: z.string(),
  machine: z.string(),
  uid: z.number(),
  /** The effective set as /proc/self/status has it, in hex. */
  capabilities: z.string(),
  /** Whether this process is in the host's user namespace, where alone capabilities count; null: unknown. */
  hostUsers: z.boolean().nullable(),
  /** Whether this process is in a seccomp filter. */
  seccomp: z.boolean(),
  /** RLIMIT_MEMLOCK in bytes; null: none. */
  lockedMemory: z.number().nullable(),
  /** Whether this process is in the host's first pid namespace, whose ids records carry; null: unknown. */
  hostPids: z.boolean().nullable(),
  /** Null where the kernel has no lockdown, or securityfs is not mounted. */
  lockdown: z.enum(["none", "integrity", "confidentiality"]).nullable(),
  /** Null where the machine has no EFI. */
  secureBoot: z.boolean().nullable(),
  modules: z.strictObject({
    /** Built with CONFIG_MODULES. */
    supported: z.boolean(),
    /** kernel.modules_disabled: until the next boot. */
    disabled: z.boolean(),
    /** module.sig_enforce. */
    signed: z.boolean(),
  }),
  /** The security modules that are on; null where securityfs is not mounted. */
  securityModules: z.array(z.string()).nullable(),
  /** Bytes of /sys/kernel/btf/vmlinux; null: there is none. */
  btf: z.number().nullable(),
  cgroups: z.enum(["v1", "v2", "hybrid", "none"]),
  /** Container engines and hypervisors that left their folders here. */
  runtimes: z.array(z.string()),
  mounts: z.strictObject({
    rootReadOnly: z.boolean(),
    tmpNoexec: z.boolean(),
    /** Of /proc, when other users' processes are hidden. */
    hidepid: z.string().nullable(),
    /** Whether /proc/sys can be read. */
    procSys: z.boolean(),
  }),
  /** The kernel's clock source; null where /sys does not tell. */
  clockSource: z.string().nullable(),
});

/** See the schema. */
export type HostFacts = z.infer<typeof HostFacts>;

/** What each feature of eBPF gave: 0, or the kernel's positive errno. */
export const FeatureFacts = z.record(z.enum(FEATURES), z.number());

/** See the schema. */
export type FeatureFacts = z.infer<typeof FeatureFacts>;

/** What became of the probe when it was loaded with everything and attached. */
export const ProbeFacts = z.strictObject({
  attach: z.enum(["perf", "tp_btf", "raw_tp"]),
  error: z.strictObject({ what: z.string(), errno: z.number(), message: z.string() }).nullable(),
  /** Names of the programs that run. */
  running: z.array(z.string()),
  /** Those that the kernel refused, and the last line that it said to it. */
  refused: z.array(z.strictObject({ name: z.string(), log: z.string() })),
});

/** See the schema. */
export type ProbeFacts = z.infer<typeof ProbeFacts>;

/** A file that should hold the kernel module. */
export const ModuleFileFacts = z.strictObject({
  /** Where it is, in words. */
  origin: z.string(),
  /** Why it can't be used with this kernel; null: it can. */
  problem: Obstacle.nullable(),
  signed: z.boolean(),
});

/** See the schema. */
export type ModuleFileFacts = z.infer<typeof ModuleFileFacts>;

/** What there is of the kernel module for the running kernel. */
export const ModuleFacts = z.strictObject({
  loaded: z.boolean(),
  /** Whether a file was asked for: then it is the only one that is taken, and none is built. */
  given: z.boolean(),
  /** Every file that was found, in the order in which they are taken. */
  files: z.array(ModuleFileFacts),
  /** The kernel's headers' folder; null: there is none. */
  headers: z.string().nullable(),
  /** Programs that building needs and that are not there. */
  missingTools: z.array(z.string()),
});

/** See the schema. */
export type ModuleFacts = z.infer<typeof ModuleFacts>;

/** BTF from a file instead of the kernel. */
export const BtfFileFacts = z.strictObject({
  path: z.string(),
  /** Whether it was asked for: then nothing else is taken in its place. */
  given: z.boolean(),
  /** Why it can't be used; null: it can. */
  problem: Obstacle.nullable(),
});

/** See the schema. */
export type BtfFileFacts = z.infer<typeof BtfFileFacts>;

/** Everything that the verdict follows from. */
export const Facts = z.strictObject({
  host: HostFacts,
  features: FeatureFacts,
  btfFile: BtfFileFacts.nullable(),
  probe: ProbeFacts,
  module: ModuleFacts,
});

/** See the schema. */
export type Facts = z.infer<typeof Facts>;
