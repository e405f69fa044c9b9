/**
 * The same data has the same digest in whatever encoding it lies in the dump, and that is the one that
 * test/plain-digest.ts computes from debug.c's words. Real servers are asked in test/contract/digest.test.ts.
 */
import {describe, expect, test} from '@jest/globals';
import {inspectSource} from '../../../src/inspect/inspect-source.ts';
import {intset, listpack, ziplist, zipmap} from '../../packed-builder.ts';
import {type PlainKey, type PlainValue, plainDigest} from '../../plain-digest.ts';
import {
  type Bytes,
  bytes,
  f64le,
  i64le,
  inMemory,
  int8,
  int16,
  int32,
  key,
  len,
  len64,
  listOf,
  moduleId,
  OP,
  rdb,
  selectDb,
  str,
  strings,
} from '../../rdb-builder.ts';
import {inspectBytes, lzfOf} from './dumps.ts';

const inspectParts = (header: string, ...parts: Bytes[]) => inspectBytes(rdb(header, parts));
const repeated = (text: string, times: number) => Array.from({length: times}, () => text);

/** Elements at the edges of every encoding, as numbers where they are stored as such. */
const EDGES = [
  ...[0, 1, 12, 13, 63, 64, 127, 128, -1, -128, -129, 255, 4095, -4096, 4096, -4097, 32_767, -32_768],
  ...[32_768, -32_769, 8_388_607, -8_388_608, 8_388_608, -8_388_609, 2_147_483_647, -2_147_483_648],
  ...[2_147_483_648, -2_147_483_649, 2n ** 53n + 1n, -(2n ** 53n) - 1n, 2n ** 63n - 1n, -(2n ** 63n)],
];
const TEXTS = [
  '',
  'a',
  'x'.repeat(63),
  'y'.repeat(64),
  'z'.repeat(4095),
  'w'.repeat(4096),
  'v'.repeat(20_000),
];
const MIXED = [...EDGES, ...TEXTS];
const mixedText = MIXED.map(String);
const pairs = <T>(items: T[]): [T, T][] => items.slice(0, -1).map((item, i) => [item, items[i + 1]!]);

type Case = [name: string, type: number, value: Bytes, plain: PlainValue];

const CASES: Case[] = [
  ['a string', 0, str('hello'), {string: 'hello'}],
  ['an empty string', 0, str(''), {string: ''}],
  ['a string of 8 bits', 0, int8(-7), {string: '-7'}],
  ['a string of 16 bits', 0, int16(-300), {string: '-300'}],
  ['a string of 32 bits', 0, int32(-(2 ** 31)), {string: '-2147483648'}],
  ['a compressed string', 0, lzfOf(Buffer.from('ab'.repeat(50))), {string: 'ab'.repeat(50)}],
  ['a string longer than any window', 0, str('s'.repeat(600_000)), {string: 's'.repeat(600_000)}],
  ['such a one, compressed', 0, lzfOf(Buffer.alloc(600_000, 'xyz')), {string: Buffer.alloc(600_000, 'xyz')}],
  ['a list of strings', 1, strings(...mixedText), {list: mixedText}],
  ['a ziplist', 10, str(ziplist(MIXED)), {list: mixedText}],
  ['a compressed ziplist', 10, lzfOf(ziplist(MIXED)), {list: mixedText}],
  [
    'a quicklist',
    14,
    listOf(str(ziplist([])), str(ziplist(MIXED)), lzfOf(ziplist([7]))),
    {list: [...mixedText, '7']},
  ],
  [
    'a quicklist of listpacks and single elements',
    18,
    listOf(bytes([2], str(listpack(MIXED))), bytes([1], str('w'.repeat(9000)))),
    {list: [...mixedText, 'w'.repeat(9000)]},
  ],
  ['a set of strings', 2, strings('b', 'a'), {set: ['a', 'b']}],
  ['an intset of 16 bits', 11, str(intset([-32_768, 0, 32_767])), {set: ['0', '32767', '-32768']}],
  ['an intset of 32 bits', 11, str(intset([-40_000, 1])), {set: ['1', '-40000']}],
  ['an intset of 64 bits', 11, lzfOf(intset([-(2n ** 63n), 5])), {set: ['5', '-9223372036854775808']}],
  ['a listpack of members', 20, str(listpack(MIXED)), {set: mixedText}],
  [
    'a listpack with wide lengths',
    20,
    str(listpack(['b'.repeat(16_378), 'c'], {wide: true})),
    {set: ['b'.repeat(16_378), 'c']},
  ],
  [
    'a listpack with narrow ones',
    20,
    str(listpack(['b'.repeat(16_378), 'c'])),
    {set: ['b'.repeat(16_378), 'c']},
  ],
  ['a large listpack', 20, lzfOf(listpack(repeated('m'.repeat(100), 4001))), {set: ['m'.repeat(100)]}],
  ['a hash of strings', 4, listOf(bytes(str('f'), int8(1))), {hash: [['f', '1']]}],
  [
    'a zipmap',
    9,
    str(
      zipmap(
        [
          ['f', 'v'],
          ['g', 'w'.repeat(300)],
        ],
        3,
      ),
    ),
    {
      hash: [
        ['g', 'w'.repeat(300)],
        ['f', 'v'],
      ],
    },
  ],
  ['a ziplist of fields', 13, str(ziplist(pairs(MIXED).flat())), {hash: pairs(mixedText)}],
  ['a listpack of fields', 16, str(listpack(pairs(MIXED).flat())), {hash: pairs(mixedText)}],
  [
    'scores as text',
    3,
    listOf(bytes(str('a'), [3], '1.5'), bytes(str('b'), [255])),
    {
      zset: [
        ['a', '1.5'],
        ['b', '-inf'],
      ],
    },
  ],
  [
    'scores as doubles',
    5,
    listOf(bytes(str('a'), f64le(1.5)), bytes(str('b'), f64le(7))),
    {
      zset: [
        ['a', '1.5'],
        ['b', '7'],
      ],
    },
  ],
  [
    'a ziplist of scores',
    12,
    str(ziplist(['a', '1.5', 7, 2n ** 60n])),
    {
      zset: [
        ['a', '1.5'],
        ['7', '1152921504606847000'],
      ],
    },
  ],
  [
    'a listpack of scores',
    17,
    str(listpack(['a', '1.5', 'b', 'inf'])),
    {
      zset: [
        ['a', '1.5'],
        ['b', 'inf'],
      ],
    },
  ],
];

describe('DEBUG DIGEST of the file', () => {
  test.each(CASES)('%s', async (_, type, value, plain) => {
    const inspection = await inspectParts('REDIS0011', key(type, 'k', value));
    expect(inspection.error).toBeUndefined();
    expect(inspection.dataset.digest).toEqual({
      algorithm: 'redis-debug-digest',
      dialect: '7.2',
      hex: plainDigest([{name: 'k', value: plain}]),
    });
  });

  test('of all of these together, in several databases, some expiring, through windows of any size', async () => {
    const keys: PlainKey[] = CASES.map(([name, , , value], i) => ({
      name,
      value,
      expires: i % 3 === 0,
      database: i % 4,
    }));
    const parts = CASES.flatMap(([name, type, value], i) => [
      selectDb(i % 4),
      i % 3 === 0 ? bytes([OP.expireMs], i64le(1)) : [],
      key(type, name, value),
    ]);
    const dump = rdb('REDIS0011', parts);
    for (const windowBytes of [64, 500, 70_000, 256 * 1024]) {
      expect((await inspectBytes(dump, windowBytes)).dataset.digest?.hex).toBe(plainDigest(keys));
    }
  });

  test('of more keys than one batch takes, each kind', async () => {
    const values: [number, Bytes, PlainValue][] = [
      [0, str('v'), {string: 'v'}],
      [1, strings('a', 'b'), {list: ['a', 'b']}],
      [2, strings('a', 'b'), {set: ['a', 'b']}],
      [4, listOf(bytes(str('f'), str('v'))), {hash: [['f', 'v']]}],
      [5, listOf(bytes(str('m'), f64le(0.5))), {zset: [['m', '0.5']]}],
    ];
    const many = Array.from({length: 9000}, (_, i) => ({name: `k${i}`, kind: values[i % values.length]!}));
    const inspection = await inspectParts(
      'REDIS0011',
      ...many.map(({name, kind: [type, value]}) => key(type, name, value)),
    );
    expect(inspection.dataset.digest?.hex).toBe(
      plainDigest(many.map(({name, kind}) => ({name, value: kind[2]}))),
    );
  });

  test.each<[string, number, (elements: string[]) => PlainValue, number]>([
    ['list', 1, list => ({list}), 1],
    ['set', 2, set => ({set}), 1],
    ['hash', 4, names => ({hash: pairs(names).filter((_, i) => i % 2 === 0)}), 2],
  ])('of a %s that takes many batches', async (_, type, plain, each) => {
    const elements = Array.from({length: 30_000}, (_, i) => `element:${i}`);
    const value = bytes(len(elements.length / each), ...elements.map(str));
    const others = [key(0, 'before', str('v')), key(type, 'k', value), key(2, 'after', strings('m'))];
    expect((await inspectParts('REDIS0011', ...others)).dataset.digest?.hex).toBe(
      plainDigest([
        {name: 'before', value: {string: 'v'}},
        {name: 'k', value: plain(elements)},
        {name: 'after', value: {set: ['m']}},
      ]),
    );
  });

  test('of nothing is forty zeros', async () => {
    expect((await inspectParts('REDIS0011')).dataset.digest?.hex).toBe('0'.repeat(40));
  });

  test('leaves out keys without elements, which servers do not keep, and counts them', async () => {
    const empty = [
      key(1, 'l', len(0)),
      key(2, 's', len(0)),
      key(4, 'h', len(0)),
      key(17, 'z', str(listpack([]))),
    ];
    const inspection = await inspectParts(
      'REDIS0010',
      ...empty,
      selectDb(5),
      key(14, 'q', listOf(str(ziplist([])))),
    );
    expect(inspection).toMatchObject({emptyKeys: 5, dataset: {keys: 5, digest: {hex: '0'.repeat(40)}}});
  });

  test('of a database does not depend on its number, and those of all make the whole', async () => {
    const part = key(0, 'k', str('v'));
    const inspection = await inspectParts(
      'REDIS0011',
      part,
      selectDb(7),
      part,
      selectDb(0),
      key(2, 's', strings('m')),
    );
    const {databases, digest} = inspection.dataset;
    const alone = await inspectParts('REDIS0011', part);
    expect(databases['7']?.digest).toEqual(alone.dataset.databases['0']?.digest);
    expect(databases['0']?.digest).not.toEqual(databases['7']?.digest);
    expect(digest?.hex).toBe(
      plainDigest([
        {name: 'k', value: {string: 'v'}},
        {name: 's', value: {set: ['m']}},
        {name: 'k', value: {string: 'v'}, database: 7},
      ]),
    );
  });
});

describe('what only newer servers write', () => {
  test('arrays, with holes', async () => {
    const value = bytes(
      len(4),
      len(0),
      bytes(len(0), len(0), str('text')),
      bytes(len(2), len(1), i64le(-5)),
      bytes(len(3), len(2), f64le(2)),
      bytes(len(4), len(3), str('short')),
    );
    const plain = {array: ['text', '(null)', '-5', '2.0', 'short']};
    expect((await inspectParts('REDIS0014', key(28, 'k', value))).dataset.digest?.hex).toBe(
      plainDigest([{name: 'k', value: plain}]),
    );
  });

  test('an array whose holes cannot be counted has no digest', async () => {
    const value = bytes(len(1), len(0), len64(2n ** 62n), len(0), str('far'));
    const inspection = await inspectParts('REDIS0014', key(28, 'k', value));
    expect(inspection).toMatchObject({digestBecause: 'arrays have too many holes'});
    expect(inspection.dataset.digest).toBeUndefined();
  });

  test('hashes by template, packed or not', async () => {
    const template = bytes([OP.hashTemplate], len(3), strings('f', 'g'));
    const plain = plainDigest([
      {
        name: 'k',
        value: {
          hash: [
            ['f', 'v'],
            ['g', '5'],
          ],
        },
      },
    ]);
    for (const part of [
      key(30, 'k', str(listpack([3, 'v', 5]))),
      key(32, 'k', bytes(len(3), str('v'), int8(5))),
    ]) {
      expect((await inspectParts('REDIS0015', template, part)).dataset.digest?.hex).toBe(plain);
    }
  });
});

describe('there is no digest', () => {
  test('of values that only a module could digest: the reason names it', async () => {
    const part = key(7, 'k', bytes(moduleId('ReJSON-RL', 3), [5], str('{}'), [0]));
    const inspection = await inspectParts('REDIS0011', key(0, 'a', str('v')), part);
    expect(inspection.digestBecause).toBe('values of the module type ReJSON-RL');
    expect(inspection.dataset.digest).toBeUndefined();
    expect(inspection.error).toBeUndefined();
  });

  test('of a part of a dump', async () => {
    const dump = rdb('REDIS0011', [key(0, 'a', str('v'))]);
    expect((await inspectBytes(dump.slice(0, -9))).dataset.digest).toBeUndefined();
    expect((await inspectBytes(bytes(dump, 'x'))).dataset.digest).toBeDefined();
  });

  test('at a depth that passes over the values', async () => {
    const broken = rdb('REDIS0011', [key(16, 'k', str('no listpack'))]);
    const {dataset, error} = await inspectSource(inMemory(broken), {depth: 'quick'});
    expect(dataset).toMatchObject({keys: 1, types: {hash: 1}});
    expect([dataset.digest, error]).toEqual([undefined, undefined]);
  });
});
