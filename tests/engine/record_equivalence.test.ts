// SPDX-License-Identifier: Apache-2.0

/**
 * What generated code reads from records itself, four bytes at a time, against the fields' own functions: paths of all
 * lengths around a word's, joined to directories of all lengths, with whatever bytes; numbers that are there or not.
 */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { describe, test } from "node:test";
import { buildEngine } from "../../src/engine/build.ts";
import type { CompiledRule } from "../../src/engine/engine.ts";
import { interpret } from "../../src/engine/interpreter.ts";
import { FIELD_CATALOGUE } from "../../src/fields/catalogue.ts";
import { eventOf, processOf, typeCode } from "../fields/support.ts";
import { ruleOf, ruleSetOf } from "../support/engine.ts";
import { Random } from "../support/random.ts";
import type { ParamValue } from "../support/records.ts";

const TYPES = ["open", "openat", "openat2", "creat", "unlinkat", "symlink", "mkdir"];
const TEXTS = [
  "fd.name",
  "fd.nameraw",
  "fd.directory",
  "fd.filename",
  "fs.path.name",
  "fs.path.target",
  "evt.arg.name",
];
const PIECES = ["/", "/", "/", ".", "..", "a", "ab", "abc", "etc", "shadow", "\xc3\xa9", "\xff", "..b", "a..", ".ssh"];

/** A path of up to 20 bytes, often one that needs no work. */
function randomPath(random: Random, absolute: boolean): string {
  let path = absolute ? "/" : "";
  const length = random.below(21);
  const plain = random.below(2) === 0;
  while (path.length < length) {
    path += plain ? String.fromCharCode(97 + random.below(26)) : random.pick(PIECES);
    if (plain && random.below(4) === 0) path += "/x";
  }
  return path.slice(0, length);
}

/** What the shim's records hold: bytes, and the NUL that ends them. */
function textParam(path: string): Uint8Array {
  return Buffer.from(`${path}\0`, "latin1");
}

function randomParams(
  random: Random,
  type: string,
  paths: readonly string[],
  directories: readonly string[],
): Record<string, ParamValue> {
  const params: Record<string, ParamValue> = {};
  const name = { unlinkat: "name", symlink: "target", mkdir: "path" }[type] ?? "name";
  if (random.below(12) > 0) params[name] = textParam(random.pick(paths));
  const relative = type === "openat" || type === "openat2" || type === "unlinkat";
  if (relative) params["dirfd"] = random.below(2) === 0 ? -100 : 7;
  if (type !== "symlink" && type !== "mkdir" && random.below(4) > 0) {
    params["name_dir"] = textParam(random.pick(directories));
  }
  if (type === "unlinkat" || type === "symlink" || type === "mkdir") return { ...params, res: -random.below(2) };
  if (random.below(10) > 0) params["fd"] = random.pick([3, -1, -2, 2 ** 33]);
  if (random.below(10) > 0 && type !== "creat") params["flags"] = random.pick([1, 2, 3, 1025, 4097, 1 << 8 | 2]);
  if (random.below(3) > 0) params["fd_type"] = random.pick([typeCode("f"), typeCode("d"), 0]);
  return params;
}

/** A part of a path, mostly one that starts or ends at its edge. */
function randomPiece(random: Random, path: string): string {
  const from = random.pick([0, 0, random.below(path.length + 1)]);
  const to = random.pick([path.length, path.length, random.below(path.length + 1)]);
  return path.slice(Math.min(from, to), Math.max(from, to));
}

/** A literal of the language: bytes that are no UTF-8 can't be written, quotes and backslashes are not in use here. */
function literal(text: string): string {
  return `"${Buffer.from(text, "latin1").toString("utf8").replaceAll("\ufffd", "")}"`;
}

function randomCheck(random: Random, paths: readonly string[]): string {
  const field = random.pick(TEXTS);
  const piece = () => literal(randomPiece(random, random.pick(paths)));
  switch (random.below(8)) {
    case 0:
      return `${field} in (${Array.from({ length: 1 + random.below(30) }, piece).join(", ")})`;
    case 1:
      return `fd.typechar ${random.pick(["=", "!="])} ${random.pick(["f", "d", "o", "4"])}`;
    case 2:
      return `fd.num ${random.pick(["=", "!=", "<", ">=", ">"])} ${random.pick(["-1", "0", "3", "8589934592"])}`;
    case 3:
      return `evt.is_open_${random.pick(["read", "write"])} = ${random.pick(["true", "false"])}`;
    default:
      return `${field} ${random.pick(["=", "!=", "contains", "startswith", "endswith", "glob"])} ${piece()}`;
  }
}

function randomCondition(random: Random, pool: readonly string[]): string {
  const part = () => `${random.pick(["", "", "not "])}${random.pick(pool)}`;
  return Array.from({ length: 1 + random.below(3) }, () => `(${part()} ${random.pick(["and", "or"])} ${part()})`)
    .join(random.pick([" and ", " or "]));
}

describe("conditions on records, compiled and interpreted, agree", () => {
  for (let seed = 1; seed <= 40; seed++) {
    test(`on random paths and numbers, seed ${seed}`, () => {
      const random = new Random(seed);
      const paths = Array.from({ length: 12 }, () => randomPath(random, random.below(2) === 0));
      const directories = Array.from({ length: 6 }, () => `/${randomPath(random, false)}`);
      const joined = paths.map((path) => `${random.pick(directories)}/${path}`);
      const pool = Array.from({ length: 10 }, () => randomCheck(random, [...paths, ...joined]));
      const rules = Array.from({ length: 8 }, (_, i) =>
        ruleOf(
          `evt.type in (${TYPES.join()}) and ` +
            randomCondition(random, pool),
          `rule ${i}`,
        ));
      const { engine, diagnostics } = buildEngine(ruleSetOf(rules), FIELD_CATALOGUE, {
        matching: "all",
        minimumPriority: "Debug",
      });
      if (engine === undefined) throw new Error(JSON.stringify(diagnostics));
      const process = processOf({ comm: "cat", cwd: "/home/ada", revision: seed });
      for (let i = 0; i < 150; i++) {
        const type = random.pick(TYPES);
        const params = randomParams(random, type, paths, directories);
        const event = eventOf(type, params, random.below(8) === 0 ? {} : { process });
        const matching: readonly CompiledRule[] = engine.rules.filter(({ rule, checks }) =>
          interpret(rule.condition, checks, event)
        );
        const found: string[] = [];
        engine.evaluateAll(event, ({ rule }) => found.push(rule.conditionText.value));
        const wanted = matching.map(({ rule }) => rule.conditionText.value);
        assert.deepEqual(found, wanted, `${type} ${JSON.stringify(params)}`);
      }
    });
  }
});
