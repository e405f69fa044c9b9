import {describe, expect, test} from '@jest/globals';
import {inWords, judgeFreshness, type Times} from '../../../src/judge/freshness.ts';
import {judgeSchedule} from '../../../src/judge/schedule.ts';

const NOW = '2026-01-20T12:00:00.000Z';
const ago = (hours: number): string => new Date(Date.parse(NOW) - hours * 3_600_000).toISOString();
const DAY = {ms: 26 * 3_600_000, origin: 'restore-drill.yml:5'};

const judged = (times: Partial<Times>, maxAge: typeof DAY | undefined = DAY) =>
  judgeFreshness({now: NOW, writtenAt: null, storedAt: null, ...times}, maxAge);
const rules = (...parts: Parameters<typeof judged>) =>
  judged(...parts).map(({rule, status}) => `${rule} ${status}`);

describe('the age of a backup', () => {
  test('is held against max-age by the time in the file and by the store’s', () => {
    expect(judged({writtenAt: ago(25), storedAt: ago(2)})).toMatchObject([
      {rule: 'policy/backup-age', status: 'pass', actual: '25 h', origin: 'restore-drill.yml:5'},
      {rule: 'policy/backup-age', status: 'pass', actual: '2 h'},
    ]);
  });

  test('fails where an old dump was copied a moment ago', () => {
    expect(judged({writtenAt: ago(30), storedAt: ago(0)})[0]).toMatchObject({
      status: 'fail',
      message: 'the backup is too old: it was written 30 h ago, by the time in the file; 26 h is allowed',
    });
  });

  test('fails by the store’s time alone where the file has none', () => {
    expect(rules({storedAt: ago(27)})).toEqual(['policy/backup-age fail']);
  });

  test('is allowed to the last millisecond', () => {
    expect(rules({storedAt: ago(26)})).toEqual(['policy/backup-age pass']);
  });

  test('that nothing tells proves nothing: the drill cannot pass', () => {
    expect(judged({})).toMatchObject([{rule: 'policy/backup-age', status: 'skipped', severity: 'error'}]);
  });

  test('is nobody’s business where none is configured', () => {
    expect(judgeFreshness({now: NOW, writtenAt: ago(9000), storedAt: ago(9000)}, undefined)).toEqual([]);
  });
});

describe('a time in the future', () => {
  test('fails, with max-age and without', () => {
    const times = {now: NOW, writtenAt: ago(-1), storedAt: ago(1)};
    expect(judgeFreshness(times, undefined)).toMatchObject([{rule: 'backup/clock-skew', status: 'fail'}]);
    expect(rules({storedAt: ago(-0.1)})).toContain('backup/clock-skew fail');
  });

  test('by a few minutes is how clocks are', () => {
    expect(rules({writtenAt: ago(-4 / 60)})).toEqual(['policy/backup-age pass']);
  });
});

describe('the schedule of those before it', () => {
  /** One a night, the last at noon today, without the nights (counted back from today) in `missing`. */
  const nights = (count: number, missing: number[] = [], sizeBytes = 100_000) =>
    Array.from({length: count}, (_, index) => count - 1 - index)
      .filter(back => !missing.includes(back))
      .map(back => ({name: `dump-${back}.rdb`, modifiedAt: ago(24 * back), sizeBytes}));
  const said = (...parts: Parameters<typeof judgeSchedule>) =>
    judgeSchedule(...parts).map(({rule, status}) => `${rule} ${status}`);

  test('is kept', () => {
    expect(said(nights(10), NOW)).toEqual(['backup/schedule pass', 'backup/size pass']);
  });

  test('has a gap', () => {
    const [gap] = judgeSchedule(nights(10, [4, 5]), NOW);
    expect(gap).toMatchObject({rule: 'backup/schedule', status: 'fail', severity: 'warning'});
    expect(gap!.message).toContain('2 are missing (2 after dump-6.rdb)');
  });

  test('has stopped', () => {
    const [overdue] = judgeSchedule(nights(10, [0, 1, 2]), NOW);
    expect(overdue!.message).toContain('2 since the last one');
  });

  test('has a backup that is late by an hour', () => {
    expect(said(nights(10, [0]), new Date(Date.parse(NOW) + 3_600_000).toISOString())[0]).toBe(
      'backup/schedule pass',
    );
  });

  test('has none where backups come when they come', () => {
    const whenever = [900, 700, 650, 300, 299, 20, 1].map(hours => ({
      name: `d${hours}.rdb`,
      modifiedAt: ago(hours),
      sizeBytes: 100_000,
    }));
    expect(said(whenever, NOW)).toEqual(['backup/size pass']);
  });

  test('is not judged by four', () => {
    expect(said(nights(4), NOW)).toEqual([]);
  });

  test('shows a size that collapsed', () => {
    const series = [...nights(10).slice(0, -1), {name: 'dump-0.rdb', modifiedAt: NOW, sizeBytes: 9000}];
    expect(judgeSchedule(series, NOW).at(-1)).toMatchObject({
      rule: 'backup/size',
      status: 'fail',
      severity: 'warning',
      message: 'the backup has 9% of the size that those before it have',
    });
  });

  test('says nothing of the sizes of tiny ones', () => {
    expect(said(nights(10, [], 200), NOW)).toEqual(['backup/schedule pass']);
  });
});

test.each([
  [41_000, '41 s'],
  [12 * 60_000, '12 min'],
  [26 * 3_600_000, '26 h'],
  [76 * 3_600_000, '3 d 4 h'],
  [150 * 60_000, '2 h 30 min'],
  [7 * 86_400_000, '7 d'],
])('%d ms is %s', (ms, words) => {
  expect(inWords(ms)).toBe(words);
});
