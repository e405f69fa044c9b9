/**
 * A step's end as the runner gets to see it: log, annotations, outputs, job summary, in this order. In: a view, safe to be
 * shown, and the words of the runner. Out: the exit code; the output `outcome` is written last of all.
 */
import {randomBytes} from 'node:crypto';
import {type DrillError, EXIT, toDrillError} from './errors.ts';
import type {Annotation} from './report/annotations.ts';

export type Outputs = [name: string, value: unknown][];

export type Shown = {
  text: string;
  annotations: Annotation[];
  summary: string;
  exitCode: number;
  report: {outcome: string};
  unwritten: DrillError | undefined;
  outputs: Outputs;
};

type Place = {title: string; file?: string; startLine?: number};
type Annotate = (message: string, place?: Place) => void;

/** What of @actions/core is needed. */
type Runner = Record<Annotation['level'], Annotate> & {
  info(text: string): void;
  debug(text: string): void;
  setOutput(name: string, value: unknown): void;
  summary: {addRaw(text: string): {write(): Promise<unknown>}};
};

export async function show({report, unwritten, outputs, ...view}: Shown, runner: Runner): Promise<number> {
  printInert(view.text, runner);
  runner.debug(JSON.stringify(report));
  for (const {level, message, title, file, line} of view.annotations)
    runner[level](message, {title, ...(file && {file}), ...(line && {startLine: line})});
  // A step shows ten errors; of a drill that failed its findings are worth more.
  const complain = view.exitCode === EXIT.passed ? runner.error : runner.warning;
  if (unwritten) complain(`${unwritten.message}\nHINT: ${unwritten.hint}`, {title: unwritten.code});
  for (const [name, value] of outputs) runner.setOutput(name, value);
  await summarize(view.summary, runner);
  runner.setOutput('outcome', report.outcome);
  return view.exitCode || (unwritten?.exitCode ?? EXIT.passed);
}

/** Names of files and servers' words are in it: between these lines the runner takes nothing for a command. */
function printInert(text: string, {info}: Runner): void {
  const token = randomBytes(16).toString('hex');
  info(`::stop-commands::${token}\n${text}\n::${token}::`);
}

async function summarize(markdown: string, {summary, warning}: Runner): Promise<void> {
  try {
    await summary.addRaw(markdown).write();
  } catch (thrown) {
    warning(`the job summary could not be written: ${toDrillError(thrown).message}`);
  }
}
