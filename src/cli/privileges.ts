// SPDX-License-Identifier: Apache-2.0

import { hasCapability, missingForBpf } from "../doctor/capabilities.ts";
import type { HostFacts } from "../doctor/facts.ts";
import { CommandError } from "./errors.ts";

/**
 * Makes sure that this process may load probes and read other processes' /proc.
 * @throws CommandError that names the first capability that is missing and says what to do.
 */
export function requirePrivileges({ capabilities }: HostFacts): void {
  const missing = missingForBpf(capabilities) !== undefined
    ? "CAP_SYS_ADMIN (or CAP_BPF and CAP_PERFMON)"
    : hasCapability(capabilities, "CAP_SYS_PTRACE")
    ? undefined
    : "CAP_SYS_PTRACE";
  if (missing !== undefined) {
    throw new CommandError(`watching this host needs ${missing}, which this process lacks: run it as root`);
  }
}
