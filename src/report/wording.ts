/**
 * What every rendering says in the same words: the outcome in a sentence, numbers, who wrote the backup, which checks
 * are worth a line. In: parts of a report. Out: text as it is, not yet made safe for where it will be shown.
 */
import {assertNever, problemText} from '../errors.ts';
import type {AofInspection} from '../inspect/aof/aof-inspection.ts';
import type {Finding} from '../judge/finding.ts';
import type {DrillReport} from './drill-report.ts';

export type Sentence = {word: 'passed' | 'failed' | 'not run'; text: string};

export function sentenceOf(report: DrillReport): Sentence {
  const name = report.backup?.name ?? 'the backup';
  switch (report.outcome) {
    case 'passed': {
      const {keys, databases} = report.census!;
      const where = `${count(keys, 'key')} in ${count(Object.keys(databases).length, 'database')}`;
      const quick = report.depth === 'quick' ? ' (quick drill: no value was compared)' : '';
      const ignored = sortOut(report.findings).ignored.length;
      const but = ignored === 0 ? '' : `; ${count(ignored, 'failed check')} ignored`;
      const more = (report.matrix ?? []).filter(({outcome}) => outcome === 'passed').length - 1;
      const also = more > 0 ? `, and so ${more > 1 ? 'do' : 'does'} ${count(more, 'more server')}` : '';
      const text = `${name} restores${quick}: ${report.server!.line} holds ${where}${also}${but}`;
      return {word: 'passed', text};
    }
    case 'failed': {
      const [first, ...more] = report.findings.filter(isFatal);
      const rest = more.length > 0 ? ` (and ${number(more.length)} more)` : '';
      return {word: 'failed', text: `${name}: ${first!.message}${rest}`};
    }
    case 'not-run': {
      const {message, problems = []} = report.error!;
      if (problems.length === 1) return {word: 'not run', text: problemText(problems[0]!)};
      return {word: 'not run', text: problems.length > 1 ? count(problems.length, 'problem') : message};
    }
    default:
      return assertNever(report.outcome);
  }
}

/** For the facts of a drill. */
export const QUICK = 'quick: keys, types and the CRC64 were compared, values were not';

export const BY_SAVE = 'what the server SAVEd, read by our own reader; DEBUG DIGEST was not asked';

/** Fails the drill by itself. */
export const isFatal = ({status, severity}: Finding): boolean => status === 'fail' && severity === 'error';

/** Failures, ignored ones too, and skipped checks are told one by one, worst first; what passed is a number. */
export function sortOut(findings: Finding[]): Record<'failed' | 'ignored' | 'skipped' | 'passed', Finding[]> {
  const having = (wanted: Finding['status']) => findings.filter(({status}) => status === wanted);
  // The ledger itself says what could not be drawn.
  const skipped = having('skipped').filter(({origin}) => origin !== 'ledger');
  return {failed: having('fail'), ignored: having('ignored'), skipped, passed: having('pass')};
}

/** `ignored until 2027-01-31: moved to the other cluster (restore-drill.yml:14)`. */
export function ignoredInWords({ignored}: Finding): string {
  const {reason = 'no reason', until, origin = ''} = ignored ?? {};
  return `ignored${until === undefined ? '' : ` until ${until}`}: ${reason}${origin === '' ? '' : ` (${origin})`}`;
}

/** `.restore-drill/sessions.json, recorded 2026-01-02T03:04:05.000Z`. */
export function baselineInWords({
  from,
  name,
  recordedAt,
  sameBytes,
}: NonNullable<DrillReport['baseline']>): string {
  const what = from === 'history' ? `${name}, the last good one` : `${name}, recorded ${recordedAt}`;
  return sameBytes ? `${what}, of these very bytes` : what;
}

/** `redis 7.0.15 (REDIS RDB version 10)`. */
export function writerOf({producer, magic, rdbVersion}: NonNullable<DrillReport['inspection']>): string {
  const by = producer.version === null ? producer.product : `${producer.product} ${producer.version}`;
  return `${by} (${magic} RDB version ${rdbVersion})`;
}

/** `multi-part, 2 parts, 1,204 commands after a base of 370 keys, until 2026-01-02T03:04:05.000Z (#TS)`. */
export function aofFacts({layout, parts, base, annotatedUntil}: AofInspection): string {
  const commands = parts.reduce((sum, part) => sum + part.commands, 0);
  const onBase = base ? ` after a base of ${count(base.dataset.keys, 'key')} by ${writerOf(base)}` : '';
  const until = annotatedUntil === null ? '' : `, until ${annotatedUntil} (its last #TS annotation)`;
  return `${layout}, ${count(parts.length, 'part')}, ${count(commands, 'command')}${onBase}${until}`;
}

/** ` (redis 7.0.15)`; nothing of a server that never said so. */
export function versionOf({line, version}: NonNullable<DrillReport['server']>): string {
  return version === null ? '' : ` (${line?.split(':')[0]} ${version})`;
}

export const number = (value: number): string => value.toLocaleString('en-US');
export const show = (value: string | number | null): string =>
  typeof value === 'number' ? number(value) : (value ?? 'unknown');
export const count = (n: number, what: string, many = `${what}s`): string =>
  `${number(n)} ${n === 1 ? what : many}`;

/** `850 ms`, `1.2 s`, `12 min`, `26 hours`, `3 days`: as exact as anybody cares. */
export function inWords(ms: number): string {
  if (ms < 1000) return `${number(ms)} ms`;
  const seconds = ms / 1000;
  if (seconds < 60) return `${Number(seconds.toFixed(1))} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 120) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} hours` : `${number(Math.floor(hours / 24))} days`;
}

export const ageInWords = (seconds: number): string =>
  seconds < 1 ? 'less than 1 s' : inWords(seconds * 1000);
