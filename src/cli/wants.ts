// SPDX-License-Identifier: Apache-2.0

import type { Engine } from "../engine/engine.ts";
import { planOf } from "../engine/plan.ts";
import type { DiskFiles } from "../engine/plan_atom.ts";
import { tablesOf } from "../engine/plan_tables.ts";
import type { Wants } from "./driver.ts";
import type { Loaded } from "./rules.ts";

/** Fields that read what was sent or received, or may. */
const READS_DATA = /^evt\.(args|info|buffer|(raw)?arg[.[](data\b|\d))/;

/**
 * What some rule can match and reads; the kernel leaves the rest out.
 * @param disks guests' disks; unless given, any file may be one
 */
export function wantsOf({ engine, dispatch, fields }: Loaded & { readonly engine: Engine }, disks?: DiskFiles): Wants {
  const { bytes, full } = tablesOf(planOf(engine.rules, { dispatch, disks }));
  return {
    events: engine.eventTypes,
    filter: { tables: bytes, mark: false, full },
    wantEnv: fields.has("proc.env") || fields.has("proc.aenv"),
    wantWorkdir: fields.has("proc.cwd"),
    wantData: [...fields].some((field) => READS_DATA.test(field)),
  };
}
