// SPDX-License-Identifier: Apache-2.0

import {
  type And,
  type ArgumentList,
  type Check,
  type Expr,
  type FieldRef,
  type ListLiteral,
  type Literal,
  type Modifier,
  MODIFIERS,
  type Operand,
  type Operator,
  type Or,
  type TransformerCall,
  type TransformerName,
  TRANSFORMERS,
} from "./ast.ts";
import { ConditionError, Lexer } from "./lexer.ts";
import {
  ARITY,
  LEFT_TRANSFORMERS,
  LIST_SPELLINGS,
  NUMBER_SPELLINGS,
  OPERATOR_SPELLINGS,
  STRING_SYMBOLS,
  STRING_WORDS,
} from "./spellings.ts";
import * as hints from "./syntax_hints.ts";

/** Parentheses and transformers may nest this deep (Falco sets the same limit for rules). */
export const MAX_NESTING = 1000;

const quotedList = (words: readonly string[]) => words.map((word) => `'${word}'`).join(", ");

/**
 * The AST of a condition, by the whole grammar of language.md §1; macros stay references. `text` has its lists already
 * substituted. Spans index `text`.
 *
 * @throws ConditionError at the first place that can't be read, with Falco's message.
 */
export function parseCondition(text: string): Expr {
  if (text.length === 0) throw new ConditionError("filter input string is empty", 0, "write a condition");
  return new Parser(new Lexer(text)).parse();
}

class Parser {
  private depth = 0;

  constructor(private readonly lexer: Lexer) {}

  parse(): Expr {
    const expr = this.parseOr();
    if (!this.lexer.atEnd) {
      this.fail(
        `unexpected token after '${this.lexer.tokenInMessage}', expecting 'or', 'and'`,
        hints.afterExpression(this.lexer, OPERATOR_SPELLINGS),
      );
    }
    return expr;
  }

  /**
   * Or = And ("or" (blank And | "(" Or ")"))*. `or(` takes only what is in the parentheses: `a or(b) and c` is an error
   * in Falco too. The And level is a loop in here and not a method of its own, so that deep nesting needs half the
   * stack.
   */
  private parseOr(): Expr {
    const lexer = this.lexer;
    lexer.takeBlank();
    const start = lexer.index;
    const alternatives = [this.parseAnd()];
    lexer.takeBlank();
    while (lexer.take("or")) {
      alternatives.push(this.parseRight("or"));
      lexer.takeBlank();
    }
    if (alternatives.length === 1) return alternatives[0]!;
    return { kind: "or", children: alternatives, span: { start, end: endOf(alternatives) } } satisfies Or;
  }

  private parseAnd(): Expr {
    const lexer = this.lexer;
    lexer.takeBlank();
    const start = lexer.index;
    const terms = [this.parseNot()];
    lexer.takeBlank();
    while (lexer.take("and")) {
      terms.push(this.parseRight("and"));
      lexer.takeBlank();
    }
    if (terms.length === 1) return terms[0]!;
    return { kind: "and", children: terms, span: { start, end: endOf(terms) } } satisfies And;
  }

  /** What follows a connective: a blank and an operand, or parentheses at once. */
  private parseRight(connective: "and" | "or"): Expr {
    if (this.lexer.takeBlank()) return connective === "or" ? this.parseAnd() : this.parseNot();
    if (this.lexer.take("(")) return this.parseParenthesised();
    this.fail(`expected blank or '(' after '${connective}'`, hints.afterConnective(this.lexer, connective));
  }

  private parseNot(): Expr {
    const lexer = this.lexer;
    lexer.takeBlank();
    const start = lexer.index;
    let negated = false;
    while (lexer.takeNot()) negated = !negated;
    let child: Expr;
    if (lexer.take("not(")) {
      negated = !negated;
      child = this.parseParenthesised();
    } else {
      child = this.parseCheck();
    }
    return negated ? { kind: "not", child, span: { start, end: child.span.end } } : child;
  }

  /** The rest of "(" Or ")". */
  private parseParenthesised(): Expr {
    const open = this.lexer.index - 1;
    this.push();
    const child = this.parseOr();
    this.lexer.takeBlank();
    if (!this.lexer.take(")")) this.fail("expected a ')' token", hints.unclosed(this.lexer, open));
    this.depth--;
    return child;
  }

  private parseCheck(): Expr {
    const lexer = this.lexer;
    lexer.takeBlank();
    const start = lexer.index;
    if (lexer.take("(")) return this.parseParenthesised();
    if (lexer.takeFieldName()) return this.parseCondition(this.parseField(start), start);
    const transformer = this.takeTransformer(LEFT_TRANSFORMERS);
    if (transformer !== undefined) return this.parseCondition(this.parseTransformer(transformer, start), start);
    if (lexer.takeIdentifier()) {
      return { kind: "macro", name: lexer.token, span: { start, end: lexer.index } };
    }
    this.fail("expected a '(' token, a field check, or an identifier", hints.operand(lexer));
  }

  /** The rest of a field whose name was just taken. */
  private parseField(start: number): FieldRef {
    const name = this.lexer.token;
    const argument = this.parseBrackets();
    return { kind: "field", name, argument, span: { start, end: this.lexer.index } };
  }

  /** `[argument]`, if one follows at once. */
  private parseBrackets(): string | undefined {
    const lexer = this.lexer;
    if (!lexer.take("[")) return undefined;
    if (!lexer.takeQuoted() && !lexer.takeBareArgument()) {
      this.fail(
        "expected a valid field argument: a quoted string or a bare string",
        "write the argument without blanks around it, in quotes if it has blanks or brackets",
      );
    }
    const argument = lexer.value;
    if (!lexer.take("]")) this.fail("expected a ']' token", "close the argument with ']', without a blank before it");
    return argument;
  }

  /** Takes a transformer's name and its "(". */
  private takeTransformer(names: readonly TransformerName[]): TransformerName | undefined {
    const name = names.find((name) => this.lexer.take(name + "("));
    this.lexer.token = name ?? this.lexer.token;
    return name;
  }

  /** The rest of a transformer whose "(" was just taken. */
  private parseTransformer(name: TransformerName, start: number): TransformerCall {
    const lexer = this.lexer;
    this.push();
    const args: TransformerCall["args"][number][] = [];
    const [least, most] = ARITY[name];
    do {
      lexer.takeBlank();
      args.push(this.parseArgument(name));
      lexer.takeBlank();
    } while (args.length < most && lexer.take(","));
    if (args.length < least) {
      this.fail(`transformer '${name}' needs ${least} arguments`, `it has ${args.length}; separate them with ','`);
    }
    if (!lexer.take(")")) {
      this.fail("expected a ')' token closing the transformer", hints.transformerEnd(lexer, name, most));
    }
    this.depth--;
    const argument = this.parseBrackets();
    return { kind: "transformer", name, args, argument, span: { start, end: lexer.index } };
  }

  /** TArg: Number | Quoted | TList | Transformer | Field; `val` takes a plain field only. */
  private parseArgument(name: TransformerName): TransformerCall["args"][number] {
    const lexer = this.lexer;
    const start = lexer.index;
    if (lexer.takeFieldName()) return this.parseField(start);
    if (name === "val") this.fail("expected a field within 'val' transformer", "write val(proc.name)");
    if (lexer.take("(")) return this.parseArgumentList(start);
    const argument = this.parseListArgument(start);
    if (argument !== undefined) return argument;
    this.fail(
      `expected a field or a nested valid transformer: ${quotedList(LEFT_TRANSFORMERS)}`,
      hints.transformerArgument(lexer),
    );
  }

  private parseArgumentList(start: number): ArgumentList {
    const lexer = this.lexer;
    const items: ArgumentList["items"][number][] = [];
    lexer.takeBlank();
    if (!lexer.take(")")) {
      do {
        lexer.takeBlank();
        const item = this.parseListArgument(lexer.index);
        if (item === undefined) {
          this.fail("expected a field, a transformer, a quoted string or a number", hints.transformerArgument(lexer));
        }
        items.push(item);
        lexer.takeBlank();
      } while (lexer.take(","));
      if (!lexer.take(")")) this.fail("expected a ')' token", hints.unclosed(lexer, start));
    }
    return { kind: "arguments", items, span: { start, end: lexer.index } };
  }

  private parseListArgument(start: number): FieldRef | TransformerCall | Literal | undefined {
    const lexer = this.lexer;
    if (lexer.takeFieldName()) return this.parseField(start);
    const nested = this.takeTransformer(LEFT_TRANSFORMERS);
    if (nested !== undefined) return this.parseTransformer(nested, start);
    if (lexer.takeQuoted()) return this.literal(start, true);
    if (lexer.takeNumber()) return this.literal(start, false);
    return undefined;
  }

  /** Cond: the operator and what is right of it. */
  private parseCondition(left: Operand, start: number): Check {
    const lexer = this.lexer;
    lexer.takeBlank();
    const operatorStart = lexer.index;
    const check = (operator: Operator, operatorEnd: number, modifier?: Modifier, right?: Check["right"]): Check => ({
      kind: "check",
      left,
      operator,
      operatorSpan: { start: operatorStart, end: operatorEnd },
      modifier,
      right,
      span: { start, end: lexer.index },
    });

    if (lexer.take("exists")) return check("exists", lexer.index);
    const numeric = NUMBER_SPELLINGS.find((spelling) => lexer.take(spelling));
    if (numeric !== undefined) {
      const operatorEnd = lexer.index;
      return check(numeric, operatorEnd, undefined, this.parseNumber(numeric));
    }
    const symbol = STRING_SYMBOLS.find((spelling) => lexer.take(spelling));
    const string = symbol === "==" ? "=" : symbol ?? STRING_WORDS.find((word) => lexer.takeWord(word));
    if (string !== undefined) {
      const operatorEnd = lexer.index;
      const modifier = this.takeModifier();
      return check(string, operatorEnd, modifier, modifier ? this.parseListValue() : this.parseString());
    }
    const listOperator = LIST_SPELLINGS.find((spelling) => lexer.take(spelling));
    if (listOperator !== undefined) {
      const operatorEnd = lexer.index;
      return check(listOperator, operatorEnd, undefined, this.parseListOrRhs());
    }
    this.fail(
      `expected a valid check operator: one of ${quotedList(OPERATOR_SPELLINGS)}`,
      hints.operator(lexer, left, OPERATOR_SPELLINGS),
    );
  }

  /**
   * `oneof`, `anyof` or `allof`: only after a blank, and before "(" or a name that is not a connective; otherwise the
   * word is an ordinary string (language.md §1, fact 8).
   */
  private takeModifier(): Modifier | undefined {
    const lexer = this.lexer;
    const { index, token } = lexer;
    if (lexer.takeBlank() || lexer.afterBlank()) {
      const modifier = MODIFIERS.find((word) => lexer.take(word));
      if (modifier !== undefined) {
        const afterWord = lexer.index;
        const blank = lexer.takeBlank();
        const next = lexer.index;
        if (lexer.text[next] === "(") return modifier;
        if (blank && lexer.takeIdentifier() && !["and", "or", "not"].includes(lexer.token)) {
          lexer.index = afterWord;
          lexer.token = modifier;
          return modifier;
        }
      }
    }
    lexer.index = index;
    lexer.token = token;
    return undefined;
  }

  private parseNumber(operator: string): Literal | TransformerCall {
    const lexer = this.lexer;
    lexer.takeBlank();
    const start = lexer.index;
    const rhs = this.parseRhs();
    if (rhs !== undefined) return rhs;
    if (lexer.takeNumber()) return this.literal(start, false);
    this.fail(
      `expected a number value or a field with a valid transformer: ${quotedList(TRANSFORMERS)}`,
      hints.number(lexer, operator),
    );
  }

  private parseString(): Literal | TransformerCall {
    const lexer = this.lexer;
    lexer.takeBlank();
    const start = lexer.index;
    const rhs = this.parseRhs();
    if (rhs !== undefined) return rhs;
    if (lexer.takeQuoted()) return this.literal(start, true);
    if (lexer.takeBareString()) return this.literal(start, false);
    this.fail(
      `expected a string value or a field with a valid transformer: ${quotedList(TRANSFORMERS)}`,
      hints.value(lexer),
    );
  }

  private parseListOrRhs(): ListLiteral | TransformerCall {
    const lexer = this.lexer;
    lexer.takeBlank();
    if (lexer.text[lexer.index] !== "(") {
      const rhs = this.parseRhs();
      if (rhs !== undefined) return rhs;
    }
    return this.parseListValue();
  }

  /** ListValue: a list in parentheses, or a name, which is a list of that one value unless a list replaced it before. */
  private parseListValue(): ListLiteral {
    const lexer = this.lexer;
    lexer.takeBlank();
    const start = lexer.index;
    if (lexer.take("(")) return this.parseList(start);
    if (lexer.takeIdentifier()) {
      const end = lexer.index;
      lexer.value = lexer.token;
      return { kind: "list", items: [this.literal(start, false)], span: { start, end } };
    }
    this.fail(
      `expected a list, an identifier, or a field with a valid transformer: ${quotedList(TRANSFORMERS)}`,
      hints.list(lexer),
    );
  }

  private parseList(open: number): ListLiteral {
    const lexer = this.lexer;
    const items: Literal[] = [];
    lexer.takeBlank();
    if (!lexer.take(")")) {
      do {
        lexer.takeBlank();
        const start = lexer.index;
        if (lexer.takeQuoted()) items.push(this.literal(start, true));
        else if (lexer.takeBareString()) items.push(this.literal(start, false));
        // Falco takes a list whose first value it can't read for an empty one and then misses its end.
        else if (items.length === 0) this.fail("expected a ')' token", hints.listItem(lexer, open));
        else this.fail("expected a string value", hints.listItem(lexer, open));
        lexer.takeBlank();
      } while (lexer.take(","));
      if (!lexer.take(")")) this.fail("expected a ')' token", hints.listItem(lexer, open));
    }
    return { kind: "list", items, span: { start: open, end: lexer.index } };
  }

  /** A comparison with another field or a computed value, if one stands here. */
  private parseRhs(): TransformerCall | undefined {
    const start = this.lexer.index;
    const name = this.takeTransformer(TRANSFORMERS);
    return name === undefined ? undefined : this.parseTransformer(name, start);
  }

  private literal(start: number, quoted: boolean): Literal {
    return { kind: "literal", value: this.lexer.value, quoted, span: { start, end: this.lexer.index } };
  }

  private push(): void {
    if (++this.depth > MAX_NESTING) {
      this.fail(`exceeded max depth limit of ${MAX_NESTING}`, "move the inner parts into macros");
    }
  }

  private fail(message: string, hint?: string): never {
    throw new ConditionError(message, this.lexer.index, hint);
  }
}

function endOf(children: readonly Expr[]): number {
  return children[children.length - 1]!.span.end;
}
