// SPDX-License-Identifier: Apache-2.0

/** Five real containers for bench/soak.ts, called by its argument and a number. */
import process from "node:process";
import { Podman } from "../../tests/live/support.ts";

if (Podman.unavailable() === false) {
  const podman = new Podman();
  for (let i = 0; i < 5; i++) podman.run(`${process.argv[2]}${i}`, [], "/bin/true");
  podman.dispose();
}
