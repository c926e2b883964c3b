// SPDX-License-Identifier: Apache-2.0

/** A host's file system of a test's own, laid out as a runtime leaves it. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** A file's text, or a value that becomes JSON. */
export type Content = string | Uint8Array | object;

/** Calls `use` with the path of a directory that holds these files, and removes it. */
export function onDisk<T>(files: Readonly<Record<string, Content>>, use: (root: string) => T): T {
  const root = mkdtempSync(join(tmpdir(), "lanner-disk-"));
  try {
    for (const [path, content] of Object.entries(files)) {
      const file = join(root, path);
      mkdirSync(dirname(file), { recursive: true });
      const isBytes = typeof content === "string" || content instanceof Uint8Array;
      writeFileSync(file, isBytes ? content : JSON.stringify(content));
    }
    return use(root);
  } finally {
    rmSync(root, { recursive: true });
  }
}

/** An OCI bundle's config.json with these parts beside what every runtime writes. */
export function spec(parts: {
  readonly annotations?: Record<string, string>;
  readonly mounts?: readonly object[];
  readonly privileged?: boolean;
  /** Namespaces that it shares with the host. */
  readonly shares?: readonly string[];
  /** Where its root file system is mounted. */
  readonly root?: string;
}): object {
  const namespaces = ["pid", "network", "ipc", "uts", "mount"].filter((type) => !parts.shares?.includes(type));
  const guarded = {
    seccomp: { defaultAction: "SCMP_ACT_ERRNO" },
    maskedPaths: ["/proc/kcore"],
    readonlyPaths: ["/proc/sys"],
  };
  return {
    ociVersion: "1.1.0",
    ...(parts.root === undefined ? {} : { root: { path: parts.root } }),
    process: {
      args: ["sh"],
      capabilities: { bounding: parts.privileged ? ["CAP_CHOWN", "CAP_SYS_ADMIN"] : ["CAP_CHOWN"] },
    },
    mounts: [
      { destination: "/proc", type: "proc", source: "proc", options: ["nosuid"] },
      { destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup", options: ["rprivate", "ro"] },
      ...(parts.mounts ?? []),
    ],
    annotations: parts.annotations ?? {},
    linux: { namespaces: namespaces.map((type) => ({ type })), ...(parts.privileged ? {} : guarded) },
  };
}

/** A bind mount as runc's configuration has it. */
export function bind(source: string, destination: string, ...options: string[]): object {
  return { source, destination, type: "bind", options: ["rbind", "rprivate", ...options] };
}
