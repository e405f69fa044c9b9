/**
 * How much of a history is kept: the newest records of each backup one by one, then one a week, the last of it, then
 * none. Pure, and by names alone: two drills that thin at once never remove what the other one keeps for both.
 */
import {endOf, type RecordName} from './record-name.ts';

export type Keep = {
  /** Newest records of a backup, all of them. */
  records: number;
  /** After these, weeks of which one record is kept. */
  weeks: number;
};

export const DEFAULT_KEEP: Keep = {records: 120, weeks: 104};

const WEEK_MS = 7 * 24 * 60 * 60_000;

/** What is no longer kept. */
export function outgrown(names: RecordName[], {records, weeks}: Keep): RecordName[] {
  const ofBackups = Map.groupBy(names, ({directory}) => directory);
  return [...ofBackups.values()].flatMap(its => {
    const older = newestFirst(its).slice(records);
    const byWeek = Map.groupBy(older, name => Math.floor(endOf(name) / WEEK_MS));
    const kept = new Set([...byWeek.values()].map(([newest]) => newest!).slice(0, weeks));
    return older.filter(name => !kept.has(name));
  });
}

export const newestFirst = <Name extends RecordName>(names: Name[]): Name[] =>
  names.toSorted((a, b) => (a.file === b.file ? 0 : a.file < b.file ? 1 : -1));
