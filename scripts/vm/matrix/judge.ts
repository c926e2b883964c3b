// SPDX-License-Identifier: Apache-2.0

/** What one guest of the matrix left behind, held against what must come. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { z } from "zod";
import { UNSEEN } from "./kernels.ts";

const Alert = z.object({ rule: z.string(), output_fields: z.record(z.string(), z.unknown()) });
type Alert = z.infer<typeof Alert>;

/** What became of one sensor. */
export const Sensor = z.object({
  name: z.string(),
  /** The driver line, or the error that ended it. */
  verdict: z.string(),
  /** Seconds from its start until it watched; undefined: never. */
  armed: z.number().optional(),
  alerts: z.number(),
  /** Lines of the expected file that did not come, and alerts that it does not hold. */
  missing: z.array(z.string()),
  unexpected: z.array(z.string()),
  /** Records of the storm that came and were whole, of how many. */
  storm: z.tuple([z.number(), z.number()]),
  corrupt: z.number(),
  lost: z.string(),
  refused: z.array(z.string()),
  /** The verifier's work: instructions walked, by program. */
  instructions: z.record(z.string(), z.number()),
});
export type Sensor = z.infer<typeof Sensor>;

/** What became of one kernel. */
export const Result = z.object({
  kernel: z.string(),
  release: z.string(),
  arch: z.string(),
  /** What was tested. */
  commit: z.string(),
  sensors: z.array(Sensor),
  /** Differences between the first sensor's alerts and each other's. */
  differences: z.array(z.string()),
  /** Why it counts as failed; empty: all as expected. */
  problems: z.array(z.string()),
});
export type Result = z.infer<typeof Result>;

/** Half of what every kernel's verifier takes (BPF_COMPLEXITY_LIMIT_INSNS, 1,000,000 since 5.2). */
const BUDGET = 500_000;

/** A record of the storm is one letter, repeated; storm.c. */
const STORM = /^(?:\/tmp\/storm\/|storm )(\d+)[/ ](\d+)[/ ]([a-z]+)$/;

/** The alert on losses, which the sensor sums up at its end. */
const LOSSES = "Falco internal: syscall event drop";

/** Values that differ from run to run, by field, in the expected file. */
const VARYING: readonly [RegExp, RegExp, string][] = [
  [/^proc\.pid$|^evt\.arg\.pid$/, /^\d+$/, "PID"],
  // kernels before 6.14 name a program run by its descriptor after that number
  [/^proc\.(cmdline|name)$/, /^(\d+|memfd:\w+)(?= |$)/, "COMM"],
  [/^fd\.name$|^evt\.args$/, /:\d{4,5}/g, ":PORT"],
  [/^fd\.name$/, /0x[0-9a-f]+|[0-9a-f]{8,}/g, "ADDRESS"],
  [/^evt\.args$/, /\b(dev|ino|pid|tid)=\d+/g, "$1=N"],
];

/** Fields of an act's call that the expected file holds; the rest is compared between the drivers only. */
const CALL_FIELDS = ["evt.type", "evt.res", "fd.type", "proc.name", "proc.cmdline"];

/** Calls that one kernel grants and another refuses; their outcome is compared between the drivers only. */
const GRANTED_BY_SOME = ["pivot_root"]; // an initramfs can be pivoted away since 7.1

function read(path: string): string {
  if (existsSync(`${path}.gz`)) return gunzipSync(readFileSync(`${path}.gz`)).toString();
  return existsSync(path) ? readFileSync(path, "utf8") : "";
}

const lines = (text: string) => text.split("\n").filter((line) => line !== "");

function expectedLine({ rule, output_fields: fields }: Alert): string {
  const names = Object.keys(fields).filter((name) => name !== "evt.time" && !name.startsWith("evt.time."));
  const shown = rule === "Call of an act" ? CALL_FIELDS : names;
  const value = (name: string) =>
    ["evt.res", "fd.type"].includes(name) && rule === "Call of an act" &&
      GRANTED_BY_SOME.includes(String(fields["evt.type"]))
      ? "KERNEL'S"
      : masked(name, String(fields[name]));
  return `${rule} | ${shown.map((name) => `${name}=${value(name)}`).join(" ")}`;
}

function masked(name: string, value: string): string {
  let text = value;
  for (const [field, what, mask] of VARYING) if (field.test(name)) text = text.replace(what, mask);
  return text;
}

/** What `all` holds more than once is counted: [in a but not in b, in b but not in a]. */
function difference(a: readonly string[], b: readonly string[]): [string[], string[]] {
  const counts = new Map<string, number>();
  for (const line of b) counts.set(line, (counts.get(line) ?? 0) + 1);
  const only: string[] = [];
  for (const line of a) {
    const count = counts.get(line) ?? 0;
    if (count > 0) counts.set(line, count - 1);
    else only.push(line);
  }
  return [only, [...counts].flatMap(([line, count]) => Array<string>(count).fill(line))];
}

function stormOf(alerts: readonly Alert[]): { whole: number; corrupt: number } {
  const seen = new Set<string>();
  let corrupt = 0;
  for (const { output_fields: fields } of alerts) {
    const text = String(fields["evt.type"] === "execve" ? fields["proc.args"] : fields["fd.name"]);
    const [, thread, turn, letters] = STORM.exec(text) ?? [];
    const letter = String.fromCharCode(97 + (Number(thread) * 7 + Number(turn)) % 26);
    const length = 40 + (Number(thread) * 53 + Number(turn)) % 160;
    if (letters === letter.repeat(length)) seen.add(text);
    else corrupt++;
  }
  return { whole: seen.size, corrupt };
}

/** What a sensor is judged by beside its own words. */
interface Demands {
  /** The expected file's lines; undefined: none is held against them (the file is being made). */
  readonly expected: readonly string[] | undefined;
  readonly storm: number;
}

interface Judged extends Sensor {
  /** Its alerts but the storm's and those on losses. */
  readonly kept: readonly Alert[];
}

function judgeSensor(folder: string, name: string, { expected, storm }: Demands): Judged {
  const log = lines(read(join(folder, `${name}.log`)));
  const alerts = lines(read(join(folder, `${name}.jsonl`))).map((line) => Alert.parse(JSON.parse(line)));
  const [, start, end] = lines(read(join(folder, "armed"))).map((line) => line.split(" ")).find(([n]) => n === name) ??
    [];
  const kept = alerts.filter(({ rule }) => rule !== "Storm" && rule !== LOSSES);
  const got = kept.map(expectedLine);
  const unseen = (line: string) => (UNSEEN[name] ?? []).some((type) => line.includes(` evt.type=${type} `));
  const [unexpected, missing] = expected === undefined
    ? [[], []]
    : difference(got, expected.filter((line) => !unseen(line)));
  const { whole, corrupt } = stormOf(alerts.filter(({ rule }) => rule === "Storm"));
  const lost = log.filter((line) => /^(lost (events|alerts)|system calls that passed unseen)/.test(line));
  return {
    name,
    verdict: log.find((line) => line.startsWith("driver: "))?.slice(8) ?? log.at(-1) ?? "said nothing",
    ...(log.includes("armed") ? { armed: Number(end) - Number(start) } : {}),
    alerts: kept.length,
    missing,
    unexpected,
    storm: [whole, storm],
    corrupt,
    lost: lost.map((line) => line.replace(/^lost events: /, "")).join("; "),
    refused: log.flatMap((line) =>
      /the kernel refused program (\w+)|(io_uring events): not on this kernel/.exec(line)?.slice(1).find(Boolean) ?? []
    ),
    instructions: Object.fromEntries(
      log.flatMap((line) => {
        const [, program, count] = /^verified: (\w+): (\d+) instructions/.exec(line) ?? [];
        return program === undefined ? [] : [[program, Number(count)] as const];
      }),
    ),
    kept,
  };
}

/** Who is killed may end before or after the call returns: its name is known then or not. Seen with PREEMPT_RT. */
const KILLS = ["kill", "tkill", "tgkill"];

/** An alert as it is compared between drivers: everything but the time, which each takes itself. */
function compared({ rule, output_fields: fields }: Alert): string {
  const told = KILLS.includes(String(fields["evt.type"]))
    ? { ...fields, "evt.args": String(fields["evt.args"]).replace(/\b([pt]id=\d+)\([^)]*\)/g, "$1") }
    : fields;
  return JSON.stringify([rule, Object.entries(told).filter(([name]) => !name.startsWith("evt.time"))]);
}

/** The differences of two sensors' alerts on the same acts, as lines. */
function drift(first: Judged, other: Judged): string[] {
  const unseen = UNSEEN[other.name] ?? [];
  const seen = first.kept.filter(({ output_fields: fields }) => !unseen.includes(String(fields["evt.type"])));
  const [ours, theirs] = difference(seen.map(compared), other.kept.map(compared));
  const parse = (text: string) => JSON.parse(text) as [string, [string, unknown][]];
  const rest = theirs.map(parse);
  return ours.map(parse).map(([rule, fields]) => {
    const call = (all: [string, unknown][]) =>
      ["evt.type", "proc.pid", "proc.cmdline", "evt.rawres"].map((name) => all.find(([n]) => n === name)?.[1]).join(
        " ",
      );
    const at = rest.findIndex(([r, all]) => r === rule && call(all) === call(fields));
    if (at < 0) return `${other.name} lacks ${rule}: ${call(fields)}`;
    const [[, partner]] = rest.splice(at, 1) as [[string, [string, unknown][]]];
    const differing = fields.filter(([name, value], i) => JSON.stringify([name, value]) !== JSON.stringify(partner[i]));
    const shown = differing.map(([name, value]) =>
      `${name} ${JSON.stringify(value)}/${JSON.stringify(partner.find(([n]) => n === name)?.[1])}`
    );
    return `${first.name}/${other.name}: ${rule}: ${call(fields)}: ${shown.join(", ")}`;
  }).concat(
    rest.map(([rule, fields]) =>
      `${first.name} lacks ${rule}: ${fields.slice(0, 4).map(([, value]) => value).join(" ")}`
    ),
  );
}

function problemsOf(sensor: Sensor): string[] {
  const { name, verdict, armed, missing, unexpected, storm: [whole, all], corrupt, lost, refused } = sensor;
  if (armed === undefined) return [`${name}: ${verdict}`];
  const most = Object.entries(sensor.instructions).filter(([, count]) => count > BUDGET);
  const measured = verdict.startsWith("kernel module") || Object.keys(sensor.instructions).length > 0;
  return [
    ...(measured ? [] : [`${name}: no word on the verifier's work`]),
    ...missing.map((line) => `${name}: missing: ${line}`),
    ...unexpected.map((line) => `${name}: unexpected: ${line}`),
    ...(whole === all ? [] : [`${name}: ${whole} of ${all} of the storm's records`]),
    ...(corrupt === 0 ? [] : [`${name}: ${corrupt} corrupt records`]),
    ...(lost === "none" ? [] : [`${name}: lost ${lost || "(it did not say)"}`]),
    ...(refused.length === 0 ? [] : [`${name}: the kernel refused ${refused.join(", ")}`]),
    ...most.map(([program, count]) =>
      `${name}: the verifier walks ${count} instructions of ${program}, over ${BUDGET}`
    ),
  ];
}

/** The expected file's text for what the first sensor of a guest saw. */
export function expectedText(folder: string, name: string): string {
  return judgeSensor(folder, name, { expected: undefined, storm: 0 }).kept.map(expectedLine).sort().join("\n") + "\n";
}

/**
 * @param folder what the guest left in /out
 * @param names of its sensors
 */
export function judge(
  folder: string,
  { kernel, arch, commit }: Pick<Result, "kernel" | "arch" | "commit">,
  names: readonly string[],
  demands: Demands,
): Result {
  const judged = names.map((name) => judgeSensor(folder, name, demands));
  const [first, ...others] = judged;
  const differences = others.filter(({ armed }) => armed !== undefined).flatMap((other) => drift(first!, other));
  const sensors = judged.map((sensor) => Sensor.parse(sensor));
  const said = lines(read(join(folder, "guest.log"))).filter((line) => !/ended with 0$/.test(line));
  return {
    kernel,
    arch,
    commit,
    release: read(join(folder, "release")).trim(),
    sensors,
    differences,
    problems: [...sensors.flatMap(problemsOf), ...differences, ...said.map((line) => `guest: ${line}`)],
  };
}
