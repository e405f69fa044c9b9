/**
 * The report over several drills as GitHub shows it beside a run: the verdict, what is wrong with all of them, and a row
 * for each backup, worst first. In: a report. Out: Markdown of at most so many bytes.
 */
import {boundedPage, type Section} from '../report/bounded-page.ts';
import type {MarkdownOptions} from '../report/markdown.ts';
import {advice, failures, linkTo} from '../report/markdown-sections.ts';
import {skips} from '../report/markdown-set-aside.ts';
import {code, prose} from '../report/markdown-text.ts';
import {measure} from '../report/measures.ts';
import {ageInWords, inWords, isFatal, number, sentenceOf, sortOut} from '../report/wording.ts';
import {configured, type Drilled, type FleetReport} from './fleet-report.ts';
import {fleetSentence, notPassed} from './fleet-wording.ts';

const WORDS = {passed: '✅ Passed', failed: '❌ Failed', 'not run': '⚠️ Not run'} as const;
const ICONS = {passed: '✅', failed: '❌', 'not run': '⚠️'} as const;

export function renderFleetMarkdown(fleet: FleetReport, {maxBytes, docsUrl}: MarkdownOptions): string {
  const link = linkTo(docsUrl);
  const {word, text} = fleetSentence(fleet);
  const {failed, skipped} = sortOut(fleet.findings);
  const short = `## ${WORDS[word]}`;
  const verdict =
    fleet.outcome === 'not-run'
      ? `\nThere is no verdict (${link('troubleshooting.md', fleet.error!.code)}): this is neither a pass nor a failure of the backups.\n`
      : '';
  const sections = [
    advice([...wanting(fleet), ...failed], link),
    failures(failed, link),
    drills(fleet),
    skips(skipped, link),
  ];
  return boundedPage(
    {head: `${short} · ${prose(text)}\n${verdict}`, short: `${short}\n`, sections},
    maxBytes,
  );
}

/** What to do about each that did not pass. */
function wanting(fleet: FleetReport): {hint: string; rule?: string}[] {
  const {error} = fleet;
  const hints = notPassed(fleet).flatMap(({report}) => [
    ...report.findings.filter(isFatal),
    ...(report.error ? [{hint: report.error.hint}] : []),
  ]);
  return hints.length > 0 || !error ? hints : [error];
}

function drills(fleet: FleetReport): Section {
  const passed = fleet.drills.filter(({report}) => report.outcome === 'passed');
  const rows = [...notPassed(fleet), ...passed];
  const missing = fleet.backups.filter(name => !fleet.drills.some(drilled => configured(drilled) === name));
  return {
    // After the advice, before what is told of all.
    rank: 2.5,
    open: '| | Backup | What came of it | Keys | Restored in | Age |\n| :-- | :-- | :-- | --: | --: | --: |\n',
    close: '',
    rows: missing.length + rows.length,
    row: index =>
      index < missing.length
        ? `| ⚠️ | ${code(missing[index]!)} | no report | | | |\n`
        : row(rows[index - missing.length]!),
    what: 'backup',
  };
}

function row({name, report}: Drilled): string {
  const {word, text} = sentenceOf(report);
  const {keys, restoreDurationMs, backupAgeSeconds} = measure(report);
  const cells = [
    ICONS[word],
    code(name),
    prose(text, 300),
    keys === null ? '' : number(keys),
    restoreDurationMs === null ? '' : inWords(restoreDurationMs),
    backupAgeSeconds === null ? '' : ageInWords(backupAgeSeconds),
  ];
  return `| ${cells.join(' | ')} |\n`;
}
