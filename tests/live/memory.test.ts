// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { cannotRunLive, RunningSensor, Workshop } from "./support.ts";

/** Of the executable, some 60 MB are resident after the start, of which half is never needed again. */
const GIVEN_BACK_KB = 15_000;

test(
  "a sensor that was copied a moment ago gives back what the start alone needed",
  { skip: cannotRunLive() },
  async () => {
    const workshop = new Workshop();
    // no page of the copy is on disk yet
    const copied = ["sh", "-c", `cp "$0" ${workshop.file("lanner")} && exec ${workshop.file("lanner")} "$@"`];
    const sensor = await RunningSensor.start(["run"], "binary", undefined, copied);
    try {
      const resident = () =>
        Number(/^RssFile:\s+(\d+)/m.exec(readFileSync(`/proc/${sensor.pid}/status`, "latin1"))?.[1]);
      const before = resident();
      const end = Date.now() + 30_000;
      while (resident() > before - GIVEN_BACK_KB && Date.now() < end) await setTimeout(200);
      assert.ok(resident() <= before - GIVEN_BACK_KB, `${before} kB after the start, ${resident()} later`);
    } finally {
      assert.equal(await sensor.stop(), 0);
      workshop.dispose();
    }
  },
);
