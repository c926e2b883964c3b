// SPDX-License-Identifier: Apache-2.0

import process from "node:process";

/** Calls `action` on each of `names` until the returned function is called. */
export function onSignals(names: readonly NodeJS.Signals[], action: () => void): () => void {
  for (const name of names) process.on(name, action);
  return () => {
    for (const name of names) process.off(name, action);
  };
}
