// SPDX-License-Identifier: Apache-2.0

/** What is known of a real Podman container on its very first event, without a socket. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { cannotRunLive, type Form, type JsonAlert, Podman, runLanner, RunningSensor, Workshop } from "./support.ts";

/** Every event that a container gives, from the first on, with all there is to know of the container. */
const RULES = `
- rule: In a container
  desc: any program or file of a container
  condition: evt.type in (execve, execveat, openat, open, clone, clone3, fork, vfork) and container.id != host
  output: >
    %container.id %container.full_id %container.type %container.name %container.image %container.image.id
    %container.image.repository %container.image.tag %container.image.digest %container.privileged %container.mounts
    %container.mount.dest[^/usr/share$] %container.host_pid %container.host_network %container.labels
    %container.label[app] %container.start_ts %proc.name %proc.vpid %evt.type %user.name %user.homedir %user.shell
    %group.name
  priority: Notice
`;

const skip = cannotRunLive() || Podman.unavailable();

interface Case {
  readonly name: string;
  readonly options: readonly string[];
  /** Of its first event. */
  readonly fields: Readonly<Record<string, unknown>>;
  /** Of its last. */
  readonly user?: Readonly<Record<string, unknown>>;
}

const ROOT_USER = {
  "user.name": "root",
  "user.homedir": "/root",
  "user.shell": "/bin/sh",
  "group.name": "root",
};

const CASES: readonly Case[] = [
  {
    name: "lanner-live-plain",
    options: ["-v", "/usr/share:/data:ro", "--label", "app=shop", "--label", "note=a b"],
    fields: {
      "container.privileged": false,
      "container.mounts": "/usr/share:/data::false:rprivate",
      "container.mount.dest[^/usr/share$]": "/data",
      "container.host_pid": false,
      "container.label[app]": "shop",
      "container.labels": "app:shop, note:a b",
    },
  },
  {
    name: "lanner-live-user",
    options: ["--user", "1234:1234"],
    fields: { "container.privileged": false },
    user: {
      "user.name": "grocer",
      "user.homedir": "/srv",
      "user.shell": "/bin/false",
      "group.name": "grocers",
    },
  },
  {
    name: "lanner-live-privileged",
    options: ["--privileged", "--pid=host"],
    fields: {
      "container.privileged": true,
      "container.mounts": "",
      "container.mount.dest[^/usr/share$]": null,
      "container.host_pid": true,
      "container.label[app]": null,
      "container.labels": "",
    },
  },
];

for (const form of ["binary", "deno"] as const satisfies readonly Form[]) {
  test(`a container's first event has its metadata (${form})`, { skip }, async (t) => {
    const podman = new Podman();
    const workshop = new Workshop();
    const sensor = await RunningSensor.start(["run", "--json", "-r", workshop.write("rules.yaml", RULES)], form);
    try {
      for (const { name, options, fields, user = ROOT_USER } of CASES) {
        await t.test(`${name}: ${options.join(" ")}`, async () => {
          podman.run(name, options, "/bin/cat /etc/hostname; true");
          const last = await sensor.alert(
            "In a container",
            ({ output_fields }) =>
              output_fields["container.name"] === name && output_fields["proc.name"] === "cat" &&
              output_fields["evt.type"] === "openat",
          );
          const id = last.output_fields["container.id"];
          const first = sensor.alerts.find(({ output_fields }) => output_fields["container.id"] === id)!.output_fields;
          const all = {
            "container.type": "podman",
            "container.name": name,
            "container.image": podman.image,
            "container.image.repository": "localhost/lanner-test",
            "container.image.tag": "1.0",
            "container.host_network": false,
            ...fields,
          };
          for (const [field, value] of Object.entries(all)) assert.equal(first[field], value, field);
          for (const [field, value] of Object.entries(user)) assert.equal(last.output_fields[field], value, field);
          assert.match(String(first["container.full_id"]), new RegExp(`^${String(id)}[0-9a-f]{52}$`));
          assert.match(String(first["container.image.id"]), /^[0-9a-f]{64}$/);
          assert.match(String(first["container.image.digest"]), /^sha256:[0-9a-f]{64}$/);
        });
      }
    } finally {
      assert.equal(await sensor.stop(), 0, sensor.stderr);
      podman.dispose();
      workshop.dispose();
    }
  });
}

test("a replay knows the containers that started while the recording was made", { skip }, async () => {
  const podman = new Podman();
  const workshop = new Workshop();
  const file = workshop.file("recording");
  const recorder = await RunningSensor.start(["record", "-w", file], "binary", /^recording/m);
  try {
    podman.run("lanner-live-recorded", ["--user", "1234:1234"], "/bin/cat /etc/hostname; true");
    assert.equal(await recorder.stop(), 0, recorder.stderr);
    const { code, stdout, stderr } = runLanner(["replay", file, "--json", "-r", workshop.write("rules.yaml", RULES)]);
    assert.equal(code, 0, stderr);
    const events = stdout.trim().split("\n").map((line) => (JSON.parse(line) as JsonAlert).output_fields);
    const own = events.filter((fields) => fields["container.name"] === "lanner-live-recorded");
    const id = own[0]?.["container.id"];
    assert.match(String(id), /^[0-9a-f]{12}$/);
    assert.deepEqual(events.filter((fields) => fields["container.id"] === id), own, "all of them, from the first on");
    const cat = own.find((fields) => fields["proc.name"] === "cat");
    assert.equal(cat?.["container.image"], podman.image);
    assert.equal(cat?.["user.name"], "grocer");
    assert.equal(cat?.["group.name"], "grocers");
  } finally {
    await recorder.stop();
    podman.dispose();
    workshop.dispose();
  }
});
