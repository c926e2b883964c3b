// SPDX-License-Identifier: Apache-2.0

/** docs/support.md: the kernels that the matrix booted and what was seen on each. */
import type { Result, Sensor } from "./judge.ts";

const INTRODUCTION = `# Kernels that Lanner was run on

Written by \`scripts/vm-matrix --all\`, never by hand: each row is a kernel that was booted (in QEMU, emulated), on which
the built binary watched a fixed list of suspicious acts (tests/vm/matrix/). What is not in this table was not tried.

**acts** is what was performed: the shipped rules' acts only (short), or every system call that there are events of, too.
**driver** is what \`lanner run\` chose by itself. **alerts** of each way of watching are those that came of those that
had to; the ways watched the same acts at the same time, and **same** says whether all their output fields agreed, one
by one, but for the time. **storm** are records made by threads that preempt one another, each with a check of its own:
whole ones of all. **verifier** is the most instructions that the kernel's verifier walked for one program (of the
1,000,000 that it allows; above 500,000 the matrix fails; kernels before 5.16 do not tell). **armed** is the time from the start to watching, in
emulation, which is some twenty times slower than the real machine, beside the other sensors. **commit** is what was
tested.
`;

const cell = (text: string) => text.replaceAll("|", "\\|");

function wayOf({ name, verdict }: Sensor): string {
  if (name !== "auto") return name;
  return verdict.startsWith("kernel module") ? "module" : /through (\w+)/.exec(verdict)?.[1] ?? "eBPF";
}

function alertsOf(sensor: Sensor): string {
  const { armed, alerts, missing, unexpected, storm: [whole, all] } = sensor;
  if (armed === undefined) return `${wayOf(sensor)}: none: ${sensor.verdict}`;
  const due = alerts - unexpected.length + missing.length;
  return `${wayOf(sensor)} ${due - missing.length}/${due}, storm ${whole}/${all}`;
}

function mostOf(sensors: readonly Sensor[]): string {
  const all = sensors.flatMap(({ instructions }) => Object.entries(instructions));
  const most = all.toSorted(([, a], [, b]) => b - a)[0];
  return most === undefined ? "–" : `${most[1].toLocaleString("en")} (${most[0]})`;
}

function row({ kernel, release, arch, commit, short, sensors, differences, problems }: Result): string {
  const chosen = sensors[0]?.verdict.replace(/ \(.*/, "").replace(/, from .*/, "") ?? "–";
  const armed = sensors.map((sensor) => `${wayOf(sensor)} ${sensor.armed?.toFixed(0) ?? "never"} s`).join(", ");
  const same = sensors.length < 2 ? "–" : differences.length === 0 ? "yes" : `${differences.length} differ`;
  const verdict = problems.length === 0 ? "as expected" : `**not**: ${problems[0]!.slice(0, 160)}`;
  return `| ${
    [
      release && kernel.endsWith("-hidden") ? `${release} (BTF hidden)` : release || kernel,
      arch,
      short ? "short" : "all",
      chosen,
      sensors.map(alertsOf).join("; "),
      same,
      mostOf(sensors),
      armed,
      verdict,
      commit,
    ].map(cell)
      .join(" | ")
  } |`;
}

/** The page's text. */
export function supportPage(results: readonly Result[]): string {
  const head = ["kernel", "arch", "acts", "driver", "alerts", "same", "verifier", "armed", "result", "commit"];
  return [
    INTRODUCTION,
    `| ${head.join(" | ")} |`,
    `|${head.map(() => "---").join("|")}|`,
    ...results.map(row),
    "",
  ].join("\n");
}
