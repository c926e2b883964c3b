// SPDX-License-Identifier: Apache-2.0

/** How lists are printed for people. */

/** Text from a rules file without what could move a terminal's cursor or change its colours. */
export function plain(text: string): string {
  // deno-lint-ignore no-control-regex
  return text.replace(/[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]/g, "\ufffd");
}

/** Rows below a heading, in columns as wide as they need to be; each line with its newline. */
export function tableText(heading: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [heading, ...rows];
  const widths = heading.map((_, column) => Math.max(...all.map((row) => row[column]!.length)));
  return all.map((row) => `${row.map((cell, column) => cell.padEnd(widths[column]!)).join("  ").trimEnd()}\n`).join("");
}

/** Rows as a Markdown table; each line with its newline. */
export function markdownTable(heading: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |\n`;
  return line(heading) + line(heading.map(() => "---")) +
    rows.map((row) => line(row.map((cell) => cell.replaceAll("|", "\\|")))).join("");
}
