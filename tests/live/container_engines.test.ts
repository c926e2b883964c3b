// SPDX-License-Identifier: Apache-2.0

/** What a real Podman tells by its socket, where nothing on disk tells of the container. */
import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { test } from "node:test";
import { cannotRunLive, type Form, Podman, RunningSensor, Workshop } from "./support.ts";

const RULES = `
- rule: In a container
  desc: any program of a container
  condition: evt.type in (execve, execveat) and container.id != host and proc.name = cat
  output: >
    %container.id %container.type %container.name %container.image %container.image.id %container.image.repository
    %container.image.tag %container.privileged %container.mounts %container.label[app]
  priority: Notice
`;

const NAME = "lanner-live-asked";

const skip = cannotRunLive() || Podman.unavailable();

for (const form of ["binary", "deno"] as const satisfies readonly Form[]) {
  test(`an engine's socket tells of a container that the disk tells nothing of (${form})`, { skip }, async () => {
    const podman = new Podman();
    const workshop = new Workshop();
    // a host whose file system has no more than /proc and the socket
    const root = workshop.file("host");
    for (const directory of ["proc", "run"]) mkdirSync(`${root}/${directory}`, { recursive: true });
    const within = [
      "unshare",
      "-m",
      "sh",
      "-c",
      `mount --rbind /proc ${root}/proc; export HOST_ROOT=${root}; exec "$@"`,
      "sh",
    ];
    const rules = workshop.write("rules.yaml", RULES);
    const options = ["run", "--json", "-r", rules];
    const socket = ["-o", "container_engines.podman.sockets[]=/run/podman.sock"];
    const stopService = await podman.serve(`${root}/run/podman.sock`);
    const sensor = await RunningSensor.start([...options, ...socket], form, /^armed/m, within);
    const blind = await RunningSensor.start(options, form, /^armed/m, within);
    try {
      podman.run(
        NAME,
        ["-v", "/usr/share:/data:ro", "--label", "app=shop"],
        "for i in 1 2 3 4 5 6 7 8 9 10; do /bin/cat /etc/hostname; sleep 0.2; done",
      );
      const { output_fields } = await sensor.alert("In a container", (alert) => {
        return alert.output_fields["container.name"] === NAME;
      });
      const id = output_fields["container.id"];
      const unasked = await blind.alert("In a container", (alert) => alert.output_fields["container.id"] === id);
      assert.equal(unasked.output_fields["container.type"], "podman");
      assert.equal(unasked.output_fields["container.name"], null, "nothing is on disk, and nobody is asked by default");
      const expected = {
        "container.type": "podman",
        "container.name": NAME,
        "container.image": podman.image,
        "container.image.repository": podman.repository,
        "container.image.tag": podman.tag,
        "container.privileged": false,
        "container.label[app]": "shop",
      };
      for (const [field, value] of Object.entries(expected)) assert.equal(output_fields[field], value, field);
      assert.match(String(output_fields["container.image.id"]), /^[0-9a-f]{64}$/);
      assert.match(String(output_fields["container.mounts"]), /^\/usr\/share:\/data:[^:]*:false:rprivate$/);
      assert.doesNotMatch(sensor.stderr, /container_engines/);
    } finally {
      await blind.stop();
      assert.equal(await sensor.stop(), 0, sensor.stderr);
      await stopService();
      podman.dispose();
      workshop.dispose();
    }
  });
}
