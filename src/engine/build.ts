// SPDX-License-Identifier: Apache-2.0

/** From loaded rules to an engine: binds every condition and output, and reports all that is wrong or suspicious. */
import { parseTemplate, type Template, TemplateError } from "../alerts/template.ts";
import type { Check, Expr, Span } from "../rules/ast.ts";
import type { Diagnostic, ErrorCode, WarningCode } from "../rules/diagnostic.ts";
import { type Priority, severity } from "../rules/priority.ts";
import type { Rule, RuleSet, SourceText } from "../rules/ruleset.ts";
import type { Catalogue } from "./catalogue.ts";
import { bindCheck, type BoundCheck, type Context } from "./check.ts";
import { type CompiledRule, Engine, type Matching } from "./engine.ts";
import { type EventSet, eventsOf } from "./eventset.ts";
import { BindError } from "./operand.ts";
import { findOutputField } from "./outputfield.ts";
import { readServices, type Services } from "./services.ts";
import { warningsOf } from "./warnings.ts";

/** How rules are run. */
export interface EngineOptions {
  readonly matching: Matching;
  /** Rules of lesser priority are checked but not run. */
  readonly minimumPriority: Priority;
  /** Names of ports; those of this host unless given. */
  readonly services?: Services;
}

/** An engine, unless a rule was wrong, and what was found. */
export interface BuildResult {
  readonly engine: Engine | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

/** Falco warns of a rule that can match more event codes than this; each event has two, entry and exit. */
const MANY_EVENT_CODES = 100;

/** Compiles every rule, disabled ones too; the engine runs those that are enabled and urgent enough. */
export function buildEngine(rules: RuleSet, catalogue: Catalogue, options: EngineOptions): BuildResult {
  const builder = new Builder(rules, { catalogue, services: options.services ?? readServices() });
  const compiled = rules.rules.flatMap((rule) => builder.rule(rule) ?? []);
  const failed = builder.diagnostics.some((diagnostic) => diagnostic.severity === "error");
  if (failed) return { engine: undefined, diagnostics: builder.diagnostics };
  const run = compiled.filter(({ rule }) =>
    rule.enabled && severity(rule.priority) <= severity(options.minimumPriority)
  );
  return { engine: new Engine(run, options.matching), diagnostics: builder.diagnostics };
}

class Builder {
  readonly diagnostics: Diagnostic[] = [];
  /** What came of each check: several rules share the nodes of a macro. */
  readonly #bound = new Map<Check, BoundCheck | BindError>();
  /** Checks whose errors and warnings are reported already. */
  readonly #reported = new Set<Check>();

  constructor(readonly rules: RuleSet, readonly context: Context) {}

  /** The rule compiled; undefined when it cannot be, which is then reported. */
  rule(rule: Rule): CompiledRule | undefined {
    const checks = new Map<Check, BoundCheck>();
    const unknown: BindError[] = [];
    let failed = false;
    for (const node of checksOf(rule.condition)) {
      const outcome = this.#bind(node);
      if (!(outcome instanceof BindError)) {
        checks.set(node, outcome);
        this.#warn(rule, node, outcome);
      } else if (outcome.unknown && rule.skipIfUnknownFilter) unknown.push(outcome);
      else {
        failed = true;
        if (!this.#reported.has(node)) this.#conditionError(rule, node, outcome);
        this.#reported.add(node);
      }
    }
    const [first] = unknown;
    if (first !== undefined) {
      this.#add(rule, "warning", "LOAD_UNKNOWN_FILTER", first.message, "the rule is left out", rule.conditionText, 0);
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
    this.#add(rule, "error", "LOAD_ERR_COMPILE_CONDITION", message, hint, this.#textOf(rule, node), span.start);
  }

  #textOf(rule: Rule, node: { readonly span: Span }): SourceText {
    return this.rules.textOf(node) ?? rule.conditionText;
  }

  #warn(rule: Rule, node: Check, check: BoundCheck): void {
    if (this.#reported.has(node)) return;
    this.#reported.add(node);
    for (const { code, message, hint, span } of warningsOf(node, check, this.context.catalogue)) {
      this.#add(rule, "warning", code, message, hint, this.#textOf(rule, node), span.start);
    }
  }

  #warnOfManyEvents(rule: Rule, { inverted, names }: EventSet): void {
    if (!rule.warnEventTypes || (!inverted && names.size * 2 <= MANY_EVENT_CODES)) return;
    this.#add(
      rule,
      "warning",
      "LOAD_NO_EVTTYPE",
      "Rule matches too many evt.type values. This has a significant performance penalty.",
      "restrict evt.type, or set warn_evttypes: false",
      rule.conditionText,
      0,
    );
  }

  #template(rule: Rule): Template | undefined {
    const { text, removed } = withoutContainerInfo(rule.output);
    if (removed !== undefined) {
      const message = "%container.info is deprecated and no more useful, and will be dropped";
      this.#add(rule, "warning", "LOAD_DEPRECATED_ITEM", message, "remove it", rule.outputText, removed);
    }
    try {
      const template = parseTemplate(text, (format, index) => findOutputField(format, index, this.context.catalogue));
      for (const part of template.parts) {
        if (part.kind !== "field" || !part.field.deprecated) continue;
        const message = `usage of deprecated field '${part.field.text}' has been detected`;
        this.#add(rule, "warning", "LOAD_DEPRECATED_ITEM", message, "remove it", rule.outputText, part.index);
      }
      return template;
    } catch (error) {
      if (!(error instanceof TemplateError)) throw error;
      if (rule.skipIfUnknownFilter) {
        const hint = "the rule is left out";
        this.#add(rule, "warning", "LOAD_UNKNOWN_FILTER", error.message, hint, rule.outputText, error.index);
      } else {
        const { message, hint, index } = error;
        this.#add(rule, "error", "LOAD_ERR_COMPILE_OUTPUT", message, hint, rule.outputText, index);
      }
      return undefined;
    }
  }

  #add(
    rule: Rule,
    kind: "error" | "warning",
    code: ErrorCode | WarningCode,
    message: string,
    hint: string | undefined,
    text: SourceText,
    index: number,
  ): void {
    this.diagnostics.push({
      severity: kind,
      code,
      message,
      ...(hint === undefined ? {} : { hint }),
      position: text.position(index),
      item: { type: "rule", name: rule.name },
      snippet: text.snippet(index),
    });
  }
}

/** `%container.info`, alone or as Falco's former `%container.info` token, is taken out of outputs. */
function withoutContainerInfo(output: string): { text: string; removed: number | undefined } {
  const at = output.indexOf("%container.info");
  return at < 0
    ? { text: output, removed: undefined }
    : { text: output.replaceAll("%container.info", ""), removed: at };
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
