// SPDX-License-Identifier: Apache-2.0

import manifest from "../../deno.json" with { type: "json" };

/** Lanner's version; stated in deno.json. */
export const VERSION: string = manifest.version;
