/**
 * The gate's decision as an Action shows it: text for the log, annotations, the job summary. In: a report. Out: text that is safe to
 * show there, bounded as those of a drill are.
 */
import {type Annotation, annotationsOf} from '../report/annotations.ts';
import {boundedPage, type Section} from '../report/bounded-page.ts';
import {advice, failures, linkTo, passes} from '../report/markdown-sections.ts';
import {skips} from '../report/markdown-set-aside.ts';
import {code, prose} from '../report/markdown-text.ts';
import type {Paint} from '../report/text.ts';
import {sortOut} from '../report/wording.ts';
import {exitCodeOf, type Gated, type GateReport} from './gate-report.ts';
import {drillInWords, gateSentence, renderGate} from './gate-text.ts';

const WORDS = {open: '✅ Open', closed: '⛔ Closed', 'not-run': '⚠️ Not judged'} as const;
/** A heading, not a page. */
const HEADING_CHARS = 160;

function annotationsOfGate({outcome, error, findings}: GateReport): Annotation[] {
  const verdict = {open: 'passed', closed: 'failed', 'not-run': 'not-run'} as const;
  const annotations = annotationsOf({outcome: verdict[outcome], error, findings});
  return annotations.map(one => ({...one, title: one.title.replace(/^Restore drill/, 'Release gate')}));
}

type Options = {maxBytes: number; docsUrl?: string | undefined};

export const viewOfGate = (report: GateReport, {paint, ...options}: Options & {paint: Paint}) => ({
  text: renderGate(report, paint),
  annotations: annotationsOfGate(report),
  summary: renderGateMarkdown(report, options),
  exitCode: exitCodeOf(report),
});

function renderGateMarkdown(report: GateReport, {maxBytes, docsUrl}: Options): string {
  const {outcome, error, findings, source, requiredBy} = report;
  const {failed, skipped, passed} = sortOut(findings);
  const link = linkTo(docsUrl);
  const short = `## ${WORDS[outcome]}`;
  const head = [
    `${short} · ${prose(gateSentence(report), HEADING_CHARS)}`,
    ...(error
      ? [`The gate was not judged (${link('troubleshooting.md', error.code)}), and so stays closed.`]
      : []),
    ...(source === null ? [] : [`Read from ${code(source)}; required by ${code(requiredBy ?? '')}.`]),
  ];
  const sections = [
    advice(error ? [error] : failed, link),
    backups(report.gated),
    failures(failed, link),
    skips(skipped, link),
    passes(passed, link),
  ];
  const page = {head: head.map(text => `${text}\n`).join('\n'), short: `${short}\n`, sections};
  return boundedPage(page, maxBytes);
}

const backups = (gated: Gated[]): Section => ({
  // After the advice, before what is many.
  rank: 3,
  open: '|  | Backup | Server | Newest drill |\n| :-- | :-- | :-- | :-- |\n',
  close: '',
  rows: gated.length,
  row: index => {
    const one = gated[index]!;
    const server = one.server === null ? '–' : code(one.server);
    return `| ${one.passes ? '✅' : '⛔'} | ${code(one.backup)} | ${server} | ${prose(drillInWords(one))} |\n`;
  },
  what: 'backup',
});
