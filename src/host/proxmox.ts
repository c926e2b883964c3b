// SPDX-License-Identifier: Apache-2.0

import { type FileHandle, open, readdir } from "node:fs/promises";
import { Buffer } from "node:buffer";
import type { BinaryString } from "../events/text.ts";

/** Files of one directory that are read, and the size of one. */
const FILE_LIMIT = 4096;
const LIMIT_BYTES = 1 << 20;

/** How long what was read is taken for unchanged. */
const FRESH_FOR_MS = 5000;

/** How long anybody waits for the first reading. */
const PATIENCE_MS = 1000;

/** What is wanted: directories with their files' ending, and a single file. */
const DIRECTORIES = ["lxc", "qemu-server"];
const FILES = ["storage.cfg"];

/** Files below /etc/pve by path, such as `lxc/101.conf`. */
export type ProxmoxFiles = ReadonlyMap<string, BinaryString>;

/**
 * The definitions that Proxmox keeps in /etc/pve. That is a file system in user space (pmxcfs): when its daemon hangs,
 * whoever reads there hangs too. So it is read beside the events, and what was read last counts.
 */
export class ProxmoxReader {
  /** Resolves when the files have been read once, or nobody should wait for them any longer. */
  readonly ready: Promise<void>;
  readonly #directory: string;
  #files: ProxmoxFiles | undefined;
  #reading = false;
  #readAt = -Infinity;

  /** @param directory where /etc/pve is */
  constructor(directory: string) {
    this.#directory = directory;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const tooLong = new Promise<void>((resolve) => timer = setTimeout(resolve, PATIENCE_MS));
    this.ready = Promise.race([this.#refresh(), tooLong]).then(() => {
      clearTimeout(timer);
      this.#files ??= new Map();
    });
  }

  /** What was read last, undefined before `ready`; read again in the background when it is old. */
  get files(): ProxmoxFiles | undefined {
    if (performance.now() - this.#readAt >= FRESH_FOR_MS) void this.#refresh();
    return this.#files;
  }

  async #refresh(): Promise<void> {
    if (this.#reading) return;
    this.#reading = true;
    const lists = await Promise.all(DIRECTORIES.map((name) => this.#list(name)));
    const paths = [...lists.flat(), ...FILES];
    const found = new Map<string, BinaryString>();
    for (const path of paths) {
      const text = await readText(`${this.#directory}/${path}`);
      if (text !== undefined) found.set(path, text);
    }
    this.#files = found;
    this.#readAt = performance.now();
    this.#reading = false;
  }

  async #list(name: string): Promise<string[]> {
    const names = await readdir(`${this.#directory}/${name}`).catch(() => []); // no Proxmox
    return names.filter((file) => file.endsWith(".conf")).slice(0, FILE_LIMIT).map((file) => `${name}/${file}`);
  }
}

async function readText(path: string): Promise<BinaryString | undefined> {
  let file: FileHandle | undefined;
  try {
    file = await open(path, "r");
    const buffer = Buffer.alloc(Math.min(LIMIT_BYTES, (await file.stat()).size));
    const { bytesRead } = await file.read(buffer, 0, buffer.length, 0);
    return buffer.toString("latin1", 0, bytesRead);
  } catch {
    return undefined; // gone since it was listed
  } finally {
    await file?.close();
  }
}
