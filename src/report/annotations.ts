/**
 * The report as annotations of a workflow run: what is worth a line beside the job, worst first, at the file and line
 * that asked for it where one did. No more of a level than GitHub shows; the last one says how many there would be.
 */
import {problemText} from '../errors.ts';
import type {Finding} from '../judge/finding.ts';
import type {DrillReport} from './drill-report.ts';
import {printable} from './printable.ts';
import {ignoredInWords, number, show, sortOut} from './wording.ts';

export type Annotation = {
  level: 'error' | 'warning' | 'notice';
  title: string;
  message: string;
  file?: string;
  line?: number;
};

const LEVELS = ['error', 'warning', 'notice'] as const;
/** Of one step and one level. https://github.com/actions/toolkit/blob/main/docs/problem-matchers.md#limitations */
const MAX_PER_LEVEL = 10;

type Judged = Pick<DrillReport, 'outcome' | 'findings'> & {error?: DrillReport['error'] | undefined};

export function annotationsOf(report: Judged): Annotation[] {
  const all = report.outcome === 'not-run' ? notRun(report.error!) : judged(report);
  return LEVELS.flatMap(level => bounded(all.filter(annotation => annotation.level === level)));
}

/** Why there is no verdict, and nothing else: without one, what single checks found is neither good nor bad news. */
function notRun({code, message, hint, problems = []}: NonNullable<DrillReport['error']>): Annotation[] {
  if (code === 'cancelled') {
    return [{level: 'notice', title: 'Restore drill cancelled', message: withHint(printable(message), hint)}];
  }
  const title = `Restore drill not run: ${code}`;
  if (problems.length === 0) {
    return [{level: 'error', title, message: withHint(printable(message), hint)}];
  }
  return problems.map(problem => {
    const place = placeOf(problem.origin);
    // Without a file to stand beside, the message itself says which flag it is about.
    const text = place.file === undefined ? problemText(problem) : problem.message;
    return {level: 'error', title, message: withHint(printable(text), hint), ...place};
  });
}

export function findingAnnotations(findings: Finding[]): Annotation[] {
  const {failed, ignored, skipped} = sortOut(findings);
  return [
    ...failed.flatMap(finding => annotate(finding, {error: 'error', warning: 'warning', note: null})),
    ...skipped.flatMap(finding => annotate(finding, {error: 'warning', warning: 'notice', note: null})),
    ...ignored.map(remind),
  ];
}

function judged({findings, error}: Judged): Annotation[] {
  const annotations = findingAnnotations(findings);
  if (error) {
    // A file that nobody can read has failed without a server; that there was none is worth knowing all the same.
    const message = withHint(printable(`the drill was not held to its end: ${error.message}`), error.hint);
    annotations.push({level: 'warning', title: `Restore drill: ${error.code}`, message});
  }
  return annotations;
}

type Levels = Record<Finding['severity'], Annotation['level'] | null>;

function annotate(finding: Finding, levels: Levels): Annotation[] {
  const {rule, status, severity, message, expected, actual, hint, origin} = finding;
  const level = levels[severity];
  if (level === null) return [];
  const numbers = `expected ${show(expected)}, found ${show(actual)}`;
  const lines = [message, ...(status === 'fail' && expected !== null ? [numbers] : [])];
  return [
    {
      level,
      title: `${status === 'skipped' ? 'Skipped check' : 'Restore drill'}: ${printable(rule)}`,
      message: withHint(lines.map(printable).join('\n'), hint),
      ...placeOf(origin),
    },
  ];
}

/** What is ignored stays in sight, at the line that says so. */
function remind(finding: Finding): Annotation {
  const message = `${printable(finding.message)}\n${printable(ignoredInWords(finding))}`;
  return {level: 'notice', title: `Ignored: ${finding.rule}`, message, ...placeOf(finding.ignored!.origin)};
}

const withHint = (message: string, hint: string): string =>
  hint === '' ? message : `${message}\nHINT: ${printable(hint)}`;

/**
 * `restore-drill.yml:12`, `expected.json: databases.0.keys` and `expected.json` name a file; `command line`, `--set …`,
 * `ledger` and other names of ours do not.
 */
function placeOf(origin: string): Pick<Annotation, 'file' | 'line'> {
  if (origin.startsWith('--') || origin !== printable(origin)) return {};
  const atLine = /^(.+):([1-9]\d*)$/.exec(origin);
  if (atLine) return {file: plainPath(atLine[1]!), line: Number(atLine[2])};
  const file = origin.split(': ')[0]!;
  return /\.[a-z]+$/i.test(file) ? {file: plainPath(file)} : {};
}

/** GitHub finds a file of the repository by its path without steps that lead nowhere: `./restore-drill.yml` is none. */
const plainPath = (file: string): string => file.replace(/^(\.\/+)+(?=.)/, '');

/** Of one level. */
export function bounded(
  annotations: Annotation[],
  elsewhere = 'the job summary and the report have them',
): Annotation[] {
  if (annotations.length <= MAX_PER_LEVEL) return annotations;
  const shown = annotations.slice(0, MAX_PER_LEVEL - 1);
  const more = annotations.length - shown.length;
  const {level} = annotations[0]!;
  const many = `${number(more)} more ${level}s`;
  const message = `${many} are not shown here: ${elsewhere}.`;
  return [...shown, {level, title: `Restore drill: ${many}`, message}];
}
