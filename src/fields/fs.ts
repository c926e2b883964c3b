// SPDX-License-Identifier: Apache-2.0

/** `fs.path.*`: the paths that a file system call works on. */
import { EVENT_TYPES } from "../events/table.ts";
import type { EventType } from "../events/types.ts";
import { type CatalogueField, field } from "./define.ts";
import { locateName } from "./descriptor.ts";
import type { Event } from "./event.ts";
import { beginWorkingDirectory, isAbsolute, locateArgument, locateText } from "./event_path.ts";
import type { Slice } from "./field.ts";
import { layout } from "./layout.ts";
import { emptySlice, PathJoiner, sliceText } from "./path.ts";
import { Socket } from "./socket.ts";

/** Which parameter is which path, by Falco's table; `link` and `symlink` have what they make as the source. */
const ONE: Readonly<Record<string, string>> = {
  mkdir: "path",
  mkdirat: "path",
  rmdir: "path",
  unlink: "path",
  unlinkat: "name",
  open: "name",
  openat: "name",
  openat2: "name",
  fchmodat: "filename",
  chmod: "filename",
};
const SOURCE: Readonly<Record<string, string>> = {
  rename: "oldpath",
  renameat: "oldpath",
  renameat2: "oldpath",
  link: "newpath",
  linkat: "newpath",
  symlink: "linkpath",
  symlinkat: "linkpath",
};
const TARGET: Readonly<Record<string, string>> = {
  rename: "newpath",
  renameat: "newpath",
  renameat2: "newpath",
  link: "oldpath",
  linkat: "oldpath",
  symlink: "target",
  symlinkat: "target",
};

/**
 * Falco asks for `res = 0`, and of opens only that their result is not -1: a file that could not be opened for any
 * reason but EPERM has a path.
 */
function counts(event: Event): boolean {
  const { result, openedPath } = layout(event.type);
  const value = event.record.hasNumber(result) ? event.record.number(result) : 0;
  return openedPath >= 0 ? value !== -1 : value === 0;
}

function pathField(name: string, doc: string, table: Readonly<Record<string, string>>, raw: boolean): CatalogueField {
  const indices = new Map<EventType, number>();
  for (const type of EVENT_TYPES) {
    const param = table[type.name];
    if (param !== undefined) indices.set(type, type.index.get(param)!);
  }
  // fchmod has no path of its own: its descriptor's name
  const ofDescriptor = (type: EventType) => table === ONE && type.name === "fchmod";
  return field(name, "CHARBUF", doc, () => {
    const joiner = new PathJoiner();
    const socket = new Socket();
    const slice = emptySlice();
    const locate = (event: Event, into: Slice): boolean => {
      const { type } = event;
      if (ofDescriptor(type)) return counts(event) && locateName(event, socket, joiner, into);
      const index = indices.get(type);
      if (index === undefined || !counts(event) || !locateText(event, index, into)) return false;
      if (raw || isAbsolute(into)) return true;
      if (type.params[index]!.type === "CHARBUF") {
        // a symlink's target, to Falco, is relative to the current directory
        beginWorkingDirectory(event, joiner);
        joiner.join(into.u8, into.offset, into.length, into);
      } else locateArgument(event, index, joiner, into);
      return true;
    };
    return {
      locate,
      get: (event) => locate(event, slice) ? sliceText(slice) : undefined,
      presentOn: (type) => indices.has(type) || ofDescriptor(type),
    };
  });
}

/** Fields of the class, in Falco's order. */
export const FS_FIELDS: readonly CatalogueField[] = [
  pathField("fs.path.name", "Absolute path that the call works on.", ONE, false),
  pathField("fs.path.nameraw", "That path as it was passed.", ONE, true),
  pathField("fs.path.source", "Absolute first path of a call with two.", SOURCE, false),
  pathField("fs.path.sourceraw", "That path as it was passed.", SOURCE, true),
  pathField("fs.path.target", "Absolute second path of a call with two.", TARGET, false),
  pathField("fs.path.targetraw", "That path as it was passed.", TARGET, true),
];
