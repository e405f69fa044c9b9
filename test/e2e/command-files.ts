/**
 * The files by which a step tells the runner something (GITHUB_OUTPUT, GITHUB_STATE, GITHUB_ENV, GITHUB_PATH,
 * GITHUB_STEP_SUMMARY): fresh for each step, read when it has ended. A file that the runner cannot read fails the step.
 * https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands#environment-files
 */
import {mkdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';

/** A job summary over 1 MiB is dropped whole, with an error. */
const SUMMARY_MAX_BYTES = 1024 * 1024;

const NAMES = ['output', 'state', 'env', 'path', 'step_summary'] as const;

export type Told = {
  outputs: Record<string, string>;
  state: Record<string, string>;
  env: Record<string, string>;
  path: string[];
  /** As it was written, before secrets are masked. */
  summary: string;
  /** Why the runner could not take it all. */
  errors: string[];
};

export class CommandFiles {
  readonly #directory: string;
  readonly env: Record<string, string>;

  /** `temp` is RUNNER_TEMP. */
  constructor(temp: string) {
    const id = crypto.randomUUID();
    this.#directory = join(temp, '_runner_file_commands');
    mkdirSync(this.#directory, {recursive: true});
    this.env = Object.fromEntries(
      NAMES.map(name => [`GITHUB_${name.toUpperCase()}`, join(this.#directory, `${name}_${id}`)]),
    );
    for (const path of Object.values(this.env)) writeFileSync(path, '');
  }

  /** Outputs and state as they are written so far, by a step that still runs. */
  soFar(): string {
    return ['GITHUB_OUTPUT', 'GITHUB_STATE'].map(name => readFileSync(this.env[name]!, 'utf8')).join('\n');
  }

  /** What the step has written; takes the files away. */
  read(): Told {
    const errors: string[] = [];
    const attempt = (name: string, text: string): Record<string, string> => {
      try {
        return Object.fromEntries(pairs(text));
      } catch (error) {
        errors.push(`Unable to process file command '${name}' successfully. ${(error as Error).message}`);
        return {};
      }
    };
    const text = (name: (typeof NAMES)[number]): string =>
      readFileSync(this.env[`GITHUB_${name.toUpperCase()}`]!, 'utf8');
    let summary = text('step_summary');
    if (Buffer.byteLength(summary) > SUMMARY_MAX_BYTES) {
      summary = '';
      errors.push('$GITHUB_STEP_SUMMARY upload aborted, supports content up to a size of 1024k.');
    }
    const told = {
      outputs: attempt('output', text('output')),
      state: attempt('state', text('state')),
      env: attempt('env', text('env')),
      path: text('path')
        .split('\n')
        .filter(line => line !== ''),
      summary,
      errors,
    };
    for (const path of Object.values(this.env)) rmSync(path, {force: true});
    return told;
  }
}

/** `NAME=value`, or `NAME<<DELIMITER`, lines, `DELIMITER`. */
export function pairs(text: string): [string, string][] {
  const lines = text.split('\n');
  // What follows the last line break is no line of its own.
  if (lines.at(-1) === '') lines.pop();
  const found: [string, string][] = [];
  while (lines.length > 0) {
    const line = lines.shift()!;
    if (line === '') continue;
    const equals = line.indexOf('=');
    const heredoc = line.indexOf('<<');
    if (equals >= 0 && (heredoc < 0 || equals < heredoc)) {
      found.push([line.slice(0, equals), line.slice(equals + 1)]);
      continue;
    }
    const [name, delimiter] = [line.slice(0, heredoc), line.slice(heredoc + 2)];
    if (heredoc <= 0 || delimiter === '') throw new Error(`Invalid format '${line}'`);
    const end = lines.indexOf(delimiter);
    if (end < 0) throw new Error(`Matching delimiter not found '${delimiter}'`);
    found.push([
      name,
      lines
        .splice(0, end + 1)
        .slice(0, -1)
        .join('\n'),
    ]);
  }
  return found;
}
