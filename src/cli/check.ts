// SPDX-License-Identifier: Apache-2.0

import process from "node:process";
import { formatDiagnostic, loadResults } from "../rules/report.ts";
import { EXIT } from "./errors.ts";
import { loadAndBuild } from "./rules.ts";

/** `lanner check FILE|DIR…`: says what is wrong with rules. Exit code 1 when anything is. */
export function checkCommand(paths: readonly string[], options: { readonly json?: true }): Promise<number> {
  const { rules, diagnostics } = loadAndBuild(paths, { matching: "first", minimumPriority: "Debug" });
  const errors = diagnostics.filter(({ severity }) => severity === "error").length;
  if (options.json) process.stdout.write(`${JSON.stringify(loadResults({ files: rules.files, diagnostics }))}\n`);
  else {
    for (const diagnostic of diagnostics) process.stdout.write(`${formatDiagnostic(diagnostic)}\n`);
    const warnings = diagnostics.length - errors;
    process.stdout.write(
      `${rules.rules.length} rules, ${rules.macros.length} macros, ${rules.lists.length} lists: ` +
        `${errors === 0 ? "Ok" : "Invalid"} (${errors} errors, ${warnings} warnings)\n`,
    );
  }
  return Promise.resolve(errors === 0 ? EXIT.ok : EXIT.failed);
}
