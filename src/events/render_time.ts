// SPDX-License-Identifier: Apache-2.0

/** Points in time as text, in Falco's forms. All take ns since the epoch and are called only for what is printed. */

const SECOND = 1_000_000_000n;

function two(value: number): string {
  return value < 10 ? `0${value}` : String(value);
}

/** The nine digits of the nanoseconds. */
export function nanoseconds(ns: bigint): string {
  return String(ns % SECOND).padStart(9, "0");
}

function date(ns: bigint): Date {
  return new Date(Number(ns / 1_000_000n));
}

/** Local `HH:MM:SS`. */
export function localTime(ns: bigint): string {
  const d = date(ns);
  return `${two(d.getHours())}:${two(d.getMinutes())}:${two(d.getSeconds())}`;
}

/** Local `YYYY-MM-DD`. */
export function localDate(ns: bigint): string {
  const d = date(ns);
  return `${d.getFullYear()}-${two(d.getMonth() + 1)}-${two(d.getDate())}`;
}

/** Local `YYYY-MM-DD HH:MM:SS.nnnnnnnnn`, followed by ` +zzzz` when the zone is asked for. */
export function localDateTime(ns: bigint, zone = false): string {
  const text = `${localDate(ns)} ${localTime(ns)}.${nanoseconds(ns)}`;
  if (!zone) return text;
  const minutes = -date(ns).getTimezoneOffset();
  const size = Math.abs(minutes);
  return `${text} ${minutes < 0 ? "-" : "+"}${two(Math.floor(size / 60))}${two(size % 60)}`;
}

/** UTC `YYYY-MM-DDTHH:MM:SS.nnnnnnnnn+0000`. */
export function isoTime(ns: bigint): string {
  return `${date(ns).toISOString().slice(0, 19)}.${nanoseconds(ns)}+0000`;
}
