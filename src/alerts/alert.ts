// SPDX-License-Identifier: Apache-2.0

import type { Priority } from "../rules/priority.ts";

/** A value of an alert's `output_fields`, as JSON has it; bigint where a number needs 64 bits. */
export type FieldValue = string | number | bigint | boolean | null | readonly FieldValue[];

/** A rule that matched, with its fields. Text here is ordinary text: bytes are decoded already. */
export interface Alert {
  readonly rule: string;
  readonly priority: Priority;
  readonly source: string;
  /** Sorted. */
  readonly tags: readonly string[];
  readonly hostname: string;
  /** The event's time, ns since the epoch. */
  readonly time: bigint;
  /** The rule's output with its fields filled in, without time and priority in front. */
  readonly message: string;
  /** Every field of the output, by its expression, in the order in which the output names them. */
  readonly fields: ReadonlyMap<string, FieldValue>;
}
