// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { release, tmpdir } from "node:os";
import process from "node:process";
import { after, describe, test } from "node:test";
import { gunzipSync } from "node:zlib";
import { readBundle } from "../../src/driver/bundle.ts";
import { moduleInfo } from "../../src/driver/module_file.ts";
import { moduleFile } from "../driver/support.ts";
import { Folder, lanner } from "./support.ts";

const folder = new Folder();
after(() => folder[Symbol.dispose]());

const write = (name: string, bytes: Uint8Array): string => {
  writeFileSync(folder.file(name), bytes);
  return folder.file(name);
};

describe("a bundle", () => {
  test("is made of module files, and says what is in it", async () => {
    const paths = [write("a.ko", moduleFile("4.19.0-x")), write("b.ko", moduleFile("5.4.0-y"))];
    const to = folder.file("lanner-modules");
    const { code, err } = await lanner("driver", "bundle", ...paths, "-w", to);
    assert.equal(code, 0, err);
    assert.match(
      err,
      /^4\.19\.0-x \S+: \d+ bytes\n5\.4\.0-y \S+: \d+ bytes\n.*: 2 modules, \d+ bytes; put it beside lanner\n$/,
    );
    assert.deepEqual(readBundle(gunzipSync(readFileSync(to)), to).map(({ release }) => release), [
      "4.19.0-x",
      "5.4.0-y",
    ]);
  });
  test("is not made when one of them can't be had", async () => {
    const to = folder.file("half");
    const { code, err } = await lanner("driver", "bundle", write("c.ko", moduleFile("6.1")), "9.9.9-none", "-w", to);
    assert.equal(code, 1);
    assert.match(err, /^lanner: no headers of kernel 9\.9\.9-none in .*: install linux-headers-9\.9\.9-none /);
    assert.equal(existsSync(to), false);
  });
});

describe("what building lacks is named with what to do", () => {
  test("headers", async () => {
    const { code, err } = await lanner("driver", "build", "--kernel", "5.4.0-1", "--headers", folder.path);
    assert.equal(code, 1);
    assert.equal(
      err,
      `lanner: no headers of kernel 5.4.0-1 in ${folder.path}: install linux-headers-5.4.0-1 ` +
        "(kernel-devel-5.4.0-1 on Red Hat's), name their folder with --headers, or build on another machine and " +
        "carry the file here\n",
    );
  });
  test("the key of a certificate", async () => {
    const { code, err } = await lanner("driver", "build", "--sign-cert", "x.pem");
    assert.deepEqual({ code, err }, { code: 2, err: "lanner: --sign-cert needs --sign-key\n" });
  });
});

test("a build that fails says why and leaves nothing behind", async () => {
  folder.write("Makefile", "modules:\n\t@echo 'CC events.o'; echo 'events.c:1: error: no such kernel' >&2; false\n");
  const before = readdirSync(tmpdir()).filter((name) => name.startsWith("lanner-module-"));
  const to = folder.file("out.ko");
  const { code, err } = await lanner("driver", "build", "--kernel", "9.9", "--headers", folder.path, "-w", to);
  assert.equal(code, 1);
  assert.equal(
    err,
    "lanner: the module does not compile for kernel 9.9 (events.c:1: error: no such kernel): see it whole with lanner " +
      "driver build --verbose, or build it on another machine (lanner driver build --kernel 9.9 --headers DIR) and " +
      "carry it here (--module FILE)\n",
  );
  assert.deepEqual(readdirSync(tmpdir()).filter((name) => name.startsWith("lanner-module-")), before);
  assert.equal(readdirSync(folder.path).includes("out.ko"), false);
  const whole = await lanner("driver", "build", "--kernel", "9.9", "--headers", folder.path, "-w", to, "--verbose");
  assert.match(whole.err, /^CC events\.o$/m);
  assert.match(whole.err, /^lanner: the module does not compile/m);
});

describe("a build that makes no module for this kernel says so in one line", () => {
  const odd = moduleFile("9.8");
  const cases: readonly [name: string, recipe: string, said: RegExp][] = [
    ["nothing", "true", /^lanner: make in \S+ ends well but makes no lanner\.ko for kernel 9\.9: see it whole .*\n$/],
    [
      "no module",
      "echo text >$(M)/lanner.ko",
      /^lanner: what was built for kernel 9\.9 is not a kernel module: see that \S+ is a kernel's build folder, or .*\n$/,
    ],
    [
      "another kernel's",
      "cp odd.ko $(M)/lanner.ko",
      /^lanner: the headers in \S+ are kernel 9\.8's, not 9\.9's: name the right folder with --headers\n$/,
    ],
  ];
  for (const [name, recipe, said] of cases) {
    test(name, async () => {
      write("odd.ko", odd);
      folder.write("Makefile", `modules:\n\t@${recipe}\n`);
      const { code, err } = await lanner("driver", "build", "--kernel", "9.9", "--headers", folder.path);
      assert.equal(code, 1);
      assert.match(err, said);
    });
  }
});

describe("what can't be written is said with what to do, and leaves what was there", () => {
  const built = () => {
    write("odd.ko", moduleFile("9.9"));
    folder.write("Makefile", "modules:\n\t@cp odd.ko $(M)/lanner.ko\n");
    return ["driver", "build", "--kernel", "9.9", "--headers", folder.path];
  };
  test("a folder", async () => {
    const { code, err } = await lanner(...built(), "-w", folder.path);
    const said = `lanner: ${folder.path} can't be written: it is a directory: name another file with -w\n`;
    assert.deepEqual({ code, err }, { code: 1, err: said });
  });
  test("a full disk", async () => {
    const { code, err } = await lanner(...built(), "-w", "/dev/full");
    const said = "lanner: /dev/full can't be written: no space left on the device: name another file with -w\n";
    assert.deepEqual({ code, err }, { code: 1, err: said });
  });
  const small = folder.file("small");
  const canMount = spawnSync("unshare", ["-m", "true"]).status === 0;
  test("a disk that becomes full", { skip: canMount ? false : "needs to mount" }, () => {
    mkdirSync(small);
    const script = 'mount -t tmpfs -o size=64k none "$1" && echo old >"$1/file" || exit 9; ' +
      '"$3" run -A --no-check "$2" "$1/file" 200000; echo "$? $(cat "$1/file") $(ls "$1")"';
    const program = folder.write(
      "write.ts",
      `import { writeWhole } from ${
        JSON.stringify(new URL("../../src/driver/whole_file.ts", import.meta.url).href)
      };\n` +
        'import process from "node:process";\n' +
        "writeWhole(process.argv[2]!, new Uint8Array(Number(process.argv[3])));\n",
    );
    const { stdout } = spawnSync("unshare", ["-m", "sh", "-c", script, "sh", small, program, process.execPath], {
      encoding: "utf8",
    });
    assert.equal(stdout, "1 old file\n");
  });
});

describe("a signal during the build", () => {
  for (const [signal, code] of [["SIGINT", 130], ["SIGTERM", 143], ["SIGHUP", 129]] as const) {
    test(`${signal} ends it and what it started, and leaves nothing behind`, async () => {
      const marker = folder.file(`marker-${signal}`);
      folder.write("Makefile", `modules:\n\t@touch ${marker}; sleep 100; touch ${marker}-late\n`);
      const main = new URL("../../src/main.ts", import.meta.url).pathname;
      const temporary = folder.file(`tmp-${signal}`);
      mkdirSync(temporary);
      const args = ["run", "-A", "--no-check", main, "driver", "build", "--kernel", "9.9", "--headers", folder.path];
      const child = spawn(process.execPath, args, { env: { ...process.env, TMPDIR: temporary }, stdio: "ignore" });
      const ended = once(child, "exit");
      while (!existsSync(marker)) await new Promise((resolve) => setTimeout(resolve, 20));
      assert.equal(readdirSync(temporary).length, 1);
      const begin = performance.now();
      child.kill(signal);
      const [status, by] = await ended;
      assert.ok(by === signal || status === code, `${status} ${by}`);
      assert.ok(performance.now() - begin < 50_000, "it waited for the compiler");
      assert.deepEqual(readdirSync(temporary), []);
    });
  }
});

describe("a bundle's names", () => {
  const release = "9.9.9-none";
  const to = folder.file("named");
  const bundle = (...names: string[]) => lanner("driver", "bundle", ...names, "-w", to);
  test("that look like a file's are a file's", async () => {
    const { code, err } = await bundle("nofile.ko");
    assert.equal(code, 1);
    assert.match(err, /^lanner: nofile\.ko can't be read \(no such file or directory\): .*\n$/);
  });
  test("that are a folder's are a release's", async () => {
    mkdirSync(folder.file(release));
    const before = process.cwd();
    process.chdir(folder.path);
    try {
      const { code, err } = await lanner("driver", "bundle", release, "--headers", folder.file(release));
      assert.equal(code, 1);
      assert.match(err, /^lanner: no headers of kernel 9\.9\.9-none in /);
    } finally {
      process.chdir(before);
    }
  });
  test("that are no release are refused", async () => {
    for (const name of ["..", "a b", ""]) {
      const { code, err } = await bundle(name);
      assert.deepEqual({ code, err }, { code: 2, err: `lanner: ${name} is neither a module's file nor a release\n` });
    }
  });
  test("that are for one kernel twice are refused", async () => {
    const { code, err } = await bundle(write("one.ko", moduleFile(release)), write("two.ko", moduleFile(release)));
    assert.equal(code, 1);
    assert.match(
      err,
      /^lanner: \S+two\.ko is the second module for kernel 9\.9\.9-none, \S+: name one of them only\n$/,
    );
    assert.equal(existsSync(to), false);
  });
  test("that are no module's are refused with what to name instead", async () => {
    const { code, err } = await bundle(folder.write("text.ko", "no module\n"));
    assert.equal(code, 1);
    assert.match(
      err,
      /^lanner: \S+text\.ko is not a kernel module: name modules that this lanner built \(lanner driver build\), or .*\n$/,
    );
  });
  test("of releases are built, and stand for the machine that they are for", async () => {
    write("arm.ko", moduleFile(release, { machine: "aarch64" }));
    folder.write("Makefile", "modules:\n\t@cp arm.ko $(M)/lanner.ko\n");
    const { code, err } = await lanner("driver", "bundle", release, "--headers", folder.path, "-w", to);
    assert.equal(code, 0, err);
    assert.deepEqual(readBundle(gunzipSync(readFileSync(to)), to).map(({ machine }) => machine), ["aarch64"]);
  });
});

describe("a key on the command line", {
  skip: spawnSync("openssl", ["version"]).status === 0 ? false : "needs openssl",
}, () => {
  const key = folder.file("mok.key"), der = folder.file("mok.der"), certificate = folder.file("mok.pem");
  const openssl = (...args: string[]) => spawnSync("openssl", args);
  // as docs/kernels.md has one make it
  openssl(
    ...["req", "-new", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=lanner/", "-days", "3650"],
    ...["-keyout", key, "-outform", "DER", "-out", der],
  );
  openssl("x509", "-inform", "DER", "-in", der, "-out", certificate);
  const signing = ["--sign-key", key, "--sign-cert", certificate];

  test("signs files that are bundled, and leaves the files alone", async () => {
    const path = write("unsigned.ko", moduleFile("9.9.9-none"));
    const to = folder.file("signed-bundle");
    const { code, err } = await lanner("driver", "bundle", path, "-w", to, ...signing);
    assert.equal(code, 0, err);
    const [module] = readBundle(gunzipSync(readFileSync(to)), to);
    const info = moduleInfo(module!.image);
    assert.ok(typeof info !== "string" && info.signed);
    assert.deepEqual(readFileSync(path), moduleFile("9.9.9-none"));
  });
  test("signs what is built", async () => {
    write("odd.ko", moduleFile("9.9"));
    folder.write("Makefile", "modules:\n\t@cp odd.ko $(M)/lanner.ko\n");
    const to = folder.file("signed.ko");
    const { code, err } = await lanner(
      ...["driver", "build", "--kernel", "9.9", "--headers", folder.path, "-w", to, ...signing],
    );
    assert.equal(code, 0, err);
    const info = moduleInfo(readFileSync(to));
    assert.ok(typeof info !== "string" && info.signed);
  });
  test("without its certificate is refused before anything is compiled", async () => {
    const marker = folder.file("compiled");
    folder.write("Makefile", `modules:\n\t@touch ${marker}\n`);
    const { code, err } = await lanner(
      ...["driver", "build", "--kernel", "9.9", "--headers", folder.path, "--sign-key", key],
    );
    assert.deepEqual({ code, err }, {
      code: 1,
      err: `lanner: the module can't be signed: ${key} holds no certificate: name its certificate with --sign-cert\n`,
    });
    assert.equal(existsSync(marker), false);
  });
  test("that is not there is refused also where nothing is built", async () => {
    const { code, err } = await lanner("driver", "bundle", write("d.ko", moduleFile("6.1")), "--sign-key", "nokey");
    assert.equal(code, 1);
    assert.match(
      err,
      /^lanner: the module can't be signed: nokey can't be read: no such file or directory: name .*\n$/,
    );
  });
});

describe("words of the command line that can't be meant are refused", () => {
  const cases: readonly (readonly string[])[] = [
    ["driver", "build", "--kernel", ""],
    ["driver", "build", "--kernel", "../6.1"],
    ["driver", "remove", "--kernel", ".."],
    ["driver", "install", "--kernel", "a/b"],
    ["driver", "build", "--headers", ""],
    ["driver", "build", "-w", ""],
    ["driver", "bundle", "6.1", "-w", ""],
    ["driver", "install", "--module", ""],
    ["run", "--module", ""],
    ["doctor", "--btf", ""],
    ["run", "--driver", "ebpf", "--module", "x.ko"],
    ["run", "--driver", "module", "--btf", "x.btf"],
    ["run", "-o", "driver=module", "--btf", "x.btf"],
    ["record", "-w", "x", "--driver", "ebpf", "--module", "x.ko"],
  ];
  for (const args of cases) {
    test(args.map((arg) => arg === "" ? '""' : arg).join(" "), async () => {
      const { code, err } = await lanner(...args);
      assert.equal(code, 2, err);
      assert.match(err, /^lanner: [^\n]+\n$/);
    });
  }
});

test("the status tells of this kernel, as text and as JSON", async () => {
  const text = await lanner("driver", "status");
  assert.match(
    text.out,
    new RegExp(`^kernel          ${release().replaceAll(".", "\\.")}\nmodule loaded   (yes|no)\n`),
  );
  const json = await lanner("driver", "status", "--json");
  const status = JSON.parse(json.out);
  assert.equal(status.kernel, release());
  assert.equal(typeof status.loaded, "boolean");
  assert.equal(json.code, status.obstacle === null ? 0 : 1);
});

describe("the tools that building needs", () => {
  const before = process.env["PATH"];
  after(() => process.env["PATH"] = before);
  test("are named when they are not there", async () => {
    folder.write("Makefile", "modules:\n");
    process.env["PATH"] = folder.path;
    const { code, err } = await lanner("driver", "build", "--kernel", "9.9", "--headers", folder.path);
    assert.deepEqual({ code, err }, {
      code: 1,
      err: "lanner: make is missing: install make and gcc, or build on another machine with --kernel\n",
    });
  });
});
