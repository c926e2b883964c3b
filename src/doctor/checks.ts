// SPDX-License-Identifier: Apache-2.0

/** What a host offers, one line a matter, and whether somebody should look at it. */
import { CAPABILITIES, type Capability, hasCapability } from "./capabilities.ts";
import type { Facts, FeatureFacts, HostFacts } from "./facts.ts";
import { errnoText, fileObstacle, wantsSignature } from "./obstacle.ts";

/** One matter. */
export interface Check {
  readonly item: string;
  readonly text: string;
  /** What it costs or what to do; undefined: it is as it should be. */
  readonly note?: string;
}

/** Every check, in the order in which they are read. */
export function checksOf(facts: Facts): readonly Check[] {
  const { host } = facts;
  return [
    { item: "kernel", text: `${host.release}, ${host.machine}` },
    privileges(host),
    pidNamespace(host),
    lockdown(host),
    signatures(host),
    btf(facts),
    programs(facts.features),
    ring(facts.features),
    trampolines(facts.features),
    preemption(facts.features),
    { item: "security modules", text: host.securityModules?.join(", ") ?? "unknown: securityfs is not mounted" },
    moduleCheck(facts),
    {
      item: "cgroups",
      text: host.cgroups,
      ...(host.cgroups === "none" ? { note: "containers are not told apart" } : {}),
    },
    { item: "containers and guests", text: host.runtimes.join(", ") || "no runtime found" },
    mounts(host),
    clock(host),
  ];
}

function check(item: string, text: string, note?: string): Check {
  return note === undefined ? { item, text } : { item, text, note };
}

/** What each capability is for, unless CAP_SYS_ADMIN covers it. */
const LACKING: Readonly<Partial<Record<Capability, string>>> = {
  CAP_SYS_PTRACE: "other processes' /proc can't be read: run does not start",
  CAP_SYS_ADMIN: "the kernel module's device can't be opened",
  CAP_SYS_MODULE: "no module can be loaded",
};

function privileges({ uid, hostUsers, capabilities }: HostFacts): Check {
  if (hostUsers === false) {
    return check(
      "privileges",
      `uid ${uid} of a user namespace`,
      "its capabilities count for nothing in the kernel: run does not start but as the host's root",
    );
  }
  const names = Object.keys(CAPABILITIES) as Capability[];
  const lacking = names.filter((name) => !hasCapability(capabilities, name));
  const notes = lacking.flatMap((name) => LACKING[name] ?? []);
  const text = lacking.length === 0 ? `uid ${uid}, every capability` : `uid ${uid} without ${lacking.join(", ")}`;
  return check("privileges", text, notes.length === 0 ? undefined : notes.join("; "));
}

function pidNamespace({ hostPids }: HostFacts): Check {
  if (hostPids === null) return check("pid namespace", "unknown");
  if (hostPids) return check("pid namespace", "the host's");
  return check(
    "pid namespace",
    "a container's",
    "processes are known by other ids than the kernel's: give it the " +
      "host's (--pid=host)",
  );
}

function lockdown({ lockdown }: HostFacts): Check {
  if (lockdown === null) return check("lockdown", "none, or securityfs is not mounted");
  if (lockdown === "none") return check("lockdown", "none");
  return check(
    "lockdown",
    lockdown,
    lockdown === "confidentiality"
      ? "eBPF may not read kernel memory, and modules must be signed"
      : "modules must be signed",
  );
}

function signatures(host: HostFacts): Check {
  const { secureBoot, modules } = host;
  const boot = secureBoot === null ? "no EFI" : `Secure Boot ${secureBoot ? "on" : "off"}`;
  const text = `${boot}, ${wantsSignature(host) ? "enforced" : "not enforced"}`;
  return check("module signatures", text, modules.signed ? "modules must be signed" : undefined);
}

function btf({ host, btfFile }: Facts): Check {
  const own = host.btf === null ? "none" : `the kernel's, ${(host.btf / 1e6).toFixed(1)} MB`;
  if (btfFile === null) {
    return check(
      "BTF",
      own,
      host.btf === null ? "eBPF needs it: --btf FILE, or btf/RELEASE.btf beside lanner" : undefined,
    );
  }
  if (btfFile.problem !== null) return check("BTF", own, btfFile.problem.cause);
  return check("BTF", host.btf === null ? `from ${btfFile.path}` : own);
}

const answer = (errno: number): string => errno === 0 ? "yes" : `no, ${errnoText(errno)}`;

function programs(features: FeatureFacts): Check {
  const names = ["raw_tp", "tp_btf", "perf", "fexit", "lsm"] as const;
  return check("program types", names.map((name) => `${name} ${features[name] === 0 ? "yes" : "no"}`).join(", "));
}

function ring({ ring }: FeatureFacts): Check {
  return check("ring buffer", answer(ring), ring === 0 ? undefined : "eBPF needs it");
}

function trampolines({ fexit }: FeatureFacts): Check {
  return check("trampolines", answer(fexit));
}

function preemption({ steady, perf }: FeatureFacts): Check {
  if (steady === 0) return check("preemption", "skips no program");
  if (perf === 0) return check("preemption", "would skip programs on tracepoints; perf runs them");
  return check(
    "preemption",
    `skips programs on tracepoints, and perf runs none (${errnoText(perf)})`,
    "events are lost where tasks preempt one another within a program; the kernel module loses none",
  );
}

function moduleCheck({ host, module }: Facts): Check {
  const { loaded, files, headers, missingTools } = module;
  const notes = files.flatMap((file) => fileObstacle(host, file)?.cause ?? []);
  const building = headers === null
    ? "no headers"
    : missingTools.length > 0
    ? `headers in ${headers}, but no ${missingTools.join(", ")}`
    : `headers in ${headers} and a compiler`;
  const file = files.find((file) => fileObstacle(host, file) === undefined);
  const there = loaded ? "loaded" : file === undefined ? "no file" : file.origin;
  return check("kernel module", `${there}; ${building}`, notes.length === 0 ? undefined : notes.join("; "));
}

function mounts({ mounts }: HostFacts): Check {
  const text = [
    `/ ${mounts.rootReadOnly ? "read-only" : "writable"}`,
    ...(mounts.tmpNoexec ? ["/tmp noexec"] : []),
    ...(mounts.hidepid === null ? [] : [`/proc hidepid=${mounts.hidepid}`]),
    ...(mounts.procSys ? [] : ["no /proc/sys"]),
  ];
  return check("mounts", text.join(", "));
}

/** Clock sources that are read without leaving the CPU; records carry the time. */
const FAST_CLOCKS = new Set(["tsc", "kvm-clock", "arch_sys_counter", "hyperv_clocksource_tsc_page", "xen"]);

function clock({ clockSource }: HostFacts): Check {
  if (clockSource === null) return check("clock", "unknown");
  const slow = FAST_CLOCKS.has(clockSource) ? undefined : "reading it is slow, and every record has the time";
  return check("clock", clockSource, slow);
}
