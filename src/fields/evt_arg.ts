// SPDX-License-Identifier: Apache-2.0

/** `evt.arg`, `evt.rawarg`, `evt.abspath`: single arguments of the event. */
import { HEXADECIMAL } from "../events/render.ts";
import { EVENT_TYPES } from "../events/table.ts";
import type { EventType, ValueType } from "../events/types.ts";
import { type CatalogueField, fieldWithArgument, type Reader } from "./define.ts";
import type { Event } from "./event.ts";
import { locateAbsolute, locateArgument } from "./event_path.ts";
import { FALCO_PARAMS } from "./falco_params.ts";
import { FieldError, type Slice, type Value } from "./field.ts";
import { paramText } from "./param_text.ts";
import { emptySlice, PathJoiner, sliceText } from "./path.ts";

const PATHS: ReadonlySet<ValueType> = new Set(["FSPATH", "FSRELPATH"]);
const TEXTS: ReadonlySet<ValueType> = new Set(["CHARBUF", "FSPATH", "FSRELPATH"]);
const SMALL_FLAGS = /^(ENUM)?FLAGS|^MODE$/;

/** Types by which Falco's event table has each parameter name first; ours, then those of events we don't have. */
const PARAM_TYPES: ReadonlyMap<string, ValueType> = (() => {
  const types = new Map<string, ValueType>(FALCO_PARAMS);
  for (const { params } of EVENT_TYPES) {
    for (const { name, type, own } of params) if (!own && !types.has(name)) types.set(name, type);
  }
  return types;
})();

function knownParam(field: string, name: string): string {
  if (PARAM_TYPES.has(name)) return name;
  throw new FieldError(`no event has an argument ${name}, which ${field} asks for`, {
    word: name,
    candidates: [...PARAM_TYPES.keys()],
  });
}

/** Index of a parameter in each type that has it, by event code. */
function indexByCode(find: (type: EventType) => number): (type: EventType) => number {
  const indices = new Int8Array(512).fill(-1);
  for (const type of EVENT_TYPES) {
    const index = find(type);
    if (index >= 0 && !type.params[index]!.own) indices[type.code] = index;
  }
  return (type) => indices[type.code]!;
}

/** Reads parameters of text type in place, all of which `index` must give. */
function locator(index: (type: EventType) => number): (event: Event, into: Slice) => boolean {
  const joiner = new PathJoiner();
  return (event, into) => {
    const at = index(event.type);
    if (at < 0) return false;
    const isPath = PATHS.has(event.type.params[at]!.type);
    if (isPath || event.record.len(at) === 0) locateArgument(event, at, joiner, into);
    else {
      into.u8 = event.record.memory.u8;
      into.offset = event.record.offset(at);
      into.length = event.record.len(at) - 1;
    }
    return true;
  };
}

/** Text of flags, kept: rules match it for every event, and the same few numbers come again and again. */
function rememberFlags(text: (event: Event, at: number) => string): (event: Event, at: number) => string {
  const limit = 1024;
  const kept = new Map<number, string>();
  return (event, at) => {
    const { record, type } = event;
    if (!SMALL_FLAGS.test(type.params[at]!.type) || !record.hasNumber(at)) return text(event, at);
    const key = (record.low(at) >>> 0) * 512 + type.code;
    let value = kept.get(key);
    if (value === undefined) {
      if (kept.size >= limit) kept.clear();
      kept.set(key, value = text(event, at));
    }
    return value;
  };
}

function argumentReader(index: (type: EventType) => number): Reader {
  const types = EVENT_TYPES.filter((type) => index(type) >= 0);
  const presentOn = (type: EventType) => index(type) >= 0;
  if (types.length > 0 && types.every((type) => TEXTS.has(type.params[index(type)]!.type))) {
    const locate = locator(index);
    const slice = emptySlice();
    return { get: (event) => locate(event, slice) ? sliceText(slice) : undefined, locate, presentOn };
  }
  const text = rememberFlags((event, at) => paramText(event, at));
  return {
    get: (event) => {
      const at = index(event.type);
      return at < 0 ? undefined : text(event, at);
    },
    output: (event, bufferText) => {
      const at = index(event.type);
      return at < 0 ? undefined : paramText(event, at, bufferText);
    },
    presentOn,
  };
}

/** A parameter's own value; missing when it is not in the record. */
function typedValue({ record, type }: Event, at: number): Value | undefined {
  if (at < 0 || record.len(at) === 0) return undefined;
  const param = type.params[at]!;
  if (TEXTS.has(param.type)) return record.text(at);
  if (param.type === "BYTEBUF" || param.type === "SOCKADDR" || param.type === "SOCKTUPLE") return record.bytes(at);
  if (!record.hasNumber(at)) return undefined;
  switch (param.type) {
    case "UINT64":
    case "ABSTIME":
    case "RELTIME":
    case "DYN":
      return BigInt.asUintN(64, record.big(at));
    case "INT64":
    case "FD":
    case "PID":
    case "ERRNO":
      return record.number(at);
    case "INT32":
      return record.low(at);
    default:
      return record.low(at) >>> 0;
  }
}

/** A parameter's number as Falco's table has it printed: octal for modes, upper-case hexadecimal for bits. */
function inItsBase(value: Value | undefined, name: string): Value | undefined {
  if (typeof value !== "number" && typeof value !== "bigint") return value;
  if (name === "mode") return value.toString(8);
  const bits = PARAM_TYPES.get(name)!.startsWith("FLAGS") || HEXADECIMAL.has(name);
  return bits ? value.toString(16).toUpperCase() : value;
}

/** Path parameters that `evt.abspath` speaks of; its `.src` and `.dst` differ only for the calls with two. */
function abspathIndex(type: EventType, which: "src" | "dst"): number {
  const wanted = which === "dst" ? "newpath" : "oldpath";
  const found = type.params.findIndex((param) => param.dirfd !== undefined && param.name === wanted);
  return found >= 0 ? found : type.params.findIndex((param) => param.dirfd !== undefined);
}

/** Fields of the class, in Falco's order. */
export const EVT_ARG_FIELDS: readonly CatalogueField[] = [
  fieldWithArgument(
    "evt.arg",
    "CHARBUF",
    "One argument of the event as text, by name (evt.arg.name) or place (evt.arg[0]).",
    "required",
    (argument) => {
      if (argument === undefined || argument === "") throw new FieldError("evt.arg needs an argument");
      if (/^[0-9]+$/.test(argument)) {
        const place = Number(argument);
        return argumentReader(indexByCode((type) => place < type.params.length ? place : -1));
      }
      const name = knownParam("evt.arg", argument);
      return argumentReader(indexByCode((type) => type.index.get(name) ?? -1));
    },
    { dotted: true },
  ),
  fieldWithArgument(
    "evt.rawarg",
    "DYN",
    "One argument of the event as the number or text that it is: evt.rawarg.flags.",
    "required",
    (argument) => {
      const name = knownParam("evt.rawarg", argument ?? "");
      const index = indexByCode((type) => type.index.get(name) ?? -1);
      return {
        type: PARAM_TYPES.get(name)!,
        get: (event) => typedValue(event, index(event.type)),
        output: (event) => inItsBase(typedValue(event, index(event.type)), name),
        presentOn: (type) => index(type) >= 0,
      };
    },
    { dotted: true, noRhs: true, noTransformer: true },
  ),
  fieldWithArgument(
    "evt.abspath",
    "CHARBUF",
    "Path argument of a call that takes a directory descriptor, made absolute; evt.abspath.src and .dst of two.",
    "optional",
    (argument) => {
      if (argument !== undefined && argument !== "src" && argument !== "dst") {
        throw new FieldError(`evt.abspath takes src or dst, not ${argument}`);
      }
      const index = indexByCode((type) => abspathIndex(type, argument ?? "src"));
      const joiner = new PathJoiner();
      const slice = emptySlice();
      const locate = (event: Event, into: Slice) => {
        const at = index(event.type);
        if (at < 0 || event.record.len(at) === 0) return false;
        locateAbsolute(event, at, joiner, into);
        return true;
      };
      return {
        locate,
        get: (event) => locate(event, slice) ? sliceText(slice) : undefined,
        presentOn: (type) => index(type) >= 0,
      };
    },
    { dotted: true },
  ),
];
