/**
 * What a listing alone tells of the backups before this one: nights that are missing, and a size that collapsed. Warnings
 * only, and only where the earlier ones are regular enough to expect anything of the next. Pure.
 */
import type {Sibling} from '../source/backup.ts';
import {type Finding, fail, pass} from './finding.ts';
import {inWords} from './freshness.ts';

/** Fewer backups are no schedule. */
const MIN_SERIES = 5;
/** Of the usual gap: within this a backup is on time. */
const REGULAR = 0.25;
/** So many of the gaps must be regular. */
const MOSTLY = 0.6;
/** A backup that is smaller than this part of the usual one has lost something. */
const COLLAPSED = 0.5;
/** Below this sizes say nothing: a header and a few keys. */
const MIN_SIZE_BYTES = 4096;
/** Gaps that are named; more are counted. */
const MAX_NAMED = 3;

/** `series`: oldest first, the drilled one last. */
export function judgeSchedule(series: Sibling[], now: string): Finding[] {
  if (series.length < MIN_SERIES) return [];
  return [...judgeGaps(series, now), ...judgeSize(series)];
}

function judgeGaps(series: Sibling[], now: string): Finding[] {
  const times = series.map(({modifiedAt}) => Date.parse(modifiedAt));
  const gaps = times.slice(1).map((time, index) => time - times[index]!);
  const usual = median(gaps);
  const regular = gaps.filter(gap => Math.abs(gap - usual) <= usual * REGULAR).length;
  if (usual <= 0 || regular < gaps.length * MOSTLY) return [];
  const every = `the last ${series.length} backups came every ${inWords(usual)}`;
  const holes = gaps.flatMap((gap, index) => {
    const missing = Math.round(gap / usual) - 1;
    return missing > 0 ? [{missing, after: series[index]!}] : [];
  });
  const sinceLast = Date.parse(now) - times.at(-1)!;
  const overdue = Math.floor(sinceLast / usual - REGULAR);
  if (holes.length === 0 && overdue <= 0) return [pass('backup/schedule', every, {origin: 'source'})];
  const named = holes.slice(-MAX_NAMED).map(({missing, after}) => `${missing} after ${after.name}`);
  const lost = holes.reduce((sum, {missing}) => sum + missing, 0);
  const said = [
    ...(lost > 0
      ? [`${lost} are missing (${holes.length > MAX_NAMED ? '…, ' : ''}${named.join(', ')})`]
      : []),
    ...(overdue > 0 ? [`${overdue} since the last one, ${inWords(sinceLast)} ago`] : []),
  ];
  return [
    fail('backup/schedule', `${every}, and ${said.join('; ')}`, {
      severity: 'warning',
      origin: 'source',
      hint: 'Look at the log of the backup job for those days. Limit the age with `max-age` to let a drill fail by it.',
    }),
  ];
}

function judgeSize(series: Sibling[]): Finding[] {
  const last = series.at(-1)!;
  const usual = median(series.slice(0, -1).map(({sizeBytes}) => sizeBytes));
  const parts = {expected: usual, actual: last.sizeBytes, origin: 'source'};
  if (usual < MIN_SIZE_BYTES) return [];
  if (last.sizeBytes >= usual * COLLAPSED)
    return [pass('backup/size', 'the backup is about as large as those before it', parts)];
  const percent = Math.round((100 * last.sizeBytes) / usual);
  return [
    fail('backup/size', `the backup has ${percent}% of the size that those before it have`, {
      ...parts,
      severity: 'warning',
      hint: 'Was data deleted, or did the producer start empty? Expectations (`expect.keys`) let a drill fail by it.',
    }),
  ];
}

function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)]!;
}
