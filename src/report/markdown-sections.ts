/**
 * The parts of a job summary, each with the room that it deserves. In: parts of a report. Out: sections of Markdown, in
 * which every text of the report is made safe; what is only for the curious is folded up.
 */
import type {Finding} from '../judge/finding.ts';
import type {LedgerLine} from '../judge/ledger.ts';
import type {Section} from './bounded-page.ts';
import {type DrillReport, takenAt} from './drill-report.ts';
import {code, hintText, preformatted, prose, proseAtStart} from './markdown-text.ts';
import {measure} from './measures.ts';
import {changesInWords, productionSentence} from './production-words.ts';
import {
  ageInWords,
  aofFacts,
  BY_SAVE,
  baselineInWords,
  count,
  number,
  QUICK,
  versionOf,
  writerOf,
} from './wording.ts';

/** A rule or an error code, with the page that explains it. */
export type Link = (page: 'rules.md' | 'troubleshooting.md' | 'lint.md', id: string) => string;

export function linkTo(docsUrl: string | undefined): Link {
  return (page, id) => {
    if (docsUrl === undefined || !/^[a-z]+(\/[a-z-]+)?$/.test(id)) return code(id);
    // GitHub's anchor of a heading is its text without punctuation.
    const url = encodeURI(`${docsUrl}/${page}#${id.replace('/', '')}`).replace(/[()|]/g, encodeURIComponent);
    return `[${id}](${url})`;
  };
}

/** In which order sections get their room: what decides, before what is many. */
export const RANK = {
  problems: 1,
  advice: 2,
  facts: 3,
  ledger: 4,
  servers: 4.5,
  failures: 5,
  skips: 6,
  passes: 7,
  production: 8,
  trends: 9,
  groups: 10,
  numbers: 11,
  stack: 12,
} as const;

export const row = (...cells: string[]): string => `| ${cells.join(' | ')} |\n`;
export const table = (...columns: string[]): string => row(...columns) + row(...columns.map(() => ':--'));
export const folded = (title: string) => ({
  open: `<details><summary>${title}</summary>\n\n`,
  close: '\n</details>\n',
});

/** Of a config. */
export function problems({error}: DrillReport): Section {
  const list = error?.problems ?? [];
  // A single one is the heading already.
  const rows = list.length > 1 ? list.length : 0;
  const text = ({origin, message}: (typeof list)[number]): string =>
    origin === '' ? proseAtStart(message) : `${code(origin)}: ${prose(message)}`;
  return {
    rank: RANK.problems,
    open: '',
    close: '',
    rows,
    row: index => `- ${text(list[index]!)}\n`,
    what: 'problem',
  };
}

/** Hints, and rules of one hint. There are not many more rules than that; a page of advice would help nobody. */
const MAX_ADVICE = 20;

/** Each hint once, though several findings may give it. */
export function advice(wanting: {hint: string; rule?: string}[], link: Link): Section {
  const rulesByHint = new Map<string, Set<string>>();
  for (const {hint, rule = ''} of wanting) {
    if (hint === '') continue;
    const rules = rulesByHint.get(hint) ?? new Set();
    if (rules.size === MAX_ADVICE || (rules.size === 0 && rulesByHint.size === MAX_ADVICE)) continue;
    rulesByHint.set(hint, rules.add(rule));
  }
  const hints = [...rulesByHint];
  const only = hints.length === 1;
  return {
    rank: RANK.advice,
    open: only ? '' : '**What to do**\n\n',
    close: '',
    rows: hints.length,
    row: index => {
      const [hint, rules] = hints[index]!;
      if (only) return `**What to do:** ${hintText(hint)}\n`;
      return `- ${hintText(hint)} (${[...rules].map(rule => link('rules.md', rule)).join(', ')})\n`;
    },
    what: 'hint',
  };
}

const ICON = {error: '❌', warning: '⚠️', note: 'ℹ️'} as const;

export function failures(failed: Finding[], link: Link): Section {
  const numbered = failed.some(({expected}) => expected !== null);
  const columns = ['', 'What is wrong', ...(numbered ? ['Expected', 'Found'] : [])];
  return {
    rank: RANK.failures,
    open: table(...columns),
    close: '',
    rows: failed.length,
    row: index => {
      const {severity, message, expected, actual, rule, origin} = failed[index]!;
      const values = expected === null ? ['', ''] : [value(expected), value(actual)];
      return row(ICON[severity], prose(message) + source({rule, origin}, link), ...(numbered ? values : []));
    },
    what: 'failed check',
  };
}

export function facts(report: DrillReport): Section {
  const {backup, inspection, aof, server, depth, proof, baseline} = report;
  const {backupAgeSeconds} = measure(report);
  const lines: [string, string][] = [];
  if (backup) {
    const size = backup.sizeBytes === null ? '' : `, ${count(backup.sizeBytes, 'byte')}`;
    lines.push(['Backup', `${code(backup.location)}${size}`]);
  }
  if (backup?.selection) lines.push(['Chosen', prose(backup.selection.because)]);
  const age = backupAgeSeconds === null ? '' : `, ${ageInWords(backupAgeSeconds)} before the drill`;
  const createdAt = takenAt(report);
  if (inspection && inspection.magic !== null) {
    const when = createdAt === null ? 'at an unknown time' : `${time(createdAt)}${age}`;
    lines.push(['Written', `${when}, by ${prose(writerOf(inspection))}`]);
  }
  if (backup?.modifiedAt && createdAt === null) lines.push(['Stored', `${time(backup.modifiedAt)}${age}`]);
  if (aof) lines.push(['AOF', prose(aofFacts(aof)) + (createdAt === null ? '' : age)]);
  if (server) {
    const {kind, image = '', binary = '', because} = server;
    const where = kind === 'container' ? `container of ${code(image)}` : `process ${code(binary)}`;
    lines.push(['Server', `${where}${prose(versionOf(server))}: ${prose(because)}`]);
  }
  if (depth === 'quick') lines.push(['Depth', QUICK]);
  if (proof === 'save') lines.push(['Proof', BY_SAVE]);
  if (baseline) lines.push(['Compared', `with ${prose(baselineInWords(baseline))}`]);
  // The first is the heading of the table, and bold by that.
  const [first, ...rest] = lines.map(([label, text], index) =>
    row(index === 0 ? label : `**${label}**`, text),
  );
  return {
    rank: RANK.facts,
    open: first === undefined ? '' : first + row(':--', ':--'),
    close: '',
    rows: rest.length,
    row: index => rest[index]!,
    what: 'fact',
  };
}

const SIGN = {balanced: '=', unbalanced: '❌&nbsp;≠', skipped: '–'} as const;

export function ledger({ledger: lines, outcome}: DrillReport): Section {
  const side = ({source, value: counted}: LedgerLine['left']) =>
    `${value(counted)}<br><sub>${prose(source)}</sub>`;
  const having = (wanted: LedgerLine['status']) => lines.filter(({status}) => status === wanted).length;
  const undrawn = having('skipped') === 0 ? '' : `, ${number(having('skipped'))} could not be drawn`;
  // In a drill that failed for other reasons it is not what anybody looks for.
  const {open, close} =
    outcome === 'failed' && having('unbalanced') === 0
      ? folded(`The ledger balances: ${count(having('balanced'), 'line')}${undrawn}`)
      : {open: '### The ledger: counted twice, by different code\n\n', close: ''};
  return {
    rank: RANK.ledger,
    open: open + table('', 'Must agree', 'One count', 'The other'),
    close,
    rows: lines.length,
    row: index => {
      const {name, left, right, status, because} = lines[index]!;
      const skipped = because === undefined ? '' : `<br><sub>skipped: ${prose(because)}</sub>`;
      return row(SIGN[status], prose(name) + skipped, side(left), side(right));
    },
    what: 'ledger line',
  };
}

export function passes(passed: Finding[], link: Link): Section {
  return {
    rank: RANK.passes,
    ...folded(`${count(passed.length, 'check')} passed`),
    rows: passed.length,
    row: index => `- ${proseAtStart(passed[index]!.message)} (${link('rules.md', passed[index]!.rule)})\n`,
    what: 'passed check',
  };
}

/** What came of the restore with production's own file, and what of the file was not used as it is. */
export function production({production: held, matrix}: DrillReport): Section {
  const changes = held ? changesInWords(held) : [];
  const {open, close} = folded(`As production would: ${held ? prose(productionSentence(held, matrix)) : ''}`);
  return {
    rank: RANK.production,
    open: `${open}${changes.length > 0 ? 'Not as written:' : 'Every directive as written.'}\n\n`,
    close,
    rows: held ? Math.max(changes.length, 1) : 0,
    row: index => (changes[index] === undefined ? '' : `- ${prose(changes[index])}\n`),
    what: 'change',
  };
}

/** Hashes and timings. */
export function numbers({backup, census, load, timings}: DrillReport): Section {
  const {artifact, plain} = backup?.sha256 ?? {};
  const digest = census?.digest;
  const ms = (value: number | null) => (value === null ? null : `${number(value)} ms`);
  const lines: [string, string | null | undefined][] = [
    ['SHA-256', artifact && code(artifact)],
    // Of a packed backup only.
    ['SHA-256, unpacked', plain === artifact ? null : plain && code(plain)],
    ['DEBUG DIGEST', digest && `${code(digest.hex)} (dialect ${prose(digest.dialect)})`],
    ['Fetch', ms(timings.fetchMs)],
    ['Unpack and hash', ms(timings.unpackMs)],
    ['Inspect', ms(timings.inspectMs)],
    ['Start and load', ms(timings.loadMs)],
    ['Load, by the server’s own word', ms(load?.loadMs ?? null)],
    ['Verify', ms(timings.verifyMs)],
    ['Total', ms(timings.totalMs)],
  ];
  const known = lines.flatMap(([label, text]) => (text ? [row(label, text)] : []));
  const {open, close} = folded('Hashes and timings');
  return {
    rank: RANK.numbers,
    open: open + table('What', 'Value'),
    close,
    // How long it took to find out that nothing could be started is of no use to anybody.
    rows: backup === null ? 0 : known.length,
    row: index => known[index]!,
    what: 'number',
  };
}

/** Of our own bugs only. */
export function stack({error}: DrillReport): Section {
  const lines = error?.stack?.split(/\r?\n/) ?? [];
  const {open, close} = folded('Stack trace, for the report of the bug');
  return {
    rank: RANK.stack,
    open: `${open}<pre>\n`,
    close: `</pre>\n${close}`,
    rows: lines.length,
    row: index => `${preformatted(lines[index]!)}\n`,
    what: 'stack line',
  };
}

/** Below the words of a finding: its rule, and who asks for it. */
export function source({rule, origin}: Pick<Finding, 'rule' | 'origin'>, link: Link): string {
  return `<br><sub>${link('rules.md', rule)}${origin === '' ? '' : ` · ${prose(origin)}`}</sub>`;
}

/** A digest is told from another by its beginning; all of it is further down, and in the report. */
function value(counted: string | number | null): string {
  if (counted === null) return '–';
  if (typeof counted === 'number') return number(counted);
  return /^[0-9a-f]{40}$/.test(counted) ? code(`${counted.slice(0, 12)}…`) : prose(counted);
}

/** `2025-01-02 03:04:05 UTC`. */
const time = (iso: string): string =>
  prose(iso.replace(/^(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(\.\d+)?Z$/, '$1 $2 UTC'));
