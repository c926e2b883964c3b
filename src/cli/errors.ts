// SPDX-License-Identifier: Apache-2.0

/** Exit codes of every command (design: the command line). */
export const EXIT = { ok: 0, failed: 1, usage: 2, failOn: 3 } as const;

/** Something that a command cannot go on from; the message is one line: what, where, what to do next. Exit code 1. */
export class CommandError extends Error {
  override readonly name = "CommandError";
}

/** Wrong words on the command line; one line. Exit code 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}
