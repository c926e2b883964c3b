// SPDX-License-Identifier: Apache-2.0

/** Guests as libvirt and Proxmox have them defined on disk, running or not. */
import { readdirSync } from "node:fs";
import type { BinaryString } from "../events/text.ts";
import { readStart } from "./files.ts";
import type { DefinedGuest } from "./guests.ts";
import type { ProxmoxFiles } from "./proxmox.ts";

/** Definitions of one kind that are read, and the size of one. */
const FILE_LIMIT = 4096;
const LIMIT_BYTES = 1 << 20;

/**
 * All of them; the running ones' definitions last, since they are nearer to the truth.
 * @param root prefix of the host's file system
 * @param proxmox what is known of /etc/pve
 */
export function definedGuests(root: string, proxmox: ProxmoxFiles): DefinedGuest[] {
  const libvirt = ["/etc/libvirt/qemu", "/run/libvirt/qemu"].flatMap((directory) =>
    textsIn(root + directory, ".xml").flatMap(([, text]) => fromLibvirt(text))
  );
  const storages = storagesIn(proxmox.get("storage.cfg") ?? "");
  const machines = [...proxmox].flatMap(([path, text]) => {
    const id = /^qemu-server\/(.*)\.conf$/.exec(path)?.[1];
    return id === undefined ? [] : [fromProxmox(id, text, storages)];
  });
  return [...libvirt, ...machines];
}

function textsIn(directory: string, ending: string): [name: string, text: BinaryString][] {
  let names: string[];
  try {
    names = readdirSync(directory);
  } catch {
    return []; // no such hypervisor here
  }
  return names.filter((name) => name.endsWith(ending)).slice(0, FILE_LIMIT).flatMap((name) => {
    const text = readStart(`${directory}/${name}`, LIMIT_BYTES);
    return text === undefined ? [] : [[name, text]];
  });
}

/**
 * A domain's XML (libvirt.org/formatdomain.html). Libvirt writes these files itself, always in one style, so they are
 * searched, not parsed.
 */
export function fromLibvirt(text: BinaryString): DefinedGuest[] {
  const domain = text.slice(Math.max(0, text.indexOf("<domain type=")));
  const name = /<name>([^<]*)<\/name>/.exec(domain)?.[1];
  const uuid = /<uuid>([^<]*)<\/uuid>/.exec(domain)?.[1];
  if (uuid === undefined) return [];
  const disks: BinaryString[] = [];
  for (const piece of domain.split("<disk ").slice(1)) {
    const disk = piece.slice(0, piece.indexOf("</disk>"));
    if (/\bdevice=['"](cdrom|floppy)['"]/.test(disk.slice(0, disk.indexOf(">"))) || disk.includes("<readonly/>")) {
      continue;
    }
    // the base image below an overlay is read by many guests
    const own = disk.split("<backingStore", 1)[0]!;
    const source = /<source\b[^>]*?\s(?:file|dev)=(?:'([^']*)'|"([^"]*)")/.exec(own);
    if (source !== null) disks.push(unescapeXml(source[1] ?? source[2]!));
  }
  return [{ type: "libvirt", id: uuid, name: name === undefined ? undefined : unescapeXml(name), disks }];
}

const ENTITIES: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

function unescapeXml(text: BinaryString): BinaryString {
  return text.replace(/&([a-z]+);/g, (whole, name: string) => ENTITIES[name] ?? whole);
}

/** A storage of Proxmox: its name, and where a volume of it lies. */
type Storage = readonly [name: string, path: (volume: BinaryString) => BinaryString];

/** /etc/pve/storage.cfg: `TYPE: NAME`, then indented properties. */
function storagesIn(text: BinaryString): Storage[] {
  return text.split(/^(?=\S)/m).flatMap((section): Storage[] => {
    const [, type, name] = /^([a-z]+): *(\S+)/.exec(section) ?? [];
    const property = (key: string) => new RegExp(`^\\s+${key}\\s+(\\S+)`, "m").exec(section)?.[1];
    if (type === undefined || name === undefined) return [];
    if (type === "lvm" || type === "lvmthin") return [[name, (volume) => `/dev/${property("vgname")}/${volume}`]];
    if (type === "zfspool") return [[name, (volume) => `/dev/zvol/${property("pool")}/${volume}`]];
    const directory = property("path") ?? (type === "nfs" || type === "cifs" ? `/mnt/pve/${name}` : undefined);
    return directory === undefined ? [] : [[name, (volume) => `${directory}/images/${volume}`]];
  });
}

/** qm.conf(5), without the sections of its snapshots. */
function fromProxmox(id: BinaryString, text: BinaryString, storages: readonly Storage[]): DefinedGuest {
  const now = text.split(/^\[/m, 1)[0]!;
  const disks: BinaryString[] = [];
  for (const [, value] of now.matchAll(/^(?:scsi|virtio|sata|ide|efidisk|tpmstate)\d+: *(.*)$/gm)) {
    if (value!.includes("media=cdrom")) continue;
    const volume = value!.split(",", 1)[0]!.replace(/^file=/, "");
    const storage = storages.find(([name]) => volume.startsWith(`${name}:`));
    if (volume.startsWith("/")) disks.push(volume);
    else if (storage !== undefined) disks.push(storage[1](volume.slice(storage[0].length + 1)));
  }
  return { type: "proxmox", id, name: /^name: *(.*)$/m.exec(now)?.[1], disks };
}
