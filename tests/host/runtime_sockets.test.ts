// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type RequestListener, type ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import type { ContainerFacts } from "../../src/host/container.ts";
import { Containers, type Identity } from "../../src/host/containers.ts";
import { RuntimeSockets } from "../../src/host/runtime_sockets.ts";

const A = "0123456789abcdef".repeat(4);
const IMAGE = "1".repeat(64);
const WEB: Identity = { type: "docker", fullId: A };
const LIMITS = { ms: 300, bytes: 64 << 10 };

/** As Docker 20 and later answer. */
const ANSWER = {
  Id: A,
  Name: "/web-é",
  Image: `sha256:${IMAGE}`,
  Config: { Image: "nginx:1.25", Labels: { app: "shop", long: "x".repeat(101) } },
  HostConfig: { Privileged: true, PidMode: "host", NetworkMode: "default", IpcMode: "private" },
  Mounts: [{ Type: "bind", Source: "/srv", Destination: "/data", Mode: "ro", RW: false, Propagation: "rprivate" }, 7],
  NetworkSettings: { Networks: { bridge: { IPAddress: "172.17.0.2" } } },
};

const FACTS: ContainerFacts = {
  type: "docker",
  name: "web-\xc3\xa9",
  image: "nginx:1.25",
  imageId: IMAGE,
  imageRepository: "nginx",
  imageTag: "1.25",
  imageDigest: undefined,
  privileged: true,
  hostPid: true,
  hostNetwork: false,
  hostIpc: false,
  mounts: [{ source: "/srv", destination: "/data", mode: "ro", rdwr: false, propagation: "rprivate" }],
  labels: new Map([["app", "shop"]]),
  ip: "172.17.0.2",
};

/** Runs `act` with the path of a socket on which `answer` answers. */
async function served<T>(answer: RequestListener, act: (path: string) => Promise<T>): Promise<T> {
  const directory = mkdtempSync(join(tmpdir(), "lanner-socket-"));
  const path = join(directory, "engine.sock");
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(path, resolve));
  try {
    return await act(path);
  } finally {
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
    rmSync(directory, { recursive: true });
  }
}

function json(value: unknown, status = 200): RequestListener {
  return (_, response) => response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(value));
}

/** Writes until nobody listens any more. */
function endless(response: ServerResponse): void {
  const chunk = Buffer.alloc(16 << 10, " ");
  const more = () => {
    while (!response.destroyed && response.write(chunk));
  };
  response.on("drain", more);
  more();
}

/** What becomes of two questions, and what is said meanwhile with PATH for the socket's. */
async function askTwice(answer: RequestListener, identity = WEB) {
  return await served(answer, async (path) => {
    const lines: string[] = [];
    const sockets = new RuntimeSockets(
      [{ type: "docker", path }],
      (line) => lines.push(line.replace(path, "PATH")),
      LIMITS,
    );
    const facts = [await sockets.ask(identity), await sockets.ask(identity)];
    return { facts, lines };
  });
}

describe("an engine's socket", () => {
  test("tells what `docker inspect` does", async () => {
    const asked: (string | undefined)[] = [];
    const { facts, lines } = await askTwice((question, response) => {
      asked.push(`${question.method} ${question.url}`);
      json(ANSWER)(question, response);
    });
    assert.deepEqual(facts, [FACTS, FACTS]);
    assert.deepEqual(lines, []);
    assert.deepEqual(asked, [`GET /containers/${A}/json`, `GET /containers/${A}/json`]);
  });

  test("that knows little tells that", async () => {
    const { facts } = await askTwice(json({ Id: A, Name: "/web", Config: 7, Mounts: null, HostConfig: [] }));
    assert.equal(facts[0]?.name, "web");
    assert.equal(facts[0]?.privileged, undefined);
  });

  test("that does not know the container is nothing to speak of", async () => {
    assert.deepEqual(await askTwice(json({ message: "No such container" }, 404)), {
      facts: [undefined, undefined],
      lines: [],
    });
  });

  const failures: [string, RequestListener, string][] = [
    ["does not answer", () => {}, "no answer within 300 ms"],
    ["stops in the middle", (_, response) => void response.write("{"), "no answer within 300 ms"],
    ["answers without end", (_, response) => endless(response), "an answer of more than 65536 bytes"],
    ["answers something else", (_, response) => void response.end("<html>"), "an answer of another form than Docker's"],
    [
      "answers a million brackets",
      (_, response) => void response.end("[".repeat(60_000)),
      "an answer of another form than Docker's",
    ],
    ["tells of another container", json({ ...ANSWER, Id: "f".repeat(64) }), "an answer of another form than Docker's"],
    ["has failed", json({}, 500), "HTTP status 500"],
    ["hangs up", ({ socket }) => void socket.destroy(), "ECONNRESET"],
  ];
  for (const [name, answer, why] of failures) {
    test(`that ${name} is told of once: ${why}`, async () => {
      const { facts, lines } = await askTwice(answer);
      assert.deepEqual(facts, [undefined, undefined]);
      assert.deepEqual(lines, [`lanner: container_engines: PATH: ${why}; names of its containers may be missing`]);
    });
  }

  test("that is not there is told of once, and the others are asked", async () => {
    await served(json(ANSWER), async (path) => {
      const lines: string[] = [];
      const sockets = new RuntimeSockets(
        [{ type: "docker", path: "/nonexistent/a.sock" }, { type: "podman", path }],
        (line) => lines.push(line),
      );
      assert.equal((await sockets.ask(WEB))?.type, "podman", "a bare hash is whose engine knows it");
      await sockets.ask(WEB);
      assert.deepEqual(lines, [
        "lanner: container_engines: /nonexistent/a.sock: ENOENT; names of its containers may be missing",
      ]);
    });
  });

  test("does not change what the cgroup says is Podman's", async () => {
    assert.equal((await askTwice(json(ANSWER), { ...WEB, type: "podman" })).facts[0]?.type, "podman");
  });

  test("is not asked about engines without this API", async () => {
    let asked = 0;
    await askTwice(() => asked++, { type: "lxc", fullId: "web" });
    assert.equal(asked, 0);
  });

  test("is asked about few containers at a time, and about all of them", async () => {
    let now = 0, most = 0;
    const names = await served((question, response) => {
      most = Math.max(most, ++now);
      const Id = question.url?.split("/")[2];
      setTimeout(() => (now--, json({ Id, Name: Id })(question, response)), 5);
    }, async (path) => {
      const sockets = new RuntimeSockets([{ type: "docker", path }], assert.fail);
      return await Promise.all(Array.from({ length: 50 }, (_, i) => sockets.ask({ type: "docker", fullId: `id${i}` })));
    });
    assert.deepEqual(names.map((facts) => facts?.name), Array.from({ length: 50 }, (_, i) => `id${i}`));
    assert.equal(most, 4);
  });

  test("is not asked about more containers than may wait, and that is said once", async () => {
    await served(json({}, 404), async (path) => {
      const lines: string[] = [];
      const sockets = new RuntimeSockets([{ type: "docker", path }], (line) => lines.push(line));
      let asked = 0;
      const all = Array.from({ length: 1040 }, () => sockets.ask(WEB).then(() => asked++));
      await all.at(-1);
      assert.ok(asked < 1028, "the last is answered before those that wait");
      assert.equal(lines.length, 1);
      assert.match(lines[0]!, /^lanner: container_engines: all sockets: more than 1024 containers wait/);
      await Promise.all(all);
    });
  });
});

describe("a container's facts", () => {
  const CGROUPS = `cpu=/docker/${A}\0`;

  /** The container before the answer came, and after; how often was asked. */
  async function twoSources(onDisk: ContainerFacts | undefined, answer: ContainerFacts | undefined) {
    let asked = 0;
    const containers = new Containers(() => onDisk, () => (asked++, Promise.resolve(answer)));
    const container = containers.of(CGROUPS, "");
    const before = container.facts;
    await Promise.resolve();
    await Promise.resolve();
    return {
      before,
      after: containers.of(CGROUPS, "").facts,
      same: containers.of("cpu=/docker/" + A + "/x\0cpu=/docker/" + A + "\0", "") === container,
      asked,
    };
  }

  test("are the answer's when the disk has none", async () => {
    assert.deepEqual(await twoSources(undefined, FACTS), { before: {}, after: FACTS, same: true, asked: 1 });
  });

  test("are the disk's where it has them, the answer's elsewhere", async () => {
    const onDisk = { name: "here", image: undefined, privileged: false, type: "cri-o" } as const;
    const { before, after, asked } = await twoSources(onDisk, FACTS);
    assert.equal(before.image, undefined);
    assert.deepEqual(after, { ...FACTS, name: "here", privileged: false, type: "cri-o" });
    assert.equal(asked, 1);
  });

  test("are not asked for when the disk has name and image", async () => {
    const onDisk = { name: "here", imageRepository: "nginx" };
    assert.deepEqual(await twoSources(onDisk, FACTS), { before: onDisk, after: onDisk, same: true, asked: 0 });
  });

  test("stay the disk's when nobody answers", async () => {
    const onDisk = { name: "here" };
    assert.deepEqual(await twoSources(onDisk, undefined), { before: onDisk, after: onDisk, same: true, asked: 1 });
  });
});
