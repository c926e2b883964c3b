// SPDX-License-Identifier: Apache-2.0

/**
 * Lets processes come and go, each with a program, arguments, a container and flags that none had before, and prints the
 * bytes that are kept after some of them and after three times as many: with their ends told, and with them lost.
 */
import { Buffer } from "node:buffer";
import process from "node:process";
import { buildEngine } from "../../src/engine/build.ts";
import { EventStream } from "../../src/engine/stream.ts";
import { FIELD_CATALOGUE } from "../../src/fields/catalogue.ts";
import { Containers } from "../../src/host/containers.ts";
import { GuestTable } from "../../src/host/guests.ts";
import { ProcessTable } from "../../src/host/processes.ts";
import { FileNames } from "../../src/host/users.ts";
import { loadRules } from "../../src/rules/loader.ts";
import { memoryOf } from "../support/records.ts";
import { BOOT, exec, exit, facts, fork, open, recordOf, type Step } from "./scenario.ts";

const RULES = `- rule: Never
  desc: reads what is kept somewhere
  condition: >
    evt.type in (execve, openat) and (proc.cmdline contains "no such" or proc.pname = none or proc.aname[3] = none
    or container.name = none or container.image.repository = none or user.name = none or evt.arg.flags contains O_NOSUCH
    or proc.exepath startswith /none or fd.name startswith /none or vm.name = none)
  output: "%proc.name"
  priority: Notice
`;

/** Far fewer than come. */
const PROCESSES = 5_000;

function watch(limit: number) {
  const { engine } = buildEngine(loadRules([{ name: "rules", content: Buffer.from(RULES) }]), FIELD_CATALOGUE, {
    matching: "first",
    minimumPriority: "Debug",
  });
  const containers = new Containers(({ fullId }) => ({ name: `name-${fullId}`, image: `image-${fullId}` }));
  const guests = new GuestTable();
  const names = new FileNames("/nonexistent");
  const processes = new ProcessTable({
    bootTime: () => BOOT,
    containerOf: (cgroups, cgroup) => containers.of(cgroups, cgroup),
    revised: (entry) => {
      guests.learn(entry);
      names.learn(entry);
    },
    limit,
  });
  processes.seed([facts(1, 0, "init", 0, 1)]);
  const stream = new EventStream({ hostname: "h", bootTime: BOOT, processes, names, guests }, (event) => {
    if (engine!.evaluate(event) !== undefined) throw new Error("a rule matched");
  });
  const play = (step: Step) => {
    const { memory } = memoryOf(recordOf(step));
    stream.take(memory, 0, memory.u8.length);
  };
  return { play, processes };
}

const gc = (globalThis as { gc?: () => void }).gc!;

function bytesKept(): number {
  gc();
  return process.memoryUsage().heapUsed;
}

/** Plays so many lives; some bytes of text in each are its own. */
function lives(from: number, to: number, told: boolean, play: (step: Step) => void): void {
  for (let i = from; i < to; i++) {
    const pid = 2 + i;
    const at = 2 + i / 100;
    const id = i.toString(16).padStart(64, "0");
    const own = `${"x".repeat(100)}${i}`;
    play(fork(at, pid, 1, { params: { comm: "forked", exe: own, cgroups: `cpu=/docker/${id}\0` } }));
    play(exec(at + 0.001, pid, 1, `p${i}`, at, {
      params: {
        args: Buffer.from(`${own}\0`),
        cgroups: Buffer.from(`cpu=/docker/${id}\0`),
        trusted_exepath: `/bin/${own}`,
      },
    }));
    play(open(at + 0.002, pid, 1, { params: { fd: 3, dirfd: -100, name: `/srv/${own}`, flags: i } }));
    if (told) play(exit(at + 0.003, pid, 1));
  }
}

const some = Number(process.argv[2]);
const results = [true, false].map((told) => {
  const { play, processes } = watch(PROCESSES);
  lives(0, some, told, play);
  const before = bytesKept();
  lives(some, 3 * some, told, play);
  const kept = bytesKept() - before;
  return { told, kept, processes: processes.size, refused: processes.refused };
});
console.log(JSON.stringify(results));
