/** A lint report for people at a terminal: the verdict, what each configuration comes to, and the findings, worst first. */
import {printable} from '../../report/printable.ts';
import type {Paint, Style} from '../../report/text.ts';
import type {LintFinding, LintSeverity} from '../finding.ts';
import {failing, type Linted, type Summary} from '../lint.ts';
import {isShown, MAX_SUMMARIES, placeText, summaryRows, telling, verdictText} from './wording.ts';

const STYLES: Record<LintSeverity, Style> = {error: 'bad', warning: 'warn', note: 'dim'};

export function renderLintText(linted: Linted, paint: Paint): string {
  const {findings, summaries} = linted;
  const verdict = verdictText(linted);
  const style: Style = failing(linted).length > 0 ? 'bad' : 'good';
  const lines = [paint(style, verdict.slice(0, 6)) + verdict.slice(6)];
  for (const summary of telling(summaries).slice(0, MAX_SUMMARIES)) lines.push('', ...summaryLines(summary));
  const shown = findings.filter(isShown);
  if (shown.length > 0) lines.push('');
  for (const finding of shown) lines.push(...findingLines(finding, paint));
  const silenced = findings.filter(finding => !isShown(finding));
  if (silenced.length > 0) lines.push('');
  for (const {rule, place, suppressed} of silenced)
    lines.push(paint('dim', `${placeText(place)}  ignored  ${rule}: ${printable(suppressed!)}`));
  return `${lines.join('\n')}\n`;
}

function summaryLines(summary: Summary): string[] {
  const {name, file} = summary;
  const rows = summaryRows(summary);
  const title = file.endsWith(name) ? printable(file) : `${printable(file)}, ${printable(name)}`;
  const width = Math.max(...rows.map(({what}) => what.length));
  const before = Math.max(...rows.map(({before}) => before?.length ?? 0));
  return [
    title,
    ...rows.map(row => {
      const was = row.before === null ? '' : `${row.before.padEnd(before)}  ->  `;
      return `  ${row.what.padEnd(width)}  ${was}${row.after}`;
    }),
  ];
}

function findingLines({rule, severity, place, message, fix}: LintFinding, paint: Paint): string[] {
  const hint = fix === '' ? [] : [`  HINT: ${printable(fix)}`];
  return [
    `${placeText(place)}  ${paint(STYLES[severity], severity)}  ${printable(message)} [${rule}]`,
    ...hint,
  ];
}
