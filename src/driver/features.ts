// SPDX-License-Identifier: Apache-2.0

import type { FeatureFacts } from "../doctor/facts.ts";
import { FEATURES, type Shim } from "../native/contract.ts";

/** Tries every feature of eBPF; nothing of it stays in the kernel. */
export function tryFeatures(shim: Shim): FeatureFacts {
  const errnos = FEATURES.map((name) => [name, -shim.tryFeature(name)] as const);
  return Object.fromEntries(errnos) as FeatureFacts;
}
