// SPDX-License-Identifier: Apache-2.0

/** A look at memory. */
export interface Sample {
  /** s since the beginning */
  readonly s: number;
  readonly rssMB: number;
}

/** What became of memory once the sensor had warmed up: in the second and the last third of a run. */
export interface Curve {
  readonly mostMB: number;
  /** The mean of the last third less that of the second: a single look is at some moment between two collections. */
  readonly growthMB: number;
  /** By least squares. */
  readonly slopeMBPerHour: number;
  /** Undefined of a run too short to say. */
  readonly isFlat: boolean | undefined;
}

/** Growth that counts as none. */
const FLAT_MB = 2;

/** What is compiled, and when garbage is collected, settles only after minutes. */
const SHORTEST_S = 300;

/** The curve of one run. */
export function curveOf(samples: readonly Sample[]): Curve {
  const warm = samples.slice(Math.ceil(samples.length / 3));
  const middle = warm.length >> 1;
  const mean = (of: (sample: Sample) => number, part = warm) =>
    part.reduce((sum, each) => sum + of(each), 0) / part.length;
  const resident = ({ rssMB }: Sample) => rssMB;
  const growthMB = mean(resident, warm.slice(middle)) - mean(resident, warm.slice(0, middle));
  const meanS = mean(({ s }) => s);
  const slope = mean(({ s, rssMB }) => (s - meanS) * rssMB) / mean(({ s }) => (s - meanS) ** 2);
  return {
    mostMB: Math.max(...warm.map(resident)),
    growthMB,
    slopeMBPerHour: slope * 3600,
    isFlat: (samples.at(-1)?.s ?? 0) < SHORTEST_S ? undefined : growthMB <= FLAT_MB,
  };
}
