// SPDX-License-Identifier: Apache-2.0

import type { ErrorCode } from "./diagnostic.ts";

/** The version of Falco's engine whose rules language this is (Falco 0.44). */
const ENGINE_VERSION = "0.63.0";

/** A plugin of Falco whose fields are provided here. */
export interface Plugin {
  readonly name: string;
  readonly version: string;
}

/**
 * What is built in of Falco's plugins. The container plugin's version stands for every 0.x: rules that need a later one
 * name fields that either exist here or are reported by name.
 */
export const BUILT_IN_PLUGINS: readonly Plugin[] = [{ name: "container", version: "0.999.0" }];

/** Major, minor, patch. */
export type Version = readonly [number, number, number];

/** A plugin and the least version of it that is required; `text` is the version as written. */
export interface Requirement {
  readonly name: string;
  readonly text: string;
  readonly version: Version;
}

/** The version that `text` is, `x.y.z` with an optional pre-release or build part; undefined for anything else. */
export function parseVersion(text: string): Version | undefined {
  const match = /^(\d{1,9})\.(\d{1,9})\.(\d{1,9})(?:[-+][0-9A-Za-z.+-]*)?$/.exec(text);
  return match === null ? undefined : [Number(match[1]), Number(match[2]), Number(match[3])];
}

/** Falco's rule for engine and plugins alike: the same major version, and not older. */
export function satisfies(have: Version, required: Version): boolean {
  if (have[0] !== required[0]) return false;
  return have[1] > required[1] || (have[1] === required[1] && have[2] >= required[2]);
}

/** The version that a `required_engine_version` names: a plain number N is 0.N.0. */
export function parseEngineVersion(text: string): Version | undefined {
  return parseVersion(/^\d+$/.test(text) ? `0.${text}.0` : text);
}

/** The higher one of two versions. */
export function latest(a: Version, b: Version): Version {
  const differing = [0, 1, 2].find((part) => a[part] !== b[part]);
  return differing === undefined || a[differing]! > b[differing]! ? a : b;
}

/** What is wrong with a `required_engine_version`, which `required` is of `text`. */
export function checkEngineVersion(
  text: string,
  required: Version | undefined,
): { readonly code: ErrorCode; readonly message: string; readonly hint: string } | undefined {
  if (required === undefined) {
    return {
      code: "LOAD_ERR_YAML_VALIDATE",
      message: `Unable to parse engine version '${text}' as a semver string. Expected "x.y.z" semver format.`,
      hint: `write it as ${ENGINE_VERSION}`,
    };
  }
  if (satisfies(parseVersion(ENGINE_VERSION)!, required)) return undefined;
  return {
    code: "LOAD_ERR_VALIDATE",
    message: `Rules require engine version ${required.join(".")}, but engine version is ${ENGINE_VERSION}`,
    hint: "use an older release of these rules, or a newer one of this program",
  };
}
