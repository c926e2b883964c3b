// SPDX-License-Identifier: Apache-2.0

import type { BinaryString } from "../events/text.ts";
import type { EventType, ValueType } from "../events/types.ts";
import type { Event } from "../fields/event.ts";
import { type BoundField, FieldError, type Several, type Value } from "../fields/field.ts";
import type { ArgumentList, FieldRef, Literal, Operand as OperandNode, Span, TransformerCall } from "../rules/ast.ts";
import { didYouMean } from "../rules/nearest.ts";
import type { Catalogue } from "./catalogue.ts";
import { kindOf } from "./kind.ts";
import {
  basename,
  decodeBase64,
  getopt,
  getoptValue,
  lengthOf,
  parseOptionString,
  toLower,
  toUpper,
} from "./transformer.ts";

/** What stands on a side of an operator or behind `%` in an output: a field, or what transformers make of fields. */
export interface Operand {
  /** Canonical text: operands with equal texts have equal values on every event. */
  readonly text: string;
  readonly type: ValueType;
  readonly list: boolean;
  /** The plain field, when no transformer stands around it. */
  readonly field: BoundField | undefined;
  readonly several: Several | undefined;
  /** Cannot be a right-hand side. */
  readonly noRhs: boolean;
  /** The value, or undefined when it is missing. */
  get(event: Event): Value | undefined;
  /** False when it is missing on every event of this type. */
  presentOn(type: EventType): boolean;
}

/** A part of a condition or output that cannot be compiled. The message is one line. */
export class BindError extends Error {
  override readonly name = "BindError";

  constructor(
    message: string,
    readonly span: Span,
    readonly hint: string | undefined = undefined,
    /** The field or event type does not exist: what `skip-if-unknown-filter` forgives. */
    readonly unknown = false,
  ) {
    super(message);
  }
}

/**
 * The operand that a node of a condition means.
 * @throws BindError for an unknown field, or a transformer that does not take its arguments.
 */
export function bindOperand(node: OperandNode, catalogue: Catalogue): Operand {
  return node.kind === "field" ? bindField(node, catalogue) : bindTransformer(node, catalogue);
}

function bindField({ name, argument, span }: FieldRef, catalogue: Catalogue): Operand {
  let field: BoundField | undefined;
  try {
    field = catalogue.resolve(name, argument);
  } catch (error) {
    if (error instanceof FieldError) throw new BindError(error.message, span);
    throw error;
  }
  if (field === undefined) {
    throw new BindError(
      `unknown field \`${name}\``,
      span,
      didYouMean(name, catalogue.names) ?? "`lanner list fields` shows every field",
      true,
    );
  }
  return operandOf(field);
}

/** A field as an operand. */
function operandOf(field: BoundField): Operand {
  return {
    text: field.text,
    type: field.type,
    list: field.list,
    field,
    several: field.several,
    noRhs: field.field.noRhs === true,
    get: (event) => field.get(event),
    presentOn: (type) => field.presentOn(type),
  };
}

function bindTransformer(node: TransformerCall, catalogue: Catalogue): Operand {
  const { name, span } = node;
  if (name === "val") return bindVal(node, catalogue);
  if (node.argument !== undefined && name !== "getopt") {
    throw new BindError(`transformer '${name}' does not support field arguments`, span);
  }
  const args = node.args.map((arg) => bindArgument(arg, name, catalogue));
  for (const arg of args) {
    if (arg.several !== undefined || arg.field?.field.noTransformer) {
      throw new BindError(`field '${arg.text}' does not support transformers`, span);
    }
  }
  switch (name) {
    case "toupper":
      return mapText(node, args, ["string"], toUpper);
    case "tolower":
      return mapText(node, args, ["string"], toLower);
    case "basename":
      return mapText(node, args, ["string"], basename);
    case "b64":
      return mapText(node, args, ["string", "buffer"], decodeBase64, ["CHARBUF", "BYTEBUF"]);
    case "len":
      return bindLen(node, args);
    case "join":
      return bindJoin(node, args);
    case "concat":
      return bindConcat(node, args);
    case "getopt":
      return bindGetopt(node, args);
  }
}

/** `val(f)` is the field itself; an argument behind it is the field's. */
function bindVal({ args, argument, span }: TransformerCall, catalogue: Catalogue): Operand {
  const [field] = args;
  if (args.length !== 1 || field?.kind !== "field") throw new BindError("val() takes one plain field", span);
  return bindField({ ...field, argument: field.argument ?? argument }, catalogue);
}

function bindArgument(
  node: FieldRef | TransformerCall | Literal | ArgumentList,
  transformer: string,
  catalogue: Catalogue,
): Operand {
  switch (node.kind) {
    case "literal":
      return constant(JSON.stringify(node.value), node.value, false);
    case "arguments": {
      const items = node.items.map((item) => bindArgument(item, transformer, catalogue));
      const wrong = items.find(({ type, list }) => kindOf(type) !== "string" || list);
      if (wrong !== undefined) {
        const what = wrong.list ? "a list" : wrong.type;
        throw new BindError(`the list of '${transformer}' is of strings, but '${wrong.text}' is ${what}`, node.span);
      }
      return combine(`(${items.map(({ text }) => text).join(",")})`, "CHARBUF", true, items, (values) => {
        return values as readonly Value[];
      });
    }
    default:
      if (node.kind === "transformer" && node.name === "val") {
        throw new BindError("val() stands on the right-hand side of an operator only", node.span);
      }
      return bindOperand(node, catalogue);
  }
}

function constant(text: string, value: Value, list: boolean): Operand {
  return {
    text,
    type: "CHARBUF",
    list,
    field: undefined,
    several: undefined,
    noRhs: false,
    get: () => value,
    presentOn: () => true,
  };
}

/** An operand computed from others; missing when one of them is. */
function combine(
  text: string,
  type: ValueType,
  list: boolean,
  args: readonly Operand[],
  compute: (values: readonly Value[]) => Value | undefined,
): Operand {
  return {
    text,
    type,
    list,
    field: undefined,
    several: undefined,
    noRhs: false,
    get(event) {
      const values: Value[] = [];
      for (const arg of args) {
        const value = arg.get(event);
        if (value === undefined) return undefined;
        values.push(value);
      }
      return compute(values);
    },
    presentOn: (eventType) => args.every((arg) => arg.presentOn(eventType)),
  };
}

function callText(node: TransformerCall, args: readonly Operand[]): string {
  const argument = node.argument === undefined ? "" : `[${node.argument}]`;
  return `${node.name}(${args.map(({ text }) => text).join(",")})${argument}`;
}

function onlyArgument(node: TransformerCall, args: readonly Operand[]): Operand {
  const [only] = args;
  if (only === undefined || args.length !== 1) {
    throw new BindError(`transformer '${node.name}' takes one argument`, node.span);
  }
  return only;
}

/** A transformer of one text to another; applied to each element of a list. */
function mapText(
  node: TransformerCall,
  args: readonly Operand[],
  kinds: readonly string[],
  map: (text: BinaryString) => BinaryString | undefined,
  types?: readonly ValueType[],
): Operand {
  const arg = onlyArgument(node, args);
  if (!kinds.includes(kindOf(arg.type)) || (types !== undefined && !types.includes(arg.type))) {
    throw new BindError(`transformer '${node.name}' does not take '${arg.text}', which is ${arg.type}`, node.span);
  }
  return combine(callText(node, args), arg.type, arg.list, args, ([value]) => {
    if (typeof value === "string") return map(value);
    const mapped: Value[] = [];
    for (const item of asList(value)) {
      const result = map(item);
      if (result === undefined) return undefined;
      mapped.push(result);
    }
    return mapped;
  });
}

/** The texts of a list value. */
function asList(value: Value | undefined): readonly BinaryString[] {
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === "string") : [];
}

function asText(value: Value | undefined): BinaryString {
  return typeof value === "string" ? value : "";
}

function bindLen(node: TransformerCall, args: readonly Operand[]): Operand {
  const arg = onlyArgument(node, args);
  const kind = kindOf(arg.type);
  if (!arg.list && kind !== "string" && kind !== "buffer") {
    throw new BindError(`transformer 'len' does not take '${arg.text}', which is ${arg.type}`, node.span);
  }
  return combine(callText(node, args), "UINT64", false, args, ([value]) => lengthOf(value!));
}

function bindJoin(node: TransformerCall, args: readonly Operand[]): Operand {
  const [separator, list] = args;
  if (separator === undefined || list === undefined || args.length !== 2) {
    throw new BindError("join() requires exactly 2 arguments: separator and list", node.span);
  }
  if (separator.list) {
    throw new BindError("join() first argument (separator) must be a single value, not a list", node.span);
  }
  if (!list.list) throw new BindError("join() second argument must be a list", node.span);
  if (separator.type !== "CHARBUF" || list.type !== "CHARBUF") {
    throw new BindError("join() arguments must be strings", node.span);
  }
  return combine(callText(node, args), "CHARBUF", false, args, ([by, items]) => asList(items).join(asText(by)));
}

function bindConcat(node: TransformerCall, args: readonly Operand[]): Operand {
  if (args.length < 2) throw new BindError("concat() requires at least 2 arguments", node.span);
  if (args.some((arg) => arg.type !== "CHARBUF" || arg.list)) {
    throw new BindError("concat() arguments must be strings", node.span);
  }
  return combine(callText(node, args), "CHARBUF", false, args, (values) => values.map(asText).join(""));
}

function bindGetopt(node: TransformerCall, args: readonly Operand[]): Operand {
  const [list, options] = args;
  const letter = node.argument;
  if (list === undefined || options === undefined || args.length !== 2) {
    throw new BindError("getopt() requires exactly 2 arguments: args list and optstring", node.span);
  }
  if (!list.list) throw new BindError("getopt() first argument must be a list", node.span);
  if (options.list) throw new BindError("getopt() second argument (optstring) must be a single value", node.span);
  if (list.type !== "CHARBUF" || options.type !== "CHARBUF") {
    throw new BindError("getopt() arguments must be strings", node.span);
  }
  if (letter !== undefined && letter.length !== 1) {
    throw new BindError("getopt() field argument must be a single option character", node.span);
  }
  return combine(callText(node, args), "CHARBUF", letter === undefined, args, ([argv, optstring]) => {
    const accepted = parseOptionString(asText(optstring));
    return letter === undefined ? getopt(asList(argv), accepted) : getoptValue(asList(argv), accepted, letter);
  });
}
