/** The report as a person reads it on a terminal: the verdict in a sentence, the ledger, findings worst first, timings. */
import {assertNever} from '../errors.ts';
import type {Finding} from '../judge/finding.ts';
import type {LedgerLine} from '../judge/ledger.ts';
import type {DrillReport} from './drill-report.ts';

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
    section('Findings', findingLines(report.findings, paint), paint),
    timings(report, paint),
  ];
  return `${sections.filter(text => text !== '').join('\n\n')}\n`;
}

export function headline(report: DrillReport, paint: Paint): string {
  const name = report.backup?.name ?? 'the backup';
  switch (report.outcome) {
    case 'passed': {
      const {keys, databases} = report.census!;
      const count = Object.keys(databases).length;
      const where = `${report.server!.line} holds ${number(keys)} keys in ${number(count)} ${count === 1 ? 'database' : 'databases'}`;
      return `${paint('good', 'PASSED')}  ${name} restores: ${where}`;
    }
    case 'failed': {
      const errors = report.findings.filter(
        ({status, severity}) => status === 'fail' && severity === 'error',
      );
      const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : '';
      return `${paint('bad', 'FAILED')}  ${name}: ${errors[0]!.message}${more}`;
    }
    case 'not-run':
      return [
        `${paint('warn', 'NOT RUN')}  ${report.error!.message}`,
        `         ${paint('dim', `HINT: ${report.error!.hint}`)}`,
        `         ${paint('dim', `code: ${report.error!.code}`)}`,
        ...(report.error!.stack === undefined ? [] : [report.error!.stack]),
      ].join('\n');
    default:
      return assertNever(report.outcome);
  }
}

function facts({backup, inspection, server, error, outcome}: DrillReport, paint: Paint): string {
  const rows: [string, string][] = [];
  if (backup)
    rows.push([
      'Backup',
      `${backup.location}, ${number(backup.sizeBytes)} bytes, stored ${backup.modifiedAt}`,
    ]);
  if (backup?.sha256) rows.push(['SHA-256', backup.sha256.artifact]);
  if (inspection && inspection.magic !== null) {
    const {producer, createdAt, magic, rdbVersion} = inspection;
    const by = producer.version === null ? producer.product : `${producer.product} ${producer.version}`;
    rows.push([
      'Written',
      `${createdAt ?? 'at an unknown time'} by ${by} (${magic} RDB version ${rdbVersion})`,
    ]);
  }
  if (server) {
    const where = server.kind === 'container' ? `container of ${server.image}` : `process ${server.binary}`;
    const who = server.version === null ? '' : ` (${server.line?.split(':')[0]} ${server.version})`;
    rows.push(['Server', `${where}${who}: ${server.because}`]);
  }
  if (error && outcome === 'failed') rows.push(['Not held', `${error.message} (${error.code})`]);
  return rows.map(([label, text]) => `${paint('dim', label.padEnd(9))} ${text}`).join('\n');
}

function ledgerLine({name, left, right, status, because}: LedgerLine, paint: Paint): string[] {
  switch (status) {
    case 'balanced':
      return [`  ${paint('good', '=')} ${name}: ${show(left.value)}`];
    case 'unbalanced':
      return [
        `  ${paint('bad', '≠')} ${paint('strong', name)}`,
        `      ${left.source}: ${show(left.value)}`,
        `      ${right.source}: ${show(right.value)}`,
      ];
    case 'skipped':
      return [`  ${paint('dim', `- ${name}: skipped, ${because}`)}`];
    default:
      return assertNever(status);
  }
}

/** Failures and skipped checks one by one; what passed as a number. */
function findingLines(findings: Finding[], paint: Paint): string[] {
  const passed = findings.filter(({status}) => status === 'pass').length;
  // The ledger above says already what could not be drawn.
  const shown = findings.filter(
    ({status, origin}) => status === 'fail' || (status === 'skipped' && origin !== 'ledger'),
  );
  const lines = shown.flatMap(finding => {
    const origin = finding.origin === '' ? '' : `, ${finding.origin}`;
    const lines = [
      `  ${mark(finding, paint)} ${finding.message} ${paint('dim', `[${finding.rule}${origin}]`)}`,
    ];
    if (finding.expected !== null && finding.status === 'fail') {
      lines.push(`          expected ${show(finding.expected)}, found ${show(finding.actual)}`);
    }
    if (finding.hint !== '') lines.push(`          ${paint('dim', `HINT: ${finding.hint}`)}`);
    return lines;
  });
  if (passed > 0)
    lines.push(`  ${paint('good', 'PASS')}    ${number(passed)} ${passed === 1 ? 'check' : 'checks'}`);
  return lines;
}

function mark({status, severity}: Finding, paint: Paint): string {
  if (status === 'skipped') return paint('dim', 'SKIPPED');
  return severity === 'error' ? paint('bad', 'FAIL   ') : paint('warn', 'WARNING');
}

function timings({timings}: DrillReport, paint: Paint): string {
  const parts = Object.entries(timings).map(([name, ms]) =>
    ms === null ? null : `${name.slice(0, -2)} ${number(ms)} ms`,
  );
  return `${paint('dim', 'Timings')}   ${parts.filter(part => part !== null).join(', ')}`;
}

const section = (title: string, lines: string[], paint: Paint): string =>
  lines.length === 0 ? '' : `${paint('strong', title)}\n${lines.join('\n')}`;

const number = (value: number): string => value.toLocaleString('en-US');
const show = (value: string | number | null): string =>
  typeof value === 'number' ? number(value) : (value ?? 'unknown');
