// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
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

function refused(message: RegExp, act: () => void): void {
  assert.throws(act, (error) => error instanceof DriverError && message.test(error.message));
}

describe("a module's signature", { skip: hasOpenssl ? false : "needs openssl" }, () => {
  const key = { key: inFolder("key.pem"), certificate: inFolder("cert.pem") };
  const path = inFolder("lanner.ko");
  const make = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=lanner-test", "-days", "2"];
  if (hasOpenssl) {
    execFileSync("openssl", [...make, "-keyout", key.key, "-out", key.certificate], { stdio: "ignore" });
  }

  test("is appended in the kernel's format, and is the key's over the module", () => {
    const module = moduleFile("6.1");
    writeFileSync(path, module);
    signModule(path, undefined, key);
    const signed = readFileSync(path);
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

  test("is made by the kernel's own program where its headers have it", () => {
    const headers = mkdtempSync(inFolder("headers-"));
    mkdirSync(join(headers, "scripts"));
    const program = join(headers, "scripts/sign-file");
    writeFileSync(program, '#!/bin/sh\necho "$@" >>"$4"\n', { mode: 0o755 });
    writeFileSync(path, "module\n");
    signModule(path, headers, key);
    assert.equal(readFileSync(path, "utf8"), `module\nsha256 ${key.key} ${key.certificate} ${path}\n`);
  });

  test("that can't be made is refused in words", () => {
    refused(
      /^the module can't be signed: there is no .*none\.pem$/,
      () => signModule(path, undefined, { ...key, key: inFolder("none.pem") }),
    );
    refused(
      /^the module can't be signed with .*lanner\.ko: /,
      () => signModule(path, undefined, { ...key, key: path }),
    );
    const before = process.env["PATH"];
    process.env["PATH"] = folder;
    try {
      refused(
        /^the module can't be signed: install openssl, or the kernel's headers with scripts\/sign-file$/,
        () => signModule(path, undefined, key),
      );
    } finally {
      process.env["PATH"] = before;
    }
  });
});
