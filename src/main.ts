// SPDX-License-Identifier: Apache-2.0

import process from "node:process";
import { main } from "./cli/program.ts";

process.exit(await main(process.argv.slice(2)));
