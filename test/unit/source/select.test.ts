import {describe, expect, test} from '@jest/globals';
import {LATEST, type Select, select} from '../../../src/source/select.ts';
import type {Entry} from '../../../src/source/store.ts';

const NOW = Date.parse('2026-01-20T12:00:00Z');

/** `day`: of January 2026, by the store's clock. */
const stored = (name: string, day: number | null = 1, sizeBytes = 100): Entry => ({
  name,
  location: `s3://bucket/${name}`,
  sizeBytes,
  modifiedAt: day === null ? null : new Date(Date.UTC(2026, 0, day)).toISOString(),
});

const choose = (entries: Entry[], how: Partial<Select> = {}, random = 0) =>
  select({place: 's3://bucket/', entries}, {...LATEST, ...how}, {now: NOW, random});

/** The name of what was chosen, or the rule that says that nothing was. */
function chosen(entries: Entry[], how: Partial<Select> = {}, random = 0): string {
  const selection = choose(entries, how, random);
  return selection.found ? selection.entry.name : selection.reason.rule;
}

function doubts(entries: Entry[], how: Partial<Select> = {}): string[] {
  const selection = choose(entries, how);
  return selection.found ? selection.doubts : ['nothing found'];
}

const problem = (entries: Entry[], how: Partial<Select> = {}): string => {
  try {
    return chosen(entries, how);
  } catch (error) {
    return (error as {code: string}).code;
  }
};

describe('latest', () => {
  const nightly = [stored('b.rdb', 2), stored('c.rdb', 3), stored('a.rdb', 1)];

  test('by modification time, and the one before it', () => {
    expect(choose(nightly)).toMatchObject({
      entry: {name: 'c.rdb'},
      because: 'the newest of 3 by modification time',
      candidates: 3,
      doubts: [],
    });
    expect(chosen(nightly, {pick: 'previous'})).toBe('b.rdb');
  });

  test('by the date in the name, whatever the store’s time', () => {
    const copied = [stored('dump-2026-01-09.rdb', 12), stored('dump-2026-01-10.rdb', 11)];
    expect(chosen(copied, {by: 'name'})).toBe('dump-2026-01-10.rdb');
  });

  test('by the version in the name', () => {
    expect(chosen([stored('dump.v9.rdb', 5), stored('dump.v10.rdb', 1)], {by: 'version'})).toBe(
      'dump.v10.rdb',
    );
  });

  test('of those that match the pattern', () => {
    const entries = [
      stored('sessions/2026/01.rdb.gz', 1),
      stored('users/02.rdb.gz', 2),
      stored('users/03.txt', 3),
    ];
    expect(chosen(entries, {pattern: '*.rdb.gz'})).toBe('users/02.rdb.gz');
    expect(chosen(entries, {pattern: 'sessions/**/*.gz'})).toBe('sessions/2026/01.rdb.gz');
    expect(chosen(entries, {pattern: '*.7z'})).toBe('backup/none-found');
  });

  test('leaves out what is no backup by its name', () => {
    const entries = [
      stored('dump.rdb', 1),
      stored('dump.rdb.sha256', 2),
      stored('temp-12.rdb', 3),
      stored('notes.txt', 4),
      stored('SHA256SUMS', 5),
      stored('dump-2.rdb.part', 6),
      stored('.dump-2.rdb.Xw3sTq', 7),
    ];
    expect(chosen(entries)).toBe('dump.rdb');
    expect(chosen(entries, {pattern: '*'})).toBe('notes.txt');
    expect(chosen(entries, {pattern: 'dump*'})).toBe('dump.rdb');
  });
});

describe('what speaks against the choice is said', () => {
  test('two that are equally new', () => {
    expect(doubts([stored('a.rdb', 1), stored('b.rdb', 1)])).toEqual([
      'a.rdb and b.rdb are equally new by modification time: the later name was taken',
    ]);
  });

  test('names that contradict the store’s times, from either side', () => {
    const copied = [stored('2026-01-09.rdb', 12), stored('2026-01-10.rdb', 11)];
    expect(doubts(copied)).toEqual([
      '2026-01-09.rdb is the newest by the store’s time, but 2026-01-10.rdb is newer by the date in its name',
    ]);
    expect(doubts(copied, {by: 'name'})).toEqual([
      '2026-01-10.rdb is the newest by its name, but 2026-01-09.rdb is newer by the store’s time',
    ]);
  });

  test('names without a clear date', () => {
    const entries = [stored('2026-01-09.rdb'), stored('01-02-2026.rdb')];
    expect(doubts(entries, {by: 'name'})).toEqual([
      '1 of 2 were passed over: without a clear date, such as 01-02-2026.rdb',
    ]);
    expect(problem([stored('01-02-2026.rdb')], {by: 'name'})).toBe('config/invalid');
  });

  test('one that the store dates into the future', () => {
    const entries = [stored('a.rdb', 18), stored('b.rdb', 25)];
    expect(doubts(entries, {pick: 'previous'})[0]).toMatch(/b\.rdb has a time in the future/);
  });

  test('nothing where all agree', () => {
    expect(doubts([stored('2026-01-09.rdb', 9), stored('2026-01-10.rdb', 10)])).toEqual([]);
  });
});

describe('random', () => {
  const month = Array.from({length: 19}, (_, index) => stored(`d${index + 1}.rdb`, index + 1));

  test('draws from all, evenly', () => {
    const drawn = month.map((_, index) => chosen(month, {pick: 'random'}, (index + 0.5) / 19));
    expect(new Set(drawn).size).toBe(19);
    expect(chosen(month, {pick: 'random'}, 0.999_999)).toBe('d19.rdb');
  });

  test('draws from a window', () => {
    const week = {pick: 'random', withinMs: 7 * 86_400_000};
    expect(chosen(month, week, 0)).toBe('d14.rdb');
    expect(choose(month, week)).toMatchObject({because: 'drawn at random from 6', candidates: 19});
    expect(chosen([stored('old.rdb', 1)], week)).toBe('backup/none-found');
  });
});

describe('by name', () => {
  test('with its path or without', () => {
    const entries = [stored('a/dump.rdb'), stored('b/other.rdb')];
    expect(chosen(entries, {pick: 'b/other.rdb'})).toBe('b/other.rdb');
    expect(chosen(entries, {pick: 'dump.rdb'})).toBe('a/dump.rdb');
    expect(chosen(entries, {pick: 'c.rdb'})).toBe('backup/missing');
  });

  test('that two have is not guessed at', () => {
    expect(problem([stored('a/dump.rdb'), stored('b/dump.rdb')], {pick: 'dump.rdb'})).toBe('config/invalid');
  });
});

describe('nothing to choose from', () => {
  test('is a finding', () => {
    expect(choose([])).toMatchObject({
      found: false,
      reason: {
        rule: 'backup/none-found',
        message: expect.stringContaining('no backup found where one is expected'),
      },
    });
    expect(chosen([stored('only.rdb')], {pick: 'previous'})).toBe('backup/none-found');
  });

  test('is an error where one backup was named and another way of choosing as well', () => {
    const listing = {place: 's3://bucket/a.rdb', entries: [stored('a.rdb')], named: 'a.rdb'};
    const moment = {now: NOW, random: 0};
    expect(select(listing, LATEST, moment)).toMatchObject({found: true, because: null});
    expect(select({...listing, entries: []}, LATEST, moment)).toMatchObject({
      reason: {rule: 'backup/missing'},
    });
    expect(() => select(listing, {...LATEST, pick: 'random'}, moment)).toThrow(/nothing to select/);
  });
});

test('the series of a backup is what is named alike, up to itself', () => {
  const entries = [stored('s-1.rdb', 1), stored('u-1.rdb', 2), stored('s-2.rdb', 3), stored('s-3.rdb', 4)];
  const selection = choose(entries, {pick: 'previous'});
  expect(selection).toMatchObject({found: true, series: [{name: 's-1.rdb'}, {name: 's-2.rdb'}]});
});

test('without times from the store the latest cannot be told, unless by name', () => {
  const entries = [stored('a-2026-01-01.rdb', null), stored('a-2026-01-02.rdb', null)];
  expect(problem(entries)).toBe('config/invalid');
  expect(chosen(entries, {by: 'name'})).toBe('a-2026-01-02.rdb');
});
