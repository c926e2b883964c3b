// SPDX-License-Identifier: Apache-2.0

import { readWhole } from "../files/read.ts";

/** Names of ports. */
export interface Services {
  /** Port of a service, whatever its transport; undefined for a name that is not known. */
  port(name: string): number | undefined;
}

/** The services of an /etc/services text: the first port that a name or alias has. */
export function parseServices(text: string): Services {
  const ports = new Map<string, number>();
  for (const line of text.split("\n")) {
    const [name, port, ...aliases] = line.replace(/#.*/, "").trim().split(/\s+/);
    const number = parseInt(port ?? "", 10);
    if (name === undefined || name === "" || !(number >= 0 && number <= 65535)) continue;
    for (const each of [name, ...aliases]) if (!ports.has(each)) ports.set(each, number);
  }
  return { port: (name) => ports.get(name) };
}

/** Debian's has 12 KB, the whole of IANA's registry 700 KB. */
const MAX_FILE_BYTES = 4 << 20;

/** The services of this host; none when it has no such file, so that rules with port numbers load everywhere. */
export function readServices(path = "/etc/services"): Services {
  try {
    return parseServices(readWhole(path, { limit: MAX_FILE_BYTES, pipes: false }).toString());
  } catch {
    return parseServices("");
  }
}
