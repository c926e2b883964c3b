// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { after, describe, test } from "node:test";
import { DriverError } from "../../src/driver/error.ts";
import { moduleInfo, SIGNATURE_MARK } from "../../src/driver/module_file.ts";
import { signModule } from "../../src/driver/module_sign.ts";
import { moduleFile } from "./support.ts";

const folder = mkdtempSync(join(tmpdir(), "lanner-sign-"));
after(() => rmSync(folder, { recursive: true }));
const inFolder = (name: string) => join(folder, name);

const hasOpenssl = spawnSync("openssl", ["version"]).status === 0;

function refused(message: RegExp, act: () => Promise<unknown>): Promise<void> {
  return assert.rejects(act, (error) => error instanceof DriverError && message.test(error.message));
}

describe("a module's signature", { skip: hasOpenssl ? false : "needs openssl" }, () => {
  const key = { key: inFolder("key.pem"), certificate: inFolder("cert.pem") };
  const make = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=lanner-test", "-days", "2"];
  if (hasOpenssl) {
    execFileSync("openssl", [...make, "-keyout", key.key, "-out", key.certificate], { stdio: "ignore" });
  }

  test("is appended in the kernel's format, and is the key's over the module", async () => {
    const module = moduleFile("6.1");
    const signed = Buffer.from(await signModule(module, undefined, key));
    const info = moduleInfo(signed);
    assert.ok(typeof info !== "string" && info.signed);
    assert.ok(signed.subarray(0, module.length).equals(module));
    // struct module_signature: everything zero but PKEY_ID_PKCS7 and the signature's length
    const tail = signed.subarray(-SIGNATURE_MARK.length - 12, -SIGNATURE_MARK.length);
    const length = signed.length - module.length - SIGNATURE_MARK.length - 12;
    assert.deepEqual([...tail], [0, 0, 2, 0, 0, 0, 0, 0, 0, 0, length >> 8, length & 255]);
    writeFileSync(inFolder("signature"), signed.subarray(module.length, module.length + length));
    const verify = (content: Uint8Array) => {
      writeFileSync(inFolder("content"), content);
      const files = ["-in", inFolder("signature"), "-content", inFolder("content"), "-certfile", key.certificate];
      return spawnSync("openssl", ["cms", "-verify", "-binary", "-inform", "DER", "-noverify", ...files]).status;
    };
    assert.equal(verify(module), 0);
    assert.notEqual(verify(moduleFile("6.2")), 0);
  });

  test("takes the place of the one that is there", async () => {
    const once = await signModule(moduleFile("6.1"), undefined, key);
    assert.deepEqual(Buffer.from(await signModule(once, undefined, key)).length, once.length);
  });

  test("is made with one file that holds the key and its certificate", async () => {
    const both = inFolder("both.pem");
    writeFileSync(both, readFileSync(key.key, "utf8") + readFileSync(key.certificate, "utf8"));
    const info = moduleInfo(await signModule(moduleFile("6.1"), undefined, { key: both }));
    assert.ok(typeof info !== "string" && info.signed);
  });

  test("is made by the kernel's own program where its headers have it", async () => {
    const headers = mkdtempSync(inFolder("headers-"));
    mkdirSync(join(headers, "scripts"));
    const program = join(headers, "scripts/sign-file");
    writeFileSync(program, '#!/bin/sh\necho "$1 $2 $3" >>"$4"\n', { mode: 0o755 });
    const signed = await signModule(Buffer.from("module\n"), headers, key);
    assert.equal(Buffer.from(signed).toString(), `module\nsha256 ${key.key} ${key.certificate}\n`);
  });

  test("that can't be made is refused in words", async () => {
    const module = moduleFile("6.1");
    const odd = inFolder("odd.pem");
    writeFileSync(odd, "no key\n");
    await refused(
      /^the module can't be signed: .*none\.pem can't be read: no such file or directory: name the key with --sign-key/,
      () => signModule(module, undefined, { ...key, key: inFolder("none.pem") }),
    );
    await refused(
      /^the module can't be signed: .*key\.pem holds no certificate: name its certificate with --sign-cert$/,
      () => signModule(module, undefined, { key: key.key }),
    );
    await refused(
      /^the module can't be signed with .*odd\.pem \([^\n:]+odd\.pem\): name the key's PEM file with --sign-key and .*$/,
      () => signModule(module, undefined, { ...key, key: odd }),
    );
    const before = process.env["PATH"];
    process.env["PATH"] = folder;
    try {
      await refused(
        /^the module can't be signed without openssl: install it, or the kernel's headers with scripts\/sign-file$/,
        () => signModule(module, undefined, key),
      );
    } finally {
      process.env["PATH"] = before;
    }
  });

  test("is not made with another key's certificate, and says so", async () => {
    const other = { key: inFolder("key2.pem"), certificate: inFolder("cert2.pem") };
    execFileSync("openssl", [...make, "-keyout", other.key, "-out", other.certificate], { stdio: "ignore" });
    await refused(
      /^the module can't be signed with .*key\.pem \(key values mismatch\): name/,
      () => signModule(moduleFile("6.1"), undefined, { ...other, key: key.key }),
    );
  });
});
