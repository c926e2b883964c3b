// SPDX-License-Identifier: Apache-2.0

import type { BinaryString } from "../events/text.ts";
import { type Container, type ContainerFacts, type ContainerType, HOST_CONTAINER } from "./container.ts";

/** Cgroup strings, some KB each, whose container is remembered; all are forgotten when there are more. */
const CACHE_LIMIT = 4096;

/** Containers whose facts are remembered, likewise. */
const FACTS_LIMIT = 2048;

/** Questions about a container of which nothing is found, and the ms from the first to the second, doubled each time. */
const QUESTIONS = 8;
const FIRST_PAUSE_MS = 20;

/** Who a container is, before anybody knows its name. */
export interface Identity {
  readonly type: ContainerType;
  readonly fullId: string;
  /** The user in whose slice it lies, of a rootless engine. */
  readonly uid?: number;
}

/** Reads what is on disk about a container; undefined when there is nothing (yet). */
export type FindFacts = (identity: Identity) => ContainerFacts | undefined;

/** Asks somebody who answers later; never rejects, undefined when there is no answer. */
export type AskForFacts = (identity: Identity) => Promise<ContainerFacts | undefined>;

const NO_FACTS: ContainerFacts = {};

const HASH = /^[0-9a-f]{64}$/;

/** containerd's identifiers. */
const CTR_NAME = /^[A-Za-z0-9]+([._-][A-Za-z0-9]+)*$/;

/** Leading parts of names that engines give to a container's cgroup: `PREFIX` hash `[.scope]`. */
const PREFIXES: readonly (readonly [string, ContainerType])[] = [
  ["libpod-payload-", "podman"],
  ["libpod-", "podman"],
  ["docker-", "docker"],
  ["cri-containerd-", "containerd"],
  ["nerdctl-", "containerd"],
  ["crio-", "cri-o"],
];

/**
 * The container that a cgroup path belongs to: the innermost directory on it which bears the mark of an engine, so that
 * what a container makes below its own (systemd's services, another engine's containers) is seen too. Undefined for a
 * plain path. Unlike Falco's containerd matcher (compat/events.md §7.1), never a guess out of any two names: a service's
 * own subgroup is no container, nor is what watches over one on the host (conmon, lxc.monitor, nspawn's supervisor).
 */
export function identify(path: BinaryString): Identity | undefined {
  const parts = path.split("/");
  for (let i = parts.length - 1; i > 0; i--) {
    const found = identifyByHash(parts, i) ?? identifyByName(parts, i);
    if (found === undefined) continue;
    const uid = /^\/user\.slice\/user-(\d{1,10})\.slice\//.exec(path)?.[1];
    return uid === undefined ? found : { ...found, uid: Number(uid) };
  }
  return undefined;
}

/** Application containers: 64 hexadecimal digits. */
function identifyByHash(parts: readonly string[], i: number): Identity | undefined {
  const part = parts[i]!;
  const name = part.endsWith(".scope") ? part.slice(0, -6) : part;
  for (const [prefix, type] of PREFIXES) {
    const rest = name.slice(prefix.length);
    if (name.startsWith(prefix) && HASH.test(rest)) return { type, fullId: rest };
  }
  // containerd told systemd's slice names while making plain directories: `….slice:cri-containerd:HASH`
  const last = part.slice(part.lastIndexOf(":") + 1);
  if (HASH.test(last) && part.endsWith(`:cri-containerd:${last}`)) return { type: "containerd", fullId: last };
  if (!HASH.test(part)) return undefined;
  const type = typeByParent(parts[i - 1]!);
  return type && { type, fullId: part };
}

/** Engine by the directory that a bare hash lies in; Docker if that says nothing, as in Falco. */
function typeByParent(parent: string): ContainerType | undefined {
  if (parent === "libpod_parent") return undefined; // a pod; its containers are marked
  if (/^podman-\d+\.scope$/.test(parent)) return "podman"; // rootless on v1
  if (/^(.*-)?pod[0-9a-f_-]{32,36}(\.slice)?$/.test(parent)) return "cri"; // the kubelet's; which runtime it doesn't say
  if (parent === "default" || parent === "k8s.io") return "containerd";
  return "docker";
}

/** Containers with names that people gave: whole systems, and those of containerd's `ctr`. */
function identifyByName(parts: readonly string[], i: number): Identity | undefined {
  const part = parts[i]!;
  const parent = parts[i - 1]!;
  const child = parts[i + 1];
  if (part.startsWith("lxc.payload.")) return named("lxc", part.slice(12));
  if (parent === "lxc.payload") return named("lxc", part);
  if (parent === "lxc") return named(parts[i - 2] === "libvirt" ? "libvirt-lxc" : "lxc", part);
  if (part.endsWith(".libvirt-lxc")) return named("libvirt-lxc", part.slice(0, -12));
  const machine = /^machine-(.+)\.scope$/.exec(part)?.[1];
  if (machine !== undefined) {
    // machine-lxc\x2dNUMBER\x2dNAME.scope, before libvirt 1.3 machine-lxc\x2dNAME.scope
    const libvirt = /^lxc\\x2d(?:\d+\\x2d)?(.+)$/.exec(machine)?.[1];
    if (libvirt !== undefined) return named("libvirt-lxc", unescapeUnit(libvirt));
    return child === "payload" ? named("systemd-nspawn", unescapeUnit(machine)) : undefined;
  }
  const nspawn = /^systemd-nspawn@(.+)\.service$/.exec(part)?.[1];
  if (nspawn !== undefined && child !== undefined && child !== "supervisor") {
    return named("systemd-nspawn", unescapeUnit(nspawn));
  }
  // `ctr` puts a container right under the namespace that it uses when told no other
  const isOfCtr = i === 2 && child === undefined && parent === "default" && CTR_NAME.test(part);
  return isOfCtr && !/\.(service|slice|scope)$/.test(part) ? named("containerd", part) : undefined;
}

function named(type: ContainerType, fullId: string): Identity | undefined {
  return fullId === "" ? undefined : { type, fullId };
}

/** A name out of a unit's: systemd writes `\x2d` for `-` (systemd.unit(5)). */
export function unescapeUnit(name: string): string {
  return name.replace(/\\x([0-9a-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

/** Containers of these types are made of no image. */
const WITHOUT_IMAGE: ReadonlySet<ContainerType> = new Set(["lxc", "libvirt-lxc", "systemd-nspawn"]);

/** Containers by cgroup. Each is one object as long as it is remembered. */
export class Containers {
  readonly #findFacts: FindFacts;
  readonly #ask: AskForFacts | undefined;
  readonly #byCgroups = new Map<string, Container>();
  readonly #byId = new Map<string, KnownContainer>();

  /**
   * @param findFacts asked until it finds name and image, at most QUESTIONS times; by default finds nothing
   * @param ask asked once about a container of which that does not find name and image at first
   */
  constructor(findFacts: FindFacts = () => undefined, ask?: AskForFacts) {
    this.#findFacts = findFacts;
    this.#ask = ask;
  }

  /**
   * The container of a process with these cgroups: `subsystem=path` entries each with a NUL, in whose order the first
   * path that belongs to a container counts, then the path in the v2 hierarchy.
   */
  of(cgroups: BinaryString, cgroup: BinaryString): Container {
    const key = cgroups + cgroup;
    const known = this.#byCgroups.get(key);
    if (known !== undefined) return known;
    let identity: Identity | undefined;
    for (const entry of cgroups.split("\0")) identity ??= identify(entry.slice(entry.indexOf("=") + 1));
    identity ??= identify(cgroup);
    const container = identity === undefined ? HOST_CONTAINER : this.#known(identity);
    if (this.#byCgroups.size >= CACHE_LIMIT) this.#byCgroups.clear();
    this.#byCgroups.set(key, container);
    return container;
  }

  /** Something new is known of the container with this id: one without facts is asked about at once. */
  askAgain(fullId: BinaryString): void {
    for (const container of this.#byId.values()) if (container.fullId === fullId) container.askNow();
  }

  #known(identity: Identity): Container {
    const key = `${identity.type} ${identity.fullId}`;
    const known = this.#byId.get(key);
    if (known !== undefined) return known;
    const container = new KnownContainer(identity, this.#findFacts);
    if (this.#ask !== undefined && !container.isNamed) void this.#ask(identity).then((facts) => container.fill(facts));
    if (this.#byId.size >= FACTS_LIMIT) this.#byId.clear();
    this.#byId.set(key, container);
    return container;
  }
}

/**
 * A container with its facts. They are read when it is first seen: a short-lived one leaves nothing behind. A runtime may
 * move a process into the cgroup before it has written everything, so what is not found is looked for again when a rule
 * asks, at growing distances.
 */
class KnownContainer implements Container {
  readonly id: string;
  readonly fullId: string;
  readonly #identity: Identity;
  readonly #findFacts: FindFacts;
  #found: ContainerFacts | undefined;
  #answered: ContainerFacts | undefined;
  /** Both together. */
  #facts = NO_FACTS;
  #questions = 0;
  #askAgain = 0;
  /** Its name is known, and its image if it has one. */
  isNamed = false;

  constructor(identity: Identity, findFacts: FindFacts) {
    const { fullId } = identity;
    this.#identity = identity;
    this.#findFacts = findFacts;
    this.id = HASH.test(fullId) ? fullId.slice(0, 12) : fullId;
    this.fullId = fullId;
    this.#ask();
  }

  get type(): ContainerType {
    return this.#facts.type ?? this.#identity.type;
  }

  get facts(): ContainerFacts {
    if (!this.isNamed && this.#questions < QUESTIONS && performance.now() >= this.#askAgain) this.#ask();
    return this.#facts;
  }

  askNow(): void {
    if (!this.isNamed) this.#ask();
  }

  /** Takes in what somebody else knows, for what is not found. */
  fill(answered: ContainerFacts | undefined): void {
    this.#answered = answered;
    this.#combine();
  }

  #ask(): void {
    const found = this.#findFacts(this.#identity);
    // a file that was being written may have told nothing now and something before, or the other way round
    this.#found = found === undefined || this.#found === undefined ? found ?? this.#found : over(found, this.#found);
    this.#askAgain = performance.now() + FIRST_PAUSE_MS * 2 ** this.#questions++;
    this.#combine();
  }

  #combine(): void {
    const found = this.#found ?? NO_FACTS;
    this.#facts = this.#answered === undefined ? found : over(found, this.#answered);
    const { name, image, imageRepository } = this.#facts;
    this.isNamed = name !== undefined && ((image ?? imageRepository) !== undefined || WITHOUT_IMAGE.has(this.type));
  }
}

/** The facts, and for what they don't tell the others. */
function over(facts: ContainerFacts, others: ContainerFacts): ContainerFacts {
  return { ...others, ...Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined)) };
}
