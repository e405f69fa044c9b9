import {describe, expect, test} from '@jest/globals';
import {inspectionSchema} from '../../../src/inspect/inspection.ts';
import {listpack} from '../../packed-builder.ts';
import {
  aux,
  type Bytes,
  bytes,
  i32le,
  i64le,
  int8,
  key,
  keyMetaClass,
  len,
  len64,
  listOf,
  lzf,
  moduleId,
  OP,
  rdb,
  selectDb,
  str,
  strings,
} from '../../rdb-builder.ts';
import {
  COMMON_TYPES,
  HAND_MADE_REDIS,
  HAND_MADE_VALKEY,
  inspectBytes,
  REAL_DUMP,
  REDIS_TYPES,
  RICH_DUMPS,
  VALKEY_TYPES,
} from './dumps.ts';

const plainKey = key(0, 'secret:k', str('v'));
const inspectParts = (header: string, ...parts: Bytes[]) => inspectBytes(rdb(header, parts));
const paddedVersion = (version: number) => `REDIS${String(version).padStart(4, '0')}`;

describe('each value type is passed over to its last byte, and counted', () => {
  test.each(COMMON_TYPES)('$id $name, under both magics', async ({id, type, value}) => {
    for (const header of ['REDIS0011', 'VALKEY080']) {
      const inspection = await inspectParts(header, key(id, 'secret:k', value), plainKey);
      expect(inspection.error).toBeUndefined();
      expect(inspection.dataset.keys).toBe(2);
      expect(inspection.dataset.types).toEqual(type === 'string' ? {string: 2} : {[type]: 1, string: 1});
    }
  });

  test.each(REDIS_TYPES)('$id $name, from RDB $version on', async ({id, type, version, value}) => {
    const template = id === 30 ? bytes([OP.hashTemplate], len(3), strings('f', 'g')) : [];
    const parts = [template, key(id, 'secret:k', value), plainKey];
    const inspection = await inspectParts(paddedVersion(version), ...parts);
    expect(inspection.error).toBeUndefined();
    expect(inspection.dataset.types).toEqual({[type]: 1, string: 1});
  });

  test.each(VALKEY_TYPES)('$id $name, of Valkey', async ({id, type, value}) => {
    const inspection = await inspectParts('VALKEY080', key(id, 'secret:k', value), plainKey);
    expect(inspection.error).toBeUndefined();
    expect(inspection.dataset.types).toEqual({[type]: 1, string: 1});
  });

  test('32 HASH_TMPL_ARRAY_REF takes the number of its fields from the template', async () => {
    const template = bytes([OP.hashTemplate], len(3), strings('f', 'g'));
    const hash = key(32, 'secret:k', bytes(len(3), str('v'), str('w')));
    const inspection = await inspectParts('REDIS0015', template, hash, plainKey);
    expect(inspection.error).toBeUndefined();
    expect(inspection.dataset.types).toEqual({hash: 1, string: 1});
    expect((await inspectParts('REDIS0015', hash)).error).toMatchObject({
      rule: 'backup/corrupt',
      certain: false,
    });
  });

  test('empty aggregates count: that a server skips them is the ledger’s business', async () => {
    const inspection = await inspectParts(
      'REDIS0010',
      key(2, 'secret:s', len(0)),
      key(4, 'secret:h', len(0)),
    );
    expect(inspection).toMatchObject({dataset: {keys: 2, types: {set: 1, hash: 1}}});
    expect(inspection.error).toBeUndefined();
  });
});

describe('numbers that mean two things are read by the magic first', () => {
  const redisHash = key(22, 'secret:k', REDIS_TYPES.find(({id}) => id === 22)!.value);
  const valkeyHash = key(22, 'secret:k', VALKEY_TYPES.find(({id}) => id === 22)!.value);
  const keyMeta = bytes([243], listOf(bytes(keyMetaClass('meta'), [0])));
  const slotImport = bytes([243], str('0'.repeat(40)), listOf(bytes(len(0), len(5))));
  const template = bytes([242], len(0), strings('f'));
  const update = bytes([242], '*3\r\n$3\r\nSET\r\n$8\r\nsecret:k\r\n$2\r\n\r\n\r\n');

  test.each([
    ['22', 'REDIS0012', redisHash, 'VALKEY080', valkeyHash],
    ['243', 'REDIS0013', keyMeta, 'VALKEY080', slotImport],
    ['242', 'REDIS0015', template, 'VALKEY081', update],
  ])('%s', async (_, redis, redisPart, valkey, valkeyPart) => {
    expect((await inspectParts(redis, redisPart, plainKey)).error).toBeUndefined();
    expect((await inspectParts(valkey, valkeyPart, plainKey)).error).toBeUndefined();
    expect((await inspectParts(redis, valkeyPart, plainKey)).error).toBeDefined();
    expect((await inspectParts(valkey, redisPart, plainKey)).error).toBeDefined();
  });

  test('23 is a listpack in a release candidate of Redis 7.4, and unknown in Valkey', async () => {
    const part = key(23, 'secret:k', str(listpack(['f', 'v', 0])));
    expect((await inspectParts('REDIS0012', part)).error).toBeUndefined();
    expect((await inspectParts('VALKEY080', part)).error?.rule).toBe('backup/unreadable-type');
  });
});

describe('opcodes', () => {
  test('keys and expiry times are counted by database', async () => {
    const volatile = (name: string) => bytes([OP.expireMs], i64le(1), key(0, name, str('v')));
    const inspection = await inspectParts(
      'REDIS0009',
      plainKey,
      selectDb(3),
      volatile('secret:a'),
      key(0, 'secret:b', str('v')),
      selectDb(200),
      selectDb(0),
      volatile('secret:c'),
    );
    expect(inspection.dataset).toMatchObject({
      keys: 4,
      expires: 2,
      databases: {'0': {keys: 2, expires: 1}, '3': {keys: 2, expires: 1}},
    });
    expect(inspection.highestDatabase).toBe(200);
  });

  test.each([
    ['milliseconds', bytes([OP.expireMs], i64le(1)), 1],
    ['milliseconds in the past of 1970', bytes([OP.expireMs], i64le(-2)), 1],
    ['seconds', bytes([OP.expireSeconds], i32le(1)), 1],
    ['seconds of -1', bytes([OP.expireSeconds], i32le(-1)), 1],
    ['milliseconds of -1, which stand for none', bytes([OP.expireMs], i64le(-1)), 0],
  ])('an expiry time in %s holds for one key', async (_, expiry, expires) => {
    const inspection = await inspectParts('REDIS0009', expiry, plainKey, key(0, 'secret:b', str('v')));
    expect(inspection.dataset).toMatchObject({keys: 2, expires});
  });

  test('an expiry time holds across AUX, IDLE, FREQ and KEY_META', async () => {
    const between = [aux('mvcc-tstamp', '1'), bytes([OP.idle], len(9)), bytes([OP.frequency, 9])];
    const keyMeta = bytes([OP.keyMeta], listOf(bytes(keyMetaClass('meta'), [0])));
    const inspection = await inspectParts(
      'REDIS0013',
      bytes([OP.expireMs], i64le(1)),
      ...between,
      keyMeta,
      plainKey,
    );
    expect(inspection.dataset).toMatchObject({keys: 1, expires: 1});
    expect(inspection.modules).toEqual({meta: 1});
    // No real server has shown us one.
    expect(inspection.unverified).toBe(true);
  });

  test('RESIZEDB is a hint: what it says is not counted', async () => {
    const hint = bytes([OP.resizeDb], len64(2n ** 63n), len(77));
    expect((await inspectParts('REDIS0009', selectDb(0), hint, plainKey)).dataset.keys).toBe(1);
  });

  test('function libraries are counted, of either format', async () => {
    const library = bytes([OP.function2], str('#!lua name=x'));
    const early = (description: Bytes) =>
      bytes([OP.functionPreGa], str('n'), str('LUA'), description, str('code'));
    const inspection = await inspectParts(
      'REDIS0010',
      library,
      library,
      early([0]),
      early(bytes([1], str('d'))),
    );
    expect(inspection.dataset).toMatchObject({keys: 0, functions: 4});
  });

  test('modules are named, by value and by AUX data', async () => {
    const value = key(7, 'secret:k', bytes(moduleId('ReJSON-RL', 3), [5], str('{}'), [0]));
    const data = bytes([OP.moduleAux], moduleId('scdtype00'), [2, 1, 0]);
    expect((await inspectParts('REDIS0009', data, value, value)).modules).toEqual({
      'ReJSON-RL': 2,
      scdtype00: 1,
    });
  });

  test('slot numbers are passed over', async () => {
    const slot = bytes([OP.slotInfo], len(16383), len(1), len(0));
    expect((await inspectParts('REDIS0012', slot, plainKey)).error).toBeUndefined();
    expect((await inspectParts('VALKEY080', slot, plainKey)).error).toBeUndefined();
  });

  test('a database number beyond any server’s is corrupt', async () => {
    const inspection = await inspectParts('REDIS0009', selectDb(2n ** 40n), plainKey);
    expect(inspection.error?.rule).toBe('backup/corrupt');
  });
});

describe('the producer', () => {
  test.each<[string, string, Bytes[], {product: string; version: string | null}]>([
    ['Redis', 'REDIS0011', [aux('redis-ver', '7.2.4')], {product: 'redis', version: '7.2.4'}],
    ['Valkey before 9', 'REDIS0011', [aux('valkey-ver', '8.1.1')], {product: 'valkey', version: '8.1.1'}],
    ['Valkey', 'VALKEY080', [aux('valkey-ver', '9.0.4')], {product: 'valkey', version: '9.0.4'}],
    [
      'KeyDB',
      'REDIS0009',
      [aux('redis-ver', '6.3.4'), aux('mvcc-tstamp', '1')],
      {product: 'keydb', version: '6.3.4'},
    ],
    [
      'Dragonfly',
      'REDIS0009',
      [aux('redis-ver', '7.4.0'), aux('df-ver', 'df-v1.30.0')],
      {product: 'dragonfly', version: 'df-v1.30.0'},
    ],
    ['nobody who says so', 'REDIS0006', [], {product: 'unknown', version: null}],
    ['Valkey that does not say its version', 'VALKEY080', [], {product: 'valkey', version: null}],
    [
      'a version that is none',
      'REDIS0011',
      [aux('redis-ver', '7 <script>')],
      {product: 'redis', version: null},
    ],
    [
      'a version as LZF',
      'REDIS0011',
      [aux('redis-ver', lzf([0x04, ...Buffer.from('7.2.4')], 5))],
      {product: 'redis', version: '7.2.4'},
    ],
    ['a version as an integer', 'REDIS0011', [aux('redis-ver', int8(7))], {product: 'redis', version: '7'}],
  ])('%s', async (_, header, parts, producer) => {
    expect((await inspectParts(header, ...parts, plainKey)).producer).toEqual(producer);
  });

  test('time and memory are taken from AUX fields, and nonsense is not', async () => {
    expect(
      await inspectParts('REDIS0009', aux('ctime', '1700000000'), aux('used-mem', '1024')),
    ).toMatchObject({
      createdAt: '2023-11-14T22:13:20.000Z',
      usedMemoryBytes: 1024,
    });
    expect(
      await inspectParts('REDIS0009', aux('ctime', '999999999999999'), aux('used-mem', int8(-1))),
    ).toMatchObject({
      createdAt: null,
      usedMemoryBytes: null,
    });
  });
});

describe('whole dumps', () => {
  test('of Redis 7.0.15', async () => {
    expect(await inspectBytes(REAL_DUMP)).toMatchObject({
      magic: 'REDIS',
      rdbVersion: 10,
      unverified: false,
      producer: {product: 'redis', version: '7.0.15'},
      checksum: 'valid',
      dataset: {
        keys: 22,
        expires: 3,
        databases: {'0': {keys: 19, expires: 2}, '3': {keys: 2, expires: 1}, '9': {keys: 1, expires: 0}},
        types: {string: 11, list: 2, set: 3, zset: 2, hash: 3, stream: 1},
        functions: 2,
      },
      highestDatabase: 9,
      modules: {},
    });
  });

  test('of everything that RDB 15 may hold', async () => {
    const inspection = await inspectBytes(HAND_MADE_REDIS);
    expect(inspection).toMatchObject({
      unverified: true,
      dataset: {
        keys: 32,
        expires: 3,
        databases: {'0': {keys: 23, expires: 2}, '1023': {keys: 9, expires: 1}},
        functions: 3,
      },
      highestDatabase: 1023,
      modules: {scdtype00: 1, 'ReJSON-RL': 1, meta: 1},
      createdAt: '2023-11-14T22:13:20.000Z',
    });
    expect(inspection.error).toBeUndefined();
  });

  test('of everything that Valkey 80 may hold', async () => {
    const inspection = await inspectBytes(HAND_MADE_VALKEY);
    expect(inspection).toMatchObject({
      unverified: false,
      producer: {product: 'valkey', version: '9.0.0'},
      dataset: {keys: 24, expires: 2, functions: 3},
    });
    expect(inspection.error).toBeUndefined();
  });

  test.each(RICH_DUMPS)('read the same through a window of any size: %s', async (_, dump) => {
    const whole = await inspectBytes(dump, 256 * 1024);
    expect(inspectionSchema.parse(whole)).toEqual(whole);
    for (const windowBytes of [64, 65, 71, 100, 1000, 65_536]) {
      expect(await inspectBytes(dump, windowBytes)).toEqual(whole);
    }
  });
});
