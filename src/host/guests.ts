// SPDX-License-Identifier: Apache-2.0

/** Virtual machines: which guest a process belongs to, and whose disk a file is. */
import { join } from "node:path/posix";
import type { BinaryString } from "../events/text.ts";
import { unescapeUnit } from "./containers.ts";
import type { Process } from "./process.ts";
import { isQemu, type QemuArguments, readArguments } from "./qemu.ts";

/** Who runs a guest; `qemu` for one that was started by hand. */
export type GuestType = "libvirt" | "proxmox" | "qemu";

/** A virtual machine. */
export interface Guest {
  readonly type: GuestType;
  /** Libvirt's UUID, Proxmox's number; of another the UUID, name or process id of its QEMU, the first that there is. */
  readonly id: BinaryString;
  readonly name: BinaryString | undefined;
}

/** A guest with the disks that it may write to. */
export interface DefinedGuest extends Guest {
  readonly disks: readonly BinaryString[];
}

/** The virtual machines of this host. */
export interface Guests {
  /** The guest that a process belongs to: of its QEMU, of what that started, of its cgroup. */
  of(process: Process): Guest | undefined;
  /** Whether the process is a guest's QEMU itself. */
  isQemu(process: Process): boolean;
  /** The guest whose disk lies at an absolute path. */
  diskOf(path: BinaryString): Guest | undefined;
  /** Whether any disk is known, so that it is worth asking. */
  readonly hasDisks: boolean;
}

/** What guests are found by, besides processes. All absent when a recording is replayed. */
export interface GuestParts {
  /** Guests that are defined on disk; may be slow: asked when it may have changed. */
  defined?(): readonly DefinedGuest[];
  /** A living process's arguments in full, argv[0] included, each with a NUL: the kernel's records cut them. */
  commandLine?(pid: number): BinaryString | undefined;
  /** Number of the inode that a path leads to; undefined when there is nothing, NaN when that can't be told. */
  inode?(path: BinaryString): number | undefined;
  /** The path without symbolic links; undefined when there is nothing. */
  realPath?(path: BinaryString): BinaryString | undefined;
}

/** How long definitions on disk are taken for unchanged. */
const DEFINED_FOR_MS = 5000;

/** QEMU processes and paths of disks that are remembered at most. */
const QEMU_LIMIT = 8192;
const DISK_LIMIT = 65536;

/** The unit of a guest. */
interface Unit {
  readonly type: GuestType;
  /** Libvirt's short form of the name, Proxmox's number. */
  readonly name: BinaryString;
  /** Made by the hypervisor's service, not in a place that users or containers may write to. */
  readonly isSystems: boolean;
}

/** What is known of a QEMU process as long as it does not change. */
interface Known {
  readonly revision: number;
  readonly guest: Guest | undefined;
  readonly disks: readonly BinaryString[];
}

/**
 * The guest of each process: by the nearest QEMU among itself and its ancestors, whose command line tells, or by the
 * cgroup that libvirt and Proxmox give each guest. Nothing is worked out before a rule asks.
 */
export class GuestTable implements Guests {
  readonly #parts: GuestParts;
  /** Processes that run a QEMU, or did when they were last heard of. */
  readonly #qemus = new Set<Process>();
  readonly #known = new WeakMap<Process, Known>();
  #defined: readonly DefinedGuest[] = [];
  #definedAt = -Infinity;
  /** Paths of disks; undefined when something has changed. */
  #disks: Map<BinaryString, Guest> | undefined;
  /** Called when a QEMU was started. */
  whenStarted: (() => void) | undefined;

  constructor(parts: GuestParts = {}) {
    this.#parts = parts;
  }

  /** To be told of every process that is new or has changed. */
  learn(process: Process): void {
    if (!isQemu(process.exepath)) return;
    if (this.#qemus.size >= QEMU_LIMIT) { for (const qemu of this.#qemus) if (!qemu.alive) this.#qemus.delete(qemu); }
    if (this.#qemus.size >= QEMU_LIMIT) return;
    this.#qemus.add(process);
    this.#disks = undefined;
    this.whenStarted?.();
  }

  of(process: Process): Guest | undefined {
    const unit = unitOf(process.cgroups);
    let steps = 0;
    for (let at: Process | undefined = process; at !== undefined && steps < 256; at = at.parent, steps++) {
      if (!isQemu(at.exepath)) continue;
      const { guest } = this.#knownOf(at);
      if (guest !== undefined) return guest;
    }
    return unit && this.#ofUnit(unit);
  }

  isQemu(process: Process): boolean {
    return isQemu(process.exepath) && this.#knownOf(process).guest !== undefined;
  }

  diskOf(path: BinaryString): Guest | undefined {
    this.#refresh();
    this.#disks ??= this.#listDisks();
    return this.#disks.get(path);
  }

  get hasDisks(): boolean {
    this.#refresh();
    this.#disks ??= this.#listDisks();
    return this.#disks.size > 0;
  }

  /**
   * All files that `diskOf` knows now: their paths, and the inode numbers by which they are known under any other path.
   * Undefined when an inode's number can't be told.
   */
  diskFiles(): { readonly paths: readonly BinaryString[]; readonly inodes: readonly number[] } | undefined {
    this.#refresh();
    const paths = [...(this.#disks ??= this.#listDisks()).keys()].sort();
    const inodes = paths.flatMap((path) => this.#parts.inode?.(path) ?? []);
    if (!inodes.every(Number.isSafeInteger)) return undefined;
    return { paths, inodes: [...new Set(inodes)].sort((a, b) => a - b) };
  }

  /** All guests with their disks' paths, for a snapshot. */
  list(): DefinedGuest[] {
    this.#refresh();
    const disks = new Map<Guest, BinaryString[]>();
    for (const [path, guest] of this.#disks ??= this.#listDisks()) {
      const paths = disks.get(guest);
      if (paths === undefined) disks.set(guest, [path]);
      else paths.push(path);
    }
    return [...disks].map(([{ type, id, name }, paths]) => ({ type, id, name, disks: paths }));
  }

  #knownOf(process: Process): Known {
    const known = this.#known.get(process);
    if (known?.revision === process.revision) return known;
    const fresh = this.#read(process);
    this.#known.set(process, fresh);
    return fresh;
  }

  #read(process: Process): Known {
    const { revision, pid, cwd } = process;
    const args = this.#argumentsOf(process);
    if (args === undefined) return { revision, guest: undefined, disks: [] };
    const unit = unitOf(process.cgroups);
    const type = unit?.type ?? (args.vmid !== undefined ? "proxmox" : args.isLibvirts ? "libvirt" : "qemu");
    const id = type === "proxmox" ? args.vmid ?? unit?.name : args.uuid;
    const guest = { type, id: id ?? args.name ?? String(pid), name: args.name };
    // anybody may run a QEMU and name files of others as its disks
    const isSystems = unit?.isSystems === true || (process.uid === 0 && process.container.type === "host");
    const disks = isSystems ? args.disks.map((disk) => disk.startsWith("/") ? disk : join(cwd ?? "/", disk)) : [];
    return { revision, guest, disks: this.#withRealPaths(disks) };
  }

  #argumentsOf({ pid, args, alive }: Process): QemuArguments | undefined {
    const full = alive ? this.#parts.commandLine?.(pid) : undefined;
    const strings = full?.slice(full.indexOf("\0") + 1);
    // the pid may be another's by now
    const text = strings !== undefined && strings.startsWith(args.slice(0, -1)) ? strings : args;
    return readArguments(text.replace(/\0$/, "").split("\0"));
  }

  #withRealPaths(paths: readonly BinaryString[]): BinaryString[] {
    return [...new Set(paths.flatMap((path) => [path, this.#parts.realPath?.(path) ?? path]))];
  }

  #ofUnit(unit: Unit): Guest {
    for (const qemu of this.#qemus) {
      if (!qemu.alive || !isQemu(qemu.exepath)) continue;
      const other = unitOf(qemu.cgroups);
      const { guest } = other?.type === unit.type && other.name === unit.name
        ? this.#knownOf(qemu)
        : { guest: undefined };
      if (guest !== undefined) return guest;
    }
    this.#refresh();
    const { type, name } = unit;
    const defined = this.#defined.find((guest) =>
      guest.type === type && (type === "proxmox" ? guest.id : guest.name) === name
    );
    return defined ?? { type, id: name, name: type === "proxmox" ? undefined : name };
  }

  /** Reads the definitions again when they are old. */
  #refresh(): void {
    if (this.#parts.defined === undefined || performance.now() - this.#definedAt < DEFINED_FOR_MS) return;
    this.#defined = this.#parts.defined();
    this.#definedAt = performance.now();
    this.#disks = undefined;
  }

  #listDisks(): Map<BinaryString, Guest> {
    const disks = new Map<BinaryString, Guest>();
    const add = (guest: Guest, paths: readonly BinaryString[]) => {
      for (const path of paths) if (disks.size < DISK_LIMIT) disks.set(path, guest);
    };
    for (const guest of this.#defined) add(guest, this.#withRealPaths(guest.disks));
    for (const qemu of this.#qemus) {
      if (!qemu.alive || !isQemu(qemu.exepath)) {
        this.#qemus.delete(qemu);
        continue;
      }
      const { guest, disks: paths } = this.#knownOf(qemu);
      if (guest !== undefined) add(guest, paths);
    }
    return disks;
  }
}

/**
 * The unit of a guest that these cgroups (`subsystem=path` entries each with a NUL) lie in: libvirt's
 * `machine-qemu\x2dNUMBER\x2dNAME.scope`, Proxmox's `qemu.slice/NUMBER.scope`.
 */
function unitOf(cgroups: BinaryString): Unit | undefined {
  if (!cgroups.includes("qemu")) return undefined;
  for (const entry of cgroups.split("\0")) {
    const path = entry.slice(entry.indexOf("=") + 1);
    const proxmox = /^\/qemu\.slice\/(\d+)\.scope(?:\/|$)/.exec(path)?.[1];
    if (proxmox !== undefined) return { type: "proxmox", name: proxmox, isSystems: true };
    const libvirt = /\/machine-qemu\\x2d\d+\\x2d([^/]+)\.scope(?:\/|$)/.exec(path)?.[1] ??
      /\/machine\/qemu-\d+-([^/]+)\.libvirt-qemu(?:\/|$)/.exec(path)?.[1];
    if (libvirt !== undefined) {
      return { type: "libvirt", name: unescapeUnit(libvirt), isSystems: /^\/machine(\.slice)?\//.test(path) };
    }
  }
  return undefined;
}
