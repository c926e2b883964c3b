// SPDX-License-Identifier: Apache-2.0

/** What make and the compiler say of an error itself, and what else may be the reason. */
const REASONS = [/\berror:/i, /\bundefined\b|not found|missing|no such file|no space/i, /error/i];
/** OpenSSL's account of where in itself it was, and the reason in it: id, "error", code, library, function, reason. */
const INSIDE = /^(?:[0-9A-F]{8,}:|At |- SSL )(?:(?:[^:]*:){4}([^:]+):)?/;

/** The one line of a failed program's output that says why. */
export function complaint(output: string): string {
  const lines = output.split("\n").map((line) => line.trim()).filter((line) => line !== "");
  const said = lines.filter((line) => !INSIDE.test(line));
  for (const reason of REASONS) {
    const line = said.find((line) => reason.test(line));
    if (line !== undefined) return line;
  }
  const [first = "it does not say why"] = said.length > 0 ? said : lines;
  return INSIDE.exec(first)?.[1] ?? first;
}
