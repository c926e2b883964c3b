// SPDX-License-Identifier: Apache-2.0

/** Falco's priorities, most urgent first; the index is the syslog severity (compat/rules-format.md §1.4, §3). */
export const PRIORITIES = [
  "Emergency",
  "Alert",
  "Critical",
  "Error",
  "Warning",
  "Notice",
  "Informational",
  "Debug",
] as const;

/** A priority as alerts spell it. */
export type Priority = (typeof PRIORITIES)[number];

/** The priority that `text` names in any case (`info` is Informational too); undefined for anything else. */
export function parsePriority(text: string): Priority | undefined {
  const lower = text.toLowerCase();
  if (lower === "info") return "Informational";
  return PRIORITIES.find((priority) => priority.toLowerCase() === lower);
}

/** 0 (Emergency) to 7 (Debug); also the syslog severity. */
export function severity(priority: Priority): number {
  return PRIORITIES.indexOf(priority);
}
