// SPDX-License-Identifier: Apache-2.0

/**
 * One way to judge events in TypeScript, in a process of its own: what a runtime has learnt of one way would slow
 * another. For each number of seconds on standard input a line with a lap comes out; see bench/engine.ts.
 *
 *     contestant.ts compiled|interpreter|pipeline STREAM [memory]
 *
 * STREAM: a recording, or a number of made-up events. With `memory`, one line with the growth of memory comes out.
 */
import process from "node:process";
import { createInterface } from "node:readline";
import { dispatchOf } from "../src/engine/dispatch.ts";
import type { CompiledRule, Engine } from "../src/engine/engine.ts";
import { interpret } from "../src/engine/interpreter.ts";
import { EventStream } from "../src/engine/stream.ts";
import { RecordReader } from "../src/events/record.ts";
import { EVENT_BY_CODE, EVENT_TYPES } from "../src/events/table.ts";
import type { EventType } from "../src/events/types.ts";
import type { Event } from "../src/fields/event.ts";
import type { Host } from "../src/host/host.ts";
import type { Process } from "../src/host/process.ts";
import { openStream, type Stream } from "./stream.ts";
import { loadEngine } from "./rules.ts";

/** A time for all events of a stream, and how often each rule matched. */
export interface Lap {
  readonly ns: number;
  readonly matches: readonly number[];
}

/** Growth of memory. */
export interface Growth {
  readonly events: number;
  readonly growthMB: number;
  readonly rssMB: number;
}

/** An event that is set from outside, as EventStream sets itself. */
class StreamEvent implements Event {
  readonly record: RecordReader;
  readonly host: Host;
  type: EventType = EVENT_TYPES[0]!;
  process: Process | undefined = undefined;
  num = 0;
  firstTime = 0n;

  constructor({ memory, host }: Stream) {
    this.record = new RecordReader(memory);
    this.host = host;
  }
}

/**
 * Goes through a stream round by round for some seconds of CPU time, which other work on the machine disturbs less than
 * the clock's; the runtime's own threads count.
 */
function lap(seconds: number, matches: number[], round: () => void): Lap {
  matches.fill(0);
  const start = process.cpuUsage();
  let spent = 0;
  let rounds = 0;
  do {
    round();
    rounds++;
    const { user, system } = process.cpuUsage(start);
    spent = (user + system) * 1e3;
  } while (spent < seconds * 1e9);
  return { ns: spent / rounds, matches: matches.map((count) => count / rounds) };
}

/** A round in which `judge` gives the number of the rule that an event matches, or -1. */
function judging(stream: Stream, matches: number[], judge: (event: Event) => number): () => void {
  const { offsets, processOf, processes } = stream;
  const event = new StreamEvent(stream);
  return () => {
    for (let i = 0; i < offsets.length; i++) {
      event.record.moveTo(offsets[i]!);
      event.type = EVENT_BY_CODE[event.record.type]!;
      const index = processOf[i]!;
      event.process = index < 0 ? undefined : processes[index];
      event.num++;
      const rule = judge(event);
      if (rule >= 0) matches[rule]!++;
    }
  };
}

function compiled(engine: Engine): (event: Event) => number {
  const numbers = new Map(engine.rules.map((rule, i) => [rule, i]));
  return (event) => {
    const rule = engine.evaluate(event);
    return rule === undefined ? -1 : numbers.get(rule)!;
  };
}

/** Rules by event type, as Falco has them, but each walked as a tree. */
function interpreted({ rules }: Engine): (event: Event) => number {
  const dispatch = dispatchOf(rules.map(({ rule, checks, events }) => ({ condition: rule.condition, checks, events })));
  const byCode: (readonly (readonly [number, CompiledRule])[] | undefined)[] = new Array(512).fill(undefined);
  for (const [{ code }, candidates] of dispatch) byCode[code] = candidates.map(({ rule }) => [rule, rules[rule]!]);
  return (event) => {
    for (const [number, { rule, checks }] of byCode[event.type.code] ?? []) {
      if (interpret(rule.condition, checks, event)) return number;
    }
    return -1;
  };
}

/** The whole way of a record but for its source: checked, taken in by the process tree, judged. */
function pipeline(stream: Stream, engine: Engine): () => void {
  const { memory, offsets } = stream;
  const events = new EventStream(stream.host, (event) => engine.evaluate(event));
  return () => {
    for (let i = 0; i < offsets.length; i++) {
      const base = offsets[i]!;
      events.take(memory, base, (offsets[i + 1] ?? memory.u8.length) - base);
    }
  };
}

/** What garbage collectors let lie before they look at everything is no growth: warming up ends when it stands still. */
const WARM_MILLIONS = { least: 5, most: 40 };
const STANDS_STILL_BYTES = 2 * 2 ** 20;

/** Growth of the resident set over ten million events, after a warm-up. */
function growthOf(round: () => void, events: number): Growth {
  const million = () => {
    for (let i = 0; i < 1e6; i += events) round();
    return process.memoryUsage().rss;
  };
  let warm = million();
  for (let done = 1, still = 0; done < WARM_MILLIONS.most && still < WARM_MILLIONS.least; done++) {
    const rss = million();
    still = rss > warm + STANDS_STILL_BYTES ? 0 : still + 1;
    warm = Math.max(warm, rss);
  }
  let most = warm;
  for (let i = 0; i < 10; i++) most = Math.max(most, million());
  return { events: 1e7, growthMB: (most - warm) / 2 ** 20, rssMB: most / 2 ** 20 };
}

async function main([kind, source, memory]: readonly string[]): Promise<void> {
  const { engine } = loadEngine();
  const stream = await openStream(source!);
  const matches = new Array<number>(engine.rules.length).fill(0);
  const round = kind === "pipeline"
    ? pipeline(stream, engine)
    : judging(stream, matches, kind === "compiled" ? compiled(engine) : interpreted(engine));
  if (memory) return void console.log(JSON.stringify(growthOf(round, stream.offsets.length)));
  for await (const line of createInterface(process.stdin)) {
    console.log(JSON.stringify(lap(Number(line), matches, round)));
  }
}

await main(process.argv.slice(2));
