/**
 * Groups of keys in a line each, and when keys expire: for the terminal, the job summary and `inspect`. In: a dataset.
 * Out: labels and texts, not yet made safe; a bounded number of them, the largest first.
 */
import type {Dataset, Group, TimeLeft} from '../inspect/inspection.ts';
import {count, number} from './wording.ts';

/** Rows of a report; all groups are in its JSON. */
const MAX_ROWS = 20;

export type GroupRow = Record<'label' | 'keys' | 'share' | 'types' | 'expire' | 'size', string>;

/** Empty where no groups were asked for. */
export function groupRows({groups = {}, ungrouped, keys: all}: Dataset): {rows: GroupRow[]; more: number} {
  const largest = Object.entries(groups).toSorted(([, a], [, b]) => b.keys - a.keys);
  const rest: [string, Group][] = ungrouped && largest.length > 0 ? [['in no group', ungrouped]] : [];
  const rows = [...largest.slice(0, MAX_ROWS), ...rest].map(([label, group]) => rowOf(label, group, all));
  return {rows, more: Math.max(0, largest.length - MAX_ROWS)};
}

/** As a terminal shows them, without a heading. */
export function groupLines(dataset: Dataset): string[] {
  const {rows, more} = groupRows(dataset);
  const width = Math.max(...rows.map(({label}) => label.length));
  const lines = rows.map(({label, types, expire, size, ...row}) => {
    const kinds = types === '' ? '' : `${types}; `;
    return `${label.padEnd(width)}  ${row.keys} keys (${row.share}); ${kinds}expire: ${expire}; ${size}`;
  });
  return more > 0 ? [...lines, `and ${count(more, 'smaller group')}`] : lines;
}

function rowOf(label: string, {keys, expires, bytes, types}: Group, all: number): GroupRow {
  const listed = Object.entries(types).map(([type, n]) => (n === keys ? type : `${type} ${number(n)}`));
  return {
    label,
    keys: number(keys),
    share: keys === 0 ? '0%' : share(keys, all),
    types: listed.join(', '),
    expire: expires === 0 ? 'none' : expires === keys ? 'all' : share(expires, keys),
    size: count(bytes, 'byte'),
  };
}

/** 100% and 0% are what they say. */
function share(part: number, whole: number): string {
  const percent = (100 * part) / whole;
  if (part > 0 && percent < 0.1) return '<0.1%';
  if (part < whole && percent > 99.9) return '>99.9%';
  return `${Number(percent.toFixed(1))}%`;
}

const WORDS: Record<TimeLeft, string> = {
  expired: 'already expired',
  '1h': 'within 1 hour',
  '1d': 'within 1 day',
  '7d': 'within 7 days',
  '30d': 'within 30 days',
  more: 'later',
};

/** By the time that keys had left when the dump was written; `null` where that is not known. */
export function timesLeft({expiryTimes}: Dataset): string | null {
  const entries = Object.entries(expiryTimes?.left ?? {}) as [TimeLeft, number][];
  if (entries.length === 0) return null;
  return `${entries.map(([time, keys]) => `${WORDS[time]} ${number(keys)}`).join(', ')} (when it was written)`;
}
