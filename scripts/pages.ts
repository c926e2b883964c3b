// SPDX-License-Identifier: Apache-2.0

/** The pages of docs/ that the catalogues decide: what `lanner list` shows, to be read without the binary. */
import { descriptorText, type EventListing, eventListings } from "../src/cli/list_events.ts";
import { type FieldListing, fieldListings } from "../src/cli/list_fields.ts";
import { markdownTable } from "../src/cli/table.ts";

/** Unformatted: in a padded table one new field would change every line. */
const GENERATED =
  "<!-- deno-fmt-ignore-file -->\n\n<!-- Generated from the catalogue by `deno task generate`. Do not edit. -->\n";

/** What each class of fields speaks of, by what stands before the first dot. */
const CLASSES: Readonly<Record<string, string>> = {
  evt: "The event itself: what happened, when, with which arguments and which result.",
  syscall: "The system call behind the event.",
  proc: "The process that caused the event, its ancestors, session and process group.",
  thread: "The thread that caused the event.",
  user: "The effective user of the thread, and who had logged in.",
  group: "The effective group of the thread.",
  fd: "The descriptor that the event makes or works on, and the file or socket behind it.",
  fs: "The paths of a file system call, made absolute.",
  container: "The container of the process; on the host its id, name and type are `host`.",
  k8s: "The Kubernetes pod that the container belongs to, from its labels.",
  vm: "The virtual machine that a QEMU process runs, and the guest whose disk a file is.",
};

/** The text of docs/fields.md. */
export function fieldsPage(): string {
  const listings = fieldListings();
  const classes = [...new Set(listings.map(classOf))];
  return `${GENERATED}
# Fields

What conditions and outputs can name. Fields of Falco mean here what they mean there; those marked *ours* Falco does not
have. A field that is missing makes every comparison false and prints \`<NA>\` (\`null\` in JSON).

\`[…]\` takes an argument, as in \`proc.aname[2]\`; for \`evt.arg\` and its kin it may follow a dot, as in
\`evt.arg.flags\`. *Present on* names the [events](events.md) on which a field can have a value; *with a descriptor* are
those that make or use one. \`lanner list fields --json\` gives the same to programs.

Some fields of Falco load and are always missing here, for want of anything that knows their values; they are not
listed. \`lanner check\` names the rules that for this reason can never alert.
${classes.map((name) => classSection(name, listings.filter((listing) => classOf(listing) === name))).join("")}`;
}

function classOf({ name }: FieldListing): string {
  return name.slice(0, name.indexOf("."));
}

function classSection(name: string, listings: readonly FieldListing[]): string {
  const intro = CLASSES[name];
  if (intro === undefined) throw new Error(`scripts/pages.ts says nothing of the class ${name}`);
  const rows = listings.map((field) => [
    `${usage(field)}${field.origin === "lanner" ? " *ours*" : ""}`,
    field.list ? `list of ${field.type}` : field.type,
    [field.description, ...(field.flags.length > 0 ? [`*${sentence(field.flags.join(", "))}*`] : [])].join(" "),
    field.present_on,
  ]);
  return `\n## ${name}\n\n${intro}\n\n${markdownTable(["field", "type", "meaning", "present on"], rows)}`;
}

function usage({ name, argument }: FieldListing): string {
  if (argument === "none") return `\`${name}\``;
  return argument === "required" ? `\`${name}[…]\`` : `\`${name}\` \`[…]\``;
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

/** The text of docs/events.md. */
export function eventsPage(): string {
  return `${GENERATED}
# Events

What \`evt.type\` can be: an event for each of these system calls when it returns, and \`procexit\` when a thread ends.
Names, categories and parameters are Falco's. \`evt.arg.NAME\` gives a parameter as text, with names for its numbers,
\`evt.rawarg.NAME\` as it is, \`evt.args\` all of them.

Events that make or use a descriptor have the \`fd.*\` [fields](fields.md). Parameters in *italics* are ours: what the
kernel knew at that moment, which Falco puts together in user space. They feed the fields, and neither \`evt.arg\` nor
\`evt.args\` shows them. \`lanner list events --json\` gives the same to programs.

${markdownTable(["event", "category", "descriptor", "parameters"], eventListings().map(eventRow))}`;
}

function eventRow(event: EventListing): string[] {
  const parameters = event.parameters.map(({ name, type, own }) => own ? `*${name}*` : `\`${name}\` ${type}`);
  return [`\`${event.name}\``, event.category, descriptorText(event), parameters.join(", ")];
}
