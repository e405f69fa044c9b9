/**
 * A lint report as a step of GitHub shows it: text for the log, annotations at the changed lines, a page with what was
 * before and after, outputs. In: what lint found, or why it found nothing. Out: text that is safe to show there, bounded
 * as that of a drill is.
 */
import {type DrillError, EXIT} from '../../errors.ts';
import {type Annotation, annotationsOf, bounded} from '../../report/annotations.ts';
import {boundedPage, type Section} from '../../report/bounded-page.ts';
import {linkTo, row, table} from '../../report/markdown-sections.ts';
import {code, prose} from '../../report/markdown-text.ts';
import {printable} from '../../report/printable.ts';
import type {Paint} from '../../report/text.ts';
import type {LintFinding, LintSeverity} from '../finding.ts';
import {failing, type Linted} from '../lint.ts';
import type {Loss} from '../loss.ts';
import {renderLintText} from './text.ts';
import {isShown, placeText, plainPath, summaryRows, telling, verdictText} from './wording.ts';

const LEVELS = {error: 'error', warning: 'warning', note: 'notice'} as const;
const SEVERITIES = ['error', 'warning', 'note'] as const;
const ICONS: Record<LintSeverity, string> = {error: '❌', warning: '⚠️', note: 'ℹ️'};

type Options = {maxBytes: number; docsUrl?: string | undefined};
type Output = [name: string, value: unknown];

export function viewOfLint(linted: Linted, {paint, ...options}: Options & {paint: Paint}) {
  return {
    text: renderLintText(linted, paint),
    annotations: annotationsOfLint(linted.findings),
    summary: lintPage(linted, options),
    outputs: outputsOf(linted),
    exitCode: failing(linted).length > 0 ? EXIT.failed : EXIT.passed,
  };
}

/** Where nothing could be linted. */
export function viewOfNothing(error: DrillError) {
  const annotations = annotationsOf({outcome: 'not-run', error, findings: []}).map(ofLint);
  const message = prose(error.message);
  return {
    text: `NOT RUN  ${printable(error.message)}`,
    annotations,
    summary: `## ⚠️ Not linted · ${message}\n\n${prose(error.hint)}\n`,
    outputs: [] as Output[],
    exitCode: error.exitCode,
  };
}

const ofLint = (one: Annotation): Annotation => ({
  ...one,
  title: one.title.replace(/^Restore drill/, 'Lint'),
});

/** As with `--format github`, but no more of a level than GitHub shows. */
function annotationsOfLint(findings: readonly LintFinding[]): Annotation[] {
  const shown = findings.filter(isShown);
  return SEVERITIES.flatMap(level => {
    const chosen = shown.filter(({severity}) => severity === level);
    return bounded(chosen.map(annotation), 'the job summary has them').map(ofLint);
  });
}

const annotation = ({rule, severity, message, fix, place}: LintFinding): Annotation => ({
  level: LEVELS[severity],
  title: rule,
  message: [message, ...(fix === '' ? [] : [`HINT: ${fix}`])].map(printable).join('\n'),
  file: printable(plainPath(place.file)),
  line: place.line,
});

function outputsOf({findings, summaries}: Linted): Output[] {
  const shown = findings.filter(isShown);
  const counts = SEVERITIES.map(level => [level, shown.filter(({severity}) => severity === level).length]);
  const heads = summaries.map(({head}) => head.losses.hostCrash);
  const bases = summaries.flatMap(({base}) => (base ? [base.losses.hostCrash] : []));
  return [
    ['findings', Object.fromEntries(counts)],
    ['worst-case-loss', worst(heads)],
    ['worst-case-loss-before', worst(bases)],
  ];
}

/** In seconds. Empty where no configuration tells. */
function worst(losses: readonly (Loss | null)[]): number | 'everything' | '' {
  const known = losses.flatMap(loss => (loss === null ? [] : [loss.seconds]));
  if (known.length === 0) return '';
  const most = Math.max(...known);
  return Number.isFinite(most) ? most : 'everything';
}

/** Markdown of at most so many bytes. */
export function lintPage(linted: Linted, {maxBytes, docsUrl}: Options): string {
  const {findings} = linted;
  const link = linkTo(docsUrl);
  const [word = '', verdict = ''] = verdictText(linted).split(/ {2,}/);
  const short = `## ${failing(linted).length > 0 ? '❌' : '✅'} ${word}`;
  const listed = (chosen: LintFinding[], what: string, rank: number, open = ''): Section => ({
    ...{rank, open, close: '', rows: chosen.length, what},
    row: index => {
      const {rule, severity, place, message, fix, suppressed} = chosen[index]!;
      const icon = suppressed === undefined ? ICONS[severity] : '🔕';
      const more = suppressed === undefined ? fix : `ignored: ${suppressed}`;
      return `- ${icon} ${code(placeText(place))} ${prose(message)} (${link('lint.md', rule)})${more && ` · ${prose(more)}`}\n`;
    },
  });
  const sections = [
    beforeAndAfter(linted),
    listed(findings.filter(isShown), 'finding', 1),
    listed(
      findings.filter(finding => !isShown(finding)),
      'ignored finding',
      3,
      '**Ignored**\n\n',
    ),
  ];
  return boundedPage({head: `${short} · ${prose(verdict)}\n`, short: `${short}\n`, sections}, maxBytes);
}

function beforeAndAfter({summaries, compared}: Linted): Section {
  const rows = telling(summaries).flatMap(summary => {
    const {name, file} = summary;
    const title = file.endsWith(name) ? code(file) : `${code(file)}, ${code(name)}`;
    return summaryRows(summary).map(({what, before, after}) => {
      const changed = before !== null && before !== after;
      const cells = [title, prose(what), ...(compared ? [before === null ? '–' : prose(before)] : [])];
      return row(...cells, changed ? `**${prose(after)}**` : prose(after));
    });
  });
  return {
    rank: 2,
    open: table('Configuration', '', ...(compared ? ['Before', 'After'] : ['Now'])),
    close: '',
    rows: rows.length,
    row: index => rows[index]!,
    what: 'value',
  };
}
