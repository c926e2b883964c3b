// SPDX-License-Identifier: Apache-2.0

/**
 * Every setting, its type and its default. Keys that Falco has too mean what they mean there (compat/rules-format.md
 * §4), so that an existing falco.yaml loads.
 *
 * Values arrive as text, as in the file: as with Falco, `json_output: "true"` is a boolean and `version: 1.10` in
 * static_fields stays what it is.
 */
import { cpus } from "node:os";
import { z } from "zod";
import { parsePriority, PRIORITIES, type Priority } from "../rules/priority.ts";

/** MiB of the ring for a machine with so many CPUs: 4 for each, a power of two from 8 to 64. */
export function ringSizeFor(cpus: number): number {
  return 2 ** Math.min(6, Math.max(3, Math.ceil(Math.log2(4 * cpus))));
}

/** The spellings of yaml-cpp, each also in capitals and capitalised. */
const BOOLEANS: ReadonlyMap<string, boolean> = new Map([
  ...["y", "yes", "true", "on"].map((word) => [word, true] as const),
  ...["n", "no", "false", "off"].map((word) => [word, false] as const),
]);

function toBoolean(value: unknown): unknown {
  if (typeof value !== "string") return value;
  const lower = value.toLowerCase();
  const capitalised = value.charAt(0).toUpperCase() + lower.slice(1);
  return [lower, value.toUpperCase(), capitalised].includes(value) ? BOOLEANS.get(lower) ?? value : value;
}

function toNumber(value: unknown): unknown {
  return typeof value === "string" && /^\d+$/.test(value) ? Number(value) : value;
}

const Bool = z.preprocess(toBoolean, z.boolean("expected true or false"));
const Text = z.string("expected text").min(1, "must not be empty");
const Texts = z.array(Text, "expected a list of texts");

function wholeNumber(least: number, most: number) {
  const message = `expected a whole number from ${least} to ${most}`;
  return z.preprocess(toNumber, z.number(message).int(message).min(least, message).max(most, message));
}

function fraction(most: number) {
  const message = `expected a number from 0 to ${most}`;
  const parse = (value: unknown) => typeof value === "string" && /^\d*\.?\d+$/.test(value) ? Number(value) : value;
  return z.preprocess(parse, z.number(message).min(0, message).max(most, message));
}

function oneOf<const T extends readonly [string, ...string[]]>(...words: T) {
  return z.enum(words, `expected one of ${words.join(", ")}`);
}

const PriorityName = z.string("expected a priority").transform((text, context): Priority => {
  const priority = parsePriority(text);
  if (priority !== undefined) return priority;
  context.addIssue(`expected one of ${PRIORITIES.join(", ").toLowerCase()}`);
  return z.NEVER;
});

const RuleTarget = z.union([z.strictObject({ rule: Text }), z.strictObject({ tag: Text })]);

/** One step of `rules`: by wildcard of the name or by tag, applied in order after all files are loaded. */
const RuleSelection = z.union(
  [z.strictObject({ enable: RuleTarget }), z.strictObject({ disable: RuleTarget })],
  "expected enable or disable, with rule: NAME or tag: TAG below it",
);

const AppendOutput = z.strictObject({
  match: z.strictObject({ source: Text.optional(), rule: Text.optional(), tags: Texts.optional() }).optional(),
  extra_output: Text.optional(),
  extra_fields: z.array(
    z.union([Text, z.record(z.string(), Text)], "expected a field's name or NAME: FORMAT"),
    "expected a list",
  ).default([]),
  suggested_output: Bool.default(false),
}, "expected a map");

/** Makes an object schema whose absence means all its defaults. */
function section<T extends z.ZodRawShape>(shape: T) {
  return z.strictObject(shape, "expected a map");
}

/** A container engine with Docker's API: asked when it is switched on, or sockets of it are named. */
function engine(socket: string) {
  return section({ enabled: Bool.optional(), sockets: Texts.optional() }).prefault({}).transform((
    { enabled, sockets },
  ) => ({ enabled: enabled ?? sockets !== undefined, sockets: sockets ?? [socket] }));
}

const INTERVAL_UNITS = { y: 31_557_600_000, w: 604_800_000, d: 86_400_000, h: 3_600_000, m: 60_000, s: 1000, ms: 1 };

/** ms of Falco's `1h30m`: units from the largest to the smallest, each once at most; 0 for anything else. */
function intervalMs(text: string): number {
  const form = /^(?:(\d+)y)?(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?$/.exec(text);
  const counts = form === null ? [] : form.slice(1);
  return Object.values(INTERVAL_UNITS).reduce((sum, ms, i) => sum + Number(counts[i] ?? 0) * ms, 0);
}

/** The whole configuration; keys that are not here are reported by load.ts. */
export const ConfigSchema = section({
  /** Files and directories; none: the shipped rules. */
  rules_files: Texts.default([]),
  rules: z.array(RuleSelection, "expected a list").default([]),
  priority: PriorityName.prefault("debug"),
  /** Rules and configuration are read again when their files have changed. */
  watch_config_files: Bool.default(true),
  rule_matching: oneOf("first", "all").default("first"),

  json_output: Bool.default(false),
  json_include_output_property: Bool.default(true),
  json_include_message_property: Bool.default(false),
  json_include_tags_property: Bool.default(true),
  json_include_output_fields_property: Bool.default(true),
  time_format_iso_8601: Bool.default(false),
  buffer_format_base64: Bool.default(false),
  append_output: z.array(AppendOutput, "expected a list").default([]),
  static_fields: z.record(z.string(), Text, "expected a map of texts").default({}),

  /** Ours is on: Falco's own file switches it on as well. */
  stdout_output: section({ enabled: Bool.default(true) }).prefault({}),
  syslog_output: section({ enabled: Bool.default(false) }).prefault({}),
  file_output: section({
    enabled: Bool.default(false),
    filename: Text.optional(),
    keep_alive: Bool.default(false),
  }).prefault({}).transform((file, context) => {
    const { enabled, filename, keep_alive } = file;
    if (filename !== undefined) return { enabled, filename, keep_alive };
    if (enabled) context.addIssue({ code: "custom", message: "filename is missing", input: file });
    return { enabled: false, filename: "", keep_alive };
  }),
  /** Lines that may wait for an output. 0: our own bound, where Falco's queue is without one. */
  outputs_queue: section({ capacity: wholeNumber(0, 10_000_000).default(0) }).prefault({}),
  /** ms after which a write that has not ended is reported. */
  output_timeout: wholeNumber(1, 3_600_000).default(2000),

  /** What happens when events are lost: where Falco bears one in ten and says nothing, we tell of each. */
  syscall_event_drops: section({
    /** Part of a second's events that may be lost without a word. */
    threshold: fraction(1).default(0),
    actions: z.array(oneOf("ignore", "log", "alert", "exit"), "expected a list").default(["log", "alert"])
      .refine((actions) => actions.length < 2 || !actions.includes("ignore"), "ignore goes with no other action"),
    /** Reports a second, on average; and at once after a silence. */
    rate: fraction(1_000_000).default(0.03333),
    max_burst: fraction(1_000_000).default(1),
  }).prefault({}),

  /** The sensor's own counters, told from time to time. */
  metrics: section({
    enabled: Bool.default(false),
    interval: Text.default("1h"),
    output_rule: Bool.default(false),
    output_file: Text.optional(),
    rules_counters_enabled: Bool.default(true),
    resource_utilization_enabled: Bool.default(true),
    state_counters_enabled: Bool.default(true),
    kernel_event_counters_enabled: Bool.default(true),
    convert_memory_to_mb: Bool.default(true),
    include_empty_values: Bool.default(false),
  }).prefault({}).transform((metrics, context) => {
    const { enabled, interval, output_rule, output_file = "" } = metrics;
    const ms = intervalMs(interval);
    if (enabled && ms < 100) {
      context.addIssue({
        code: "custom",
        message: "interval: expected 100ms or more, such as 15m or 1h",
        input: metrics,
      });
    }
    if (enabled && !output_rule && output_file === "") {
      context.addIssue({ code: "custom", message: "expected output_rule: true or an output_file", input: metrics });
    }
    return { ...metrics, interval: ms, output_file };
  }),

  /** Whom to ask about containers of which the disk tells too little; off, where Falco has no other source. */
  container_engines: section({
    docker: engine("/var/run/docker.sock"),
    podman: engine("/run/podman/podman.sock"),
  }).prefault({}),

  /** Ours: where events come from. */
  driver: oneOf("auto", "ebpf", "module").default("auto"),
  /** Ours: how eBPF sees the ends of system calls. */
  attach: oneOf("auto", "fexit", "perf", "sys_exit").default("auto"),
  /** Ours: the ring between kernel and user space, in MiB. */
  ring_size_mb: wholeNumber(1, 1024).refine((size) => Number.isInteger(Math.log2(size)), "expected a power of two")
    .default(ringSizeFor(cpus().length)),
});

/** Checked settings, with their defaults filled in. */
export type Config = z.output<typeof ConfigSchema>;

/** Falco's settings that mean nothing here, by their path: accepted, and named in one warning. */
export const FALCO_ONLY: ReadonlySet<string> = new Set([
  "base_syscalls",
  "buffered_outputs",
  "capture",
  "config_files",
  ...["bpm", "containerd", "cri", "libvirt_lxc", "lxc", "static"].map((engine) => `container_engines.${engine}`),
  "engine",
  "falco_libs",
  "grpc",
  "grpc_output",
  "http_output",
  "libs_logger",
  "load_plugins",
  "log_level",
  "log_stderr",
  "log_syslog",
  ...["jemalloc_stats", "kernel_event_counters_per_cpu", "libbpf_stats", "plugins_metrics"].map((name) =>
    `metrics.${name}_enabled`
  ),
  "outputs",
  "plugins",
  "plugins_hostinfo",
  "program_output",
  "syscall_event_timeouts",
  "webserver",
]);
