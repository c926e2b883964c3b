// SPDX-License-Identifier: Apache-2.0

/** A chatty socket costs nothing: the kernel decides whether a datagram goes to a new peer. */
import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { test } from "node:test";
import { cannotRunLive, RunningSensor, Workshop } from "./support.ts";

const DATAGRAMS = 5_000;

const rule = (condition: string) =>
  `- rule: Datagram sent
  desc: for the tests
  condition: evt.type = sendto and proc.name = acts${condition}
  output: "%fd.name"
  priority: Notice
`;

/** Alerts of so many datagrams to one peer, and how many events the sensor was sent in all. */
async function watch(condition: string): Promise<{ alerts: number; events: number }> {
  const workshop = new Workshop();
  const peer = createSocket("udp4").bind(0, "127.0.0.1");
  await once(peer, "listening");
  try {
    const sensor = await RunningSensor.start(["run", "--json", "-r", workshop.write("rules.yaml", rule(condition))]);
    workshop.act(["datagrams", String(peer.address().port), String(DATAGRAMS)]);
    await sensor.alert("Datagram sent");
    assert.equal(await sensor.stop(), 0);
    const events = Number(/^events: (\d+) seen$/m.exec(sensor.stderr)?.[1]);
    return { alerts: sensor.alerts.filter(({ rule }) => rule === "Datagram sent").length, events };
  } finally {
    peer.close();
    workshop.dispose();
  }
}

test(
  "of many datagrams to one peer, a rule on new peers has the first alone leave the kernel",
  { skip: cannotRunLive() },
  async () => {
    const { alerts, events } = await watch(" and fd.name_changed = true");
    assert.equal(alerts, 1);
    assert.ok(events < DATAGRAMS / 5, `${events} events`); // other programs' are among them
  },
);

test("a rule on every datagram alerts on each", { skip: cannotRunLive() }, async () => {
  const { alerts, events } = await watch("");
  assert.equal(alerts, DATAGRAMS);
  assert.ok(events >= DATAGRAMS);
});

test(
  "the last peers of some thousand sockets are known: beyond them one counts as new again",
  { skip: cannotRunLive() },
  async () => {
    const workshop = new Workshop();
    const peers = [createSocket("udp4").bind(0, "127.0.0.1"), createSocket("udp4").bind(0, "127.0.0.1")];
    await Promise.all(peers.map((peer) => once(peer, "listening")));
    const [port, other] = peers.map((peer) => peer.address().port);
    try {
      const condition = ` and fd.name_changed = true and fd.sport = ${port}`;
      const args = ["run", "--json", "-r", workshop.write("rules.yaml", rule(condition))];
      for (const [sockets, expected] of [[1_000, 1], [40_000, 2]] as const) {
        const sensor = await RunningSensor.start(args);
        workshop.act(["peers", String(port), String(other), String(sockets)]);
        await sensor.alert("Datagram sent");
        assert.equal(await sensor.stop(), 0);
        const alerts = sensor.alerts.filter(({ rule }) => rule === "Datagram sent");
        assert.equal(alerts.length, expected, `${sockets} other sockets: ${sensor.lines.join("\n")}`);
      }
    } finally {
      for (const peer of peers) peer.close();
      workshop.dispose();
    }
  },
);
