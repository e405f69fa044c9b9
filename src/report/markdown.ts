/**
 * The report as GitHub shows it beside a run: the job summary. In: a report. Out: Markdown of at most so many bytes; the
 * answer first, then what to do, then the proof, and folded up what is only for the curious.
 */
import {boundedPage} from './bounded-page.ts';
import type {DrillReport} from './drill-report.ts';
import {servers} from './markdown-matrix.ts';
import {
  advice,
  facts,
  failures,
  type Link,
  ledger,
  linkTo,
  numbers,
  passes,
  problems,
  production,
  stack,
} from './markdown-sections.ts';
import {ignores, skips} from './markdown-set-aside.ts';
import {groups, trends} from './markdown-tables.ts';
import {prose, proseAtStart} from './markdown-text.ts';
import {measure} from './measures.ts';
import {ageInWords, inWords, isFatal, sentenceOf, sortOut} from './wording.ts';

export type MarkdownOptions = {
  /** In UTF-8. */
  maxBytes: number;
  /** Where rules.md and troubleshooting.md can be read; without it nothing is a link. */
  docsUrl?: string | undefined;
};

const WORDS = {passed: '✅ Passed', failed: '❌ Failed', 'not run': '⚠️ Not run'} as const;
/** A heading, not a page. */
const HEADING_CHARS = 160;

export function renderMarkdown(report: DrillReport, {maxBytes, docsUrl}: MarkdownOptions): string {
  const {failed, ignored, skipped, passed} = sortOut(report.findings);
  const link = linkTo(docsUrl);
  const {word, text} = sentenceOf(report);
  const sections = [
    problems(report),
    advice(report.outcome === 'not-run' ? [report.error!] : failed, link),
    failures(failed, link),
    facts(report),
    servers(report),
    ledger(report),
    ignores(ignored, link),
    skips(skipped, link),
    passes(passed, link),
    production(report),
    trends(report),
    groups(report),
    numbers(report),
    stack(report),
  ];
  const short = `## ${WORDS[word]}`;
  const head = [`${short} · ${prose(text, HEADING_CHARS)}`, ...answer(report, text, link)];
  return boundedPage(
    {head: head.map(text => `${text}\n`).join('\n'), short: `${short}\n`, sections},
    maxBytes,
  );
}

/** What somebody who is woken by it wants to know next. */
function answer(report: DrillReport, sentence: string, link: Link): string[] {
  const {error, outcome} = report;
  const {restoreDurationMs, backupAgeSeconds} = measure(report);
  if (outcome === 'not-run') {
    const whole = sentence.length > HEADING_CHARS ? [proseAtStart(error!.message)] : [];
    const code = link('troubleshooting.md', error!.code);
    return [...whole, `There is no verdict (${code}): this is neither a pass nor a failure of the backup.`];
  }
  if (error) {
    const code = link('troubleshooting.md', error.code);
    return [
      `The drill was not held to its end (${code}), but what it found out is enough: ${prose(error.message)}`,
    ];
  }
  if (outcome === 'failed') {
    const restored = report.findings.filter(isFatal).every(({rule}) => /^(expect|policy|trend)\//.test(rule));
    const balanced = report.ledger.some(({status}) => status === 'balanced');
    if (!restored || !balanced) return [];
    return ['The backup loads and its ledger balances, but what came back is not what was expected.'];
  }
  if (restoreDurationMs === null || backupAgeSeconds === null) return [];
  const restored = `Restored in **${inWords(restoreDurationMs)}**`;
  return [`${restored}, from a backup that was **${ageInWords(backupAgeSeconds)}** old.`];
}
