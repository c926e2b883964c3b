// SPDX-License-Identifier: Apache-2.0

/** Containers that hold whole systems: LXC, Proxmox's LXC, systemd-nspawn, libvirt's LXC. They have no images. */
import type { BinaryString } from "../events/text.ts";
import type { ContainerFacts, Mount } from "./container.ts";
import type { Identity } from "./containers.ts";
import { readStart } from "./files.ts";
import { LIST_LIMIT } from "./json.ts";
import type { ProxmoxFiles } from "./proxmox.ts";

const LIMIT_BYTES = 1 << 20;

/** What every one of them has: it is called by its id, and text about an image is there and empty. */
function plain({ type, fullId }: Identity): ContainerFacts {
  return { type, name: fullId, image: "", imageId: "", imageRepository: "", imageTag: "", imageDigest: "" };
}

/**
 * A container of these engines by its configuration file; what there is to know without one, otherwise; undefined as
 * long as Proxmox may still tell. `privileged` is LXC's word for one whose root is the host's.
 * @param root prefix of the host's file system
 * @param proxmox what is known of /etc/pve; undefined before it was read
 */
export function findSystem(
  identity: Identity,
  root: string,
  proxmox: ProxmoxFiles | undefined,
): ContainerFacts | undefined {
  const facts = plain(identity);
  const { type, fullId } = identity;
  if (fullId.includes("/") || fullId.startsWith(".")) return facts; // no name of a file
  const read = (path: string) => readStart(`${root}${path}`, LIMIT_BYTES);
  if (type === "lxc") {
    if (/^\d+$/.test(fullId)) {
      const text = proxmox?.get(`lxc/${fullId}.conf`);
      if (text !== undefined) return { ...facts, ...fromProxmox(text) };
      if (proxmox?.size !== 0) return undefined; // not read yet, or not since this one was made
    }
    const lxc = read(`/var/lib/lxc/${fullId}/config`);
    return lxc === undefined ? facts : { ...facts, ...fromLxc(lxc) };
  }
  if (type === "systemd-nspawn") {
    const settings = read(`/etc/systemd/nspawn/${fullId}.nspawn`) ?? read(`/run/systemd/nspawn/${fullId}.nspawn`);
    const machine = read(`/run/systemd/machines/${fullId}`);
    return { ...facts, ...fromNspawn(settings ?? "", machine ?? "") };
  }
  return facts;
}

/** `KEY: VALUE` lines of the running configuration: snapshots of it follow in sections. */
function fromProxmox(text: BinaryString): ContainerFacts {
  const pairs = [...(text.split(/^\[/m, 1)[0]!).matchAll(/^([a-z0-9._]+): *(.*)$/gm)];
  const value = (key: string) => pairs.find(([, name]) => name === key)?.[2];
  const mounts = pairs.filter(([, key]) => /^mp\d+$/.test(key!)).slice(0, LIST_LIMIT).map(([, , volume]): Mount => {
    const [source = "", ...options] = volume!.split(",");
    const option = (name: string) => options.find((text) => text.startsWith(`${name}=`))?.slice(name.length + 1);
    return { source, destination: option("mp") ?? "", mode: "", rdwr: option("ro") !== "1", propagation: "" };
  });
  const name = value("hostname");
  return { ...(name === undefined ? {} : { name }), mounts, privileged: value("unprivileged") !== "1" };
}

/** lxc.container.conf(5). */
function fromLxc(text: BinaryString): ContainerFacts {
  const pairs = [...text.matchAll(/^[ \t]*(lxc\.[a-z0-9_.]+)[ \t]*=[ \t]*(.*)$/gm)];
  const values = (...keys: string[]) => pairs.filter(([, key]) => keys.includes(key!)).map(([, , value]) => value!);
  const mounts = values("lxc.mount.entry").slice(0, LIST_LIMIT).flatMap((line): Mount[] => {
    // fstab(5): destinations are relative to the container's root
    const [source = "", target = "", , options = ""] = line.trim().split(/[ \t]+/).map(unescapeOctal);
    const words = options.split(",");
    if (!source.startsWith("/") || !words.some((word) => word === "bind" || word === "rbind")) return [];
    const rdwr = !words.includes("ro");
    return [{ source, destination: target.startsWith("/") ? target : `/${target}`, mode: "", rdwr, propagation: "" }];
  });
  return { mounts, privileged: values("lxc.idmap", "lxc.id_map").length === 0 };
}

/** systemd.nspawn(5), and what machined keeps of a machine that runs. */
function fromNspawn(settings: BinaryString, machine: BinaryString): ContainerFacts {
  const mounts = [...settings.matchAll(/^Bind(ReadOnly)?=(.*)$/gm)].slice(0, LIST_LIMIT).flatMap((line): Mount[] => {
    const [source = "", destination = source] = line[2]!.replace(/^\+/, "").split(":");
    return source === "" ? [] : [{ source, destination, mode: "", rdwr: line[1] === undefined, propagation: "" }];
  });
  const own = /^PrivateUsers=(.*)$/m.exec(settings)?.[1];
  return {
    ...(settings === "" ? {} : { mounts }),
    ...(own === undefined ? {} : { privileged: /^(no|false|off|0)$/i.test(own) }),
    ...(machine === "" ? {} : { hostNetwork: !/^NETIF=/m.test(machine) }),
  };
}

/** A space in a path of fstab(5) is `\040`. */
function unescapeOctal(text: BinaryString): BinaryString {
  return text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8) & 0xff));
}
