// SPDX-License-Identifier: Apache-2.0

/** Files in memory: with memfd_create, and on kernels that have none. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { constants } from "node:os";
import { describe, test } from "node:test";
import { loadLibc } from "../../src/native/libc.ts";
import { memoryFile } from "../../src/native/memfd.ts";

const BYTES = new Uint8Array([0x7f, 0x45, 0x4c, 0x46, 0, 1, 2, 255]);

/** A kernel that refuses memfd_create, with an error. */
const refusing = (errno: number) => ({ memfdCreate: () => -errno });

const ours = () => readdirSync("/dev/shm").filter((name) => name.startsWith("lanner-test-"));

describe("a file in memory", () => {
  test("holds the bytes and has no name in any folder", () => {
    const path = memoryFile(loadLibc(), "lanner-test-memfd", BYTES);
    assert.deepEqual(new Uint8Array(readFileSync(path)), BYTES);
    assert.match(readlinkSync(path), /^\/memfd:lanner-test-memfd/);
  });

  test("does so on a kernel without memfd_create", () => {
    const path = memoryFile(refusing(constants.errno.ENOSYS), "lanner-test-shm", BYTES);
    assert.deepEqual(new Uint8Array(readFileSync(path)), BYTES);
    assert.match(readlinkSync(path), /^\/dev\/shm\/lanner-test-shm-.* \(deleted\)$/);
    assert.deepEqual(ours(), []);
  });

  test("is not tried elsewhere when it is forbidden", () => {
    assert.throws(
      () => memoryFile(refusing(constants.errno.EPERM), "lanner-test-none", BYTES),
      /no file in memory for lanner-test-none \(memfd_create, errno 1\)/,
    );
  });
});
