/** Words that all forms of a lint report share: places, the verdict, and what a configuration comes to before and after. */
import {confText} from '../../redis/conf.ts';
import {printable} from '../../report/printable.ts';
import {type Deploy, deployChanges} from '../deploy.ts';
import type {LintFinding, Reading} from '../finding.ts';
import {failing, type Linted, type Summary} from '../lint.ts';
import {type Loss, secondsText} from '../loss.ts';
import type {Place} from '../setting.ts';
import {keptRows, measuredRows, STOP_TEXT, type SummaryRow} from './proof-rows.ts';

export const placeText = ({file, line, column}: Place): string => `${printable(file)}:${line}:${column}`;

/** GitHub and SARIF know a file by its path without steps that lead nowhere. */
export const plainPath = (file: string): string => file.replace(/^(\.\/+)+(?=.)/, '');

export const isShown = ({suppressed}: LintFinding): boolean => suppressed === undefined;

export function verdictText(linted: Linted): string {
  const {findings, compared, summaries} = linted;
  const errors = failing(linted).length;
  const others = findings.filter(isShown).length - errors;
  const of = counted(summaries.length, 'configuration');
  if (errors > 0) {
    const what = compared ? 'the change makes it worse' : 'it does not hold';
    return `FAILED  ${what}: ${counted(errors, 'error')} in ${of}`;
  }
  const calm = compared ? 'the change makes nothing worse' : 'no rule of severity error is broken';
  return `PASSED  ${calm}: ${of}${others > 0 ? `, ${counted(others, 'remark')}` : ''}`;
}

const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

const SHOWN = ['appendonly', 'appendfsync', 'save', 'dir', 'dbfilename', 'maxmemory-policy'];

/** The losses always; what is left, where a change alters it; of the values what has changed, or without a base what decides. */
export function summaryRows({head, base, proof}: Summary): SummaryRow[] {
  const losses = [
    row('worst-case loss if the machine dies', base, head, reading => lossText(reading.losses.hostCrash)),
    row('worst-case loss if the process dies', base, head, reading => lossText(reading.losses.processCrash)),
  ];
  const values = SHOWN.map(name => row(name, base, head, reading => valueText(reading, name)));
  const telling = values.filter(({what, before, after}) =>
    base === null ? ['appendonly', 'save'].includes(what) : before !== after,
  );
  // What was counted says more than what was foretold.
  const kept = proof && proof.deploys.length > 0 ? keptRows(proof) : deployRows(base, head);
  return [...losses, ...kept, ...telling, ...(proof ? measuredRows(proof) : [])];
}

/** Of a restart with the change against one without it, where they differ. */
const deployRows = (base: Reading | null, head: Reading): SummaryRow[] =>
  (base === null ? [] : deployChanges(base, head)).map(({stop, before, after}) => ({
    what: STOP_TEXT[stop],
    before: leftText(before),
    after: leftText(after),
  }));

function leftText(deploy: Deploy): string {
  if (deploy.kept === null) return 'not known';
  if (deploy.kept === 'refused') return 'it does not start';
  if (deploy.kept === 'all') return deploy.misplaced ? 'all, some in another database' : 'all';
  return deploy.kept === 'saved' ? 'those of the last dump' : 'none';
}

/** More are many. */
export const MAX_SUMMARIES = 5;

/** Of a repository full of configurations, those that have changed. */
export function telling(summaries: readonly Summary[]): readonly Summary[] {
  if (summaries.length <= MAX_SUMMARIES) return summaries;
  return summaries.filter(summary =>
    summaryRows(summary).some(({before, after}) => before !== null && before !== after),
  );
}

const row = (
  what: string,
  base: Reading | null,
  head: Reading,
  of: (reading: Reading) => string,
): SummaryRow => ({
  what,
  before: base && of(base),
  after: of(head),
});

const lossText = (loss: Loss | null): string => (loss === null ? 'not known' : secondsText(loss.seconds));

function valueText({effective}: Reading, name: string): string {
  const value = effective.values.get(name);
  if (value === undefined) return 'not there';
  if (value.text === null) return 'not known';
  return value.text === '' ? 'none' : printable(confText(value.text));
}
