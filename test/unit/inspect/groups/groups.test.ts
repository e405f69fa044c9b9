/** Groups of dumps made by hand: every form that a name can have, and what is counted and digested of a group. */
import {createHash} from 'node:crypto';
import {describe, expect, test} from '@jest/globals';
import {PatternSet} from '../../../../src/inspect/groups/pattern-set.ts';
import {inspectSource} from '../../../../src/inspect/inspect-source.ts';
import {type Inspection, inspectionSchema} from '../../../../src/inspect/inspection.ts';
import {plainDigest} from '../../../plain-digest.ts';
import {
  aux,
  type Bytes,
  bytes,
  i32le,
  i64le,
  inMemory,
  int8,
  int32,
  key,
  len,
  moduleId,
  rdb,
  selectDb,
  str,
  strings,
} from '../../../rdb-builder.ts';
import {lzfOf} from '../dumps.ts';

async function inspected(
  parts: Bytes[],
  patterns: string[],
  {windowBytes = 4096, depth = 'full'}: {windowBytes?: number; depth?: 'quick' | 'full'} = {},
): Promise<Inspection> {
  const sorter = new PatternSet(patterns);
  const groupingOf = () => ({names: patterns, combinations: sorter.combinations});
  const source = inMemory(rdb('REDIS0011', parts));
  const inspection = await inspectSource(source, {depth, sorting: {sorter, groupingOf}}, windowBytes);
  expect(inspection.error).toBeUndefined();
  return inspectionSchema.parse(inspection);
}

const EXPIRE_MS = 0xfc;
const EXPIRE_SECONDS = 0xfd;
const expiring = (ms: number, entry: Uint8Array) => bytes([EXPIRE_MS], i64le(ms), entry);
const string = (name: string, value = 'v') => key(0, name, str(value));
const counts = ({dataset}: Inspection) =>
  Object.fromEntries(Object.entries(dataset.groups!).map(([name, {keys}]) => [name, keys]));

describe.each([64, 4096])('in a window of %i bytes', windowBytes => {
  test('names are matched as text, as an integer, compressed, and longer than the window', async () => {
    const long = `user:${'x'.repeat(10_000)}:end`;
    const parts = [
      string('user:1'),
      bytes([0], int8(-7), str('v')),
      bytes([0], int32(123_456), str('v')),
      bytes([0], lzfOf(Buffer.from(`user:${'y'.repeat(50)}`)), str('v')),
      bytes([0], lzfOf(Buffer.from(`user:${'z'.repeat(5000)}:end`)), str('v')),
      string(long),
    ];
    for (const depth of ['quick', 'full'] as const) {
      const inspection = await inspected(parts, ['user:*', '*:end', '-7', '123*'], {windowBytes, depth});
      expect(counts(inspection)).toEqual({'user:*': 4, '*:end': 2, '-7': 1, '123*': 1});
      expect(inspection.dataset.ungrouped!.keys).toBe(0);
    }
  });
});

test('a key counts in every group that it matches, in whichever database', async () => {
  const parts = [
    string('user:1'),
    key(2, 'user:1:tags', strings('a')),
    string('other'),
    selectDb(5),
    string('user:2'),
    expiring(1, string('tags')),
  ];
  const {dataset} = await inspected(parts, ['user:*', '*tags', 'nothing:*']);
  expect(dataset.groups).toMatchObject({
    'user:*': {keys: 3, expires: 0, types: {string: 2, set: 1}},
    '*tags': {keys: 2, expires: 1, types: {string: 1, set: 1}},
    'nothing:*': {keys: 0, expires: 0, types: {}, bytes: 0},
  });
  expect(dataset.ungrouped).toMatchObject({keys: 1, types: {string: 1}});
  expect(dataset).toMatchObject({keys: 5, expires: 1, types: {string: 4, set: 1}});
});

test('the digest of a group is that of a server which holds nothing else; those of the rest, likewise', async () => {
  const parts = [string('user:1', 'a'), string('other', 'b'), selectDb(5), string('user:2', 'c')];
  const {dataset} = await inspected(parts, ['user:*', 'none*']);
  expect(dataset.groups!['user:*']!.digest!.hex).toBe(
    plainDigest([
      {name: 'user:1', value: {string: 'a'}},
      {name: 'user:2', value: {string: 'c'}, database: 5},
    ]),
  );
  expect(dataset.ungrouped!.digest!.hex).toBe(plainDigest([{name: 'other', value: {string: 'b'}}]));
  expect(dataset.groups!['none*']!.digest!.hex).toBe('0'.repeat(40));
  expect(dataset.digest!.hex).toBe((await inspected(parts, [])).dataset.digest!.hex);
});

test('more cells than have room at a time come out the same', async () => {
  const names = Array.from({length: 2000}, (_, n) => ({name: `k${n}`, database: n % 700}));
  const parts = names.flatMap(({name, database}) => [selectDb(database), string(name)]);
  const patterns = ['k1*', '*7', 'k?5*'];
  const {dataset} = await inspected(parts, patterns);
  const digestOf = (pattern: RegExp) =>
    plainDigest(names.filter(({name}) => pattern.test(name)).map(name => ({...name, value: {string: 'v'}})));
  expect(patterns.map(pattern => dataset.groups![pattern]!.digest!.hex)).toEqual(
    [/^k1/, /7$/, /^k.5/].map(digestOf),
  );
  expect(dataset.digest!.hex).toBe(digestOf(/k/));
});

test('bytes are those of whole entries, announcements included', async () => {
  const entries = [
    bytes([EXPIRE_MS], i64le(1), [0xf9, 5], string('a:1')),
    key(2, 'a:2', strings('x', 'y')),
    bytes([EXPIRE_SECONDS], i32le(1), [0xf8], len(300), string('a:3')),
  ];
  const {dataset} = await inspected([aux('k', 'v'), ...entries, string('b')], ['a:*']);
  expect(dataset.groups!['a:*']!.bytes).toBe(entries.reduce((sum, {length}) => sum + length, 0));
});

describe('expiry times', () => {
  const CTIME = 1_700_000_000;
  const HOUR = 3_600_000;
  const at = (leftMs: number) => CTIME * 1000 + leftMs;
  const sha1 = (...parts: Uint8Array[]) => createHash('sha1').update(Buffer.concat(parts)).digest();
  const xor = (a: Uint8Array, b: Uint8Array) => Buffer.from(a.map((byte, i) => byte ^ b[i]!));

  /** The definition, in few lines. */
  function digestOf(keys: [name: string, ms: number, database?: number][]): string {
    let digest: Uint8Array = Buffer.alloc(20);
    for (const database of [...new Set(keys.map(([, , number = 0]) => number))].sort((a, b) => a - b)) {
      digest = sha1(xor(digest, sha1(Buffer.from([0, 0, 0, database]))));
      for (const [name, ms, number = 0] of keys) {
        if (number === database) digest = xor(digest, sha1(xor(sha1(Buffer.from(name)), sha1(i64le(ms)))));
      }
    }
    return Buffer.from(digest).toString('hex');
  }

  test('are digested with the names, by database, by group and as a whole', async () => {
    const parts = [
      expiring(at(HOUR), string('a:1')),
      string('a:2'),
      bytes([EXPIRE_SECONDS], i32le(CTIME), string('b')),
      selectDb(3),
      expiring(2 ** 52 + 1, key(2, 'a:3', strings('x'))),
      bytes([EXPIRE_MS], i64le(-1), string('a:4')),
    ];
    const {dataset} = await inspected(parts, ['a:*', 'a:2']);
    const all: [string, number, number?][] = [
      ['a:1', at(HOUR)],
      ['b', CTIME * 1000],
      ['a:3', 2 ** 52 + 1, 3],
    ];
    const hex = (keys: typeof all) => ({digest: {algorithm: 'sha1-xor-expiry-times', hex: digestOf(keys)}});
    expect(dataset.expires).toBe(3);
    expect(dataset.expiryTimes).toEqual(hex(all));
    expect(dataset.databases['0']!.expiryTimes).toEqual(hex(all.slice(0, 2)));
    expect(dataset.groups!['a:*']!.expiryTimes).toEqual(hex([all[0]!, all[2]!]));
    expect(dataset.ungrouped!.expiryTimes).toEqual(hex([all[1]!]));
    expect(dataset.groups!['a:2']!.expiryTimes).toBeUndefined();
  });

  test('are sorted by what was left when the dump was begun, whatever the clock says now', async () => {
    const left = [-1, 0, 1, HOUR, HOUR + 1, 24 * HOUR, 7 * 24 * HOUR, 30 * 24 * HOUR, 30 * 24 * HOUR + 1];
    const parts = [aux('ctime', String(CTIME)), ...left.map((ms, n) => expiring(at(ms), string(`k${n}`)))];
    const expected = {expired: 2, '1h': 2, '1d': 2, '7d': 1, '30d': 1, more: 1};
    expect((await inspected(parts, [])).dataset.expiryTimes!.left).toEqual(expected);
    expect((await inspected(parts, [], {depth: 'quick'})).dataset.expiryTimes).toEqual({left: expected});
    expect((await inspected(parts.slice(1), [])).dataset.expiryTimes!.left).toBeUndefined();
  });

  test('of a module’s keys are there, though its values have no digest', async () => {
    const module = bytes([7], str('m:1'), moduleId('test-type'), [0]);
    const {dataset, digestBecause} = await inspected(
      [expiring(at(1), module), string('s:1')],
      ['m:*', 's:*'],
    );
    expect(digestBecause).toMatch(/test-type/);
    expect(dataset.digest).toBeUndefined();
    expect(dataset.expiryTimes!.digest!.hex).toBe(digestOf([['m:1', at(1)]]));
    // What does not hold such a value can be digested all the same.
    expect(dataset.groups!['m:*']!.digest).toBeUndefined();
    expect(dataset.groups!['s:*']!.digest!.hex).toBe(plainDigest([{name: 's:1', value: {string: 'v'}}]));
  });
});
