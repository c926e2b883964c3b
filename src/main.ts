// SPDX-License-Identifier: Apache-2.0

import process from "node:process";
import { main } from "./cli/program.ts";

const code = await main(process.argv.slice(2));
// exit() alone would cut off what a slow reader of a pipe has not taken yet
process.stdout.on("error", () => process.exit(code || 1));
process.stdout.end(() => process.exit(code));
