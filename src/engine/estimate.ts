// SPDX-License-Identifier: Apache-2.0

/**
 * In which order the parts of a condition are asked. Asking changes nothing, so the order can't be observed, and the
 * part that decides the most for the least comes first. Costs are guesses, in about the time of one comparison.
 */
import type { BoundCheck } from "./check.ts";
import { ByChecks, type Condition, isStateful } from "./condition.ts";

/** What a part costs, and how probable it is that it holds. */
export interface Estimate {
  readonly cost: number;
  readonly chance: number;
}

/** Estimates of conditions, each made once. */
export class Estimates {
  readonly #made = new Map<Condition, Estimate>();
  readonly #stateful = new ByChecks("some", isStateful);
  readonly #price: (condition: Condition, cost: number) => number;

  /** @param price what a condition costs when it costs `cost` to find its outcome, which may be known already */
  constructor(price: (condition: Condition, cost: number) => number = (_, cost) => cost) {
    this.#price = price;
  }

  of(condition: Condition): Estimate {
    const known = this.#made.get(condition);
    if (known !== undefined) return known;
    const { cost, chance } = this.#plain(condition);
    const estimate = { cost: this.#price(condition, cost), chance };
    this.#made.set(condition, estimate);
    return estimate;
  }

  /** The parts in the order in which they are to be asked; as they stand, where one remembers being asked. */
  order(kind: "and" | "or", parts: readonly Condition[]): readonly Condition[] {
    if (parts.some((part) => this.#stateful.of(part))) return parts;
    const rank = (part: Condition) => {
      const { cost, chance } = this.of(part);
      return cost / Math.max(kind === "and" ? 1 - chance : chance, 1e-3);
    };
    return parts.map((part) => ({ part, rank: rank(part) })).sort((a, b) => a.rank - b.rank).map(({ part }) => part);
  }

  #plain(condition: Condition): Estimate {
    switch (condition.kind) {
      case "constant":
        return { cost: 0, chance: condition.value ? 1 : 0 };
      case "not": {
        const { cost, chance } = this.of(condition.child);
        return { cost, chance: 1 - chance };
      }
      case "check":
        return ofCheck(condition.check);
      default: {
        const decides = condition.kind === "and";
        let cost = 0;
        let open = 1; // how probable it is that this part is asked at all
        for (const child of this.order(condition.kind, condition.children)) {
          const estimate = this.of(child);
          cost += estimate.cost * open;
          open *= decides ? estimate.chance : 1 - estimate.chance;
        }
        return { cost, chance: decides ? open : 1 - open };
      }
    }
  }
}

const CHANCES: Readonly<Partial<Record<BoundCheck["operator"], number>>> = {
  "exists": 0.95,
  "=": 0.1,
  "!=": 0.6, // mostly `container.id != host` and its like
  "in": 0.2,
  "intersects": 0.2,
  "<": 0.5,
  "<=": 0.5,
  ">": 0.5,
  ">=": 0.5,
};

function ofCheck({ operator, left, predicate }: BoundCheck): Estimate {
  const chance = left.type === "BOOL" ? 0.5 : CHANCES[operator] ?? 0.1;
  return { cost: readingCost(left) + (predicate === undefined ? 40 : askingCost(operator)), chance };
}

function readingCost({ field, several, type }: BoundCheck["left"]): number {
  if (field === undefined) return 60;
  if (several !== undefined || field.costly) return 60;
  if (field.ofProcess !== undefined) return 8; // the process is not at hand yet
  if (field.locate !== undefined) return 2; // and to lay it down, which emit_check.ts adds
  if (type === "CHARBUF") return 8;
  return type === "RELTIME" || type === "ABSTIME" || type === "UINT64" ? 20 : 3; // bigints
}

function askingCost(operator: BoundCheck["operator"]): number {
  switch (operator) {
    case "regex":
      return 200;
    case "glob":
    case "iglob":
    case "icontains":
    case "pmatch":
      return 30;
    case "contains":
    case "bcontains":
      return 12;
    case "in":
    case "intersects":
      return 5;
    default:
      return 2;
  }
}
