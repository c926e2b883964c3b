// SPDX-License-Identifier: Apache-2.0

/** Calls on sockets. */
import type { Facts } from "../calls.ts";
import { behind, helper, like, type Row, type Text } from "./row.ts";

const LOOPBACK = "127.0.0.1";
const CLIENT = 1;
const SERVER = 2;
const TCP = 6;
const UDP = 17;

/** Own parameters of a socket whose facts are at `key`. */
function socket(f: Facts, key: string, type: string, tuple: Text, proto: number, role = 0): Record<string, Text> {
  return { ...behind(f, key, type), fd_tuple: tuple, fd_proto: proto, fd_role: role };
}

/** `ADDRESS:from->ADDRESS:to` on the loopback interface. */
function ends(from: string | undefined, to: string | undefined): string {
  return `${LOOPBACK}:${from}->${LOOPBACK}:${to}`;
}

/** The kernel's addresses of two connected unix sockets, then the path. */
const UNIX = "[0-9a-f]+->[0-9a-f]+ socket";

function accepted(type: "accept" | "accept4"): Row {
  const flags = type === "accept4" ? " flags=80000" : "";
  return {
    type,
    expect: (f) => [
      ...([["fd", "client", 25, 1], ["second", "other", 0, 0]] as const).map(([key, client, percent, length]) => ({
        args: `fd=${f[key]}(<4t>${ends(f[client], f.port)}) tuple=${ends(f[client], f.port)} ` +
          `queuepct=${percent} queuelen=${length} queuemax=4${flags}`,
        own: socket(f, key, "4", ends(f.port, f[client]), TCP, SERVER),
        fields: {
          ...helper(f),
          "fd.cport": f[client]!,
          "fd.sport": f.port!,
          "fd.l4proto": "tcp",
        },
      })),
      {
        args: new RegExp(
          `^fd=${f.unix}\\(<u>${UNIX}\\) tuple=${UNIX} queuepct=0 queuelen=0 queuemax=4${flags}$`,
        ),
        own: socket(f, "unix", "u", new RegExp(`^${UNIX}$`), 0, SERVER),
        fields: { "fd.type": "unix" },
      },
      { args: `fd=-11(EAGAIN) tuple=NULL queuepct=0 queuelen=0 queuemax=4${flags}` },
      { args: `fd=-9(EBADF) tuple=NULL queuepct=0 queuelen=0 queuemax=0${flags}` },
    ],
  };
}

/** Rows of tests/live/calls/network.c. */
export const NETWORK_ROWS: readonly Row[] = [
  {
    type: "socket",
    expect: (f) => [
      {
        args: `fd=${f.tcp}(<4t>) domain=2(AF_INET) type=526337 proto=0 flags=4160(O_NONBLOCK|O_CLOEXEC)`,
        own: socket(f, "tcp", "4", "0.0.0.0:0->0.0.0.0:0", TCP),
        fields: { ...helper(f), "fd.type": "ipv4" },
      },
      {
        args: `fd=${f.udp6}(<6u>) domain=10(AF_INET6) type=2 proto=17 flags=0(O_NONE)`,
        own: socket(f, "udp6", "6", ":::0->:::0", UDP),
      },
      {
        args: new RegExp(
          `^fd=${f.unix}\\(<u>[0-9a-f]+->0 \\) domain=1\\(AF_LOCAL\\|AF_UNIX\\) type=5 proto=0 flags=0\\(O_NONE\\)$`,
        ),
        own: socket(f, "unix", "u", /^[0-9a-f]+->0 $/, 0),
      },
      { args: "fd=-97(EAFNOSUPPORT) domain=99 type=1 proto=0 flags=0(O_NONE)" },
    ],
  },
  {
    type: "bind",
    expect: (f) => [
      {
        args: `res=0 addr=0.0.0.0:0 fd=${f.udp}(<4u>)`,
        own: socket(f, "udp", "4", `0.0.0.0:${f.port}->0.0.0.0:0`, UDP),
        fields: helper(f),
      },
      {
        args: like(`res=0 addr=socket fd=${f.unix}(<u>*->0 socket)`),
        own: socket(f, "unix", "u", /^[0-9a-f]+->0 socket$/, 0),
      },
      {
        args: `res=0 addr=${LOOPBACK}:${f.own} fd=${f.tcp}(<4t>${LOOPBACK}:${f.own})`,
        own: socket(f, "tcp", "4", `${LOOPBACK}:${f.own}->0.0.0.0:0`, TCP, SERVER),
        fields: { "fd.name": `${LOOPBACK}:${f.own}`, "fd.sport": f.own! },
      },
      {
        args: `res=-22(EINVAL) addr=${LOOPBACK}:${f.taken} fd=${f.used}(<4t>)`,
        own: socket(f, "used", "4", `${LOOPBACK}:${f.taken}->0.0.0.0:0`, TCP),
      },
    ],
  },
  {
    type: "connect",
    expect: (f) => [
      {
        args: `res=0 tuple=${ends(f.own, f.port)} fd=${f.fd}(<4t>${ends(f.own, f.port)}) addr=${LOOPBACK}:${f.port}`,
        own: socket(f, "fd", "4", ends(f.own, f.port), TCP, CLIENT),
        fields: {
          ...helper(f),
          "fd.name": ends(f.own, f.port),
          "fd.cport": f.own!,
        },
      },
      { // an IPv6 socket to an IPv4 address is IPv4, as Falco has it
        args: `res=0 tuple=${ends(f.own6, f.port)} fd=${f.fd6}(<4t>${ends(f.own6, f.port)}) ` +
          `addr=::ffff:${LOOPBACK}:${f.port}`,
        own: socket(f, "fd6", "6", ends(f.own6, f.port), TCP, CLIENT),
      },
      {
        args: new RegExp(`^res=0 tuple=${UNIX} fd=${f.unix}\\(<u>${UNIX}\\) addr=socket$`),
        own: socket(f, "unix", "u", new RegExp(`^${UNIX}$`), 0, CLIENT),
      },
      {
        args: `res=0 tuple=${ends(f.own_udp, f.port)} fd=${f.udp}(<4u>${ends(f.own_udp, f.port)}) ` +
          `addr=${LOOPBACK}:${f.port}`,
        own: socket(f, "udp", "4", ends(f.own_udp, f.port), UDP, CLIENT),
      },
      {
        args: `res=-111(ECONNREFUSED) tuple=NULL fd=${f.refused}(<4t>) addr=${LOOPBACK}:${f.closed}`,
        own: socket(f, "refused", "4", `0.0.0.0:0->${LOOPBACK}:0`, TCP, CLIENT),
        fields: { "evt.failed": "true" },
      },
      { args: `res=-9(EBADF) tuple=NULL fd=999 addr=${LOOPBACK}:${f.port}` },
    ],
  },
  {
    type: "dup",
    act: "dup-socket",
    expect: (f) =>
      ([
        ["listener", `${LOOPBACK}:${f.port}`, `${LOOPBACK}:${f.port}->0.0.0.0:0`, SERVER],
        ["client", ends(f.from, f.port), ends(f.from, f.port), CLIENT],
        ["accepted", ends(f.from, f.port), ends(f.port, f.from), SERVER],
      ] as const).map(([key, name, tuple, role]) => ({
        args: `res=${f[key]}(<4t>${name}) oldfd=${f[`${key}_from`]}(<4t>${name})`,
        own: socket(f, key, "4", tuple, TCP, role),
        fields: { "fd.sport": f.port! },
      })),
  },
  {
    type: "listen",
    expect: (f) => [
      {
        args: `res=0 fd=${f.fd}(<4t>${LOOPBACK}:${f.port}) backlog=7`,
        own: socket(f, "fd", "4", `${LOOPBACK}:${f.port}->0.0.0.0:0`, TCP, SERVER),
        fields: { ...helper(f), "fd.name": `${LOOPBACK}:${f.port}`, "fd.sport": f.port! },
      },
      { args: "res=-9(EBADF) fd=999 backlog=1" },
    ],
  },
  accepted("accept"),
  accepted("accept4"),
  {
    type: "sendto",
    expect: (f) => [
      {
        args: `res=11 data=hello.world fd=${f.sender}(<4u>${ends(f.from, f.to)}) size=11 tuple=${ends(f.from, f.to)}`,
        own: { ...socket(f, "sender", "4", `${LOOPBACK}:${f.from}->0.0.0.0:0`, UDP), new_peer: 1 },
        fields: { ...helper(f), "fd.name": ends(f.from, f.to), "fd.l4proto": "udp", "evt.buflen": 11 },
      },
      {
        args: new RegExp(
          `^res=4 data=ping fd=${f.pair}\\(<u>[0-9a-f]+->[0-9a-f]+ \\) size=4 tuple=[0-9a-f]+->[0-9a-f]+ $`,
        ),
        own: { ...socket(f, "pair", "u", /^[0-9a-f]+->[0-9a-f]+ $/, 0), new_peer: 0 },
      },
      { args: "res=-9(EBADF) data=lost fd=999 size=4 tuple=NULL" },
    ],
  },
  {
    type: "sendmsg",
    expect: (f) => [
      {
        args: `res=11 data=hello fd=${f.sender}(<4u>${ends(f.from, f.to)}) size=11 tuple=${ends(f.from, f.to)}`,
        own: { ...socket(f, "sender", "4", `${LOOPBACK}:${f.from}->0.0.0.0:0`, UDP), new_peer: 1 },
        fields: { ...helper(f), "fd.name": ends(f.from, f.to) },
      },
      { args: "res=-9(EBADF) data=hello fd=999 size=0 tuple=NULL" },
    ],
  },
  {
    type: "recvfrom",
    expect: (f) => [
      {
        args: `res=5 data=hello tuple=${ends(f.from, f.to)} fd=${f.receiver}(<4u>${ends(f.from, f.to)}) size=200`,
        own: { ...socket(f, "receiver", "4", `${LOOPBACK}:${f.to}->0.0.0.0:0`, UDP), new_peer: 1 },
        fields: { ...helper(f), "fd.name": ends(f.from, f.to) },
      },
      {
        args: `res=-11(EAGAIN) data=NULL tuple=NULL fd=${f.receiver}(<4u>) size=200`,
        own: socket(f, "receiver", "4", `${LOOPBACK}:${f.to}->0.0.0.0:0`, UDP),
      },
    ],
  },
  {
    type: "recvmsg",
    expect: (f) => [
      {
        args: `res=5 size=5 data=hello tuple=${ends(f.from, f.to)} msgcontrol=NULL ` +
          `fd=${f.receiver}(<4u>${ends(f.from, f.to)})`,
        own: { ...socket(f, "receiver", "4", `${LOOPBACK}:${f.to}->0.0.0.0:0`, UDP), new_peer: 1 },
        fields: { ...helper(f), "fd.name": ends(f.from, f.to) },
      },
      {
        args: `res=-11(EAGAIN) size=<NA> data=NULL tuple=NULL msgcontrol=NULL fd=${f.receiver}(<4u>)`,
        own: socket(f, "receiver", "4", `${LOOPBACK}:${f.to}->0.0.0.0:0`, UDP),
      },
    ],
  },
  { // one peer, the same again, another, the first
    type: "sendto",
    act: "peers",
    expect: (f) =>
      ([["first", 1], ["first", 0], ["second", 1], ["first", 1]] as const).map(([peer, isNew]) => ({
        args: `res=4 data=ping fd=${f.sender}(<4u>${ends(f.from, f[peer])}) size=4 tuple=${ends(f.from, f[peer])}`,
        own: { ...socket(f, "sender", "4", `${LOOPBACK}:${f.from}->0.0.0.0:0`, UDP), new_peer: isNew },
        fields: { "fd.connected": "true", "fd.name_changed": String(isNew === 1), "fd.sport": f[peer]! },
      })),
  },
];
