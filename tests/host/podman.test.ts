// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { DatabaseSync } from "node:sqlite";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import type { Identity } from "../../src/host/containers.ts";
import { namedImage } from "../../src/host/image.ts";
import { findInPodman } from "../../src/host/podman.ts";
import { bind, type Content, onDisk, spec } from "./disk.ts";

const A = "0123456789abcdef".repeat(4);
const IMAGE = "1".repeat(64);
const DIGEST = `sha256:${"d".repeat(64)}`;
const WEB: Identity = { type: "podman", fullId: A };
const GRAPH = "var/lib/containers/storage";
const LIST = `${GRAPH}/overlay-containers/containers.json`;
const ENTRY = {
  id: A,
  names: ["web"],
  image: IMAGE,
  layer: "2".repeat(64),
  metadata: JSON.stringify({ "image-name": "docker.io/library/nginx:1.25", "image-id": IMAGE, name: "web-é" }),
  created: "2026-01-01T00:00:00Z",
};
const NAMED = {
  name: "web-\xc3\xa9",
  image: "docker.io/library/nginx:1.25",
  imageRepository: "docker.io/library/nginx",
  imageTag: "1.25",
};

function find(files: Record<string, Content>, identity = WEB) {
  return onDisk(files, (root) => findInPodman(identity, root));
}

/** The facts of a container without those that are undefined. */
function facts(files: Record<string, Content>, identity = WEB) {
  return Object.fromEntries(Object.entries(find(files, identity) ?? {}).filter(([, value]) => value !== undefined));
}

describe("Podman's list of containers", () => {
  test("gives name and image", () => {
    assert.deepEqual(facts({ [LIST]: [{ id: "x" }, ENTRY] }), { ...NAMED, imageId: IMAGE });
  });

  test("may be the one of containers that don't outlast a reboot", () => {
    const list = "run/containers/storage/overlay-containers/volatile-containers.json";
    assert.equal(facts({ [list]: [ENTRY] })["name"], NAMED.name);
  });

  test("gives the name alone where there is no metadata", () => {
    assert.deepEqual(facts({ [LIST]: [{ id: A, names: ["web"] }] }), { name: "web" });
  });

  test("gives the image's digest by the storage's list of images", () => {
    const images = [{ id: "x", digest: "no" }, { id: IMAGE, digest: DIGEST, names: null }];
    assert.equal(facts({ [LIST]: [ENTRY], [`${GRAPH}/overlay-images/images.json`]: images })["imageDigest"], DIGEST);
  });

  const nothing: [string, Content, Identity?][] = [
    ["another container", [ENTRY], { type: "podman", fullId: "f".repeat(64) }],
    ["a list that is cut", JSON.stringify([ENTRY]).slice(0, -5)],
    ["a list of another form", { [A]: ENTRY }],
    ["a list with something else in it", [ENTRY, 7]],
    ["an empty file", ""],
    ["a million brackets", "[".repeat(1 << 20)],
  ];
  for (const [name, list, identity] of nothing) {
    test(`gives nothing for ${name}`, () => assert.equal(find({ [LIST]: list }, identity), undefined));
  }

  test("need not be there", () => assert.equal(findInPodman(WEB, "/nonexistent"), undefined));
});

/** A bundle with a user's mount, and Podman's own. */
function bundle(graph: string, run: string) {
  return spec({
    mounts: [
      bind("/srv/data", "/data", "ro"),
      bind(`/${graph}/overlay-containers/${A}/userdata/shm`, "/dev/shm"),
      bind(`/${run}/overlay-containers/${A}/userdata/hosts`, "/etc/hosts"),
    ],
    shares: ["pid"],
  });
}

describe("a bundle of Podman's", () => {
  const mounts = [{ source: "/srv/data", destination: "/data", mode: "", rdwr: false, propagation: "rprivate" }];

  test("gives mounts without Podman's own, and namespaces", () => {
    const known = facts({
      [LIST]: [ENTRY],
      [`${GRAPH}/overlay-containers/${A}/userdata/config.json`]: bundle(GRAPH, "run/containers/storage"),
    });
    const guards = { privileged: false, hostPid: true, hostNetwork: false, hostIpc: false };
    assert.deepEqual(known, { ...NAMED, imageId: IMAGE, ...guards, mounts });
  });

  const runtimes: [string, string, object][] = [
    ["crun", "status", { pid: 7, bundle: `/srv/pods/overlay-containers/${A}/userdata` }],
    ["runc", "state.json", { config: { labels: ["x=y", `bundle=/srv/pods/overlay-containers/${A}/userdata`] } }],
  ];
  for (const [runtime, file, state] of runtimes) {
    for (const [whose, run, uid] of [["root", "run", undefined], ["a user", "run/user/1000", 1000]] as const) {
      test(`is found in a storage anywhere by what ${runtime} of ${whose} keeps of the running one`, () => {
        const files = {
          [`${run}/${runtime}/${A}/${file}`]: state,
          [`srv/pods/overlay-containers/${A}/userdata/config.json`]: bundle("srv/pods", "srv/run"),
          ["srv/run/overlay-containers/volatile-containers.json"]: [ENTRY],
        };
        const identity: Identity = { ...WEB, ...(uid === undefined ? {} : { uid }) };
        const known = facts(files, identity);
        assert.deepEqual([known["name"], known["mounts"]], [NAMED.name, mounts]);
      });
    }
  }

  test("of a user is not looked for where another user's could be", () => {
    const files = { [`run/user/1000/crun/${A}/status`]: { bundle: `/srv/overlay-containers/${A}/userdata` } };
    const here = { [`srv/overlay-containers/${A}/userdata/config.json`]: bundle("srv", "srv/run") };
    assert.equal(find({ ...files, ...here }), undefined);
    assert.equal(find({ ...files, ...here }, { ...WEB, uid: 1001 }), undefined);
    assert.notEqual(find({ ...files, ...here }, { ...WEB, uid: 1000 }), undefined);
  });

  test("of a user is not read when it is huge", () => {
    const files = {
      [`run/user/1000/crun/${A}/status`]: { bundle: `/srv/overlay-containers/${A}/userdata` },
      [`srv/overlay-containers/${A}/userdata/config.json`]: { ...bundle("srv", "srv"), x: "x".repeat(300 << 10) },
    };
    assert.equal(find(files, { ...WEB, uid: 1000 }), undefined);
  });
});

describe("libpod's SQLite database", () => {
  const skip = process.getuid?.() === 0 ? false : "only a database of root's is opened";
  const config = {
    name: "web",
    labels: { app: "shop", long: "x".repeat(101), __proto__: null, number: 7 },
    privileged: true,
    rootfsImageName: "quay.io/x/y:2",
    rootfsImageID: IMAGE,
  };
  const state = { networkStatus: { podman: { interfaces: { eth0: { subnets: [{ ipnet: "10.88.0.4/16" }] } } } } };

  test("gives labels, privilege and address, while it is written to", { skip }, () => {
    onDisk({}, (root) => {
      mkdirSync(join(root, GRAPH), { recursive: true });
      const database = new DatabaseSync(join(root, GRAPH, "db.sql"));
      for (const [table, value] of [["ContainerConfig", config], ["ContainerState", state]] as const) {
        database.exec(`CREATE TABLE ${table} (ID TEXT PRIMARY KEY, JSON TEXT)`);
        database.prepare(`INSERT INTO ${table} VALUES (?, ?)`).run(A, JSON.stringify(value));
      }
      database.exec("BEGIN EXCLUSIVE");
      const known = findInPodman(WEB, root);
      database.close();
      assert.deepEqual([...known!.labels!], [["app", "shop"]]);
      assert.deepEqual([known!.name, known!.privileged, known!.ip], ["web", true, "10.88.0.4"]);
      assert.deepEqual([known!.imageRepository, known!.imageTag, known!.imageId], ["quay.io/x/y", "2", IMAGE]);
    });
  });

  test("that is none is no obstacle", () => {
    assert.equal(facts({ [LIST]: [ENTRY], [`${GRAPH}/db.sql`]: "x".repeat(8192) })["name"], NAMED.name);
  });
});

describe("an image's name", () => {
  const cases: [string | undefined, string | undefined, string | undefined, string | undefined][] = [
    ["nginx", "nginx", "", undefined],
    ["nginx:1.25", "nginx", "1.25", undefined],
    ["localhost:5000/a/b", "localhost:5000/a/b", "", undefined],
    ["localhost:5000/a/b:c", "localhost:5000/a/b", "c", undefined],
    [`quay.io/a@sha256:${A}`, "quay.io/a", "", `sha256:${A}`],
    [`quay.io/a:1@sha256:${A}`, "quay.io/a", "1", `sha256:${A}`],
    [`sha256:${A}`, undefined, undefined, undefined],
    [A, undefined, undefined, undefined],
    ["", undefined, undefined, undefined],
    [undefined, undefined, undefined, undefined],
  ];
  for (const [image, ...expected] of cases) {
    test(`${image} is split`, () => {
      const { imageRepository, imageTag, imageDigest } = namedImage(image);
      assert.deepEqual([imageRepository, imageTag, imageDigest], expected);
    });
  }
});
