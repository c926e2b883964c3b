// SPDX-License-Identifier: Apache-2.0

/** What each runtime leaves on disk, laid out as it does, and what is made of it. */
import assert from "node:assert/strict";
import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import type { ContainerFacts } from "../../src/host/container.ts";
import type { Identity } from "../../src/host/containers.ts";
import { findOnDisk } from "../../src/host/runtimes.ts";
import { boltFile } from "./bolt_file.ts";
import { bind, type Content, onDisk, spec } from "./disk.ts";

const A = "0123456789abcdef".repeat(4);
const SANDBOX = "fedcba9876543210".repeat(4);
const IMAGE = "1".repeat(64);
const DIGEST = `sha256:${"d".repeat(64)}`;

type Files = Readonly<Record<string, Content>>;

function find(files: Files, type: Identity["type"], fullId = A, uid?: number): ContainerFacts | undefined {
  const identity: Identity = uid === undefined ? { type, fullId } : { type, fullId, uid };
  const pve = Object.entries(files).filter(([path]) => path.startsWith("etc/pve/"));
  const proxmox = new Map(pve.map(([path, content]) => [path.slice(8), String(content)]));
  return onDisk(files, (root) => findOnDisk(identity, root, proxmox));
}

/** The facts as plain data, without those that are undefined. */
function plain(facts: ContainerFacts | undefined): Record<string, unknown> {
  const pairs = Object.entries(facts ?? {}).filter(([, value]) => value !== undefined);
  return Object.fromEntries(pairs.map(([key, value]) => [key, value instanceof Map ? [...value] : value]));
}

const GUARDED = { privileged: false, hostPid: false, hostNetwork: false, hostIpc: false };

describe("Docker", () => {
  const config = {
    ID: A,
    Name: "/web",
    Image: `sha256:${IMAGE}`,
    Config: { Image: "nginx:1.25", Labels: { app: "shop", long: "x".repeat(101) }, Env: ["A=b"] },
    MountPoints: {
      "/data": { Source: "/srv/data", Destination: "/data", RW: true, Relabel: "z", Propagation: "rprivate" },
      "/vol": { Source: "/var/lib/docker/volumes/v/_data", Destination: "/vol", RW: false, Propagation: "", Name: "v" },
      "/odd": 7,
    },
    NetworkSettings: { Networks: { none: { IPAddress: "" }, bridge: { IPAddress: "172.17.0.2" } } },
  };
  const host = { Privileged: true, PidMode: "host", NetworkMode: "bridge", IpcMode: "private" };
  const repositories = {
    Repositories: {
      other: { "other:1": `sha256:${"9".repeat(64)}` },
      nginx: { "nginx:1.25": `sha256:${IMAGE}`, [`nginx@${DIGEST}`]: `sha256:${IMAGE}` },
      mirror: { "mirror:2": `sha256:${IMAGE}` },
    },
  };
  const layout = (data: string, changes = {}): Files => ({
    [`${data}/containers/${A}/config.v2.json`]: { ...config, ...changes },
    [`${data}/containers/${A}/hostconfig.json`]: host,
    [`${data}/image/overlay2/repositories.json`]: repositories,
  });
  const expected = {
    type: "docker",
    name: "web",
    image: "nginx:1.25",
    imageId: IMAGE,
    imageRepository: "nginx",
    imageTag: "1.25",
    imageDigest: DIGEST,
    ...{ privileged: true, hostPid: true, hostNetwork: false, hostIpc: false },
    mounts: [
      { source: "/srv/data", destination: "/data", mode: "z", rdwr: true, propagation: "rprivate" },
      { source: "/var/lib/docker/volumes/v/_data", destination: "/vol", mode: "", rdwr: false, propagation: "" },
    ],
    labels: [["app", "shop"]],
    ip: "172.17.0.2",
  };

  test("keeps everything in config.v2.json and hostconfig.json", () => {
    assert.deepEqual(plain(find(layout("var/lib/docker"), "docker")), expected);
  });

  test("may have its data elsewhere, by daemon.json, also where that is a link", () => {
    onDisk({ "nix/daemon.json": { "data-root": "/srv/docker" }, ...layout("srv/docker") }, (root) => {
      assert.equal(findOnDisk({ type: "docker", fullId: A }, root, new Map()), undefined);
      mkdirSync(join(root, "etc/docker"), { recursive: true });
      symlinkSync("../../nix/daemon.json", join(root, "etc/docker/daemon.json"));
      assert.deepEqual(plain(findOnDisk({ type: "docker", fullId: A }, root, new Map())), expected);
    });
  });

  test("may be a user's own", () => {
    const files = { "etc/passwd": "ada:x:1000:1000::/home/ada:/bin/sh\n", ...layout("home/ada/.local/share/docker") };
    assert.equal(find(files, "docker"), undefined);
    assert.deepEqual(plain(find(files, "docker", A, 1000)), expected);
  });

  test("of an image that was asked for by its hash says what that is called", () => {
    const facts = find(layout("var/lib/docker", { Config: { Image: IMAGE } }), "docker")!;
    assert.deepEqual([facts.image, facts.imageRepository, facts.imageTag], [IMAGE, "nginx", "1.25"]);
    assert.deepEqual([...facts.labels!], []);
  });

  test("of an image that has lost its names says what it was called", () => {
    const { [`var/lib/docker/image/overlay2/repositories.json`]: _, ...files } = layout("var/lib/docker");
    const facts = find(files, "docker")!;
    assert.deepEqual([facts.imageRepository, facts.imageTag, facts.imageDigest], ["nginx", "1.25", undefined]);
  });

  const broken: [string, Content][] = [
    ["is cut", JSON.stringify(config).slice(0, 100)],
    ["is of another container", { ...config, ID: "x" }],
    ["is a list", [config]],
    ["is beyond all size", JSON.stringify({ ...config, x: "x".repeat(5 << 20) })],
  ];
  for (const [title, content] of broken) {
    test(`gives nothing when the file ${title}`, () => {
      assert.equal(find({ [`var/lib/docker/containers/${A}/config.v2.json`]: content }, "docker"), undefined);
    });
  }

  test("with parts of another form gives the others", () => {
    const facts = find(layout("var/lib/docker", { Config: 7, MountPoints: [1], NetworkSettings: "x" }), "docker")!;
    assert.deepEqual([facts.name, facts.imageId, facts.ip], ["web", IMAGE, undefined]);
    assert.deepEqual(facts.mounts, []);
  });
});

describe("containerd", () => {
  const tasks = (state: string, namespace: string, id: string) =>
    `${state}/io.containerd.runtime.v2.task/${namespace}/${id}/config.json`;
  const cri = (more: Record<string, string>) => ({
    "io.kubernetes.cri.sandbox-id": SANDBOX,
    "io.kubernetes.cri.sandbox-name": "web-77",
    "io.kubernetes.cri.sandbox-namespace": "front",
    "io.kubernetes.cri.sandbox-uid": "2f1c5b8e",
    ...more,
  });
  const own = "/var/lib/containerd/io.containerd.grpc.v1.cri/sandboxes";
  const container = spec({
    annotations: cri({
      "io.kubernetes.cri.container-type": "container",
      "io.kubernetes.cri.container-name": "web",
      "io.kubernetes.cri.image-name": "docker.io/library/nginx:1.25",
    }),
    mounts: [
      bind("/var/lib/kubelet/pods/2f1c5b8e/volumes/x", "/data", "ro"),
      bind(`${own}/${SANDBOX}/hostname`, "/etc/hostname"),
      { ...bind("/proc", "/host/proc"), options: ["rbind", "rslave"] },
    ],
  });
  const sandbox = spec({ annotations: cri({ "io.kubernetes.cri.container-type": "sandbox" }), shares: ["network"] });
  const database = boltFile({
    v1: {
      "k8s.io": {
        containers: {
          [A]: { image: `sha256:${IMAGE}`, labels: { "io.kubernetes.container.name": "web", "app": "shop" } },
          [SANDBOX]: { image: "pause", labels: { app: "shop", "pod-template-hash": "77" } },
        },
        images: { "docker.io/library/nginx:1.25": { target: { digest: DIGEST, mediatype: "x" } } },
      },
    },
  });
  const cni = { kind: "cniCacheV1", containerId: SANDBOX, result: { ips: [{ address: "10.42.0.5/24" }] } };

  const installations: [string, string, string][] = [
    ["of its own", "run/containerd", "var/lib/containerd"],
    ["of k3s", "run/k3s/containerd", "var/lib/rancher/k3s/agent/containerd"],
  ];
  for (const [title, state, root] of installations) {
    for (const type of ["containerd", "cri", "docker"] as const) {
      test(`${title} tells a pod's container (found as ${type})`, () => {
        const files = {
          [tasks(state, "k8s.io", A)]: container,
          [tasks(state, "k8s.io", SANDBOX)]: sandbox,
          [`${root}/io.containerd.metadata.v1.bolt/meta.db`]: database,
          [`var/lib/cni/results/cbr0-${SANDBOX}-eth0`]: cni,
        };
        assert.deepEqual(plain(find(files, type)), {
          ...GUARDED,
          hostNetwork: true,
          type: "containerd",
          name: "web",
          image: "docker.io/library/nginx:1.25",
          imageId: IMAGE,
          imageRepository: "docker.io/library/nginx",
          imageTag: "1.25",
          imageDigest: DIGEST,
          mounts: [
            {
              ...{ source: "/var/lib/kubelet/pods/2f1c5b8e/volumes/x", destination: "/data", mode: "" },
              ...{ rdwr: false, propagation: "rprivate" },
            },
            { source: "/proc", destination: "/host/proc", mode: "", rdwr: true, propagation: "rslave" },
          ],
          labels: [
            ["app", "shop"],
            ["io.kubernetes.container.name", "web"],
            ["io.kubernetes.pod.name", "web-77"],
            ["io.kubernetes.pod.namespace", "front"],
            ["io.kubernetes.pod.uid", "2f1c5b8e"],
          ],
          sandboxId: SANDBOX,
          podLabels: [["app", "shop"], ["pod-template-hash", "77"]],
          ip: "10.42.0.5",
          cniJson: JSON.stringify(cni.result),
        });
      });
    }
  }

  test("tells what the bundle alone says where there is no database", () => {
    const facts = find({ [tasks("run/containerd", "k8s.io", A)]: container }, "containerd")!;
    assert.deepEqual([facts.name, facts.imageTag, facts.labels?.get("io.kubernetes.pod.name")], [
      "web",
      "1.25",
      "web-77",
    ]);
    assert.deepEqual([facts.podLabels, facts.imageDigest, facts.ip], [undefined, undefined, undefined]);
  });

  test("tells a container of nerdctl's or ctr's by its image and labels", () => {
    const db = boltFile({
      v1: {
        default: { containers: { web: { image: "docker.io/library/nginx:1", labels: { "nerdctl/name": "shop" } } } },
      },
    });
    const facts = find(
      {
        [tasks("run/containerd", "default", "web")]: spec({ privileged: true, shares: ["pid", "ipc"] }),
        "var/lib/containerd/io.containerd.metadata.v1.bolt/meta.db": db,
      },
      "containerd",
      "web",
    );
    assert.deepEqual(plain(facts), {
      ...{ privileged: true, hostPid: true, hostNetwork: false, hostIpc: true, mounts: [] },
      ...{ type: "containerd", name: "shop", image: "docker.io/library/nginx:1" },
      ...{ imageRepository: "docker.io/library/nginx", imageTag: "1", labels: [["nerdctl/name", "shop"]] },
    });
  });
});

describe("CRI-O", () => {
  const graph = "var/lib/containers/storage/overlay-containers";
  const notes = {
    "io.kubernetes.cri-o.SandboxID": SANDBOX,
    "io.kubernetes.cri-o.ImageName": "quay.io/x/web:3",
    "io.kubernetes.cri-o.ImageRef": IMAGE,
    "io.kubernetes.cri-o.Labels": JSON.stringify({ app: "shop" }),
    "io.kubernetes.container.name": "web",
    "io.kubernetes.pod.name": "web-77",
    "io.kubernetes.pod.namespace": "front",
    "io.kubernetes.pod.uid": "2f1c5b8e",
    "io.kubernetes.cri-o.Volumes": JSON.stringify([{ container_path: "/data", host_path: "/srv", readonly: true }]),
  };
  const podNotes = {
    "io.kubernetes.cri-o.SandboxID": SANDBOX,
    "io.kubernetes.cri-o.Labels": JSON.stringify({ app: "shop", hash: "77" }),
    "io.kubernetes.cri-o.IP.0": "10.85.0.3",
    "io.kubernetes.cri-o.CNIResult": '{"ips":[]}',
  };
  for (const type of ["cri-o", "cri"] as const) {
    test(`tells a pod's container by annotations (found as ${type})`, () => {
      const files = {
        [`${graph}/${A}/userdata/config.json`]: spec({ annotations: notes, privileged: true }),
        [`${graph}/${SANDBOX}/userdata/config.json`]: spec({ annotations: podNotes, shares: ["ipc"] }),
        "var/lib/containers/storage/overlay-images/images.json": [{ id: IMAGE, digest: DIGEST }],
      };
      assert.deepEqual(plain(find(files, type)), {
        ...GUARDED,
        ...{ hostIpc: true, privileged: true, type: "cri-o", name: "web" },
        ...{ image: "quay.io/x/web:3", imageRepository: "quay.io/x/web", imageTag: "3" },
        ...{ imageId: IMAGE, imageDigest: DIGEST },
        mounts: [{ source: "/srv", destination: "/data", mode: "", rdwr: false, propagation: "" }],
        labels: [
          ["app", "shop"],
          ["io.kubernetes.container.name", "web"],
          ["io.kubernetes.pod.name", "web-77"],
          ["io.kubernetes.pod.namespace", "front"],
          ["io.kubernetes.pod.uid", "2f1c5b8e"],
        ],
        sandboxId: SANDBOX,
        podLabels: [["app", "shop"], ["hash", "77"]],
        ip: "10.85.0.3",
        cniJson: '{"ips":[]}',
      });
    });
  }

  test("with annotations that are no JSON tells the rest", () => {
    const annotations = { ...notes, "io.kubernetes.cri-o.Labels": "{", "io.kubernetes.cri-o.Volumes": "7" };
    const files = { [`${graph}/${A}/userdata/config.json`]: spec({ annotations, mounts: [bind("/srv", "/data")] }) };
    const facts = find(files, "cri-o")!;
    assert.deepEqual([facts.name, facts.mounts?.length, facts.labels?.size], ["web", 1, 4]);
  });
});

describe("containers of whole systems", () => {
  const image = { image: "", imageId: "", imageRepository: "", imageTag: "", imageDigest: "" };
  const cases: [string, Identity["type"], string, Files, object][] = [
    ["LXC", "lxc", "web", {
      "var/lib/lxc/web/config": "lxc.rootfs.path = dir:/var/lib/lxc/web/rootfs\n  lxc.idmap = u 0 100000 65536\n" +
        "lxc.mount.entry = /srv/my\\040data mnt/data none bind,ro,create=dir 0 0\nlxc.mount.entry = proc proc proc rw 0 0\n",
    }, {
      privileged: false,
      mounts: [{ source: "/srv/my data", destination: "/mnt/data", mode: "", rdwr: false, propagation: "" }],
    }],
    ["LXC whose root is the host's", "lxc", "web", { "var/lib/lxc/web/config": "lxc.uts.name = web\n" }, {
      privileged: true,
      mounts: [],
    }],
    ["Proxmox", "lxc", "101", {
      "etc/pve/lxc/101.conf":
        "#x\narch: amd64\nhostname: shop\nunprivileged: 1\nrootfs: local-lvm:vm-101-disk-0,size=8G\n" +
        "mp0: /srv/data,mp=/data,ro=1\nmp1: local:101/x.raw,mp=/x,size=1G\n\n[snap]\nhostname: old\nmp2: /a,mp=/b\n",
    }, {
      name: "shop",
      privileged: false,
      mounts: [
        { source: "/srv/data", destination: "/data", mode: "", rdwr: false, propagation: "" },
        { source: "local:101/x.raw", destination: "/x", mode: "", rdwr: true, propagation: "" },
      ],
    }],
    ["nspawn", "systemd-nspawn", "web", {
      "etc/systemd/nspawn/web.nspawn": "[Exec]\nPrivateUsers=no\n[Files]\nBind=/srv:/data\nBindReadOnly=/opt\n",
      "run/systemd/machines/web": "NAME=web\nCLASS=container\nSERVICE=systemd-nspawn\nNETIF=7\n",
    }, {
      privileged: true,
      hostNetwork: false,
      mounts: [
        { source: "/srv", destination: "/data", mode: "", rdwr: true, propagation: "" },
        { source: "/opt", destination: "/opt", mode: "", rdwr: false, propagation: "" },
      ],
    }],
    ["libvirt's LXC", "libvirt-lxc", "web", {}, {}],
    ["LXC without a file", "lxc", "web", {}, {}],
    [
      "a name that leads elsewhere",
      "systemd-nspawn",
      "../../secret",
      { "etc/secret.nspawn": "[Files]\nBind=/a\n" },
      {},
    ],
  ];
  for (const [title, type, fullId, files, expected] of cases) {
    test(`${title}: no image, and what its file says`, () => {
      assert.deepEqual(plain(find(files, type, fullId)), { type, name: fullId, ...image, ...expected });
    });
  }
});

test("Proxmox's container is asked about again until its file has been read", () => {
  const identity: Identity = { type: "lxc", fullId: "101" };
  assert.equal(findOnDisk(identity, "/nonexistent", undefined), undefined);
  assert.equal(findOnDisk(identity, "/nonexistent", new Map([["lxc/102.conf", ""]])), undefined);
  assert.equal(findOnDisk(identity, "/nonexistent", new Map([["lxc/101.conf", "hostname: shop"]]))?.name, "shop");
  assert.equal(findOnDisk(identity, "/nonexistent", new Map())?.name, "101", "no Proxmox here");
});

test("a file that is a link is not followed where another may have put it", () => {
  onDisk({ "secret.json": spec({}) }, (root) => {
    const directory = join(root, "var/lib/containers/storage/overlay-containers", A, "userdata");
    mkdirSync(directory, { recursive: true });
    symlinkSync(join(root, "secret.json"), join(directory, "config.json"));
    assert.equal(findOnDisk({ type: "podman", fullId: A }, root, new Map()), undefined);
  });
});
