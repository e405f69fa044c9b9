/**
 * From the history of a backup to the drills that the next one may be compared with: those that passed, of that backup,
 * whose dataset was counted to its end; newest first. Pure.
 */
import type {EarlierDrill} from '../judge/baseline.ts';
import type {Memory} from './memory.ts';
import type {HistoryRecord} from './record.ts';

/** `null` of a record that is no baseline. A quick drill is one: its counts are as good, and digests are compared of the very same bytes alone. */
export function baselineFrom({outcome, finishedAt, artifact, dataset}: HistoryRecord): EarlierDrill | null {
  if (outcome !== 'passed' || dataset === null) return null;
  return {finishedAt, plainSha256: artifact?.sha256 ?? null, dataset};
}

/** A clock that was a year ahead for one night would keep that night the last good one for a year. */
const SKEW_MS = 5 * 60_000;

export function earlierDrills(records: readonly HistoryRecord[], backup: string, now: Date): EarlierDrill[] {
  const latest = now.getTime() + SKEW_MS;
  return records
    .filter(record => record.backup === backup && Date.parse(record.finishedAt) <= latest)
    .flatMap(record => baselineFrom(record) ?? [])
    .toSorted((a, b) => Date.parse(b.finishedAt) - Date.parse(a.finishedAt));
}

/** For the job of a drill: nothing where no history is kept, or it cannot be read. */
export const remembered = (
  {earlier}: Pick<Memory, 'earlier'>,
  backup: string,
  now: Date,
): {earlier?: EarlierDrill[]} =>
  earlier === null ? {} : {earlier: earlierDrills(earlier.records, backup, now)};
