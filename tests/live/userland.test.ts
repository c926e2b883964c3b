// SPDX-License-Identifier: Apache-2.0

/** The one binary where nothing is installed, nothing can be written and nothing below /tmp can be executed. */
import { test } from "node:test";
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { BINARY, cannotRunLive, ROOT } from "./support.ts";

const CACHE = process.env["LANNER_CACHE"] ?? join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "lanner");

/** A Debian 11 (glibc 2.31) with nothing but its base, made by `scripts/setup --tests`. */
const DEBIAN_11 = join(CACHE, "rootfs/bullseye");

/** A root as Alpine's, made by `scripts/musl-root`, and the binary for it. */
const MUSL = join(CACHE, "rootfs/musl");
const MUSL_BINARY = join(ROOT, `dist/lanner-${process.arch === "x64" ? "x86_64" : "aarch64"}-linux-musl`);

/**
 * Runs a bash script in namespaces of its own, with the binary as its $1 and a root as its $2. Returns what it printed.
 * @param namespaces options of unshare; mounts always are
 */
function inNamespace(
  script: string,
  { namespaces = [], binary = BINARY, root = DEBIAN_11 }: {
    readonly namespaces?: readonly string[];
    readonly binary?: string;
    readonly root?: string;
  } = {},
): Promise<{ code: number | null; output: string }> {
  const child = spawn("unshare", ["-m", ...namespaces, "bash", "-euc", script, "bash", binary, root], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (chunk: string) => {
      output += chunk;
    });
  }
  return new Promise((resolve) => child.on("close", (code) => resolve({ code, output })));
}

/** Shell code that prints what comes from descriptor 3, the sensor's output, until it is armed. */
const UNTIL_ARMED = `while read -r line <&3; do case $line in armed) break ;; *) echo "$line" ;; esac; done`;

/** The binaries for glibc: this machine's, and those that `scripts/build --all` made. */
const FOR_GLIBC = new Set([
  "lanner",
  ...(existsSync(join(ROOT, "dist")) ? readdirSync(join(ROOT, "dist")) : []).filter((name) => name.endsWith("-gnu")),
]);

for (const name of FOR_GLIBC) {
  const path = join(ROOT, "dist", name);
  const skip = !existsSync(path) && "needs dist/lanner: run scripts/build";
  test(`dist/${name} needs no C library newer than glibc 2.17`, { skip }, () => {
    const sections = execFileSync("readelf", ["--version-info", "--wide", path], {
      encoding: "utf8",
      env: { ...process.env, LC_ALL: "C" },
    });
    const needed = sections.slice(sections.indexOf("Version needs section"));
    const minors = [...needed.matchAll(/Name: GLIBC_2\.(\d+)/g)].map((match) => Number(match[1]));
    assert.ok(minors.length > 0, sections.slice(0, 500));
    assert.ok(Math.max(...minors) <= 17, `needs GLIBC_2.${Math.max(...minors)}`);
  });
}

test("it runs from a read-only file system with a noexec /tmp", { skip: cannotRunLive() }, async () => {
  const { code, output } = await inNamespace(`
    mount --make-rprivate /
    mount -t tmpfs tmpfs /mnt
    cp "$1" /mnt/lanner
    mount -o remount,ro /mnt
    mount -t tmpfs -o noexec tmpfs /tmp
    mount -o remount,ro,bind /
    ! touch /usr/bin/x /mnt/x 2>/dev/null
    exec 3< <(/mnt/lanner run --for 4s 2>&1)
    ${UNTIL_ARMED}
    cat /etc/shadow >/dev/null
    cat <&3`);
  assert.match(output, /Warning Credential file read by an unexpected program \(file=\/etc\/shadow process=cat/);
  assert.equal(code, 0, output);
});

/** Shell code that runs the sensor of a root ($2) while one of its programs reads a credential file. */
const IN_ROOT = `
    mount --make-rprivate /
    mount --bind "$2" "$2"
    mount -t proc proc "$2/proc"
    mount -t sysfs sysfs "$2/sys"
    mount -t tmpfs tmpfs "$2/mnt"
    cp "$1" "$2/mnt/lanner"
    exec 3< <(chroot "$2" /mnt/lanner run --for 4s 2>&1)
    ${UNTIL_ARMED}`;

const skip = cannotRunLive() || (!existsSync(DEBIAN_11) && "needs a Debian 11 root: scripts/setup --tests");

test("it runs in a Debian 11 with nothing else installed", { skip }, async () => {
  const { code, output } = await inNamespace(`${IN_ROOT}
    chroot "$2" ldd --version | head -1
    chroot "$2" cat /etc/shadow >/dev/null
    cat <&3`);
  assert.match(output, /GLIBC 2\.31/);
  assert.match(output, /Warning Credential file read by an unexpected program \(file=\/etc\/shadow process=cat/);
  assert.equal(code, 0, output);
});

test("it runs in a container's namespaces beside the host's processes", { skip }, async () => {
  const { code, output } = await inNamespace(
    `${IN_ROOT}
    chroot "$2" cat /etc/shadow >/dev/null
    cat <&3`,
    { namespaces: ["--uts", "--ipc", "--net", "--cgroup"] },
  );
  assert.match(output, /Warning Credential file read by an unexpected program \(file=\/etc\/shadow process=cat/);
  assert.doesNotMatch(output, /PID namespace/);
  assert.equal(code, 0, output);
});

test("in a PID namespace of its own it says what is amiss, and alerts", { skip }, async () => {
  const { code, output } = await inNamespace(
    `${IN_ROOT}
    chroot "$2" cat /etc/shadow >/dev/null
    cat <&3`,
    { namespaces: ["--pid", "--fork"] },
  );
  assert.match(output, /this is a PID namespace of its own: .* share the host's/);
  assert.match(output, /Warning Credential file read by an unexpected program \(file=\/etc\/shadow process=cat/);
  assert.equal(code, 0, output);
});

test("it runs without a /proc/sys", { skip: cannotRunLive() }, async () => {
  const { code, output } = await inNamespace(`
    mount --make-rprivate /
    mount -t tmpfs -o ro tmpfs /proc/sys
    ! test -e /proc/sys/kernel
    exec 3< <("$1" run --for 4s 2>&1)
    ${UNTIL_ARMED}
    cat /etc/shadow >/dev/null
    cat <&3`);
  assert.match(output, /Warning Credential file read by an unexpected program \(file=\/etc\/shadow process=cat/);
  assert.equal(code, 0, output);
});

const noMusl = ![join(MUSL, "done"), MUSL_BINARY].every((path) => existsSync(path)) &&
  "needs scripts/build --all and scripts/musl-root";

test("the musl binary runs in a root as Alpine's", { skip: cannotRunLive() || noMusl }, async () => {
  const { code, output } = await inNamespace(
    `${IN_ROOT}
    chroot "$2" /bin/busybox cat /etc/shadow >/dev/null
    cat <&3`,
    { binary: MUSL_BINARY, root: MUSL },
  );
  assert.match(output, /Warning Credential file read by an unexpected program \(file=\/etc\/shadow process=busybox/);
  assert.equal(code, 0, output);
});
