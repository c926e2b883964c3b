// SPDX-License-Identifier: Apache-2.0

/**
 * `vm.*`, not Falco's: the virtual machine that a process on the hypervisor works for. Missing for all other processes,
 * and for what happens inside a guest, which the hypervisor's kernel does not see.
 */
import type { Guest } from "../host/guests.ts";
import { type CatalogueField, eventField, field } from "./define.ts";
import { hasDescriptor, locateName } from "./descriptor.ts";
import { locateText } from "./event_path.ts";
import { layout } from "./layout.ts";
import { emptySlice, PathJoiner, sliceText } from "./path.ts";
import { Socket } from "./socket.ts";

const OWN = { own: true } as const;

function guestField(name: string, doc: string, of: (guest: Guest) => string | undefined): CatalogueField {
  return eventField(name, "CHARBUF", doc, ({ process, host }) => {
    const guest = process && host.guests.of(process);
    return guest && of(guest);
  }, OWN);
}

/** Fields of the class. */
export const VM_FIELDS: readonly CatalogueField[] = [
  guestField(
    "vm.id",
    "Id of the guest that the process belongs to, as its QEMU or what that started: libvirt's UUID, Proxmox's number.",
    ({ id }) => id,
  ),
  guestField("vm.name", "Name of that guest.", ({ name }) => name),
  guestField("vm.type", "Who runs that guest: libvirt, proxmox, or qemu when nobody else does.", ({ type }) => type),
  eventField("vm.is_qemu", "BOOL", "The process is a guest's QEMU itself.", ({ process, host }) => {
    return process && host.guests.isQemu(process);
  }, OWN),
  field(
    "vm.disk_of",
    "CHARBUF",
    "Id of the guest whose disk the descriptor's file is, by the path as passed or the true one; missing for other files.",
    () => {
      const socket = new Socket();
      const joiner = new PathJoiner();
      const slice = emptySlice();
      return {
        get: (event) => {
          const { guests } = event.host;
          if (!guests.hasDisks) return undefined;
          const { fdPath } = layout(event.type);
          const real = fdPath >= 0 && locateText(event, fdPath, slice) ? guests.diskOf(sliceText(slice)) : undefined;
          if (real !== undefined) return real.id;
          return locateName(event, socket, joiner, slice) ? guests.diskOf(sliceText(slice))?.id : undefined;
        },
        presentOn: hasDescriptor,
      };
    },
    OWN,
  ),
];
