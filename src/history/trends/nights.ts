/**
 * Earlier drills as nights before this one: a drill a day before is night 1, a week before night 7, give or take half a
 * day. Pure. A night that failed for what its data were is measured, but never what others are measured by: a loss that
 * nobody has repaired must not become what is usual.
 */
import type {HistoryRecord} from '../record.ts';

export type Night = {
  /** Days before the drill that is judged; that one itself is 0. */
  ago: number;
  record: HistoryRecord;
  /** Others may be measured by it. */
  sound: boolean;
};

const DAY_MS = 24 * 60 * 60_000;

/** Failures that say nothing about the data in the backup. */
const OF_OTHER_THINGS =
  /^(policy\/(backup-age|restore-duration|memory|file-size)|backup\/(selection|clock-skew|schedule)|production\/[a-z-]+)$/;

/** The last drill of each night, latest night first; night 0 is `now`, whatever else was drilled that day. */
export function nightsBefore(now: HistoryRecord, earlier: HistoryRecord[], since: number | null): Night[] {
  const at = Date.parse(now.startedAt);
  const byNight = new Map<number, Night>([[0, {ago: 0, record: now, sound: false}]]);
  for (const record of earlier) {
    const then = Date.parse(record.startedAt);
    const ago = Math.round((at - then) / DAY_MS);
    if (ago < 1 || record.dataset === null || (since !== null && then < since)) continue;
    const known = byNight.get(ago);
    if (known && known.record.startedAt >= record.startedAt) continue;
    byNight.set(ago, {ago, record, sound: isSound(record)});
  }
  return [...byNight.values()].toSorted((a, b) => a.ago - b.ago);
}

/** From when on nights count; `null`: all of them. */
export const sinceMs = ({since}: {since?: string | undefined}): number | null =>
  since === undefined ? null : Date.parse(since);

const isSound = ({outcome, failed}: HistoryRecord): boolean =>
  outcome === 'passed' || (outcome === 'failed' && failed.every(rule => OF_OTHER_THINGS.test(rule)));
