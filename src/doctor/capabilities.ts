// SPDX-License-Identifier: Apache-2.0

/** Capabilities that matter to a sensor, and their numbers in linux/capability.h. */
export const CAPABILITIES = {
  CAP_SYS_MODULE: 16,
  CAP_SYS_PTRACE: 19,
  CAP_SYS_ADMIN: 21,
  CAP_SYS_RESOURCE: 24,
  CAP_SYSLOG: 34,
  CAP_PERFMON: 38,
  CAP_BPF: 39,
} as const;

/** A name of CAPABILITIES. */
export type Capability = keyof typeof CAPABILITIES;

/**
 * Whether a capability is in a set.
 * @param set as /proc/PID/status has it, in hex
 */
export function hasCapability(set: string, capability: Capability): boolean {
  return (BigInt(`0x${set}`) >> BigInt(CAPABILITIES[capability])) % 2n === 1n;
}

/**
 * The first capability that bpf(2) lacks; undefined when there are enough. CAP_BPF and CAP_PERFMON were split from
 * CAP_SYS_ADMIN in Linux 5.8, which still stands for both.
 */
export function missingForBpf(set: string): Capability | undefined {
  if (hasCapability(set, "CAP_SYS_ADMIN")) return undefined;
  return (["CAP_BPF", "CAP_PERFMON"] as const).find((capability) => !hasCapability(set, capability));
}
