// SPDX-License-Identifier: Apache-2.0

/** Runs the command line in this process, and makes files for it. Needs neither root nor a build. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { main } from "../../src/cli/program.ts";
import { RecordingWriter } from "../../src/sources/recording.ts";
import { buildRecord, memoryOf, type ParamValue } from "../support/records.ts";

/** What a command did. */
export interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs `lanner ARGS…`. One at a time: what is printed is caught on the way. */
export function lanner(...args: string[]): Promise<Outcome> {
  return caught(() => main(args));
}

/** Runs a command; what it prints is caught. */
export async function caught(command: () => number | Promise<number>): Promise<Outcome> {
  const caught = { out: "", err: "" };
  const { stdout, stderr } = process;
  const writers = [stdout.write, stderr.write] as const;
  const take = (to: "out" | "err") => (text: string | Uint8Array): boolean => {
    caught[to] += typeof text === "string" ? text : new TextDecoder().decode(text);
    return true;
  };
  stdout.write = take("out");
  stderr.write = take("err");
  try {
    const code = await command();
    return { code, ...caught };
  } finally {
    [stdout.write, stderr.write] = writers;
  }
}

/** A folder that goes with the test. */
export class Folder {
  readonly path = mkdtempSync(join(tmpdir(), "lanner-cli-"));

  /** Path of a file in it. */
  file(name: string): string {
    return join(this.path, name);
  }

  /** Writes a file; gives its path. */
  write(name: string, text: string): string {
    writeFileSync(this.file(name), text);
    return this.file(name);
  }

  /** Lines of a file. */
  lines(name: string): string[] {
    return readFileSync(this.file(name), "utf8").split("\n").slice(0, -1);
  }

  /** Records events of a host without processes; gives the recording's path. */
  async record(...events: (readonly [type: string, params: Record<string, ParamValue>])[]): Promise<string> {
    const path = this.file("recording");
    const host = { hostname: "falcon", bootTime: "1700000000000000000", users: [], groups: [] };
    const writer = await RecordingWriter.create(path, { ...host, containers: [], processes: [] });
    const records = events.map(([type, params]) => buildRecord(type, params, { pid: 1 }));
    const { memory, offsets } = memoryOf(...records);
    offsets.forEach((base, i) => writer.append(memory, base, records[i]!.length));
    await writer.close();
    return path;
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true });
  }
}
