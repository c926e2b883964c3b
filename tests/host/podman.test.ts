// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import type { Identity } from "../../src/host/containers.ts";
import { findInStorage, splitImage } from "../../src/host/podman.ts";

const A = "0123456789abcdef".repeat(4);
const WEB: Identity = { type: "podman", fullId: A };
const ENTRY = {
  id: A,
  names: ["web"],
  image: "1".repeat(64),
  layer: "2".repeat(64),
  metadata: JSON.stringify({ "image-name": "docker.io/library/nginx:1.25", "image-id": "1".repeat(64), name: "web-é" }),
  created: "2026-01-01T00:00:00Z",
};

/** What is found where a list of containers holds this text. */
function find(
  text: string,
  identity: Identity = WEB,
  list = "var/lib/containers/storage/overlay-containers/containers.json",
) {
  const root = mkdtempSync(join(tmpdir(), "lanner-podman-"));
  try {
    mkdirSync(join(root, list, ".."), { recursive: true });
    writeFileSync(join(root, list), text);
    return findInStorage(identity, root);
  } finally {
    rmSync(root, { recursive: true });
  }
}

describe("Podman's list of containers", () => {
  const known = { name: "web-\xc3\xa9", imageRepository: "docker.io/library/nginx", imageTag: "1.25" };

  test("gives name and image", () => assert.deepEqual(find(JSON.stringify([{ id: "x" }, ENTRY])), known));

  test("may be the one of containers that don't outlast a reboot", () => {
    const list = "run/containers/storage/overlay-containers/volatile-containers.json";
    assert.deepEqual(find(JSON.stringify([ENTRY]), WEB, list), known);
  });

  test("gives the name alone where there is no metadata", () => {
    const found = find(JSON.stringify([{ id: A, names: ["web"] }]));
    assert.deepEqual(found, { name: "web", imageRepository: undefined, imageTag: undefined });
  });

  const nothing: [string, string, Identity?][] = [
    ["another container", JSON.stringify([ENTRY]), { type: "podman", fullId: "f".repeat(64) }],
    ["another engine", JSON.stringify([ENTRY]), { type: "docker", fullId: A }],
    ["a list that is cut", JSON.stringify([ENTRY]).slice(0, -5)],
    ["a list of another form", JSON.stringify({ [A]: ENTRY })],
    ["names that are no names", JSON.stringify([{ id: A, names: [7] }])],
  ];
  for (const [name, text, identity] of nothing) {
    test(`gives nothing for ${name}`, () => assert.equal(find(text, identity), undefined));
  }

  test("need not be there", () => assert.equal(findInStorage(WEB, "/nonexistent"), undefined));
});

describe("an image's name", () => {
  const cases: [string | undefined, string | undefined, string | undefined][] = [
    ["nginx", "nginx", ""],
    ["nginx:1.25", "nginx", "1.25"],
    ["localhost:5000/a/b", "localhost:5000/a/b", ""],
    ["localhost:5000/a/b:c", "localhost:5000/a/b", "c"],
    [`quay.io/a@sha256:${A}`, "quay.io/a", ""],
    [`quay.io/a:1@sha256:${A}`, "quay.io/a", "1"],
    ["", undefined, undefined],
    [undefined, undefined, undefined],
  ];
  for (const [image, imageRepository, imageTag] of cases) {
    test(`${image} is split`, () => assert.deepEqual(splitImage(image), { imageRepository, imageTag }));
  }
});
