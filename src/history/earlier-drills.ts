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

export function earlierDrills(records: readonly HistoryRecord[], backup: string): EarlierDrill[] {
  return records
    .filter(record => record.backup === backup)
    .flatMap(record => baselineFrom(record) ?? [])
    .toSorted((a, b) => Date.parse(b.finishedAt) - Date.parse(a.finishedAt));
}

/** For the job of a drill: nothing where no history is kept, or it cannot be read. */
export const remembered = ({earlier}: Pick<Memory, 'earlier'>, backup: string): {earlier?: EarlierDrill[]} =>
  earlier === null ? {} : {earlier: earlierDrills(earlier.records, backup)};
