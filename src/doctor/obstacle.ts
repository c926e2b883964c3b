// SPDX-License-Identifier: Apache-2.0

/** Why a driver can't run, in one line that ends in what to do next. `run` and `doctor` say the same. */
import { hasCapability, missingForBpf } from "./capabilities.ts";
import { errnoName } from "./errno.ts";
import type { FeatureFacts, HostFacts, ModuleFacts, ModuleFileFacts, ProbeFacts } from "./facts.ts";

/** What Linux means by its error numbers when it refuses a program or a module. */
const WORDS: Readonly<Record<string, string>> = {
  EPERM: "not permitted",
  E2BIG: "too large",
  EACCES: "the verifier refused it",
  EBUSY: "it is in use",
  EINVAL: "this kernel does not know it",
  ENOENT: "this kernel does not have it",
  ENOMEM: "memory is short",
  ENOSYS: "built without it",
  EOPNOTSUPP: "not supported",
  ENOTSUPP: "not supported",
  ESRCH: "there is no BTF",
};

/** A positive errno in words and by name. */
export function errnoText(errno: number): string {
  const name = errnoName(errno);
  return WORDS[name] === undefined ? name : `${WORDS[name]} (${name})`;
}

/** What is known beside the host when the probe was refused. */
interface Refused {
  readonly error: NonNullable<ProbeFacts["error"]>;
  readonly features: FeatureFacts;
  /** Whether a BTF file stands in for the kernel's. */
  readonly btfFile: boolean;
}

/** Why there is no eBPF. */
export function probeObstacle(host: HostFacts, { error, features, btfFile }: Refused): string {
  const name = errnoName(error.errno);
  if (features.bpf !== 0 && name === "ENOSYS") {
    return "this kernel was built without bpf(2) (CONFIG_BPF_SYSCALL): use the kernel module";
  }
  if (name === "EPERM") return permissionObstacle(host);
  if (host.btf === null && !btfFile) {
    return `kernel ${host.release} has no BTF (/sys/kernel/btf/vmlinux): name a file of its BTF with --btf, or use ` +
      "the kernel module";
  }
  if (features.ring !== 0) {
    return `kernel ${host.release} has no BPF ring buffer (Linux 5.8): use the kernel module`;
  }
  if (name === "ENOMEM") return "memory is short: choose a smaller ring buffer (-o ring_size_mb=8)";
  const said = error.message === "" ? "" : `: ${error.message}`;
  return `${error.what}${said}, ${errnoText(error.errno)}: use the kernel module, or report this with the output of ` +
    "`lanner doctor --json`";
}

/** Who forbids bpf(2). */
function permissionObstacle(host: HostFacts): string {
  const missing = missingForBpf(host.capabilities);
  if (missing !== undefined) {
    return host.uid === 0
      ? `${missing} is missing although this is root: give it to the container or service (CAP_SYS_ADMIN does too)`
      : `${missing} is missing: run as root`;
  }
  if (host.lockdown === "confidentiality") {
    return "kernel lockdown forbids reading kernel memory: boot without lockdown=confidentiality";
  }
  const others = host.lockedMemory === null
    ? []
    : [`the limit of locked memory (ulimit -l is ${host.lockedMemory / 1024} KiB: make it unlimited)`];
  const filter = host.seccomp ? "this process's seccomp filter" : "a seccomp filter";
  return `something forbids bpf(2): ${[filter, "a security module", ...others].join(", or ")}`;
}

/** What signing takes, for whoever has a kernel that wants signatures. */
const SIGN = "`lanner driver build --sign-key KEY`, with a key that it trusts (mokutil --import enrols one)";

/** Whether the kernel takes only modules that are signed with a key it trusts; lockdown and Secure Boot ask for it. */
export function wantsSignature({ modules, lockdown }: HostFacts): boolean {
  return modules.signed || lockdown === "integrity" || lockdown === "confidentiality";
}

/** Why the kernel takes no module at all, whatever the file; undefined when it does. */
export function modulesObstacle(host: HostFacts): string | undefined {
  const { modules, release } = host;
  if (!modules.supported) {
    return `kernel ${release} takes no modules (CONFIG_MODULES): only a kernel with BTF or a BTF file (--btf) can be ` +
      "watched without";
  }
  if (modules.disabled) {
    return "loading modules is switched off until the next boot (kernel.modules_disabled=1): have lanner.ko loaded " +
      "before, by `lanner driver install` and a reboot";
  }
  if (!hasCapability(host.capabilities, "CAP_SYS_MODULE")) {
    return "CAP_SYS_MODULE is missing: load the module as root of the host (`lanner driver install`)";
  }
  return undefined;
}

/** Why this very file is not for this kernel; undefined when nothing speaks against it. */
export function fileObstacle(host: HostFacts, file: ModuleFileFacts): string | undefined {
  if (file.problem !== null) return `${file.origin} ${file.problem}`;
  if (wantsSignature(host) && !file.signed) {
    const by = host.modules.signed ? "module.sig_enforce" : `lockdown=${host.lockdown}`;
    return `kernel ${host.release} takes only signed modules (${by}${
      host.secureBoot === true ? ", Secure Boot" : ""
    }) and ${file.origin} is not signed: ${SIGN}`;
  }
  return undefined;
}

/** Why nothing is there that could be loaded, and nothing can be built. */
export function noModule(host: HostFacts, { files, headers, missingTools }: ModuleFacts): string {
  const { release } = host;
  const elsewhere =
    `build it on another machine (lanner driver build --kernel ${release} --headers DIR) and carry it here ` +
    "(--module FILE)";
  const found = files.map((file) => fileObstacle(host, file)).find((problem) => problem !== undefined);
  const first = found === undefined ? `there is no module for kernel ${release}` : found;
  if (headers === null) {
    return `${first}, and none can be built: no headers (install linux-headers-${release}), or ${elsewhere}`;
  }
  if (missingTools.length > 0) {
    return `${first}, and none can be built: no ${missingTools.join(", ")} (install gcc and make), or ${elsewhere}`;
  }
  return `${first}, and an unsigned one can't be built on the spot: ${SIGN}`;
}

/** Why no module can be had for the kernel; undefined when one is loaded, lies ready, or can be built here. */
export function moduleObstacle(host: HostFacts, module: ModuleFacts): string | undefined {
  if (module.loaded) return undefined;
  const closed = modulesObstacle(host);
  if (closed !== undefined) return closed;
  if (module.files.some((file) => fileObstacle(host, file) === undefined)) return undefined;
  return canBuild(host, module) ? undefined : noModule(host, module);
}

/** Whether a module can be compiled and loaded at once. */
export function canBuild(host: HostFacts, { headers, missingTools }: ModuleFacts): boolean {
  return headers !== null && missingTools.length === 0 && !wantsSignature(host);
}

/** Why the kernel did not take a module that seemed right. */
export function moduleRefusal(host: HostFacts, errno: number, origin: string): string {
  switch (errnoName(errno)) {
    case "EPERM":
    case "EKEYREJECTED":
    case "ENOKEY":
    case "EBADMSG":
    case "EACCES":
      return `the kernel does not trust ${origin} (Secure Boot, lockdown or a security module): sign it: ${SIGN}`;
    case "ENOEXEC":
    case "EINVAL":
      return `${origin} does not fit kernel ${host.release}, whose log (dmesg) says why: build it with this kernel's ` +
        "headers (lanner driver build)";
    case "ENOENT":
      return `${origin} needs functions that kernel ${host.release} lacks, which its log (dmesg) names: build it with ` +
        "this kernel's headers (lanner driver build)";
    case "ENOMEM":
      return `memory is short: ${origin} was not loaded`;
  }
  return `the kernel refused ${origin} (${errnoText(errno)}): its log (dmesg) says why`;
}

/** Why the loaded module can't be used. */
export function deviceObstacle(errno: number): string {
  switch (errnoName(errno)) {
    case "ENOENT":
    case "ENXIO":
    case "ENODEV":
      return "/dev/lanner is not there: load the module again (lanner driver remove, then install), or mount /dev";
    case "EPERM":
    case "EACCES":
      return "CAP_SYS_ADMIN is missing: run as root";
    case "EBUSY":
      return "another sensor is using it: stop that one";
    case "EPROTO":
    case "ENOTTY":
      return "the loaded module is of another version: unload it (rmmod lanner) and start again";
    case "ENOMEM":
      return "memory is short: choose a smaller ring buffer (-o ring_size_mb=8)";
  }
  return `${errnoText(errno)}: the kernel's log (dmesg) may say why`;
}
