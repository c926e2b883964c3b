// SPDX-License-Identifier: Apache-2.0

/** `user.*` and `group.*`: ids from the record's header, the rest from passwd and group. */
import { type CatalogueField, eventField, processField } from "./define.ts";
import { groupName, userName } from "./param_text.ts";

/** What no login id is: (uid_t) -1. */
const NOT_SET = 0xffffffff;

/** Fields of the class. */
export const USER_FIELDS: readonly CatalogueField[] = [
  eventField("user.uid", "UINT32", "Effective user id.", ({ record }) => record.uid),
  eventField(
    "user.name",
    "CHARBUF",
    "Name of the effective user, in a container that of its own passwd; the text <NA> when it has none.",
    ({ record, host, process }) => userName(host, record.uid, process),
  ),
  eventField(
    "user.homedir",
    "CHARBUF",
    "Home directory of the effective user; the text <NA> when it has none.",
    ({ record, host, process }) => {
      return host.names.user(record.uid, process)?.home || (record.uid === 0 ? "/root" : "<NA>");
    },
  ),
  eventField(
    "user.shell",
    "CHARBUF",
    "Login shell of the effective user; the text <NA> when it has none.",
    ({ record, host, process }) => host.names.user(record.uid, process)?.shell || "<NA>",
  ),
  processField(
    "user.loginuid",
    "INT64",
    "Audit user id: who logged in, whatever the user is now; -1 when nobody did.",
    (process) => process.loginuid === NOT_SET ? -1 : process.loginuid,
  ),
  eventField(
    "user.loginname",
    "CHARBUF",
    "Name of the audit user, who logged in on the host; the text <NA> when it has none.",
    ({ process, host }) =>
      process && (process.loginuid === NOT_SET ? "<NA>" : userName(host, process.loginuid, undefined)),
  ),
];

/** Fields of the class. */
export const GROUP_FIELDS: readonly CatalogueField[] = [
  eventField("group.gid", "UINT32", "Effective group id.", ({ record }) => record.gid),
  eventField(
    "group.name",
    "CHARBUF",
    "Name of the effective group, in a container that of its own group file; the text <NA> when it has none.",
    ({ record, host, process }) => groupName(host, record.gid, process),
  ),
];
