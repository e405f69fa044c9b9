/**
 * What of a record is followed from night to night: series of numbers, each with what it counts, in which direction it is
 * bad news, and how much of a change is worth a word. Pure; records of before a field was kept have no such number.
 */
import type {HistoryRecord} from '../record.ts';

/** A key of `trend` in the config. */
export type Subject = 'keys' | 'size' | 'memory' | 'restore' | 'age' | 'ttl' | 'types' | 'stale';
/** A rule in docs/rules.md. */
export type TrendRule =
  | 'trend/keys-falling'
  | 'trend/keys-rising'
  | 'trend/size-falling'
  | 'trend/size-rising'
  | 'trend/memory-rising'
  | 'trend/restore-slower'
  | 'trend/age-rising'
  | 'trend/ttl-coverage'
  | 'trend/types';

export type Watch = {
  rule: TrendRule;
  subject: Subject;
  /** Which way is bad news. */
  way: 'down' | 'up';
  /** Parts of what was expected are compared (`ratio`), or parts of a whole (`share`). */
  scale: 'ratio' | 'share';
  /** What one night must be off by; `null` where one night says nothing, as of a busy machine. */
  jump: number | null;
  /** What the last nights must be off by, in the middle of them. */
  drift: number;
  nights: number;
  /** Growth that goes on as it did is expected; what does not grow is known by more weeks. */
  grows: boolean;
  weekdays: number;
  /** Only where the same kind of server did it. */
  ofServer?: true;
  /** By what it is called in messages (`''` of the whole): the number, and of how many things it is a count. */
  measure(record: HistoryRecord): Map<string, Measured>;
};

export type Measured = {value: number; of: number};

const one = (value: number | null | undefined, of = Number.POSITIVE_INFINITY): Map<string, Measured> =>
  new Map(value === null || value === undefined ? [] : [['', {value, of}]]);

type Part = {label: string; keys: number; expires: number; types: Record<string, number>; bytes: number};

/** Groups; `types` of databases are not kept. */
function groupsOf({dataset}: HistoryRecord): Part[] {
  const parts = Object.entries(dataset?.groups ?? {}).map(([label, group]) => ({label, ...group}));
  return dataset?.ungrouped ? [...parts, {label: 'keys in no group', ...dataset.ungrouped}] : parts;
}

function keys(record: HistoryRecord): Map<string, Measured> {
  const {dataset} = record;
  if (!dataset) return new Map();
  const counts: [string, number][] = [
    ['', dataset.keys],
    ...Object.entries(dataset.databases).map(([db, its]): [string, number] => [`db ${db}`, its.keys]),
    ...groupsOf(record).map(({label, keys}): [string, number] => [label, keys]),
    ...Object.entries(dataset.types).map(([type, n]): [string, number] => [`type ${type}`, n]),
    ['function libraries', dataset.functions],
  ];
  return new Map(counts.map(([label, value]) => [label, {value, of: value}]));
}

function size(record: HistoryRecord): Map<string, Measured> {
  const whole = one(record.artifact?.plainBytes);
  const groups = groupsOf(record).map(({label, bytes, keys}) => [label, {value: bytes, of: keys}] as const);
  return new Map([...whole, ...groups]);
}

function coverage(record: HistoryRecord): Map<string, Measured> {
  const {dataset} = record;
  if (!dataset) return new Map();
  const parts = [{label: '', keys: dataset.keys, expires: dataset.expires}, ...groupsOf(record)];
  return new Map(
    parts.flatMap(({label, keys, expires}) =>
      keys === 0 ? [] : [[label, {value: expires / keys, of: keys}] as const],
    ),
  );
}

function types(record: HistoryRecord): Map<string, Measured> {
  const {dataset} = record;
  if (!dataset) return new Map();
  const parts = [{label: '', keys: dataset.keys, types: dataset.types}, ...groupsOf(record)];
  return new Map(
    parts.flatMap(({label, keys, types}) =>
      Object.entries(types).map(([type, n]): [string, Measured] => {
        const name = label === '' ? type : `${type} in ${label}`;
        return [name, {value: keys === 0 ? 0 : n / keys, of: keys}];
      }),
    ),
  );
}

const MIB = 1024 ** 2;

/** Bytes of memory to a byte of the dump: that it grows with the data is no news. */
const memory = ({usedMemoryBytes, artifact}: HistoryRecord) =>
  one(usedMemoryBytes && artifact?.plainBytes ? usedMemoryBytes / artifact.plainBytes : null);

/** MB/s of the backup as it is stored, from asking for it to a server that has loaded it. */
export const throughput = ({timings, artifact}: HistoryRecord): number | null =>
  timings.restoreMs && artifact?.sizeBytes ? artifact.sizeBytes / MIB / (timings.restoreMs / 1000) : null;

/** Of the backup when it was drilled, in ms; a backup that is minutes old is young, however many times older than seconds. */
const MIN_AGE_MS = 30 * 60_000;
export function ageMs({artifact, startedAt}: HistoryRecord): number | null {
  const from = artifact?.takenAt ?? artifact?.modifiedAt ?? null;
  return from === null ? null : Math.max(MIN_AGE_MS, Date.parse(startedAt) - Date.parse(from));
}

/** Grows with the business; three weeks back is not long ago. */
const GROWING = {grows: true, weekdays: 3, scale: 'ratio'} as const;
/** Ought to stay as it is. */
const LEVEL = {grows: false, weekdays: 5} as const;
const falling = {...GROWING, way: 'down', nights: 4} as const;
const rising = {...GROWING, way: 'up', nights: 3} as const;
const sharing = {...LEVEL, scale: 'share', nights: 3, jump: 0.05, drift: 0.03} as const;
const onServer = {...LEVEL, scale: 'ratio', nights: 3, ofServer: true} as const;
const speed = (record: HistoryRecord) => one(throughput(record));
const age = (record: HistoryRecord) => one(ageMs(record));

export const WATCHES: readonly Watch[] = [
  {rule: 'trend/keys-falling', subject: 'keys', ...falling, jump: 0.06, drift: 0.03, measure: keys},
  {rule: 'trend/keys-rising', subject: 'keys', ...rising, jump: 0.25, drift: 0.1, measure: keys},
  {rule: 'trend/size-falling', subject: 'size', ...falling, jump: 0.1, drift: 0.05, measure: size},
  {rule: 'trend/size-rising', subject: 'size', ...rising, jump: 0.25, drift: 0.1, measure: size},
  {
    rule: 'trend/memory-rising',
    subject: 'memory',
    way: 'up',
    ...onServer,
    jump: 0.15,
    drift: 0.05,
    measure: memory,
  },
  {
    rule: 'trend/restore-slower',
    subject: 'restore',
    way: 'down',
    ...onServer,
    jump: null,
    drift: 0.2,
    measure: speed,
  },
  {
    rule: 'trend/age-rising',
    subject: 'age',
    way: 'up',
    ...LEVEL,
    scale: 'ratio',
    nights: 3,
    jump: null,
    drift: 0.25,
    measure: age,
  },
  {rule: 'trend/ttl-coverage', subject: 'ttl', way: 'down', ...sharing, measure: coverage},
  {rule: 'trend/ttl-coverage', subject: 'ttl', way: 'up', ...sharing, measure: coverage},
  {rule: 'trend/types', subject: 'types', way: 'down', ...sharing, measure: types},
];
