// SPDX-License-Identifier: Apache-2.0

/**
 * Replaces each `${NAME}` in a value by that environment variable, or by nothing where it is not set; `$${NAME}` stands
 * for `${NAME}` itself. As Falco does in its configuration (compat/rules-format.md §4).
 */
export function expandVariables(text: string, environment: Readonly<Record<string, string | undefined>>): string {
  return text.replace(/\$?\$\{([^}]*)\}/g, (found, name: string) => {
    return found.startsWith("$$") ? found.slice(1) : environment[name.trim()] ?? "";
  });
}
