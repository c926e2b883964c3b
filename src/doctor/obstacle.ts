// SPDX-License-Identifier: Apache-2.0

/** Why a driver can't run, and what to do next. `run` and `doctor` say the same. */
import { hasCapability, missingForBpf } from "./capabilities.ts";
import { errnoName } from "./errno.ts";
import type {
  BtfFileFacts,
  FeatureFacts,
  HostFacts,
  ModuleFacts,
  ModuleFileFacts,
  Obstacle,
  ProbeFacts,
} from "./facts.ts";

/** An obstacle in one line. */
export function sentence({ cause, next }: Obstacle): string {
  return `${cause}: ${next}`;
}

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
  return `${WORDS[name] ?? "for a reason of its own"} (${name})`;
}

const USER_NAMESPACE: Obstacle = {
  cause: "this is a user namespace, whose root may load neither eBPF nor modules",
  next: "run as the host's root (a rootful container)",
};

/** Why this process may watch nothing, whichever the driver; undefined when it may. */
export function privilegeObstacle({ hostUsers, uid, capabilities }: HostFacts): Obstacle | undefined {
  if (hostUsers === false) return USER_NAMESPACE;
  const missing = missingForBpf(capabilities) ??
    (hasCapability(capabilities, "CAP_SYS_PTRACE") ? undefined : "CAP_SYS_PTRACE");
  if (missing === undefined) return undefined;
  if (uid !== 0) return { cause: `${missing} is missing`, next: "run as root" };
  return {
    cause: `${missing} is missing although this is root`,
    next: "give the container or service CAP_SYS_PTRACE with CAP_BPF and CAP_PERFMON, or with CAP_SYS_ADMIN",
  };
}

/**
 * Why nothing is even tried: for want of privileges, or of BTF that was asked for, which nobody would without need;
 * undefined when there is no such reason.
 * @param btfFile null: eBPF is not asked for, or takes the kernel's
 */
export function startObstacle(host: HostFacts, btfFile: BtfFileFacts | null): Obstacle | undefined {
  return privilegeObstacle(host) ?? (btfFile?.given === true ? btfFile.problem ?? undefined : undefined);
}

/** What is known beside the host when the probe was refused. */
interface Refused {
  readonly error: NonNullable<ProbeFacts["error"]>;
  readonly features: FeatureFacts;
  /** Whether a BTF file stands in for the kernel's. */
  readonly btfFile: boolean;
}

const USE_MODULE = "use the kernel module";

/** Why there is no eBPF. */
export function probeObstacle(host: HostFacts, { error, features, btfFile }: Refused): Obstacle {
  const name = errnoName(error.errno);
  const kernel = `kernel ${host.release}`;
  if (features.bpf !== 0 && name === "ENOSYS") {
    return { cause: `${kernel} was built without bpf(2) (CONFIG_BPF_SYSCALL)`, next: USE_MODULE };
  }
  if (name === "EPERM") return permissionObstacle(host);
  // the verifier does not know the functions that it forbids: EINVAL; with BTF it would be the same
  if (host.lockdown === "confidentiality") return LOCKED_DOWN;
  if (host.btf === null && !btfFile) {
    return {
      cause: `${kernel} has no BTF (/sys/kernel/btf/vmlinux)`,
      next: `name a file of its BTF with --btf, or ${USE_MODULE}`,
    };
  }
  if (features.ring !== 0) return { cause: `${kernel} has no BPF ring buffer (Linux 5.8)`, next: USE_MODULE };
  if (name === "ENOMEM") return SHORT_MEMORY;
  const said = error.message === "" ? "" : `: ${error.message}`;
  return {
    cause: `${error.what}${said}, ${errnoText(error.errno)}`,
    next: `${USE_MODULE}, or report this with the output of \`lanner doctor --json\``,
  };
}

/** Why there is no eBPF where `--attach` insists on a way; what speaks against eBPF altogether comes first. */
export function attachObstacle(host: HostFacts, way: "fexit" | "perf", refused: Refused): Obstacle {
  const { error, features: { bpf, ring } } = refused;
  const closed = bpf !== 0 || ring !== 0 || host.lockdown === "confidentiality";
  if (closed || errnoName(error.errno) === "ENOMEM") return probeObstacle(host, refused);
  const said = error.message === "" ? "" : `: ${error.message}`;
  return {
    cause: `--attach ${way}: ${error.what}${said} (kernel ${host.release}, ${errnoText(error.errno)})`,
    next: "choose --attach sys_exit, or leave it at auto",
  };
}

const SHORT_MEMORY: Obstacle = {
  cause: "memory is short",
  next: "choose a smaller ring buffer (-o ring_size_mb=8)",
};

const LOCKED_DOWN: Obstacle = {
  cause: "kernel lockdown forbids eBPF to read kernel memory",
  next: "boot without lockdown=confidentiality, or use a signed kernel module",
};

/** Who forbids bpf(2), when it is not for want of privileges. */
function permissionObstacle(host: HostFacts): Obstacle {
  if (host.lockdown === "confidentiality") return LOCKED_DOWN;
  const others = host.lockedMemory === null
    ? []
    : [`the limit of locked memory (ulimit -l is ${host.lockedMemory / 1024} KiB: make it unlimited)`];
  const filter = host.seccomp ? "this process's seccomp filter" : "a seccomp filter";
  return { cause: "something forbids bpf(2)", next: `look at ${[filter, "security modules", ...others].join(", ")}` };
}

/** What signing takes, for whoever has a kernel that wants signatures. */
const SIGN = "sign it with a key that the kernel trusts (mokutil --import enrols one): lanner driver build " +
  "--sign-key KEY --sign-cert CERT";

/** Whether the kernel takes only modules that are signed with a key it trusts; lockdown and Secure Boot ask for it. */
export function wantsSignature({ modules, lockdown }: HostFacts): boolean {
  return modules.signed || lockdown === "integrity" || lockdown === "confidentiality";
}

/** The kernel that takes only signed modules, and why it does. */
function strictKernel({ release, modules, lockdown, secureBoot }: HostFacts): string {
  const by = modules.signed ? "module.sig_enforce" : `lockdown=${lockdown}`;
  return `kernel ${release} takes only signed modules (${by}${secureBoot === true ? ", Secure Boot" : ""})`;
}

/** Why the kernel takes no module at all, whatever the file; undefined when it does. */
export function modulesObstacle({ modules, release, hostUsers, capabilities }: HostFacts): Obstacle | undefined {
  if (!modules.supported) {
    return {
      cause: `kernel ${release} takes no modules (CONFIG_MODULES)`,
      next: "use eBPF, with the kernel's BTF or a file of it (--btf)",
    };
  }
  if (modules.disabled) {
    return {
      cause: "loading modules is switched off until the next boot (kernel.modules_disabled=1)",
      next: "have lanner.ko loaded before that: lanner driver install, then reboot",
    };
  }
  if (hostUsers === false) return USER_NAMESPACE;
  if (!hasCapability(capabilities, "CAP_SYS_MODULE")) {
    return { cause: "CAP_SYS_MODULE is missing", next: "load the module as root of the host (lanner driver install)" };
  }
  return undefined;
}

/** Why this very file is not for this kernel; undefined when nothing speaks against it. */
export function fileObstacle(host: HostFacts, { origin, problem, signed }: ModuleFileFacts): Obstacle | undefined {
  if (problem !== null) return problem;
  if (wantsSignature(host) && !signed) {
    return { cause: `${strictKernel(host)} and ${origin} is not signed`, next: SIGN };
  }
  return undefined;
}

/** What to do where a module can't be built. */
export function buildElsewhere(release: string): string {
  return `build it on another machine (lanner driver build --kernel ${release} --headers DIR) and carry it ` +
    "here (--module FILE)";
}

/** Why nothing is there that could be loaded, and nothing can be built. */
function noModule(host: HostFacts, { files, headers, missingTools }: ModuleFacts): Obstacle {
  const { release } = host;
  const found = files.map((file) => fileObstacle(host, file)).find((obstacle) => obstacle !== undefined);
  if (wantsSignature(host)) {
    return found ?? { cause: `${strictKernel(host)} and there is none for it`, next: `build one and ${SIGN}` };
  }
  const [lacking, install] = headers === null
    ? ["the kernel's headers", `install linux-headers-${release} (kernel-devel-${release} on Red Hat's)`]
    : [missingTools.join(", "), "install gcc and make"];
  const cause = found?.cause ?? `there is no module for kernel ${release}`;
  return {
    cause: `${cause}, and none can be built here without ${lacking}`,
    next: found === undefined ? `${install}, or ${buildElsewhere(release)}` : `${found.next}, or ${install}`,
  };
}

/** Why no module can be had for the kernel; undefined when one is loaded, lies ready, or can be built here. */
export function moduleObstacle(host: HostFacts, module: ModuleFacts): Obstacle | undefined {
  if (module.loaded) return undefined;
  const closed = modulesObstacle(host);
  if (closed !== undefined) return closed;
  const obstacles = module.files.map((file) => fileObstacle(host, file));
  if (obstacles.includes(undefined)) return undefined;
  // another than the one that was asked for would be a surprise
  if (module.given) return obstacles[0];
  return canBuild(host, module) ? undefined : noModule(host, module);
}

/** Whether a module can be compiled and loaded at once. */
function canBuild(host: HostFacts, { headers, missingTools }: ModuleFacts): boolean {
  return headers !== null && missingTools.length === 0 && !wantsSignature(host);
}

/** How the module comes into the kernel, in words, when nothing stands in its way. */
export function moduleOrigin(host: HostFacts, { loaded, files, headers }: ModuleFacts): string {
  if (loaded) return "loaded before";
  const file = files.find((file) => fileObstacle(host, file) === undefined);
  return file === undefined ? `compiled on the spot with ${headers}` : `from ${file.origin}`;
}

/** Why the kernel did not take a module that seemed right. */
export function moduleRefusal(host: HostFacts, errno: number, origin: string): Obstacle {
  const rebuild = "build it with this kernel's headers (lanner driver build)";
  switch (errnoName(errno)) {
    case "EPERM":
    case "EKEYREJECTED":
    case "ENOKEY":
    case "EBADMSG":
    case "EACCES":
      return { cause: `the kernel does not trust ${origin} (Secure Boot, lockdown or a security module)`, next: SIGN };
    case "ENOEXEC":
    case "EINVAL":
      return { cause: `${origin} does not fit kernel ${host.release}, whose log (dmesg) says why`, next: rebuild };
    case "ENOENT":
      return { cause: `${origin} needs functions that kernel ${host.release} lacks (dmesg names them)`, next: rebuild };
    case "ENOMEM":
      return { cause: `memory is short, so ${origin} was not loaded`, next: "free some" };
  }
  return { cause: `the kernel refused ${origin}, ${errnoText(errno)}`, next: "its log (dmesg) says why" };
}

const NO_DEVICE: Obstacle = { cause: "the module's device wants CAP_SYS_ADMIN, which is missing", next: "run as root" };

/** Why this process can't use a module, were it loaded; undefined when it can. */
export function deviceAccessObstacle({ capabilities }: HostFacts): Obstacle | undefined {
  return hasCapability(capabilities, "CAP_SYS_ADMIN") ? undefined : NO_DEVICE;
}

/** Why the loaded module can't be used. */
export function deviceObstacle(errno: number): Obstacle {
  switch (errnoName(errno)) {
    case "ENOENT":
    case "ENXIO":
    case "ENODEV":
      return {
        cause: "the module is loaded but /dev/lanner is not there",
        next: "mount devtmpfs on /dev, or load the module again (lanner driver remove, then start again)",
      };
    case "EPERM":
    case "EACCES":
      return NO_DEVICE;
    case "EBUSY":
      return { cause: "another sensor is using the module", next: "stop that one" };
    case "EPROTO":
    case "ENOTTY":
      return {
        cause: "the loaded module is of another version of lanner",
        next: "take it out (lanner driver remove) and start again",
      };
    case "ENOMEM":
      return SHORT_MEMORY;
  }
  return { cause: `the module can't be used, ${errnoText(errno)}`, next: "the kernel's log (dmesg) may say why" };
}
