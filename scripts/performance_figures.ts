// SPDX-License-Identifier: Apache-2.0

/** What was to be reached, and what the kept runs say of it. */
import { curveOf } from "../bench/curve.ts";
import type { Row, SavedOf, SavedRun } from "../bench/saved.ts";
import { PACE_KEPT } from "../bench/system/table.ts";

/** The kept runs by name, as `savedRuns` gives them. */
export type Runs = ReadonlyMap<string, SavedRun>;

/** One line of the table. */
export interface Figure {
  readonly what: string;
  /** Falco 0.44's on the same kind of machine when it was quiet, with the same rules. */
  readonly falco: string;
  readonly target: string;
  readonly measured: string;
  /** Undefined when it was not measured. */
  readonly isReached: boolean | undefined;
}

/** What is asked of a figure; of several values the worst decides. */
interface Goal {
  readonly what: string;
  readonly falco: string;
  readonly limit: number;
  readonly better: "more" | "less";
  readonly places: number;
  readonly unit?: string;
  values(runs: Runs): readonly number[];
}

function runOf<K extends SavedRun["kind"]>(runs: Runs, name: string, kind: K): SavedOf<K> | undefined {
  const run = runs.get(name);
  return run?.kind === kind ? run as SavedOf<K> : undefined;
}

/** What `of` gives of these loads beside the sensor, in a run of that name. */
function ofLoads(run: string, loads: readonly string[], of: (row: Row) => number | undefined): Goal["values"] {
  return (runs) =>
    (runOf(runs, run, "system")?.rows ?? [])
      .filter(({ load, sensor }) => sensor === "lanner" && loads.includes(load))
      .map(of).filter((value) => value !== undefined);
}

const OPENS = ["open", "open2"];

const GOALS: readonly Goal[] = [
  {
    what: "open+close loop beside the sensor ÷ alone, by the sys_exit program",
    ...{ falco: "0.60", limit: 0.85, better: "more", places: 2 },
    values: ofLoads("system", OPENS, ({ perCpu }) => perCpu),
  },
  {
    what: "a call that no rule names, by fexit ÷ alone (in a virtual machine)",
    ...{ falco: "–", limit: 0.97, better: "more", places: 3 },
    values: (runs) =>
      (runOf(runs, "vm", "vm")?.rows ?? []).filter(({ load }) => load === "getppid")
        .map(({ ratios }) => ratios["fexit"]).filter((value) => value !== undefined),
  },
  {
    what: "the sensor's CPU-s per million open and close calls that no rule wants",
    ...{ falco: "1.2", limit: 0.02, better: "less", places: 3 },
    values: ofLoads("system", OPENS, ({ cpuPerMillionCalls }) => cpuPerMillionCalls),
  },
  {
    what: "records to user space per 1000 opens that no rule wants",
    ...{ falco: "1000", limit: 5, better: "less", places: 2 },
    // half of the calls are opens
    values: ofLoads("system", OPENS, ({ recordsPerThousandCalls: records }) => records && 2 * records),
  },
  {
    what: "CPU-s per million records that reach user space, at full speed",
    ...{ falco: "1.0–2.7", limit: 0.3, better: "less", places: 2 },
    values: ofLoads("system", ["named", "connect"], ({ cpuPerMillionRecords }) => cpuPerMillionRecords),
  },
  {
    what: "fork+exec at 1000/s: the sensor's CPU",
    ...{ falco: "4–6 %", limit: 2, better: "less", places: 1, unit: " %" },
    // of a machine that can't start so many it tells nothing
    values: ofLoads(
      "system",
      ["exec1000"],
      ({ cpuShare, opsPerSecond }) => opsPerSecond < 1000 * PACE_KEPT ? undefined : 100 * cpuShare,
    ),
  },
  {
    what: "events lost, 2 processes opening at full speed, Falco's and the shipped rules",
    ...{ falco: "5.8–46 %", limit: 0, better: "less", places: 0 },
    values: ofLoads("drops", ["open2", "named2"], ({ lost }) => lost),
  },
  {
    what: "the sensor's CPU on an idle machine",
    ...{ falco: "1 %", limit: 0.3, better: "less", places: 2, unit: " %" },
    values: ofLoads("system", ["idle"], ({ cpuShare }) => 100 * cpuShare),
  },
  {
    what: "most RSS while processes churn, of which the first third is left out",
    ...{ falco: "56–70 MB", limit: 75, better: "less", places: 0, unit: " MB" },
    values: churn(({ mostMB }) => mostMB),
  },
  {
    what: "growth of the mean RSS from the second third to the last",
    ...{ falco: "–", limit: 2, better: "less", places: 1, unit: " MB" },
    values: churn(({ isFlat, growthMB }) => isFlat === undefined ? undefined : growthMB),
  },
  {
    what: "start to *armed*",
    ...{ falco: "–", limit: 1.5, better: "less", places: 2, unit: " s" },
    values: (runs) => (runOf(runs, "system", "system")?.rows ?? []).map(({ startMs }) => startMs / 1000),
  },
];

function churn(of: (curve: ReturnType<typeof curveOf>) => number | undefined): Goal["values"] {
  return (runs) => {
    const value = of(curveOf(runOf(runs, "churn", "churn")?.samples ?? []));
    return value === undefined || !Number.isFinite(value) ? [] : [value];
  };
}

/** The figures of these runs. */
export function figuresOf(runs: Runs): Figure[] {
  return GOALS.map((goal) => {
    const { what, falco, limit, better, places, unit = "" } = goal;
    const values = goal.values(runs);
    const [least, most] = [Math.min(...values), Math.max(...values)];
    const text = (value: number) => (value + 0).toFixed(places).replace(/^-(0(\.0*)?)$/, "$1");
    const range = text(least) === text(most) ? text(most) : `${text(least)}–${text(most)}`;
    const isMore = better === "more";
    return {
      what,
      falco,
      target: `${limit === 0 ? "" : isMore ? "≥ " : "≤ "}${limit}${unit}`,
      measured: values.length === 0 ? "" : `${range}${unit}`,
      isReached: values.length === 0 ? undefined : isMore ? least >= limit : most <= limit,
    };
  });
}
