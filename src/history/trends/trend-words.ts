/** What findings of trends say: what moved, from what to what, over how many nights, and what to look at. Pure. */
import type {Moved} from './judge-trends.ts';
import type {Stillness} from './stillness.ts';
import type {TrendRule} from './subjects.ts';

type Words = {message: string; hint: string; expected: string | number; actual: string | number};

const SINCE =
  'If this was meant, write `trend: {since: DATE}`: nights before it are then not compared with any more.';

const TOLD: Record<TrendRule, {what: string; unit: (value: number) => string; hint: string}> = {
  'trend/keys-falling': {
    what: 'keys',
    unit: whole,
    hint: 'Look at what deletes or evicts them, and whether the backup is of the right server.',
  },
  'trend/keys-rising': {
    what: 'keys',
    unit: whole,
    hint: 'Does something write keys that never expire? Memory, backup and restore grow with them.',
  },
  'trend/size-falling': {
    what: 'bytes of the dump',
    unit: whole,
    hint: 'Keys may be there without their values: compare a few with the producer’s.',
  },
  'trend/size-rising': {
    what: 'bytes of the dump',
    unit: whole,
    hint: 'Values grow or keys pile up; restore time and memory will follow.',
  },
  'trend/memory-rising': {
    what: 'bytes of memory for each byte of the dump',
    unit: exact,
    hint: 'The same data take more memory to restore: other encodings, or settings of the server? `server.memory` must have room for it.',
  },
  'trend/restore-slower': {
    what: 'MB/s of the restore',
    unit: exact,
    hint: 'Restores take longer than the size explains: a slower store, network, disk or runner? The report’s timings say which part.',
  },
  'trend/age-rising': {
    what: 'age of the backup',
    unit: hours,
    hint: 'Backups come later, or take longer, than they did: what was written since would be lost today.',
  },
  'trend/ttl-coverage': {
    what: 'keys that expire',
    unit: percent,
    hint: 'Something writes keys with another expiry than it did: keys that never expire fill the memory, keys that all expire are soon gone.',
  },
  'trend/types': {
    what: 'keys of type',
    unit: percent,
    hint: 'Something writes values of another type under the same names than it did; who reads them gets WRONGTYPE.',
  },
};

export function movedMessage({watch, label, now, expected, nights}: Moved): Words {
  const {what, unit, hint} = TOLD[watch.rule];
  const change = watch.scale === 'share' ? points(now - expected) : percent(Math.abs(now / expected - 1));
  const more = now > expected ? 'more' : 'less';
  const over = nights === 1 ? 'in one night' : `over the last ${nights} nights`;
  const subject =
    watch.subject === 'types' ? `${what} ${label}` : label === '' ? what : `${what} of ${label}`;
  return {
    message: `${subject}: ${change} ${more} than is usual, ${over}: ${unit(now)}, where ${unit(expected)} were to be expected`,
    expected: unit(expected),
    actual: unit(now),
    hint: `${hint} ${SINCE}`,
  };
}

export function vanishedMessage(label: string, present: number[]): Words {
  const name = label === '' ? 'all keys' : label;
  return {
    message: `${name}: gone, after ${present.length} nights in which there were always some`,
    expected: present[0]!,
    actual: 0,
    hint: `Whatever wrote or kept them does not any more, or the backup leaves them out. ${SINCE}`,
  };
}

export function stillMessage(what: 'backup' | 'data', {since, drills, forMs, usualMs}: Stillness): Words {
  const [subject, hint] =
    what === 'backup'
      ? ['the very same backup', 'Does the backup job still run, and does it write to this place?']
      : [
          'a new backup of the very same data',
          'Is it taken of a replica that nothing reaches any more? If nothing was written, all is well.',
        ];
  return {
    message: `${subject} was drilled ${drills} times, since ${since.slice(0, 10)}; there was a new one every ${hours(usualMs)}`,
    expected: `a new one within ${hours(usualMs)}`,
    actual: `none for ${hours(forMs)}`,
    hint,
  };
}

function whole(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

function exact(value: number): string {
  return Number(value.toPrecision(3)).toLocaleString('en-US');
}

function percent(part: number): string {
  return `${Number((100 * part).toFixed(1))} %`;
}

function points(difference: number): string {
  return `${Number(Math.abs(100 * difference).toFixed(1))} percentage points`;
}

function hours(ms: number): string {
  const rounded = Math.round(ms / 3_600_000);
  if (rounded < 2) return `${Math.round(ms / 60_000)} min`;
  return rounded < 72 ? `${rounded} h` : `${Number((rounded / 24).toFixed(1))} days`;
}
