// SPDX-License-Identifier: Apache-2.0

import type { Workshop } from "../support.ts";

/** What an alert's field must be. */
export type Expected = string | number | boolean | null | RegExp;

/** One rule of Falco's official stable file and what it is there for, done for real. */
export interface Behaviour {
  readonly rule: string;
  readonly priority: string;
  /** Fields of the output, and of those that tests/live/behaviours.test.ts adds to every output. */
  readonly fields: (workshop: Workshop) => Readonly<Record<string, Expected>>;
  /** Fields of the output that have no value, each with why there is none. All others must have one. */
  readonly missing?: Readonly<Record<string, string>>;
}

/** Done on the host. */
export interface HostBehaviour extends Behaviour {
  perform(workshop: Workshop): void;
}

/** Done in a Podman container made for it: a shell's command, and options of `podman run`. */
export interface ContainerBehaviour extends Behaviour {
  readonly options?: readonly string[];
  readonly command: string;
}
