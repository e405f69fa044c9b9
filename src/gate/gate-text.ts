/** The gate's decision as a person reads it on a terminal: a sentence, each required backup, findings worst first. */
import {problemText} from '../errors.ts';
import {printable, printableLines} from '../report/printable.ts';
import {findingLines, type Paint, plain, section} from '../report/text.ts';
import {count, isFatal, number} from '../report/wording.ts';
import type {Gated, GateReport} from './gate-report.ts';

const STYLES = {open: 'good', closed: 'bad', 'not-run': 'warn'} as const;
export const WORDS = {open: 'open', closed: 'closed', 'not-run': 'not judged'} as const;

export function gateSentence({outcome, gated, findings, error}: GateReport): string {
  switch (outcome) {
    case 'open': {
      const backups = new Set(gated.map(({backup}) => backup)).size;
      return `${count(backups, 'required backup')} proved by ${count(gated.length, 'drill')}`;
    }
    case 'closed': {
      const [first, ...more] = findings.filter(isFatal);
      return `${first!.message}${more.length > 0 ? ` (and ${number(more.length)} more)` : ''}`;
    }
    case 'not-run': {
      const {message, problems = []} = error!;
      return problems.length > 1 ? count(problems.length, 'problem') : message;
    }
  }
}

export function renderGate(report: GateReport, paint: Paint = plain): string {
  const {outcome, error, source, requiredBy, gated, findings} = report;
  const word = paint(STYLES[outcome], WORDS[outcome].toUpperCase());
  const head = [`${word}  ${printable(gateSentence(report))}`, ...(error ? errorLines(error, paint) : [])];
  const read = source === null ? '' : `${paint('dim', 'Read')}      ${printable(source)}`;
  const by = requiredBy === null ? '' : `${paint('dim', 'Required')}  by ${printable(requiredBy)}`;
  const sections = [
    head.join('\n'),
    [read, by].filter(line => line !== '').join('\n'),
    section(
      'Backups',
      gated.map(one => gatedLine(one, paint)),
      paint,
    ),
    section('Findings', findingLines(findings, paint), paint),
  ];
  return `${sections.filter(text => text !== '').join('\n\n')}\n`;
}

function errorLines({code, hint, problems = [], stack}: NonNullable<GateReport['error']>, paint: Paint) {
  const listed = problems.length > 1 ? problems.map(problem => `  ${printable(problemText(problem))}`) : [];
  return [
    ...listed,
    `        ${paint('dim', `HINT: ${printable(hint)}`)}`,
    `        ${paint('dim', `code: ${code}`)}`,
    ...(stack === undefined ? [] : printableLines(stack).map(line => `        ${line}`)),
  ];
}

function gatedLine(gated: Gated, paint: Paint): string {
  const sign = gated.passes ? paint('good', '+') : paint('bad', 'x');
  const on = gated.server === null ? '' : ` on ${gated.server}`;
  return `  ${sign} ${printable(`${gated.backup}${on}: ${drillInWords(gated)}`)}`;
}

/** `passed at 2026-03-10T04:00:00.000Z, full, on redis:8.0 (8.0.3), of a backup of 2026-03-10T02:00:00.000Z, run 1001`. */
export function drillInWords({drill}: Gated): string {
  if (drill === null) return 'no drill';
  const {outcome, finishedAt, depth, server, backupAt, runId} = drill;
  const parts = [
    `${outcome} at ${finishedAt}`,
    ...(depth === null ? [] : [depth]),
    ...(server === null ? [] : [`on ${server}`]),
    ...(backupAt === null ? [] : [`of a backup of ${backupAt}`]),
    ...(runId === null ? [] : [`run ${runId}`]),
  ];
  return parts.join(', ');
}
