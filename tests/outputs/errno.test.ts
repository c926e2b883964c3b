// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { constants } from "node:os";
import { test } from "node:test";
import { errnoWords, errorWords } from "../../src/outputs/errno.ts";

test("every error of the system is said in words, and none as a code alone", () => {
  for (const [code, errno] of Object.entries(constants.errno)) {
    const words = errnoWords(errno);
    assert.match(words, /^[a-z].* /, code);
    assert.ok(errorWords(Object.assign(new Error(), { code })).includes(" "), code);
  }
  assert.equal(errnoWords(constants.errno.ELOOP), "too many symbolic links, perhaps in a circle");
  assert.equal(errnoWords(constants.errno.EDOM), "the system refused it (EDOM)");
  assert.equal(errnoWords(4000), "the system refused it (error 4000)");
});
