// SPDX-License-Identifier: Apache-2.0

/** The live kernel as a source, under the contract that recordings are checked by too. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import type { RecordReader } from "../../src/events/record.ts";
import { EVENT_BY_NAME } from "../../src/events/table.ts";
import { openDriver } from "../../src/cli/driver.ts";
import { sourceContract, type Subject } from "../sources/contract.ts";
import { cannotRunLive } from "./support.ts";

const RECORDS = 50;
const OPENAT = EVENT_BY_NAME.get("openat")!;
const NAME = OPENAT.index.get("name")!;

/** A driver, and a shell that opens numbered files which do not exist. */
async function subject(): Promise<Subject> {
  const driver = await openDriver({
    ringBytes: 8 * 1024 * 1024,
    events: [OPENAT],
    wantEnv: false,
    wantWorkdir: false,
    wantData: false,
    verbose: false,
  });
  let child: ReturnType<typeof spawn> | undefined;
  return {
    source: driver.source,
    records: RECORDS,
    provoke() {
      const script =
        `i=0; while [ $i -lt ${RECORDS} ]; do i=$((i + 1)); true < /lanner-numbered-$i || true; done 2>/dev/null`;
      child = spawn("sh", ["-c", script], { stdio: "ignore" });
    },
    sequence(record: RecordReader) {
      if (record.type !== OPENAT.code) return undefined;
      const number = /^\/lanner-numbered-(\d+)$/.exec(record.text(NAME))?.[1];
      return number === undefined ? undefined : Number(number);
    },
    async dispose() {
      if (child !== undefined && child.exitCode === null) await once(child, "exit");
      driver.unload();
    },
  };
}

sourceContract("the live kernel", subject, cannotRunLive());
