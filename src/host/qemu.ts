// SPDX-License-Identifier: Apache-2.0

/** The command lines of QEMU (qemu(1)), as libvirt, Proxmox and people write them. */
import { z } from "zod";
import type { BinaryString } from "../events/text.ts";
import { parseJson, part, Text } from "./json.ts";

/** What a command line tells of its guest. */
export interface QemuArguments {
  readonly name: BinaryString | undefined;
  readonly uuid: BinaryString | undefined;
  /** Proxmox's number, which its QEMU takes as `-id`. */
  readonly vmid: BinaryString | undefined;
  /** Images and devices that the guest may write to, as given. */
  readonly disks: readonly BinaryString[];
  /** Libvirt wrote it. */
  readonly isLibvirts: boolean;
}

/** Disks of one guest that are looked at. */
const DISK_LIMIT = 256;

/** How deep block nodes lie in each other. */
const NODE_DEPTH = 16;

/** Whether a file of this name is a QEMU that runs whole systems: `qemu-system-x86_64`, RHEL's and Proxmox's `kvm`. */
export function isQemu(exepath: BinaryString): boolean {
  const name = exepath.slice(exepath.lastIndexOf("/") + 1);
  return name.startsWith("qemu-system-") || name === "qemu-kvm" || name === "kvm";
}

/**
 * What the arguments (without argv[0]) tell; undefined when they start no guest: questions for version or help, and
 * libvirt's for what this QEMU can do.
 */
export function readArguments(args: readonly BinaryString[]): QemuArguments | undefined {
  let name, uuid, vmid: BinaryString | undefined;
  const disks: BinaryString[] = [];
  const nodes: Node[] = [];
  for (let i = 0; i < args.length; i++) {
    const option = args[i]!.replace(/^--?/, "");
    if (option === args[i]) { // a disk image by itself
      if (option !== "") disks.push(option);
      continue;
    }
    if (/^(h|help|version)$/.test(option)) return undefined;
    if (!TAKES_NO_VALUE.has(option)) i++;
    const value = args[i] ?? "";
    if (/^(machine|M)$/.test(option) && /^(none|help)(,|$)/.test(value)) return undefined;
    if (option === "name") name = keys(value, "guest").get("guest");
    else if (option === "uuid") uuid = value;
    else if (option === "id") vmid = value;
    else if (/^(hd[abcd]|sd|mtdblock|pflash)$/.test(option)) disks.push(value);
    else if (option === "drive") disks.push(...driveFile(keys(value, "file")));
    else if (option === "blockdev") nodes.push(...nodeOf(value));
  }
  disks.push(...writable(nodes));
  const isLibvirts = args.some((arg) => arg.includes("/qemu/domain-") && arg.includes("libvirt"));
  return { name, uuid, vmid, isLibvirts, disks: disks.slice(0, DISK_LIMIT).map(plainPath) };
}

/** Options that stand alone; what is not here takes the next argument. */
const TAKES_NO_VALUE: ReadonlySet<string> = new Set(
  ("S s daemonize enable-kvm full-screen g3 mem-prealloc no-acpi no-fd-bootchk no-hpet no-reboot no-shutdown no-user-config " +
    "nodefaults nographic only-migratable portrait preconfig singlestep snapshot usb win2k-hack nodefconfig no-quit " +
    "no-frame alt-grab ctrl-grab").split(" "),
);

/** `KEY=VALUE,KEY=VALUE`, in which a comma in a value is doubled; the first key may be left out. */
function keys(text: BinaryString, first: string): Map<string, BinaryString> {
  const found = new Map<string, BinaryString>();
  const pieces = text.replaceAll(",,", "\0").split(","); // an argument holds no NUL
  for (const [i, piece] of pieces.entries()) {
    const pair = piece.replaceAll("\0", ",");
    const equals = pair.indexOf("=");
    if (equals >= 0) found.set(pair.slice(0, equals), pair.slice(equals + 1));
    else if (i === 0) found.set(first, pair);
  }
  return found;
}

/** The file of a drive that a guest can change: firmware and installation media are shared, and read by many. */
function driveFile(drive: ReadonlyMap<string, BinaryString>): BinaryString[] {
  const file = drive.get("file");
  const isReadOnly = drive.get("media") === "cdrom" ||
    /^(on|true)$/.test(drive.get("readonly") ?? drive.get("read-only") ?? "");
  return file === undefined || file === "" || isReadOnly ? [] : [file];
}

/** A block node: a file, or a format upon other nodes. */
interface Node {
  readonly name: BinaryString | undefined;
  readonly filename: BinaryString | undefined;
  /** The node below, by name or itself. */
  readonly file: BinaryString | Node | undefined;
  readonly readOnly: boolean;
}

const BlockNode = z.object({
  "node-name": part(Text),
  filename: part(Text),
  "read-only": part(z.boolean()),
  file: z.unknown().optional(),
});

function nodeOf(text: BinaryString): Node[] {
  if (text.startsWith("{")) {
    const node = nodeFrom(parseJson(text, z.unknown()), 0);
    return node === undefined ? [] : [node];
  }
  const pairs = keys(text, "driver");
  const below = pairs.get("file.filename");
  const name = pairs.get("node-name");
  const readOnly = pairs.get("read-only") === "on";
  return [{ name, filename: pairs.get("filename") ?? below, file: pairs.get("file"), readOnly }];
}

function nodeFrom(value: unknown, depth: number): Node | undefined {
  const { data } = BlockNode.safeParse(value);
  if (data === undefined || depth > NODE_DEPTH) return undefined;
  const file = typeof data.file === "string" ? data.file : nodeFrom(data.file, depth + 1);
  return { name: data["node-name"], filename: data.filename, file, readOnly: data["read-only"] === true };
}

/** Files of the nodes but of those below one that is read-only. */
function writable(nodes: readonly Node[]): BinaryString[] {
  const byName = new Map(nodes.map((node) => [node.name, node]));
  const sealed = new Set<Node>();
  const files = (node: Node | undefined, seal: boolean, depth: number): BinaryString[] => {
    if (node === undefined || depth > NODE_DEPTH) return [];
    if (seal || node.readOnly) sealed.add(node);
    const below = typeof node.file === "string" ? byName.get(node.file) : node.file;
    const own = node.filename === undefined || sealed.has(node) ? [] : [node.filename];
    return [...own, ...files(below, sealed.has(node), depth + 1)];
  };
  for (const node of nodes) files(node, false, 0); // a name may be used before the node below it is sealed
  return [...new Set(nodes.flatMap((node) => files(node, false, 0)))];
}

/** The path in `file:PATH` and `host_device:PATH`. */
function plainPath(file: BinaryString): BinaryString {
  return file.replace(/^(file|host_device):/, "");
}
