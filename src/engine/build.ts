// SPDX-License-Identifier: Apache-2.0

/** From loaded rules to an engine: binds every condition and output, and reports all that is wrong or suspicious. */
import { parseExtraField, parseTemplate, type Template, TemplateError } from "../alerts/template.ts";
import type { Check, Expr, Span } from "../rules/ast.ts";
import { type Diagnostic, Diagnostics, expressionIn, type ItemContext, partOf } from "../rules/diagnostic.ts";
import { didYouMean } from "../rules/nearest.ts";
import { type Priority, severity } from "../rules/priority.ts";
import type { Rule, RuleSet, SourceText } from "../rules/ruleset.ts";
import { type AppendOutput, outputOf } from "./append.ts";
import type { Catalogue } from "./catalogue.ts";
import { bindCheck, type BoundCheck, type Context } from "./check.ts";
import { type Dispatch, dispatchOf } from "./dispatch.ts";
import { type CompiledRule, Engine, type Matching } from "./engine.ts";
import { falcoCodes } from "./eventcodes.ts";
import { type EventSet, eventsOf } from "./eventset.ts";
import { BindError } from "./operand.ts";
import { findOutputField } from "./outputfield.ts";
import { readServices, type Services } from "./services.ts";
import { findUnreachable, type Unreachable } from "./unreachable.ts";
import { warningsOf } from "./warnings.ts";

/** How rules are run. */
export interface EngineOptions {
  readonly matching: Matching;
  /** Rules of lesser priority are checked but not run. */
  readonly minimumPriority: Priority;
  /** What is added to outputs. */
  readonly appendOutput?: readonly AppendOutput[];
  /** Names of ports; those of this host unless given. */
  readonly services?: Services;
}

/** An engine, unless a rule was wrong, and what was found. */
export interface BuildResult {
  readonly engine: Engine | undefined;
  /** The engine's conditions by event type; empty without one. */
  readonly dispatch: Dispatch;
  readonly diagnostics: readonly Diagnostic[];
}

/** Falco warns of a rule that can match more event codes than this, and of one that can match none. */
const MANY_EVENT_CODES = 100;

/** Compiles every rule, disabled ones too; the engine runs those that are enabled and urgent enough. */
export function buildEngine(rules: RuleSet, catalogue: Catalogue, options: EngineOptions): BuildResult {
  const context = { catalogue, services: options.services ?? readServices() };
  const builder = new Builder(rules, context, options.appendOutput ?? []);
  const compiled = rules.rules.flatMap((rule) => builder.rule(rule) ?? []);
  if (builder.found.errors > 0) return { engine: undefined, dispatch: new Map(), diagnostics: builder.found.all };
  const run = compiled.filter(({ rule }) =>
    rule.enabled && severity(rule.priority) <= severity(options.minimumPriority)
  );
  const dispatch = dispatchOf(run.map(({ rule, ...rest }) => ({ condition: rule.condition, ...rest })));
  for (const unreachable of findUnreachable(run, dispatch, options.matching)) builder.warnOfUnreachable(unreachable);
  return { engine: new Engine(run, dispatch, options.matching), dispatch, diagnostics: builder.found.all };
}

class Builder {
  readonly found = new Diagnostics();
  /** What came of each check: several rules share the nodes of a macro. */
  readonly #bound = new Map<Check, BoundCheck | BindError>();
  /** Checks whose errors and warnings are reported already. */
  readonly #reported = new Set<Check>();

  constructor(
    readonly rules: RuleSet,
    readonly context: Context,
    readonly appendOutput: readonly AppendOutput[],
  ) {}

  /** The rule compiled; undefined when it cannot be, which is then reported. */
  rule(rule: Rule): CompiledRule | undefined {
    const checks = new Map<Check, BoundCheck>();
    const unknown: [Check, BindError][] = [];
    let failed = false;
    for (const node of checksOf(rule.condition)) {
      const outcome = this.#bind(node);
      if (!(outcome instanceof BindError)) {
        checks.set(node, outcome);
        this.#warn(rule, node);
      } else if (outcome.unknown && rule.skipIfUnknownFilter) unknown.push([node, outcome]);
      else {
        failed = true;
        if (!this.#reported.has(node)) this.#conditionError(rule, node, outcome);
        this.#reported.add(node);
      }
    }
    const [first] = unknown;
    if (first !== undefined) {
      const [node, { message, span }] = first;
      const hint = "the rule is left out";
      this.found.add("LOAD_UNKNOWN_FILTER", message, this.#textOf(rule, node), span.start, inCondition(rule), hint);
      return undefined;
    }
    const template = this.#template(rule);
    if (failed || template === undefined) return undefined;
    const events = eventsOf(rule.condition, checks);
    this.#warnOfManyEvents(rule, events);
    return { rule, template, events, checks };
  }

  #bind(node: Check): BoundCheck | BindError {
    const known = this.#bound.get(node);
    if (known !== undefined) return known;
    let outcome: BoundCheck | BindError;
    try {
      outcome = bindCheck(node, this.context);
    } catch (error) {
      if (!(error instanceof BindError)) throw error;
      outcome = error;
    }
    this.#bound.set(node, outcome);
    return outcome;
  }

  #conditionError(rule: Rule, node: Check, { message, hint, span }: BindError): void {
    this.found.add(
      "LOAD_ERR_COMPILE_CONDITION",
      message,
      this.#textOf(rule, node),
      span.start,
      inCondition(rule),
      hint,
    );
  }

  #textOf(rule: Rule, node: { readonly span: Span }): SourceText {
    return this.rules.textOf(node) ?? rule.conditionText;
  }

  #warn(rule: Rule, node: Check): void {
    if (this.#reported.has(node)) return;
    this.#reported.add(node);
    for (const { code, message, hint, span } of warningsOf(node, this.context.catalogue)) {
      this.found.add(code, message, this.#textOf(rule, node), span.start, inCondition(rule), hint);
    }
  }

  /** Reports a rule that cannot alert. */
  warnOfUnreachable({ rule: { rule }, message, hint }: Unreachable): void {
    this.found.add("LANNER_NEVER_ALERTS", message, rule.conditionText, 0, itemOf(rule), hint);
  }

  #warnOfManyEvents(rule: Rule, { inverted, names }: EventSet): void {
    const codes = inverted ? Infinity : falcoCodes(names);
    if (!rule.warnEventTypes || (codes > 0 && codes <= MANY_EVENT_CODES)) return;
    this.found.add(
      "LOAD_NO_EVTTYPE",
      "Rule matches too many evt.type values. This has a significant performance penalty.",
      rule.conditionText,
      0,
      itemOf(rule),
      codes === 0
        ? "no event can match: see what evt.type is compared with"
        : "restrict evt.type, or set warn_evttypes: false",
    );
  }

  #template(rule: Rule): Template | undefined {
    try {
      const find = (format: string, index: number) => findOutputField(format, index, this.context.catalogue);
      const { text, extra } = outputOf(rule, this.appendOutput);
      const { parts } = parseTemplate(text, find);
      return { parts, extra: [...extra].map(([key, { format, raw }]) => parseExtraField(key, format, raw, find)) };
    } catch (error) {
      if (!(error instanceof TemplateError)) throw error;
      this.#outputError(rule, error);
      return undefined;
    }
  }

  #outputError(rule: Rule, { message, hint, index, unknown }: TemplateError): void {
    const forgiven = rule.skipIfUnknownFilter && unknown !== undefined;
    const name = /^[\w.]*/.exec(unknown ?? "")![0];
    this.found.add(
      forgiven ? "LOAD_UNKNOWN_FILTER" : "LOAD_ERR_COMPILE_OUTPUT",
      message,
      rule.outputText,
      Math.min(index, rule.output.length), // behind it stands what the configuration appends
      partOf(itemOf(rule), "rule output"),
      forgiven ? "the rule is left out" : didYouMean(name, this.context.catalogue.names) ?? hint,
    );
  }
}

function itemOf({ name, position }: Rule): ItemContext {
  return partOf(undefined, "rule", name, position);
}

function inCondition(rule: Rule): ItemContext {
  return expressionIn(itemOf(rule));
}

/** Every check of a condition, each once, in the order of the text. */
function checksOf(expr: Expr): Set<Check> {
  const checks = new Set<Check>();
  const seen = new Set<Expr>();
  const visit = (node: Expr): void => {
    if (seen.has(node)) return;
    seen.add(node);
    if (node.kind === "check") checks.add(node);
    else if (node.kind === "not") visit(node.child);
    else if (node.kind !== "macro") node.children.forEach(visit);
  };
  visit(expr);
  return checks;
}
