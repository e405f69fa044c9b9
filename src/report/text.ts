/** The report as a person reads it on a terminal: the verdict in a sentence, the ledger, findings worst first, timings. */
import {assertNever, problemText} from '../errors.ts';
import type {Finding} from '../judge/finding.ts';
import type {LedgerLine} from '../judge/ledger.ts';
import type {DrillReport} from './drill-report.ts';
import {groupLines} from './groups.ts';
import {matrixRows} from './matrix.ts';
import {printable, printableLines} from './printable.ts';
import {changesInWords, productionSentence} from './production-words.ts';
import {trendRows} from './trend-rows.ts';
import {
  aofFacts,
  BY_SAVE,
  baselineInWords,
  count,
  ignoredInWords,
  number,
  QUICK,
  sentenceOf,
  show,
  sortOut,
  versionOf,
  writerOf,
} from './wording.ts';

export type Style = 'good' | 'bad' | 'warn' | 'dim' | 'strong';
/** Puts colour on text, or does not. */
export type Paint = (style: Style, text: string) => string;

export const plain: Paint = (_style, text) => text;

export function renderText(report: DrillReport, paint: Paint = plain): string {
  const sections = [
    headline(report, paint),
    facts(report, paint),
    section(
      'Ledger',
      report.ledger.flatMap(line => ledgerLine(line, paint)),
      paint,
    ),
    section('Servers', matrixLines(report, paint), paint),
    section('Groups', report.inspection ? groupLines(report.inspection.dataset).map(indented) : [], paint),
    section('Trends', trendLines(report), paint),
    section('Production', productionLines(report, paint), paint),
    section('Findings', findingLines(report.findings, paint), paint),
    timings(report, paint),
  ];
  return `${sections.filter(text => text !== '').join('\n\n')}\n`;
}

const indented = (line: string): string => `  ${printable(line)}`;

const WORD_STYLES = {passed: 'good', failed: 'bad', 'not run': 'warn'} as const;

export function headline(report: DrillReport, paint: Paint): string {
  const {word, text} = sentenceOf(report);
  const first = `${paint(WORD_STYLES[word], word.toUpperCase())}  ${printable(text)}`;
  if (report.outcome !== 'not-run') return first;
  const {code, hint, problems = [], stack} = report.error!;
  const listed = problems.length > 1 ? problems.map(problemText) : [];
  return [
    listed.length > 0 ? `${first}:` : first,
    ...listed.map(text => `  ${printable(text)}`),
    `         ${paint('dim', `HINT: ${printable(hint)}`)}`,
    `         ${paint('dim', `code: ${code}`)}`,
    // Indented, so that no line of it looks like one of the report.
    ...(stack === undefined ? [] : printableLines(stack).map(line => `         ${line}`)),
  ].join('\n');
}

function facts(
  {depth, proof, backup, inspection, aof, server, baseline, error, outcome}: DrillReport,
  paint: Paint,
): string {
  const rows: [string, string][] = [];
  if (backup) {
    const size = backup.sizeBytes === null ? '' : `, ${number(backup.sizeBytes)} bytes`;
    const stored = backup.modifiedAt === null ? '' : `, stored ${backup.modifiedAt}`;
    rows.push(['Backup', `${backup.location}${size}${stored}`]);
  }
  if (backup?.selection) rows.push(['Chosen', backup.selection.because]);
  if (backup?.packing) rows.push(['Packed in', backup.packing.join(' > ')]);
  if (backup?.sha256) rows.push(['SHA-256', backup.sha256.artifact]);
  if (inspection && inspection.magic !== null) {
    rows.push(['Written', `${inspection.createdAt ?? 'at an unknown time'} by ${writerOf(inspection)}`]);
  }
  if (aof) rows.push(['AOF', aofFacts(aof)]);
  if (server) {
    const where = server.kind === 'container' ? `container of ${server.image}` : `process ${server.binary}`;
    rows.push(['Server', `${where}${versionOf(server)}: ${server.because}`]);
  }
  if (depth === 'quick') rows.push(['Depth', QUICK]);
  if (proof === 'save') rows.push(['Proof', BY_SAVE]);
  if (baseline) rows.push(['Compared', `with ${baselineInWords(baseline)}`]);
  if (error && outcome === 'failed') rows.push(['Not held', `${error.message} (${error.code})`]);
  return rows.map(([label, text]) => `${paint('dim', label.padEnd(9))} ${printable(text)}`).join('\n');
}

function ledgerLine({name, left, right, status, because}: LedgerLine, paint: Paint): string[] {
  const side = ({source, value}: LedgerLine['left']) =>
    `      ${printable(source)}: ${printable(show(value))}`;
  switch (status) {
    case 'balanced':
      return [`  ${paint('good', '=')} ${printable(`${name}: ${show(left.value)}`)}`];
    case 'unbalanced':
      return [`  ${paint('bad', '≠')} ${paint('strong', printable(name))}`, side(left), side(right)];
    case 'skipped':
      return [`  ${paint('dim', printable(`- ${name}: skipped, ${because}`))}`];
    default:
      return assertNever(status);
  }
}

/** The last nights, this one last. */
const trendLines = (report: DrillReport): string[] =>
  trendRows(report).map(
    ({label, line, now, usual, change}) =>
      `  ${label.padEnd(18)} ${line}  ${now} (usual ${usual}, ${change})`,
  );

const MATRIX = {
  passed: ['good', 'loads '],
  failed: ['bad', 'FAILS '],
  'not-run': ['warn', 'UNKNOWN'],
} as const;

/** Where several servers were asked for. */
function matrixLines(report: DrillReport, paint: Paint): string[] {
  return matrixRows(report).map(({outcome, optional, server, what}) => {
    const [style, word] = MATRIX[outcome];
    const shown = paint(optional && outcome !== 'passed' ? 'dim' : style, word.padEnd(7));
    return `  ${shown} ${printable(server)}: ${printable(what)}`;
  });
}

/** What came of it, and what of the file was not used as it is. */
function productionLines(report: DrillReport, paint: Paint): string[] {
  const {production} = report;
  if (!production) return [];
  const changes = changesInWords(production).map(
    text => `  ${paint('dim', printable(`- not as written: ${text}`))}`,
  );
  return [`  ${printable(productionSentence(production, report.matrix))}`, ...changes];
}

/** Failures and skipped checks one by one; what passed as a number. */
export function findingLines(findings: Finding[], paint: Paint): string[] {
  const {failed, ignored, skipped, passed} = sortOut(findings);
  const lines = [...failed, ...ignored, ...skipped].flatMap(finding => {
    const origin = finding.origin === '' ? '' : `, ${finding.origin}`;
    const lines = [
      `  ${mark(finding, paint)} ${printable(finding.message)} ${paint('dim', printable(`[${finding.rule}${origin}]`))}`,
    ];
    if (finding.expected !== null && finding.status === 'fail') {
      lines.push(
        `          ${printable(`expected ${show(finding.expected)}, found ${show(finding.actual)}`)}`,
      );
    }
    if (finding.ignored) lines.push(`          ${printable(ignoredInWords(finding))}`);
    else if (finding.hint !== '') lines.push(`          ${paint('dim', `HINT: ${printable(finding.hint)}`)}`);
    return lines;
  });
  if (passed.length > 0) lines.push(`  ${paint('good', 'PASS')}    ${count(passed.length, 'check')}`);
  return lines;
}

function mark({status, severity}: Finding, paint: Paint): string {
  if (status === 'skipped') return paint('dim', 'SKIPPED');
  if (status === 'ignored') return paint('warn', 'IGNORED');
  return severity === 'error' ? paint('bad', 'FAIL   ') : paint('warn', 'WARNING');
}

function timings({timings}: DrillReport, paint: Paint): string {
  const parts = Object.entries(timings).map(([name, ms]) =>
    ms === null ? null : `${name.slice(0, -2)} ${number(ms)} ms`,
  );
  return `${paint('dim', 'Timings')}   ${parts.filter(part => part !== null).join(', ')}`;
}

export const section = (title: string, lines: string[], paint: Paint): string =>
  lines.length === 0 ? '' : `${paint('strong', title)}\n${lines.join('\n')}`;
