// SPDX-License-Identifier: Apache-2.0

/** `driver install`, `status` and `remove` on a system of the tests' own: its folders, and a kernel that is told what to do. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { constants, release } from "node:os";
import { dirname, join } from "node:path";
import { after, describe, test } from "node:test";
import { gzipSync, zstdCompressSync } from "node:zlib";
import {
  driverInstallCommand,
  driverRemoveCommand,
  driverStatusCommand,
  type System,
} from "../../src/cli/driver_command.ts";
import { DriverError } from "../../src/driver/error.ts";
import { MODULE_VERSION, moduleInfo } from "../../src/driver/module_file.ts";
import { findModules } from "../../src/driver/module_find.ts";
import type { Shim } from "../../src/native/contract.ts";
import { moduleFile } from "../driver/support.ts";
import { caught, Folder } from "./support.ts";

const folder = new Folder();
after(() => folder[Symbol.dispose]());

const KERNEL = release();
const OTHER = "9.9.9-other";
const given = folder.file("given.ko");
writeFileSync(given, moduleFile(KERNEL));

/** A system whose kernel answers with these errors, and does what it is asked when there is none. */
class Machine implements System {
  readonly root: string;
  /** What the kernel was asked for. */
  readonly calls: string[] = [];
  insertError = 0;
  removeError = 0;

  constructor(files: Readonly<Record<string, string>> = {}) {
    this.root = join(folder.path, `root-${Machine.#count++}`);
    this.write("/proc/modules", "");
    this.write("/proc/self/status", "CapEff:\t000001ffffffffff\n");
    for (const [path, text] of Object.entries(files)) this.write(path, text);
  }
  static #count = 0;

  write(path: string, text: string | Uint8Array): void {
    mkdirSync(dirname(this.root + path), { recursive: true });
    writeFileSync(this.root + path, text);
  }

  has(path: string): boolean {
    return existsSync(this.root + path);
  }

  /** As if this version were in the kernel. */
  load(version: string): void {
    this.write("/sys/module/lanner/version", `${version}\n`);
  }

  readonly loadShim = (): Shim => {
    const no = () => {
      throw new Error("not for this");
    };
    return {
      open: no,
      openModule: no,
      tryFeature: no,
      insertModule: (image) => {
        this.calls.push("insert");
        const info = moduleInfo(image);
        assert.ok(typeof info !== "string" && info.release === KERNEL);
        if (this.insertError === 0) this.load(MODULE_VERSION);
        return this.insertError;
      },
      removeModule: () => {
        this.calls.push("remove");
        if (this.removeError === 0) rmSync(`${this.root}/sys/module/lanner`, { recursive: true });
        return this.removeError;
      },
      unload: () => {},
    };
  };
}

const FILE = `/lib/modules/${KERNEL}/updates/lanner.ko`;
const OTHERS = `/lib/modules/${OTHER}/updates/lanner.ko`;
const CONF = "/etc/modules-load.d/lanner.conf";

const machine = (files?: Readonly<Record<string, string>>) => new Machine(files);

const install = (on: System, options: Parameters<typeof driverInstallCommand>[0] = { module: given }) =>
  caught(() => driverInstallCommand(options, on));
const remove = (on: System, kernel?: string) =>
  caught(() => driverRemoveCommand(kernel === undefined ? {} : { kernel }, on));
const status = (on: System) => caught(() => driverStatusCommand(false, on));

async function refused(act: () => Promise<unknown>, message: RegExp): Promise<void> {
  await assert.rejects(act, (error) => {
    assert.ok(error instanceof DriverError, String(error));
    assert.match(error.message, message);
    assert.ok(!error.message.includes("\n"));
    return true;
  });
}

test("a module is installed, loaded, told of, and removed", async () => {
  const on = machine();
  const installed = await install(on);
  assert.deepEqual(installed, {
    code: 0,
    out: "",
    err: `${on.root}${FILE}: installed, loaded at boot by ${on.root}${CONF}\nmodule: loaded\n`,
  });
  assert.deepEqual(readFileSync(on.root + FILE), moduleFile(KERNEL));
  assert.equal(readFileSync(on.root + CONF, "utf8"), "lanner\n");

  const told = await status(on);
  assert.equal(told.code, 0);
  assert.match(told.out, /^module loaded +yes\nloaded at boot +yes\nmodule file +\S+\/updates\/lanner\.ko\n/m);

  assert.deepEqual(await remove(on), { code: 0, out: "", err: `kernel ${KERNEL}: no module any more\n` });
  assert.deepEqual([on.has(FILE), on.has(CONF), on.calls], [false, false, ["insert", "remove"]]);
  assert.match((await status(on)).out, /^module loaded +no\nloaded at boot +no\nmodule file +none\n/m);
});

test("a module for another kernel is installed without asking this one", async () => {
  const on = machine({ "/sys/module/module/parameters/sig_enforce": "Y\n" });
  rmSync(`${on.root}/proc/modules`);
  const path = folder.file("other.ko");
  writeFileSync(path, moduleFile(OTHER));
  const { code, err } = await install(on, { kernel: OTHER, module: path });
  assert.equal(code, 0, err);
  assert.deepEqual([on.has(OTHERS), on.has(CONF), on.calls], [true, true, []]);
});

describe("what the kernel would refuse is not installed", () => {
  const whole = moduleFile(KERNEL);
  const cases: readonly [name: string, files: Record<string, string>, image: Uint8Array, said: RegExp][] = [
    [
      "cut off",
      {},
      whole.subarray(0, whole.length - 9),
      /refused\.ko was cut off: copy the right file here, or build /,
    ],
    [
      "another kernel's",
      {},
      moduleFile("3.10.0-el7"),
      /is for kernel 3\.10\.0-el7, not \S+: copy the right file here, or /,
    ],
    [
      "another version's",
      {},
      moduleFile(KERNEL, { version: "1" }),
      /is of another version of lanner: copy the right file/,
    ],
    [
      "text",
      {},
      new TextEncoder().encode("no module\n"),
      /refused\.ko is not a kernel module: copy the right file here/,
    ],
    [
      "unsigned where signatures are wanted",
      { "/sys/module/module/parameters/sig_enforce": "Y\n" },
      whole,
      /takes only signed modules .* is not signed: sign it with a key .* --sign-key KEY --sign-cert CERT$/,
    ],
  ];
  for (const [name, files, image, said] of cases) {
    test(name, async () => {
      const on = machine(files);
      const path = folder.file("refused.ko");
      writeFileSync(path, image);
      await refused(() => install(on, { module: path }), said);
      assert.deepEqual([on.has("/lib"), on.has("/etc"), on.calls], [false, false, []]);
    });
  }
  test("for another kernel neither", async () => {
    const on = machine();
    await refused(
      () => install(on, { kernel: OTHER, module: given }),
      new RegExp(`is for kernel \\S+, not ${OTHER}: copy the right file here, or build one .*--kernel ${OTHER} `),
    );
    assert.equal(on.has("/lib"), false);
  });
  test("nor built, where signatures are wanted and there is no key", async () => {
    const on = machine({ "/sys/kernel/security/lockdown": "none [integrity] confidentiality\n" });
    await refused(
      () => install(on, {}),
      /takes only signed modules \(lockdown=integrity\) and what would be built is not signed/,
    );
  });
  test("nor anything where the kernel takes no modules, or this process may not load them", async () => {
    const none = machine();
    rmSync(`${none.root}/proc/modules`);
    await refused(() => install(none), /takes no modules \(CONFIG_MODULES\): use eBPF/);
    const nobody = machine({ "/proc/self/status": "CapEff:\t0\n" });
    await refused(() => install(nobody), /^CAP_SYS_MODULE is missing: load the module as root of the host/);
    assert.deepEqual([none.has("/lib"), nobody.has("/lib")], [false, false]);
  });
});

describe("what fails is undone", () => {
  const distrust = -constants.errno.EACCES;
  test("a module that the kernel refuses", async () => {
    const on = machine();
    on.insertError = distrust;
    await refused(() => install(on), /^the kernel does not trust \S+given\.ko .*: sign it with a key/);
    assert.deepEqual([on.has(FILE), on.has(CONF), on.calls], [false, false, ["insert"]]);
  });
  test("in the place of an older one, which comes back", async () => {
    const on = machine({ [FILE]: "older", [CONF]: "# mine\nlanner\n" });
    on.insertError = distrust;
    await refused(() => install(on), /^the kernel does not trust /);
    assert.equal(readFileSync(on.root + FILE, "utf8"), "older");
    assert.equal(readFileSync(on.root + CONF, "utf8"), "# mine\nlanner\n");
  });
  test("a file when the other can't be written", async () => {
    const on = machine({ "/etc/modules-load.d": "no folder" });
    await refused(
      () => install(on),
      /lanner\.conf can't be written: .*: do it as root where it can be, or give lanner run the module each time/,
    );
    assert.deepEqual([on.has(FILE), on.calls], [false, []]);
  });
});

test("where loading is switched off, what is installed is for the next boot", async () => {
  const on = machine({ "/proc/sys/kernel/modules_disabled": "1\n" });
  const { code, err } = await install(on);
  assert.equal(code, 0);
  assert.match(err, /^module: from the next boot on: until then loading modules is switched off \(kernel\.modules_di/m);
  assert.deepEqual([on.has(FILE), on.has(CONF), on.calls], [true, true, []]);
});

describe("a module that is in the kernel", () => {
  test("of another version is replaced", async () => {
    const on = machine();
    on.load("1");
    assert.match((await status(on)).out, /^module loaded +of another version of lanner$/m);
    assert.match((await install(on)).err, /^module: loaded, in place of one of another version$/m);
    assert.deepEqual(on.calls, ["remove", "insert"]);
  });
  test("of another version that a sensor uses fails the install, which is undone", async () => {
    const on = machine();
    on.load("1");
    on.removeError = -constants.errno.EBUSY;
    await refused(() => install(on), /^a sensor uses the module that is loaded: stop it first$/);
    assert.deepEqual([on.has(FILE), on.has(CONF), on.calls], [false, false, ["remove"]]);
  });
  test("of this version stays", async () => {
    const on = machine();
    on.load(MODULE_VERSION);
    assert.match(
      (await install(on)).err,
      /^module: one of this version is loaded already; the file is for the next boot$/m,
    );
    assert.deepEqual([on.has(FILE), on.calls], [true, []]);
  });
});

describe("removing", () => {
  test("another kernel's module leaves this one's, and the word to load it", async () => {
    const on = machine({ [FILE]: "", [OTHERS]: "", [CONF]: "lanner\n" });
    on.load(MODULE_VERSION);
    assert.equal((await remove(on, OTHER)).err, `kernel ${OTHER}: no module any more\n`);
    assert.deepEqual([on.has(FILE), on.has(OTHERS), on.has(CONF), on.calls], [true, false, true, []]);
    await remove(on);
    assert.deepEqual([on.has(FILE), on.has(CONF), on.calls], [false, false, ["remove"]]);
  });
  test("where there is nothing does nothing", async () => {
    const on = machine();
    assert.deepEqual(await remove(on), { code: 0, out: "", err: `kernel ${KERNEL}: no module any more\n` });
    assert.deepEqual(on.calls, []);
  });
  const cases: readonly [errno: number, said: RegExp][] = [
    [constants.errno.EBUSY, /^a sensor uses the module that is loaded: stop it first$/],
    [constants.errno.EPERM, /^taking the loaded module out of the kernel is not permitted: do it as root of the host/],
    [constants.errno.EIO, /^the kernel does not let go of the loaded module, .*EIO.*: its log \(dmesg\) may say why/],
  ];
  for (const [errno, said] of cases) {
    test(`takes the files away also when the module stays: ${said.source.slice(1, 40)}`, async () => {
      const on = machine({ [FILE]: "", [CONF]: "" });
      on.load(MODULE_VERSION);
      on.removeError = -errno;
      await refused(() => remove(on), said);
      assert.deepEqual([on.has(FILE), on.has(CONF)], [false, false]);
    });
  }
  test("names what others installed", async () => {
    const dkms = `/lib/modules/${KERNEL}/updates/dkms/lanner.ko.xz`, extra = `/lib/modules/${KERNEL}/extra/lanner.ko`;
    const on = machine({ [FILE]: "", [dkms]: "", [extra]: "" });
    const { code, err } = await remove(on);
    assert.equal(code, 0);
    const left = [dkms, extra].map((path) =>
      `${on.root}${path} is still there: lanner driver install did not put it there; take it away as it came (package, dkms)\n`
    );
    assert.equal(err, `${left.join("")}kernel ${KERNEL}: other modules are left\n`);
    assert.ok(on.has(dkms) && on.has(extra));
  });
});

describe("a module below /lib/modules is found", () => {
  const packed: readonly [ending: string, bytes: Uint8Array][] = [
    ["", moduleFile(KERNEL)],
    [".gz", gzipSync(moduleFile(KERNEL))],
    [".zst", zstdCompressSync(moduleFile(KERNEL))],
  ];
  for (const place of ["updates", "updates/dkms", "extra", "weak-updates"]) {
    for (const [ending, bytes] of packed) {
      test(`${place}/lanner.ko${ending}`, () => {
        const on = machine();
        const path = `/lib/modules/${KERNEL}/${place}/lanner.ko${ending}`;
        on.write(path, bytes);
        const found = findModules(KERNEL, undefined, folder.path, on.root);
        assert.deepEqual(found.map(({ facts }) => facts), [{ origin: on.root + path, problem: null, signed: false }]);
        assert.deepEqual(findModules(OTHER, undefined, folder.path, on.root), []);
      });
    }
  }
  test("before what lies beside the executable, unless it is of another version", () => {
    const on = machine();
    const beside = join(on.root, "beside");
    on.write("/beside/lanner.ko", moduleFile(KERNEL));
    on.write(FILE, moduleFile(KERNEL));
    const fit = () =>
      findModules(KERNEL, undefined, beside, on.root).filter(({ facts }) => facts.problem === null)
        .map(({ facts }) => facts.origin.slice(on.root.length));
    assert.deepEqual(fit(), [FILE, "/beside/lanner.ko"]);
    on.write(FILE, moduleFile(KERNEL, { version: "1" }));
    assert.deepEqual(fit(), ["/beside/lanner.ko"]);
  });
});

const skip = spawnSync("openssl", ["version"]).status === 0 ? false : "needs openssl";
test("a named file is signed on its way where a key is given", { skip }, async () => {
  const key = folder.file("key.pem");
  const made = spawnSync("openssl", [
    ...["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=lanner-test", "-days", "2"],
    ...["-keyout", key, "-out", key],
  ]);
  assert.equal(made.status, 0, made.stderr.toString());
  const on = machine({ "/sys/module/module/parameters/sig_enforce": "Y\n" });
  const { code, err } = await install(on, { module: given, signKey: key, signCert: key });
  assert.equal(code, 0, err);
  const info = moduleInfo(readFileSync(on.root + FILE));
  assert.ok(typeof info !== "string" && info.signed);
  assert.deepEqual(readFileSync(given), moduleFile(KERNEL), "its own file is left alone");
});
