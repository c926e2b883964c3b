// SPDX-License-Identifier: Apache-2.0

/** Signing a module for a kernel that takes no others (Secure Boot, lockdown, module.sig_enforce). */
import { Buffer } from "node:buffer";
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { FileError, readWhole } from "../files/read.ts";
import { errorCode } from "../outputs/errno.ts";
import { complaint } from "./complaint.ts";
import { DriverError } from "./error.ts";
import { SIGNATURE_MARK } from "./module_file.ts";
import { inWorkFolder } from "./work_folder.ts";

/** A key that the kernel trusts (as the machine owner's, MOK) and its certificate, both PEM files. */
export interface SigningKey {
  readonly key: string;
  /** The key's own file may hold it. */
  readonly certificate?: string;
}

/** PKEY_ID_PKCS7 of linux/module_signature.h. */
const PKCS7 = 2;
/** Of struct module_signature there; its last four are the signature's length, big-endian. */
const INFO_BYTES = 12;

/**
 * Looks at a key before something is made to be signed with it.
 * @throws DriverError when its files can't be read, or none of them can hold its certificate.
 */
export function checkKey({ key, certificate }: SigningKey): void {
  const text = textOf(key);
  if (certificate !== undefined) textOf(certificate);
  else if (!text.includes("-----BEGIN CERTIFICATE-----")) {
    throw new DriverError({
      cause: `the module can't be signed: ${key} holds no certificate`,
      next: "name its certificate with --sign-cert",
    });
  }
}

/** A key with its certificates has a few kilobytes. */
const MAX_KEY_BYTES = 1 << 20;

function textOf(path: string): string {
  try {
    return readWhole(path, { limit: MAX_KEY_BYTES, pipes: false }).toString("latin1");
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    throw new DriverError({
      cause: `the module can't be signed: ${path} can't be read: ${error.message}`,
      next: "name the key with --sign-key and its certificate with --sign-cert",
    });
  }
}

/**
 * A module's image with a signature in place of any that it has: made by the program that comes with the kernel's
 * headers, or by openssl.
 * @throws DriverError when there is neither, or the key is no good.
 */
export function signModule(
  image: Uint8Array,
  headers: string | undefined,
  signing: SigningKey,
): Promise<Uint8Array> {
  const { key, certificate = key } = signing;
  const bare = withoutSignature(image);
  const program = headers === undefined ? undefined : join(headers, "scripts/sign-file");
  return inWorkFolder((work) => {
    checkKey(signing);
    const path = join(work, "lanner.ko");
    writeFileSync(path, bare);
    try {
      if (program === undefined || !existsSync(program)) {
        return Buffer.concat([bare, trailer(signature(path, key, certificate))]);
      }
      execFileSync(program, ["sha256", key, certificate, path], { stdio: "pipe" });
      return readFileSync(path);
    } catch (error) {
      if (errorCode(error) === "ENOENT") {
        throw new DriverError({
          cause: "the module can't be signed without openssl",
          next: "install it, or the kernel's headers with scripts/sign-file",
        });
      }
      const { stderr } = error as { stderr?: Uint8Array };
      throw new DriverError({
        cause: `the module can't be signed with ${key} (${complaint(new TextDecoder().decode(stderr))})`,
        next: "name the key's PEM file with --sign-key and its own certificate's with --sign-cert",
      });
    }
  });
}

/** What the kernel takes off a module's end: a signature in front of its length and the mark. */
function withoutSignature(image: Uint8Array): Uint8Array {
  const file = Buffer.from(image.buffer, image.byteOffset, image.length);
  const end = file.length - SIGNATURE_MARK.length;
  if (end < INFO_BYTES || file.toString("latin1", end) !== SIGNATURE_MARK) return image;
  return image.subarray(0, Math.max(0, end - INFO_BYTES - file.readUInt32BE(end - 4)));
}

/** A detached PKCS #7 of the file. */
function signature(path: string, key: string, certificate: string): Uint8Array {
  return execFileSync("openssl", [
    ...["cms", "-sign", "-binary", "-noattr", "-nocerts", "-nosmimecap", "-md", "sha256", "-outform", "DER"],
    ...["-in", path, "-inkey", key, "-signer", certificate],
  ], { stdio: "pipe" });
}

/** What sign-file puts behind a module. */
function trailer(signature: Uint8Array): Uint8Array {
  const info = Buffer.alloc(INFO_BYTES);
  info[2] = PKCS7;
  info.writeUInt32BE(signature.length, INFO_BYTES - 4);
  return Buffer.concat([signature, info, Buffer.from(SIGNATURE_MARK, "latin1")]);
}
