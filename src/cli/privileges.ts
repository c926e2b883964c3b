// SPDX-License-Identifier: Apache-2.0

import { readFileSync } from "node:fs";
import { z } from "zod";
import { CommandError } from "./errors.ts";

/** Capability numbers of linux/capability.h. */
const CAPABILITIES = { CAP_SYS_PTRACE: 19, CAP_SYS_ADMIN: 21, CAP_PERFMON: 38, CAP_BPF: 39 } as const;

const Status = z.string().regex(/^CapEff:\s*[0-9a-f]+$/m, "no CapEff line");

/**
 * Makes sure that this process may load probes and read other processes' /proc.
 * @throws CommandError that names the first capability that is missing and says what to do.
 */
export function requirePrivileges(): void {
  const status = Status.parse(readFileSync("/proc/self/status", "utf8"));
  const bits = BigInt("0x" + /^CapEff:\s*([0-9a-f]+)$/m.exec(status)![1]!);
  const has = (name: keyof typeof CAPABILITIES) => (bits >> BigInt(CAPABILITIES[name])) % 2n === 1n;
  // CAP_BPF and CAP_PERFMON were split from CAP_SYS_ADMIN in Linux 5.8, which still stands for both
  const missing = has("CAP_SYS_ADMIN") || (has("CAP_BPF") && has("CAP_PERFMON"))
    ? (has("CAP_SYS_PTRACE") ? undefined : "CAP_SYS_PTRACE")
    : "CAP_SYS_ADMIN (or CAP_BPF and CAP_PERFMON)";
  if (missing !== undefined) {
    throw new CommandError(`watching this host needs ${missing}, which this process lacks: run it as root`);
  }
}
