/**
 * A workflow as GitHub's own parser reads it, and its expressions as GitHub's own evaluator computes them: a step comes
 * out as plain values once the contexts that it mentions are known. Nothing is run here.
 */
import {readFileSync} from 'node:fs';
import {basename} from 'node:path';
import {data, Evaluator, Lexer, Parser} from '@actions/expressions';
import {
  convertWorkflowTemplate,
  isBasicExpression,
  isBoolean,
  isMapping,
  isNumber,
  isSequence,
  isString,
  NoOperationTraceWriter,
  parseWorkflow,
} from '@actions/workflow-parser';
import {isJob} from '@actions/workflow-parser/model/type-guards';

export type Plain = string | number | boolean | null | Plain[] | {[key: string]: Plain};
/** `github`, `steps`, `env` and so on. */
export type Contexts = Record<string, Plain>;
export type Result = 'success' | 'failure' | 'cancelled' | 'skipped';

/** A value as it was written: text, a number, an expression, a list of such or a mapping of such. */
export type Token = Parameters<typeof isMapping>[0];
export type Fields = Map<string, Token>;
export type Step = {id: string; condition: string; fields: Fields};
export type Job = {id: string; condition: string; needs: string[]; fields: Fields; steps: Step[]};
export type Workflow = {fields: Fields; jobs: Job[]};

/** Throws what GitHub would refuse the file for. */
export async function readWorkflow(path: string): Promise<Workflow> {
  const file = {name: basename(path), content: readFileSync(path, 'utf8')};
  const {context, value} = parseWorkflow(file, new NoOperationTraceWriter());
  const template = value && (await convertWorkflowTemplate(context, value));
  const problems = context.errors.getErrors().map(({message}) => message);
  if (!value || !template || problems.length > 0) throw new Error(`${path}: ${problems.join('; ')}`);
  const fields = fieldsOf(value);
  const written = fieldsOf(fields.get('jobs'));
  return {
    fields,
    jobs: template.jobs.map(job => {
      const jobFields = fieldsOf(written.get(job.id.value));
      const steps = listOf(jobFields.get('steps')).map(fieldsOf);
      return {
        id: job.id.value,
        condition: job.if.expression,
        needs: (job.needs ?? []).map(({value: id}) => id),
        fields: jobFields,
        // The parser has given an id to each step that has none, and `success()` to each condition without a status.
        steps: (isJob(job) ? job.steps : []).map(({id, if: condition}, at) => ({
          id,
          condition: condition?.expression ?? 'success()',
          fields: steps[at]!,
        })),
      };
    }),
  };
}

/** A mapping by its keys; nothing at all is an empty one. */
export function fieldsOf(token: Token | undefined): Fields {
  if (token === undefined) return new Map();
  if (!isMapping(token)) throw new Error('a mapping was expected');
  return new Map([...token].map(({key, value}) => [key.toString(), value]));
}

function listOf(token: Token | undefined): Token[] {
  if (token === undefined) return [];
  if (!isSequence(token)) throw new Error('a list was expected');
  return [...token];
}

/** Evaluates expressions in one job: what they can see, and how it stands. */
export class Expressions {
  readonly #contexts: Contexts;
  readonly #status: Result;

  constructor(contexts: Contexts, status: Result) {
    this.#contexts = contexts;
    this.#status = status;
  }

  /** What is written, with every expression in it computed. */
  plain(token: Token | undefined): Plain {
    if (token === undefined) return null;
    if (isBasicExpression(token)) return this.#compute(token.expression);
    if (isString(token) || isNumber(token) || isBoolean(token)) return token.value;
    if (isSequence(token)) return [...token].map(item => this.plain(item));
    if (!isMapping(token)) return null;
    return Object.fromEntries([...token].map(({key, value}) => [key.toString(), this.plain(value)]));
  }

  /** A mapping whose values all become text, as those of `env` and `with` do. */
  texts(token: Token | undefined): Record<string, string> {
    const values = token === undefined ? {} : (this.plain(token) as Record<string, Plain>);
    return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, textOf(value)]));
  }

  text(token: Token | undefined): string {
    return textOf(this.plain(token));
  }

  holds(condition: string): boolean {
    return this.#compute(`!!(${condition})`) as boolean;
  }

  #compute(expression: string): Plain {
    const status = (name: string, holds: boolean) => ({
      name,
      minArgs: 0,
      maxArgs: 0,
      call: () => new data.BooleanData(holds),
    });
    const functions = [
      status('always', true),
      status('success', this.#status === 'success'),
      status('failure', this.#status === 'failure'),
      status('cancelled', this.#status === 'cancelled'),
    ];
    const known = JSON.parse(JSON.stringify(this.#contexts), data.reviver) as data.Dictionary;
    const {tokens} = new Lexer(expression).lex();
    const tree = new Parser(tokens, Object.keys(this.#contexts), functions).parse();
    const byName = new Map(functions.map(definition => [definition.name, definition]));
    const result = new Evaluator(tree, known, byName).evaluate();
    return JSON.parse(JSON.stringify(result, data.replacer)) as Plain;
  }
}

function textOf(value: Plain): string {
  if (value === null) return '';
  if (typeof value === 'object') throw new Error('a list or mapping where text is wanted');
  return String(value);
}
