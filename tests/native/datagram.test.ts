// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { DatagramSocket } from "../../src/native/datagram.ts";
import { loadLibc } from "../../src/native/libc.ts";

const { EBADF, ECONNREFUSED, ENAMETOOLONG, ENOENT, ENOTCONN, ENOTSOCK, EPIPE } = constants.errno;

describe("a local datagram socket", () => {
  const dir = mkdtempSync(join(tmpdir(), "lanner-datagram-"));
  const file = join(dir, "file");
  writeFileSync(file, "");

  const refused: readonly (readonly [what: string, path: string, errno: number])[] = [
    ["nothing", join(dir, "none"), ENOENT],
    ["a plain file", file, ECONNREFUSED],
    ["a path of 108 bytes", "x".repeat(108), ENAMETOOLONG],
    ["a path of 107 bytes", "x".repeat(107), ENOENT],
  ];
  for (const [what, path, errno] of refused) {
    test(`connecting to ${what} returns the errno and leaves it unconnected`, () => {
      const socket = new DatagramSocket(loadLibc());
      assert.equal(socket.connect(path), -errno);
      assert.equal(socket.connected, false);
      assert.equal(socket.send(Buffer.from("x")), -ENOTCONN);
      socket.close();
      socket.close();
    });
  }

  test("falls back to a stream, and a peer that has gone is an errno, not a signal", async () => {
    const path = join(dir, "stream");
    const server = createServer((peer) => peer.destroy());
    await new Promise<void>((resolve) => server.listen(path, resolve));
    const socket = new DatagramSocket(loadLibc());
    assert.equal(socket.connect(path), 0);
    assert.equal(socket.stream, true);
    await new Promise((resolve) => server.close(resolve));
    let result = 0;
    for (let i = 0; i < 100 && result >= 0; i++) result = socket.send(Buffer.from("x"));
    assert.equal(result, -EPIPE);
    socket.close();
    rmSync(dir, { recursive: true });
  });

  test("the C library's errors come as negative errno", () => {
    const libc = loadLibc();
    assert.equal(libc.close(1_000_000), -EBADF);
    assert.equal(libc.send(1_000_000, Buffer.from("x"), 0), -EBADF);
    assert.ok([-EBADF, -ENOTSOCK].includes(libc.connect(1_000_000, Buffer.alloc(110))));
  });
});
