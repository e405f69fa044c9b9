/**
 * What was followed from drill to drill, in a row each: the last nights as a line of blocks, this one, and what is usual.
 * In: the trends of a report. Out: texts, not yet made safe. A block tells where a night lies between the least and most.
 */
import type {DrillReport} from './drill-report.ts';
import {inWords, number} from './wording.ts';

type Trend = NonNullable<DrillReport['trends']>[number];
export type TrendRow = Record<'label' | 'line' | 'now' | 'usual' | 'change', string>;

const LABELS: Record<Trend['what'], string> = {
  keys: 'Keys',
  size: 'Dump',
  memory: 'Memory',
  restore: 'Restore',
  throughput: 'Speed',
  age: 'Age of the backup',
};

const MIB = 1024 ** 2;
const bytes = (value: number): string =>
  value < MIB ? `${number(Math.round(value / 1024))} KiB` : `${number(Number((value / MIB).toFixed(1)))} MiB`;

const UNITS: Record<Trend['what'], (value: number) => string> = {
  keys: number,
  size: bytes,
  memory: bytes,
  restore: inWords,
  throughput: value => `${number(Number(value.toPrecision(3)))} MB/s`,
  age: inWords,
};

/** Empty where nothing earlier is known. */
export function trendRows({trends = []}: Pick<DrillReport, 'trends'>): TrendRow[] {
  return trends.flatMap(({what, values, usual}) => {
    const now = values.at(-1) ?? null;
    if (now === null || usual === null) return [];
    const unit = UNITS[what];
    return [
      {
        label: LABELS[what],
        line: sparkline(values),
        now: unit(now),
        usual: unit(usual),
        change: change(now, usual),
      },
    ];
  });
}

const BLOCKS = '▁▂▃▄▅▆▇█';

/** A night that is not known is a gap; before the first there is nothing. */
export function sparkline(values: readonly (number | null)[]): string {
  const known = values.filter(value => value !== null);
  const [least, most] = [Math.min(...known), Math.max(...known)];
  const block = (value: number) =>
    BLOCKS[most === least ? 3 : Math.round(((value - least) / (most - least)) * (BLOCKS.length - 1))]!;
  return values
    .map(value => (value === null ? ' ' : block(value)))
    .join('')
    .trimStart();
}

function change(now: number, usual: number): string {
  if (usual === 0) return now === 0 ? '±0%' : 'new';
  const percent = Number((100 * (now / usual - 1)).toFixed(1));
  return percent === 0 ? '±0%' : `${percent > 0 ? '+' : '−'}${number(Math.abs(percent))}%`;
}
