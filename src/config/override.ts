// SPDX-License-Identifier: Apache-2.0

import { type Document, isMap, isSeq, type Node, parseDocument, Scalar } from "yaml";
import { ConfigError } from "./error.ts";

/** A step into a document: a key, or an index of a list. */
type Step = string | number;

/** The step behind a list's last element, `[]`. */
const APPEND = Symbol("[]");

/**
 * Carries out one `-o key=value`: dotted keys, `[n]` for the nth element of a list, `[]` to append to it. A value that
 * begins with a bracket or a quote is YAML or JSON (compat/rules-format.md §4), any other is taken as it is.
 * Returns the nodes that it has put into the document.
 * @throws ConfigError when `text` has another form or does not fit the document.
 */
export function override(document: Document, text: string): Node[] {
  const equals = text.indexOf("=");
  if (equals <= 0) throw new ConfigError(`-o ${text}: expected key=value`);
  const steps = parseKey(text.slice(0, equals));
  if (steps === undefined) throw new ConfigError(`-o ${text}: expected a key like a.b, a[0] or a[]`);
  const value = parseValue(text, text.slice(equals + 1));
  const made: Node[] = [value];
  const path: Step[] = [];
  for (const [i, step] of steps.entries()) {
    const wanted = typeof step !== "string" ? "list" : "map";
    const holder = document.getIn(path, true);
    if (isEmpty(holder)) {
      const collection = document.createNode(wanted === "list" ? [] : {});
      document.setIn(path, collection);
      made.push(collection);
    } else if (wanted === "list" ? !isSeq(holder) : !isMap(holder)) {
      throw new ConfigError(`-o ${text}: ${path.join(".") || "the configuration"} is not a ${wanted}`);
    }
    path.push(stepInto(document, path, step, text));
    if (i === steps.length - 1) document.setIn(path, value);
  }
  return made;
}

function stepInto(document: Document, path: readonly Step[], step: Step | typeof APPEND, text: string): Step {
  if (typeof step === "string") return step;
  const list = document.getIn(path, true);
  const length = isSeq(list) ? list.items.length : 0;
  if (step === APPEND) return length;
  if (step >= length) {
    throw new ConfigError(
      `-o ${text}: ${path.join(".")} has ${length} element${length === 1 ? "" : "s"}; use [] to append`,
    );
  }
  return step;
}

/** `a.b[0][]` as steps; undefined when it is no key. */
function parseKey(key: string): (Step | typeof APPEND)[] | undefined {
  if (!/^[^.[\]]+(\[\d*\])*(\.[^.[\]]+(\[\d*\])*)*$/.test(key)) return undefined;
  const steps: (Step | typeof APPEND)[] = [];
  for (const [, name, index] of key.matchAll(/([^.[\]]+)|\[(\d*)\]/g)) {
    if (name !== undefined) steps.push(name);
    else steps.push(index === "" ? APPEND : Number(index));
  }
  return steps;
}

function parseValue(text: string, value: string): Node {
  if (/^[[{"']/.test(value)) {
    const parsed = parseDocument(value, { schema: "failsafe", prettyErrors: false });
    const [error] = parsed.errors;
    if (error) throw new ConfigError(`-o ${text}: ${error.message}`);
    if (parsed.contents !== null) return parsed.contents;
  }
  const scalar = new Scalar(value);
  scalar.type = Scalar.QUOTE_DOUBLE; // also when empty: not the same as a key without a value
  return scalar;
}

/** Whether a node is missing, or a key's without a value. */
export function isEmpty(node: unknown): boolean {
  if (node === undefined || node === null) return true;
  return node instanceof Scalar && node.type === Scalar.PLAIN && ["", "~", "null"].includes(String(node.value));
}
