import {expect, test} from '@jest/globals';
import {gathered} from '../../../src/source/loose-files.ts';
import type {Entry, Listing} from '../../../src/source/store.ts';

const entry = (name: string, hour = 0, sizeBytes: number | null = 10): Entry => ({
  name,
  location: `s3://bucket/prefix/${name}`,
  sizeBytes,
  modifiedAt: `2026-01-01T0${hour}:00:00.000Z`,
});

const listing = (...entries: Entry[]): Listing => ({place: 's3://bucket/prefix/', entries});
const set = (directory: string, hour = 0): Entry[] => [
  entry(`${directory}appendonly.aof.1.base.rdb`),
  entry(`${directory}appendonly.aof.1.incr.aof`, hour),
  entry(`${directory}appendonly.aof.manifest`),
];
/** Of what may be chosen. */
const names = ({entries}: Listing): string[] =>
  entries.filter(({isDump}) => isDump !== false).map(({name}) => name);

test('a set is one entry, as large as all and as new as the newest of its files', () => {
  const {entries} = gathered(listing(entry('notes.txt'), ...set('appendonlydir/', 3)), 'auto');
  expect(entries).toHaveLength(2);
  expect(entries[1]).toMatchObject({
    name: 'appendonlydir',
    location: 's3://bucket/prefix/appendonlydir/',
    sizeBytes: 30,
    modifiedAt: '2026-01-01T03:00:00.000Z',
    parts: [{name: 'appendonlydir/appendonly.aof.1.base.rdb'}, {}, {}],
  });
});

test('each directory has its own', () => {
  const both = gathered(
    listing(...set('2026-01-01/appendonlydir/'), ...set('2026-01-02/appendonlydir/')),
    'auto',
  );
  expect(names(both)).toEqual(['2026-01-01/appendonlydir', '2026-01-02/appendonlydir']);
});

test('plain dumps where a server would look for one are beside it; packed ones, and those elsewhere, are not', () => {
  const other = [entry('dump.rdb', 1), entry('dump.rdb.gz', 2), entry('old/dump.rdb'), entry('older.rdb')];
  const auto = gathered(listing(...other, ...set('appendonlydir/')), 'auto');
  expect(names(auto)).toEqual(['dump.rdb.gz', 'old/dump.rdb', 'appendonlydir']);
  expect(auto.entries.at(-1)!.dumpOfSet?.name).toBe('dump.rdb');
  const aof = gathered(listing(...other, ...set('appendonlydir/')), 'aof');
  expect(names(aof)).toEqual(names(auto));
  expect(aof.entries.at(-1)!.dumpOfSet).toBeUndefined();
});

test('with load: rdb dumps are all there is', () => {
  const before = listing(entry('dump.rdb'), ...set('appendonlydir/'));
  expect(gathered(before, 'rdb')).toBe(before);
});

test('who names one file, or writes a pattern, means files', () => {
  const named = {...listing(...set('')), named: 'appendonly.aof.1.base.rdb'};
  expect(gathered(named, 'auto')).toBe(named);
  const pattern = listing(...set('').map(one => ({...one, isDump: true})));
  expect(gathered(pattern, 'auto')).toBe(pattern);
});

test('another version when any of its files is another, or there are more or fewer', () => {
  const version = (...entries: Entry[]) => gathered(listing(...entries), 'auto').entries[0]!.version;
  const [base, incr, manifest] = set('aof/') as [Entry, Entry, Entry];
  const all = [
    version(base, incr, manifest),
    version(base, {...incr, sizeBytes: 11}, manifest),
    version(base, {...incr, version: '"etag"'}, manifest),
    version(base, manifest),
    version(base, incr, manifest, entry('aof/appendonly.aof.2.incr.aof')),
  ];
  expect(new Set(all).size).toBe(all.length);
  expect(version(manifest, base, incr)).toBe(all[0]);
});

test('what an interrupted rewrite left behind is no part', () => {
  expect(
    gathered(listing(entry('appendonlydir/temp-appendonly.aof.1.base.rdb')), 'auto').entries,
  ).toHaveLength(1);
});
