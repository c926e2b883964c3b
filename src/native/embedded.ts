// SPDX-License-Identifier: Apache-2.0

/**
 * The files that `scripts/build` embeds in the executable: native/probe.bpf.o, native/shim.so and rules/. In a source
 * tree they are read from where they were built or written.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";

/** In an executable made by `bun build --compile` every module has this address, and the embedded files lie beside. */
const EXECUTABLE = "file:///$bunfs/";

/** Where a file or folder lies. The names are scripts/build's. */
function locate(name: string): URL {
  if (import.meta.url.startsWith(EXECUTABLE)) return new URL(`./${name}`, import.meta.url);
  const root = new URL("../../", import.meta.url);
  return new URL(name.startsWith("native/") ? `build/${name}` : name, root);
}

/**
 * The bytes of an embedded file, by its name: "native/shim.so", "rules/files.yaml".
 * @throws Error when it isn't there: in a source tree, what was not built yet.
 */
export function embeddedFile(name: string): Uint8Array {
  try {
    return readFileSync(locate(name));
  } catch {
    throw new Error(`${name} is missing: run scripts/build`);
  }
}

/** Whether there is an embedded file of this name: some are there only when they were asked for. */
export function isEmbedded(name: string): boolean {
  return existsSync(locate(name));
}

/**
 * The names of the embedded files in folder `folder`, sorted.
 * @throws Error when there is no such folder.
 */
export function embeddedNames(folder: string): readonly string[] {
  try {
    return readdirSync(locate(folder)).map((file) => `${folder}/${file}`).sort();
  } catch {
    throw new Error(`${folder}/ is missing: run scripts/build`);
  }
}
