// SPDX-License-Identifier: Apache-2.0

import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { SensorSpec } from "./sensor.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** Falco's stable rules. */
export const STABLE = `${ROOT}../shared/compat/falco_rules.yaml`;

/** The arguments that choose the rules. */
function rulesOptions(choice: string): string[] {
  if (choice === "shipped") return [];
  if (choice !== "stable" && choice !== "all") return ["-r", choice];
  if (!existsSync(STABLE)) throw new Error("Falco's stable rules are not here: give --rules shipped, or a file");
  return choice === "stable" ? ["-r", STABLE] : ["-r", STABLE, "-r", `${ROOT}rules`];
}

/** The built sensor with these rules: stable (Falco's), shipped, all (both), or a file. */
export function lannerSpec(rules: string, options: readonly string[]): SensorSpec {
  return {
    name: "lanner",
    command: [`${ROOT}dist/lanner`, "run", ...rulesOptions(rules), ...options],
    ready: /^armed$/m,
  };
}
