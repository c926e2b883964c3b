// SPDX-License-Identifier: Apache-2.0

import { EVASION_ROWS } from "./evasions.ts";
import { FILE_ROWS } from "./files.ts";
import { IDENTITY_ROWS } from "./identity.ts";
import { NETWORK_ROWS } from "./network.ts";
import { OTHER_ROWS } from "./others.ts";
import { PLACE_ROWS } from "./places.ts";
import { PROCESS_ROWS } from "./processes.ts";
import { RING_ROWS } from "./rings.ts";
import type { Row } from "./row.ts";

/** Every event type, from real system calls. */
export const ROWS: readonly Row[] = [
  ...FILE_ROWS,
  ...PLACE_ROWS,
  ...NETWORK_ROWS,
  ...PROCESS_ROWS,
  ...IDENTITY_ROWS,
  ...OTHER_ROWS,
  ...EVASION_ROWS,
  ...RING_ROWS,
];

/** The acts of the helper that make them. */
export const ACTS: ReadonlySet<string> = new Set(ROWS.map(({ act, type }) => act ?? type));
