// SPDX-License-Identifier: Apache-2.0

/** `evt.*`: when the event happened. Nothing here is computed before it is asked for. */
import { isoTime, localDate, localDateTime, localTime, nanoseconds } from "../events/render_time.ts";
import { type CatalogueField, eventField, field, type Traits } from "./define.ts";
import type { Event } from "./event.ts";

const SECOND = 1_000_000_000n;

/** The event's time in ns since the epoch. Allocates. */
export function epochTime(event: Event): bigint {
  return event.record.time + event.host.bootTime;
}

/** A time as text, which is ns since the epoch in JSON where Falco has it so. */
function timeField(
  name: string,
  doc: string,
  text: (ns: bigint) => string,
  nsInJson = false,
  traits: Traits = {},
): CatalogueField {
  return field(name, "CHARBUF", doc, () => ({
    get: (event) => text(epochTime(event)),
    ...(nsInJson ? { json: epochTime } : {}),
  }), traits);
}

const fullTime = (ns: bigint) => `${localTime(ns)}.${nanoseconds(ns)}`;

/** Fields that differ only in the part of the difference to the previous event that they give. */
function deltaField(name: string, doc: string, part: (ns: bigint) => bigint): CatalogueField {
  return field(name, "RELTIME", doc, () => {
    let previous: bigint | undefined;
    let number = 0;
    let value = 0n;
    return {
      stateful: true,
      get: (event) => {
        if (event.num !== number) {
          const now = event.record.time;
          value = part(previous === undefined ? 0n : now - previous);
          previous = now;
          number = event.num;
        }
        return value;
      },
    };
  });
}

/** Fields that differ only in the part of the time since the first event that they give. */
function relativeField(name: string, doc: string, part: (ns: bigint) => bigint): CatalogueField {
  return eventField(name, "RELTIME", doc, ({ record, firstTime }) => part(record.time - firstTime));
}

/** Fields of the class, in Falco's order. */
export const EVT_TIME_FIELDS: readonly CatalogueField[] = [
  timeField("evt.time", "Local time with nanoseconds.", fullTime, true),
  timeField("evt.time.s", "Local time without nanoseconds.", localTime),
  timeField("evt.time.iso8601", "Date and time in UTC, with nanoseconds, as ISO 8601 has it.", isoTime, true),
  timeField("evt.datetime", "Local date and time with nanoseconds.", (ns) => localDateTime(ns)),
  timeField("evt.datetime.s", "Local date and time without nanoseconds.", (ns) => `${localDate(ns)} ${localTime(ns)}`),
  eventField("evt.rawtime", "ABSTIME", "Nanoseconds since the epoch.", epochTime),
  eventField("evt.rawtime.s", "ABSTIME", "Seconds since the epoch.", (event) => epochTime(event) / SECOND),
  eventField("evt.rawtime.ns", "ABSTIME", "Nanoseconds within the second.", (event) => epochTime(event) % SECOND),
  relativeField("evt.reltime", "Nanoseconds since the first event that was seen.", (ns) => ns),
  relativeField("evt.reltime.s", "The seconds of evt.reltime.", (ns) => ns / SECOND),
  relativeField("evt.reltime.ns", "The nanoseconds of evt.reltime within the second.", (ns) => ns % SECOND),
  deltaField("evt.deltatime", "Nanoseconds since the previous event that this field was asked of.", (ns) => ns),
  deltaField("evt.deltatime.s", "The seconds of evt.deltatime.", (ns) => ns / SECOND),
  deltaField("evt.deltatime.ns", "The nanoseconds of evt.deltatime within the second.", (ns) => ns % SECOND),
  timeField("evt.outputtime", "Local time with nanoseconds.", fullTime, false, { printOnly: true }),
];
