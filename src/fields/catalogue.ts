// SPDX-License-Identifier: Apache-2.0

/** Every field, and how the text of an expression finds its own. */
import { CONTAINER_FIELDS } from "./container.ts";
import type { CatalogueField } from "./define.ts";
import { EVT_FIELDS } from "./evt.ts";
import { EVT_ARG_FIELDS } from "./evt_arg.ts";
import { EVT_TIME_FIELDS } from "./evt_time.ts";
import { FD_FIELDS } from "./fd.ts";
import { FD_NET_FIELDS } from "./fd_net.ts";
import { FD_PROCESS_FIELDS } from "./fd_process.ts";
import { type BoundField, type Field, FieldError } from "./field.ts";
import { FS_FIELDS } from "./fs.ts";
import { K8S_FIELDS } from "./k8s.ts";
import { PROC_FIELDS } from "./proc.ts";
import { ANCESTOR_FIELDS, PARENT_FIELDS } from "./proc_ancestors.ts";
import { THREAD_FIELDS } from "./thread.ts";
import { UNAVAILABLE_FIELDS } from "./unavailable.ts";
import { GROUP_FIELDS, USER_FIELDS } from "./user.ts";
import { VM_FIELDS } from "./vm.ts";

const CATALOGUE: readonly CatalogueField[] = [
  ...EVT_FIELDS,
  ...EVT_TIME_FIELDS,
  ...EVT_ARG_FIELDS,
  ...PROC_FIELDS,
  ...PARENT_FIELDS,
  ...ANCESTOR_FIELDS,
  ...THREAD_FIELDS,
  ...USER_FIELDS,
  ...GROUP_FIELDS,
  ...FD_FIELDS,
  ...FD_NET_FIELDS,
  ...FD_PROCESS_FIELDS,
  ...FS_FIELDS,
  ...CONTAINER_FIELDS,
  ...K8S_FIELDS,
  ...VM_FIELDS,
  ...UNAVAILABLE_FIELDS,
];

const BY_NAME: ReadonlyMap<string, CatalogueField> = new Map(CATALOGUE.map((field) => [field.name, field]));
const DOTTED: readonly CatalogueField[] = CATALOGUE.filter((field) => field.dotted);

/** Every field that can have a value, by class: what `list fields` shows. */
export const FIELDS: readonly Field[] = CATALOGUE.filter((field) => !field.unavailable);

/** The field and the rest behind the dot that is its argument, the longest name first as Falco looks it up. */
function split(name: string): { field: CatalogueField; rest: string | undefined } | undefined {
  const exact = BY_NAME.get(name);
  if (exact !== undefined) return { field: exact, rest: undefined };
  let longest: CatalogueField | undefined;
  for (const field of DOTTED) {
    if (name.startsWith(`${field.name}.`) && field.name.length > (longest?.name.length ?? 0)) longest = field;
  }
  return longest && { field: longest, rest: name.slice(longest.name.length + 1) };
}

/**
 * The field that a name without brackets means; undefined when there is none. For an argument behind a dot
 * (`evt.arg.flags`) it is the field with that argument in place, whose `bind(undefined)` may still throw FieldError.
 */
export function findField(name: string): Field | undefined {
  const found = split(name);
  if (found === undefined || found.rest === undefined) return found?.field;
  const { field, rest } = found;
  return {
    ...field,
    argument: "none",
    bind: (argument) => {
      if (argument !== undefined) throw new FieldError(`field ${name} has its argument already: ${name}[${argument}]`);
      return field.bindAs(rest, name);
    },
  };
}

/**
 * The field that a name and what stands in brackets behind it mean; undefined when no field has that name.
 * @throws FieldError when the field exists but does not take this argument.
 */
export function resolveField(name: string, argument: string | undefined): BoundField | undefined {
  return findField(name)?.bind(argument);
}

/** The catalogue as rules are compiled against it. */
export const FIELD_CATALOGUE = { resolve: resolveField, names: FIELDS.map((field) => field.name) } as const;
