// SPDX-License-Identifier: Apache-2.0

/** Signing a module for a kernel that takes no others (Secure Boot, lockdown, module.sig_enforce). */
import { Buffer } from "node:buffer";
import { execFileSync } from "node:child_process";
import { appendFileSync, existsSync } from "node:fs";
import { join } from "node:path";
import { errorCode } from "../outputs/errno.ts";
import { DriverError } from "./error.ts";
import { complaint } from "./module_build.ts";
import { SIGNATURE_MARK } from "./module_file.ts";

/** A key that the kernel trusts (as the machine owner's, MOK) and its certificate, both PEM files. */
export interface SigningKey {
  readonly key: string;
  readonly certificate: string;
}

/** PKEY_ID_PKCS7 of linux/module_signature.h. */
const PKCS7 = 2;

/**
 * Appends a signature to a module's file: with the program that comes with the kernel's headers, or with openssl.
 * @throws DriverError when there is neither, or the key is no good.
 */
export function signModule(path: string, headers: string | undefined, { key, certificate }: SigningKey): void {
  for (const file of [key, certificate]) {
    if (!existsSync(file)) throw new DriverError(`the module can't be signed: there is no ${file}`);
  }
  const program = headers === undefined ? undefined : join(headers, "scripts/sign-file");
  try {
    if (program !== undefined && existsSync(program)) {
      execFileSync(program, ["sha256", key, certificate, path], { stdio: "pipe" });
    } else appendSignature(path, { key, certificate });
  } catch (error) {
    if (errorCode(error) === "ENOENT") {
      throw new DriverError(
        "the module can't be signed: install openssl, or the kernel's headers with scripts/sign-file",
      );
    }
    throw new DriverError(`the module can't be signed with ${key}: ${complaint(error)}`);
  }
}

/** What sign-file does: a detached PKCS #7 of the file, its length in twelve bytes, and the mark. */
function appendSignature(path: string, { key, certificate }: SigningKey): void {
  const signature = execFileSync("openssl", [
    ...["cms", "-sign", "-binary", "-noattr", "-nocerts", "-nosmimecap", "-md", "sha256", "-outform", "DER"],
    ...["-in", path, "-inkey", key, "-signer", certificate],
  ], { stdio: "pipe" });
  const info = Buffer.alloc(12);
  info[2] = PKCS7;
  info.writeUInt32BE(signature.length, 8);
  appendFileSync(path, Buffer.concat([signature, info, Buffer.from(SIGNATURE_MARK, "latin1")]));
}
