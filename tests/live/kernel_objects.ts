// SPDX-License-Identifier: Apache-2.0

import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";

const KINDS = ["prog", "map", "link"] as const;

/** A program, map or link of eBPF, such as `prog 17`; the kernel gives no number twice. */
export type KernelObject = `${(typeof KINDS)[number]} ${number}`;

/** What a process holds open of eBPF, as its descriptors tell (/proc/PID/fdinfo). */
export function objectsOf(pid: number): KernelObject[] {
  const folder = `/proc/${pid}/fdinfo`;
  return namesIn(folder).flatMap((name) => {
    const text = textOf(`${folder}/${name}`);
    return KINDS.flatMap((kind): KernelObject[] => {
      const id = new RegExp(`^${kind}_id:\\s*(\\d+)$`, "m").exec(text)?.[1];
      return id === undefined ? [] : [`${kind} ${Number(id)}`];
    });
  });
}

/**
 * Whether the kernel still has an object. Maps of programs are left out: of one that is looked at by its number while it
 * goes, by whomever, Linux (6.18) never frees the empty hull, since prog_array_map_clear takes a reference each time that
 * it is called and gives back one for all.
 */
export function isInKernel(object: KernelObject): boolean {
  const [kind, id] = object.split(" ");
  const { status, stdout } = spawnSync("bpftool", [kind!, "show", "id", id!], { encoding: "utf8" });
  return status === 0 && !/^\d+: prog_array /.test(stdout);
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return []; // the process has gone
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}
