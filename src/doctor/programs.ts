// SPDX-License-Identifier: Apache-2.0

/** Programs of the probe that watch something else than one system call, and what people know it as. */
const LIFECYCLE: Readonly<Record<string, string>> = {
  sched_exec: "exec",
  sched_fork: "process creation",
  sched_exit: "process exit",
};

/** What is missing where nothing that is done through an io_uring is seen, in the words of the list of missing events. */
export const RINGS = "everything through io_uring";

/** The program of the probe that stands for all of io_uring's: they are attached together or not at all. */
export const RINGS_PROGRAM = "io_complete";

/** Whether a program stands behind that one: some kernels refuse some of them, and nothing is missing for that. */
export function isRingsHelper(program: string): boolean {
  return program.startsWith("io_") || program === "walk_ring";
}

/** The event that a program of the probe (or its counterpart in the module) sends; undefined when it only helps. */
export function eventOfProgram(program: string): string | undefined {
  return program.startsWith("fill_") ? program.slice("fill_".length) : LIFECYCLE[program];
}
