// SPDX-License-Identifier: Apache-2.0

/** Reading the JSON files that container runtimes leave on disk. Parts of them were written by who made the container. */
import { Buffer } from "node:buffer";
import { constants, existsSync } from "node:fs";
import { z } from "zod";
import { encodeText } from "../events/text.ts";
import type { Labels } from "./container.ts";
import { readStart } from "./files.ts";

/** Files of one container larger than this are not read: a pod with a thousand mounts stays below. */
const LIMIT_BYTES = 4 << 20;

/** The same for what an ordinary user wrote, who could have us read and remember one after another. */
export const USER_LIMIT_BYTES = 64 << 10;

/** Labels and mounts of one container that are kept at most. */
export const LIST_LIMIT = 256;

/** Falco's default for label_max_len: labels with a longer value are left out. */
const LABEL_VALUE_LIMIT = 100;

/** Text as rules compare it. */
export const Text = z.string().transform(encodeText);

/** A part that is left out when it is missing, null, or not of this form, so that one bad part does not cost the rest. */
export function part<T extends z.ZodType>(schema: T) {
  return schema.nullish().transform((value) => value ?? undefined).catch(undefined);
}

/** Names with text, those with a value that is none left out. */
export const TextMap = z.record(z.string(), z.unknown()).transform((record): Labels => {
  const texts = new Map<string, string>();
  for (const [name, value] of Object.entries(record)) {
    if (texts.size >= LIST_LIMIT) break;
    if (typeof value === "string") texts.set(encodeText(name), encodeText(value));
  }
  return texts;
});

/** The value that JSON bytes hold, undefined when it is not of this form: cut, being written, of another version. */
export function parseJson<T>(bytes: string | undefined, schema: z.ZodType<T>): T | undefined {
  if (bytes === undefined || bytes === "") return undefined;
  try {
    return schema.safeParse(JSON.parse(Buffer.from(bytes, "latin1").toString("utf8"))).data;
  } catch {
    return undefined;
  }
}

/** What a JSON file holds, likewise; undefined when it can't be read. A symbolic link in its place is not followed. */
export function readJson<T>(path: string, schema: z.ZodType<T>, limit = LIMIT_BYTES): T | undefined {
  if (!existsSync(path)) return undefined; // most are not there, and a failed open costs ten times as much
  return parseJson(readStart(path, limit, constants.O_NOFOLLOW), schema);
}

/** The labels that Falco keeps. */
export function keptLabels(labels: Labels | undefined): Labels | undefined {
  if (labels === undefined) return undefined;
  return new Map([...labels].filter(([, value]) => value.length <= LABEL_VALUE_LIMIT));
}
