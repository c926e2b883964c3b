// SPDX-License-Identifier: Apache-2.0

/** The shipped rules that speak of guests, with a shell in the role of a QEMU. */
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { copyFileSync, symlinkSync } from "node:fs";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { cannotRunLive, type Form, RunningSensor, Workshop } from "./support.ts";

const UUID = "6f0b8b1e-5c1d-4a3e-9a27-3b1f0c2d4e5f";

for (const form of ["binary", "deno"] as const satisfies readonly Form[]) {
  test(`what a guest's QEMU starts, and who else opens its disk, alerts (${form})`, {
    skip: cannotRunLive(),
  }, async () => {
    const workshop = new Workshop();
    const disk = workshop.write("disk.img", "secret");
    const program = workshop.file("qemu-system-x86_64");
    copyFileSync("/bin/dash", program);
    const sensor = await RunningSensor.start(["run", "--json"], form);
    // `sh -c COMMAND` takes no notice of what follows
    const work = `exec 3<> ${disk}; read line; /bin/true escaped; echo done; read line`;
    const guest = ["-name", "guest=web,debug-threads=on", "-uuid", UUID, "-drive", `file=${disk},format=raw,if=virtio`];
    const qemu = spawn(program, ["-c", work, ...guest], { stdio: ["pipe", "pipe", "inherit"] });
    try {
      const isDone = new Promise((resolve) => qemu.stdout.once("data", resolve));
      qemu.stdin.write("go\n");
      await isDone;
      const started = await sensor.alert("Guest's QEMU started a program", ({ output_fields }) => {
        return output_fields["proc.cmdline"] === "true escaped";
      });
      assert.equal(started.priority, "Critical");
      assert.equal(started.output_fields["vm.id"], UUID);
      assert.equal(started.output_fields["vm.name"], "web");
      assert.equal(started.output_fields["vm.type"], "qemu");
      assert.equal(started.output_fields["proc.pname"], "qemu-system-x86");

      execFileSync("cat", [`${workshop.path}/./disk.img`]);
      const opened = await sensor.alert("Guest's disk opened by another program");
      assert.equal(opened.priority, "Warning");
      assert.equal(opened.output_fields["vm.disk_of"], UUID);
      assert.equal(opened.output_fields["proc.name"], "cat");
      assert.equal(opened.output_fields["fd.name"], disk);

      symlinkSync(disk, workshop.file("link"));
      execFileSync("cat", [workshop.file("link")]);
      const linked = await sensor.alert("Guest's disk opened by another program", ({ output_fields }) => {
        return output_fields["fd.name"] === workshop.file("link");
      });
      assert.equal(linked.output_fields["vm.disk_of"], UUID);

      const ofGuests = sensor.alerts.filter(({ rule }) => rule.startsWith("Guest's"));
      assert.deepEqual(ofGuests.map(({ output_fields }) => output_fields["proc.name"]), ["true", "cat", "cat"]);
      assert.ok(ofGuests.every(({ output }) => !output.includes("<NA>")));
    } finally {
      qemu.stdin.end("stop\n");
      assert.equal(await sensor.stop(), 0, sensor.stderr);
      workshop.dispose();
    }
  });
}

for (const guests of [0, 1]) {
  test(`opens that are no rule's business stay in the kernel with ${guests} guests`, {
    skip: cannotRunLive(),
  }, async () => {
    const workshop = new Workshop();
    const disk = workshop.write("disk.img", "secret");
    const program = workshop.file("qemu-system-x86_64");
    copyFileSync("/bin/dash", program);
    const qemu = guests === 0 ? undefined : spawn(program, ["-c", "read line; exit", "-hda", disk], {
      stdio: ["pipe", "ignore", "inherit"],
    });
    const sensor = await RunningSensor.start(["run", "-p", "%evt.num", "--json"]);
    try {
      const number = async (): Promise<number> => {
        const before = sensor.lines.length;
        execFileSync("cat", ["/etc/shadow"]);
        for (let i = 0; i < 100 && sensor.lines.length === before; i++) await sleep(50);
        return Number(sensor.alerts.at(-1)!.output_fields["evt.num"]);
      };
      const before = await number();
      workshop.act(["opens", workshop.file("n"), "0", "50000", "0"]);
      // other programs of this machine are seen as well, so the bound is wide
      assert.ok(await number() - before < 25_000);
    } finally {
      qemu?.stdin?.end("\n");
      assert.equal(await sensor.stop(), 0, sensor.stderr);
      workshop.dispose();
    }
  });
}
