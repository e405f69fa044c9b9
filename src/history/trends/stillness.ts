/**
 * The same backup, or the same data, drilled night after night: a backup job that stopped, or one that dumps a replica
 * which nothing reaches any more. How long is too long is told by how often there was a new one until now. Pure.
 */
import type {HistoryRecord} from '../record.ts';

export type Stillness = {
  /** When it was first seen, since when nothing else was. ISO 8601. */
  since: string;
  drills: number;
  forMs: number;
  /** Nine of ten times there was a new one within this time. */
  usualMs: number;
};

/** Fewer changes tell no rhythm. */
const MIN_CHANGES = 5;
/** Of the usual time; so a nightly backup is missed in the second night. */
const PATIENCE = 1.5;
const USUAL = 0.9;

/** `records`: newest first, with the drill that is judged. `null`: not too long, or no rhythm is known. */
export function stillness(
  records: HistoryRecord[],
  what: (record: HistoryRecord) => string | null | undefined,
): Stillness | null {
  const seen = records.flatMap(record => {
    const value = what(record);
    return value ? [{value, at: record.startedAt}] : [];
  });
  const [now] = seen;
  // A drill that has no such value has nothing to stand still.
  if (!now || !what(records[0]!)) return null;
  const firsts: {value: string; at: string}[] = [];
  for (const one of seen.toReversed()) if (firsts.at(-1)?.value !== one.value) firsts.push(one);
  const gaps = firsts.slice(1).map((one, index) => Date.parse(one.at) - Date.parse(firsts[index]!.at));
  if (gaps.length < MIN_CHANGES) return null;
  const usualMs = gaps.toSorted((a, b) => a - b)[Math.ceil(USUAL * gaps.length) - 1]!;
  const {at: since} = firsts.at(-1)!;
  const forMs = Date.parse(now.at) - Date.parse(since);
  if (forMs <= PATIENCE * usualMs) return null;
  return {since, drills: seen.filter(one => one.at >= since).length, forMs, usualMs};
}
