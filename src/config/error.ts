// SPDX-License-Identifier: Apache-2.0

/** A configuration that can't be used. The message is one line: where (`file:line:col` or `-o key=value`) and what. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}
