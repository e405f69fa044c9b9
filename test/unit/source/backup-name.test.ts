import {describe, expect, test} from '@jest/globals';
import {compareVersions, dateInName, looksLikeBackup, seriesOf} from '../../../src/source/backup-name.ts';

const iso = (name: string) => {
  const date = dateInName(name);
  return typeof date === 'number' ? new Date(date).toISOString().replace('.000Z', '') : date;
};

describe('a date in a name', () => {
  test.each([
    ['dump-2026-01-14.rdb', '2026-01-14T00:00:00'],
    ['dump_20260114.rdb.gz', '2026-01-14T00:00:00'],
    ['sessions.20260114T031705Z.rdb', '2026-01-14T03:17:05'],
    ['2026-01-14_03-17.rdb', '2026-01-14T03:17:00'],
    ['2026-01-14T03:17:05.rdb', '2026-01-14T03:17:05'],
    ['20260114031705.rdb', '2026-01-14T03:17:05'],
    ['2026-01-14T03:17:05+01:00.rdb', '2026-01-14T02:17:05'],
    ['20260114T001705-0530.rdb', '2026-01-14T05:47:05'],
    ['2026-01-14T03-17-05Z-0002.rdb', '2026-01-14T03:17:05'],
    ['2026/01/14/dump.rdb', '2026-01-14T00:00:00'],
    ['dump-1768360625.rdb', '2026-01-14T03:17:05'],
    ['dump-1768360625000.rdb', '2026-01-14T03:17:05'],
    ['2026-01-14/dump-v2.rdb', '2026-01-14T00:00:00'],
  ])('%s', (name, expected) => {
    expect(iso(name)).toBe(expected);
  });

  test.each([
    'dump.rdb',
    'dump-7.rdb',
    'dump-2026-13-01.rdb',
    'dump-2026-00-10.rdb',
    '99999999.rdb',
    'a1b2c3d4.rdb',
  ])('is not in %s', name => {
    expect(iso(name)).toBeNull();
  });

  test.each([
    'dump-01-02-2026.rdb',
    '1.2.26.rdb',
    '2026-01-14-to-2026-01-15.rdb',
  ])('in %s can be read in two ways, and is not guessed at', name => {
    expect(iso(name)).toBe('ambiguous');
  });

  test('of the file counts before that of its directory', () => {
    expect(iso('2026-02/2026-01-31/dump-2026-01-30.rdb')).toBe('2026-01-30T00:00:00');
  });
});

test('versions are compared as numbers', () => {
  const names = ['v10.rdb', 'v9.rdb', 'v9.1.rdb'];
  expect(names.toSorted(compareVersions)).toEqual(['v9.1.rdb', 'v9.rdb', 'v10.rdb']);
});

test('a series is what is named alike but for numbers', () => {
  expect(seriesOf('2026/dump-01.rdb')).toBe(seriesOf('2025/dump-12.rdb'));
  expect(seriesOf('users-01.rdb')).not.toBe(seriesOf('dump-01.rdb'));
});

test('a name tells a backup by its last part', () => {
  expect(looksLikeBackup('a/b/dump.rdb.gz.age')).toBe(true);
  expect(looksLikeBackup('dump.rdb/readme.txt')).toBe(false);
  expect(looksLikeBackup('a/.dump.rdb')).toBe(false);
});
