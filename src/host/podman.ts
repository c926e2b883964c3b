// SPDX-License-Identifier: Apache-2.0

import { Buffer } from "node:buffer";
import { statSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { pathToFileURL } from "node:url";
import { z } from "zod";
import type { BinaryString } from "../events/text.ts";
import { readBolt } from "./bolt.ts";
import type { ContainerFacts } from "./container.ts";
import type { Identity } from "./containers.ts";
import { namedImage } from "./image.ts";
import { keptLabels, parseJson, part, Text, TextMap } from "./json.ts";
import { withoutOwn } from "./oci.ts";
import { digestOf, listed, locate, rootStorages, type Stored } from "./storage.ts";

/** What libpod's database has of a container. */
const Config = z.object({
  name: part(Text),
  rootfsImageName: part(Text),
  rootfsImageID: part(Text),
  labels: part(TextMap),
  privileged: part(z.boolean()),
});
const Address = z.object({ subnets: part(z.array(z.object({ ipnet: Text }))) });
const State = z.object({
  networkStatus: part(z.record(z.string(), z.object({ interfaces: part(z.record(z.string(), Address)) }))),
});

/**
 * A container of Podman, root's or another user's: name and image by the storage's list, mounts and namespaces by its
 * bundle, labels and address by libpod's database. All of them are written before it starts. Undefined when none is
 * there (yet).
 * @param root prefix of the host's file system
 */
export function findInPodman(identity: Identity, root: string): ContainerFacts | undefined {
  const { fullId } = identity;
  const found = locate(identity, root);
  for (const stored of found === undefined ? rootStorages(root) : [found]) {
    const list = listed(fullId, stored);
    const [configText, stateText] = databaseEntry(fullId, stored);
    const config = parseJson(configText, Config);
    const { bundle } = stored;
    if (list === undefined && config === undefined && bundle === undefined) continue;
    const image = config?.rootfsImageName ? namedImage(config.rootfsImageName) : {};
    const imageId = config?.rootfsImageID || list?.imageId;
    return {
      ...bundle?.facts,
      mounts: bundle && withoutOwn(bundle.binds, fullId),
      ...list,
      ...image,
      name: config?.name ?? list?.name,
      imageId,
      imageDigest: digestOf(imageId, stored) ?? list?.imageDigest,
      privileged: config?.privileged ?? bundle?.facts.privileged,
      labels: config && keptLabels(config.labels ?? new Map()),
      ip: addressIn(stateText),
    };
  }
  return undefined;
}

/** The container's configuration and state as JSON: in a bbolt database up to Podman 4, in SQLite since. */
function databaseEntry(id: string, stored: Stored): readonly (BinaryString | undefined)[] {
  const inBolt = readBolt(`${stored.graphRoot}/libpod/bolt_state.db`, (root) => {
    const container = root.bucket("ctr", id);
    return container && [container.value("config"), container.value("state")];
  });
  return inBolt ?? sqliteEntry(id, `${stored.graphRoot}/db.sql`);
}

/**
 * Likewise from SQLite, which is opened as if nobody wrote to it, so that Podman never waits for us. Only root's: the
 * schema of a database is a program.
 */
function sqliteEntry(id: string, path: string): readonly (BinaryString | undefined)[] {
  try {
    if (statSync(path).uid !== 0) return [];
    const database = new DatabaseSync(`${pathToFileURL(path).href}?mode=ro&immutable=1`, { readOnly: true });
    try {
      return ["ContainerConfig", "ContainerState"].map((table) => {
        const text = database.prepare(`SELECT JSON FROM ${table} WHERE ID = ?`).get(id)?.["JSON"];
        return typeof text === "string" ? Buffer.from(text, "utf8").toString("latin1") : undefined;
      });
    } finally {
      database.close();
    }
  } catch {
    return []; // not there, or caught in the middle of a transaction
  }
}

function addressIn(state: BinaryString | undefined): BinaryString | undefined {
  for (const { interfaces } of Object.values(parseJson(state, State)?.networkStatus ?? {})) {
    for (const { subnets } of Object.values(interfaces ?? {})) {
      const address = subnets?.find(({ ipnet }) => /^[0-9.]+\//.test(ipnet))?.ipnet;
      if (address !== undefined) return address.slice(0, address.indexOf("/"));
    }
  }
  return undefined;
}
