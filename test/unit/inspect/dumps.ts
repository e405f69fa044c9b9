/**
 * Dumps that several suites take apart: one of a real server, and one by hand for each dialect, together with every
 * opcode and type. Each key begins with `secret:`, so that a leak is seen.
 */
import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {inspectSource} from '../../../src/inspect/inspect-source.ts';
import type {Inspection} from '../../../src/inspect/inspection.ts';
import {intset, listpack, streamNode, ziplist, zipmap} from '../../packed-builder.ts';
import {
  aux,
  type Bytes,
  bytes,
  f32le,
  f64le,
  i32le,
  i64le,
  inMemory,
  int8,
  int32,
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

export const inspectBytes = (dump: Uint8Array, windowBytes = 4096): Promise<Inspection> =>
  inspectSource(inMemory(dump), {}, windowBytes);

/** Literals only: what a compressor does with bytes that do not repeat. */
export function lzfOf(plain: Uint8Array): Uint8Array {
  const runs = Array.from({length: Math.ceil(plain.length / 32)}, (_, i) =>
    plain.subarray(32 * i, 32 * i + 32),
  );
  return lzf(bytes(...runs.map(run => bytes([run.length - 1], run))), plain.length);
}

/** Every type, encoding and opcode that Redis 7.0.15 writes; see fixtures/README.md. */
export const REAL_DUMP = new Uint8Array(readFileSync(join(import.meta.dirname, 'fixtures', 'rich_v10.rdb')));

const id = new Uint8Array(16).fill(7);
const moduleStream = bytes(
  [...len(1), ...len64(2n ** 64n - 1n)],
  [2, 5],
  [3, ...f32le(1.5)],
  [4, ...f64le(2.5)],
  [5, ...str('secret:datum')],
  [0],
);

/** A stream with one node, one group, one pending entry, two consumers. */
export function stream(layout: 1 | 2 | 3 | 4 | 5): Uint8Array {
  const since = (first: number, ...parts: Bytes[]) => (layout >= first ? bytes(...parts) : bytes());
  const consumer = (name: string, ...ids: Bytes[]) =>
    bytes(str(name), i64le(1), since(3, i64le(-1)), listOf(...ids));
  const group = bytes(
    str('secret:group'),
    len(5),
    len(1),
    since(2, len64(2n ** 64n - 1n)),
    listOf(bytes(id, i64le(1), len(3))),
    listOf(consumer('ada', id), consumer('bob')),
    since(5, listOf(id)),
  );
  const idempotence = bytes(
    len(60),
    len(100),
    listOf(bytes(str('p'), listOf(bytes(str('i'), len(1), len(2))))),
    len(1),
    len(0),
  );
  return bytes(
    listOf(bytes(str(id), str(streamNode(['secret:f'], [{ms: 0, seq: 0, values: ['secret:v']}])))),
    [...len(1), ...len64(1_700_000_000_000n), ...len(0)],
    since(2, len(1), len(0), len(0), len(0), len(9)),
    listOf(group),
    since(4, idempotence),
  );
}

export type TypeCase = {id: number; name: string; type: string; value: Uint8Array};

export const COMMON_TYPES: TypeCase[] = [
  {id: 0, name: 'STRING', type: 'string', value: str('v')},
  {id: 1, name: 'LIST', type: 'list', value: strings('a', 'b')},
  {id: 2, name: 'SET', type: 'set', value: strings('a', 'b')},
  {
    id: 3,
    name: 'ZSET',
    type: 'zset',
    value: listOf(
      bytes(str('a'), [3], '1.5'),
      bytes(str('b'), [253]),
      bytes(str('c'), [254]),
      bytes(str('d'), [255]),
      bytes(str('e'), [2], '-0'),
    ),
  },
  {id: 4, name: 'HASH', type: 'hash', value: listOf(bytes(str('f'), str('v')), bytes(str('g'), int8(1)))},
  {id: 5, name: 'ZSET_2', type: 'zset', value: listOf(bytes(str('a'), f64le(1.5)))},
  {id: 9, name: 'HASH_ZIPMAP', type: 'hash', value: str(zipmap([['secret:f', 'v']], 2))},
  {id: 10, name: 'LIST_ZIPLIST', type: 'list', value: str(ziplist(['a', 1000]))},
  {id: 11, name: 'SET_INTSET', type: 'set', value: str(intset([1, 2]))},
  {id: 12, name: 'ZSET_ZIPLIST', type: 'zset', value: str(ziplist(['a', '1.5']))},
  {id: 13, name: 'HASH_ZIPLIST', type: 'hash', value: str(ziplist(['secret:f', 'v']))},
  {id: 14, name: 'LIST_QUICKLIST', type: 'list', value: listOf(str(ziplist(['a'])), str(ziplist([1, 2])))},
  {id: 15, name: 'STREAM_LISTPACKS', type: 'stream', value: stream(1)},
  {id: 16, name: 'HASH_LISTPACK', type: 'hash', value: lzfOf(listpack(['secret:f', 'v']))},
  {id: 17, name: 'ZSET_LISTPACK', type: 'zset', value: str(listpack(['a', '1.5', 'b', 2]))},
  {
    id: 18,
    name: 'LIST_QUICKLIST_2',
    type: 'list',
    value: listOf(bytes([1], str('plain')), bytes([2], str(listpack(['packed', 70_000])))),
  },
  {id: 19, name: 'STREAM_LISTPACKS_2', type: 'stream', value: stream(2)},
  {id: 20, name: 'SET_LISTPACK', type: 'set', value: str(listpack(['a', -1]))},
  {id: 21, name: 'STREAM_LISTPACKS_3', type: 'stream', value: stream(3)},
  {id: 7, name: 'MODULE_2', type: 'module', value: bytes(moduleId('ReJSON-RL', 3), moduleStream)},
];
export const REDIS_TYPES: (TypeCase & {version: number})[] = [
  {
    id: 22,
    name: 'HASH_METADATA_PRE_GA',
    type: 'hash',
    version: 12,
    value: listOf(bytes(len(0), str('f'), str('v'))),
  },
  {id: 23, name: 'HASH_LISTPACK_EX_PRE_GA', type: 'hash', version: 12, value: str(listpack(['f', 'v', 0]))},
  {
    id: 24,
    name: 'HASH_METADATA',
    type: 'hash',
    version: 12,
    value: bytes(i64le(99), listOf(bytes(len(5), str('f'), str('v')))),
  },
  {
    id: 25,
    name: 'HASH_LISTPACK_EX',
    type: 'hash',
    version: 12,
    value: bytes(i64le(0), str(listpack(['f', 'v', 1_700_000_000_000]))),
  },
  {id: 26, name: 'STREAM_LISTPACKS_4', type: 'stream', version: 13, value: stream(4)},
  {id: 27, name: 'STREAM_LISTPACKS_5', type: 'stream', version: 14, value: stream(5)},
  {
    id: 28,
    name: 'ARRAY',
    type: 'array',
    version: 14,
    value: bytes(
      len(4),
      len(1),
      len(9),
      bytes(len(0), len(0), str('text')),
      bytes(len(2), len(1), i64le(-5)),
      bytes(len(3), len(2), f64le(0.5)),
      bytes(len(4), len(3), str('short')),
    ),
  },
  {id: 30, name: 'HASH_TMPL_LP_REF', type: 'hash', version: 15, value: str(listpack([3, 'v', 'w']))},
];

export const VALKEY_TYPES: TypeCase[] = [
  {id: 22, name: 'HASH_2', type: 'hash', value: listOf(bytes(str('f'), str('v'), i64le(-1)))},
];

const keysOf = (types: TypeCase[]) =>
  types.map(({id: type, name, value}) => key(type, `secret:${name}`, value));

/** Opcodes of both dialects, each with a payload that is easily misread. */
export const COMMON_OPCODES: Bytes[] = [
  aux('redis-ver', '7.2.4'),
  aux('redis-bits', int8(64)),
  aux('ctime', int32(1_700_000_000)),
  aux('used-mem', int32(1_048_576)),
  aux('secret:anything', 'x'.repeat(300)),
  bytes([OP.moduleAux], moduleId('scdtype00'), [2, 1], moduleStream),
  bytes([OP.function2], str('#!lua name=secret')),
  bytes([OP.functionPreGa], str('lib'), str('LUA'), [0], str('code')),
  bytes([OP.functionPreGa], str('lib'), str('LUA'), [1], str('description'), str('code')),
  selectDb(0),
  bytes([OP.resizeDb], len(1000), len(1)),
  bytes([OP.slotInfo], len(16383), len(1), len(0)),
  bytes([OP.expireMs], i64le(1_700_000_000_000), [OP.idle], len(70_000), key(0, 'secret:a', str('1'))),
  bytes([OP.expireSeconds], i32le(-1), [OP.frequency, 255], key(0, 'secret:b', str('1'))),
  bytes([OP.expireMs], i64le(-1), key(0, 'secret:c', str('1'))),
];

const template = bytes([OP.hashTemplate], len(3), strings('secret:f', 'secret:g'));
const keyMeta = bytes([OP.keyMeta], listOf(bytes(keyMetaClass('meta'), moduleStream)));

/** Everything that RDB 15 may hold, as far as we know. */
export const HAND_MADE_REDIS = rdb('REDIS0015', [
  ...COMMON_OPCODES,
  ...keysOf(COMMON_TYPES),
  selectDb(1023),
  template,
  ...keysOf(REDIS_TYPES),
  bytes([OP.expireMs], i64le(5), keyMeta, key(32, 'secret:template', bytes(len(3), str('v'), str('w')))),
  aux('lua', 'return 1'),
]);

export const HAND_MADE_VALKEY = rdb('VALKEY080', [
  ...COMMON_OPCODES,
  aux('valkey-ver', '9.0.0'),
  bytes([OP.slotImport], str('0'.repeat(40)), listOf(bytes(len(0), len(100)), bytes(len(200), len(16383)))),
  ...keysOf(COMMON_TYPES),
  aux('slot-info', '16383,1,0'),
  ...keysOf(VALKEY_TYPES),
]);

export const RICH_DUMPS: [string, Uint8Array][] = [
  ['a dump of Redis 7.0.15', REAL_DUMP],
  ['a hand-made dump of RDB 15', HAND_MADE_REDIS],
  ['a hand-made dump of Valkey 80', HAND_MADE_VALKEY],
];
