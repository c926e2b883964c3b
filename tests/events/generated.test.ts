// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { GENERATED_FILES } from "../../scripts/generate.ts";
import { EVENT_BY_CODE, EVENT_TYPES } from "../../src/events/table.ts";
import { SYMBOLS } from "../../src/events/symbols.ts";

describe("the event table", () => {
  for (const [path, text] of GENERATED_FILES) {
    test(`${path} is what \`deno task generate\` writes`, () => {
      const written = readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");
      assert.equal(written, text(), "run `deno task generate`");
    });
  }

  test("has each code once, in ascending order, and finds types by it", () => {
    const codes = EVENT_TYPES.map((type) => type.code);
    assert.deepEqual(codes, [...new Set(codes)].sort((a, b) => a - b));
    for (const type of EVENT_TYPES) assert.equal(EVENT_BY_CODE[type.code], type);
  });

  test("names each parameter of an event once, Falco's before our own", () => {
    for (const { name, params, index } of EVENT_TYPES) {
      assert.equal(index.size, params.length, name);
      const own = params.map((param) => param.own);
      assert.deepEqual(own, [...own].sort(), name);
    }
  });

  test("relates paths to directory descriptors that are descriptors", () => {
    for (const { name, params } of EVENT_TYPES) {
      for (const param of params) {
        if (param.dirfd !== undefined) assert.equal(params[param.dirfd]?.type, "FD", `${name}.${param.name}`);
        if (param.type === "FSRELPATH") assert.notEqual(param.dirfd, undefined, `${name}.${param.name}`);
        if (param.symbols !== undefined) assert.ok(SYMBOLS[param.symbols], `${name}.${param.name}`);
      }
    }
  });
});
