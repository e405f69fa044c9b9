import {createHash} from 'node:crypto';
import {describe, expect, test} from '@jest/globals';
import {streamId} from '../../packed-builder.ts';
import {
  type Bytes,
  bytes,
  i64le,
  key,
  len,
  len64,
  listOf,
  OP,
  rdb,
  selectDb,
  str,
} from '../../rdb-builder.ts';
import {inspectBytes, lzfOf} from './dumps.ts';

const sha1 = (text: string | Uint8Array): Buffer => createHash('sha1').update(text).digest();
const inspected = (...parts: Bytes[]) => inspectBytes(rdb('REDIS0011', parts));
const functionCode = (...codes: Uint8Array[]) =>
  inspected(...codes.map(code => bytes([OP.function2], code))).then(({dataset}) => dataset.functionCode!);

describe('code of functions', () => {
  const code = '#!lua name=mylib\nredis.register_function(…)';

  test('of one library is what sha1sum says of it', async () => {
    expect(await functionCode(str(code))).toMatchObject({
      libraries: 1,
      sizeBytes: Buffer.byteLength(code),
      names: sha1('mylib').toString('hex'),
      digest: {algorithm: 'function-code-1', hex: sha1(code).toString('hex')},
    });
  });

  test('is the same compressed or not, in any order, and longer than any window', async () => {
    const long = Buffer.from(`#!lua name=long\n${'-- filler\n'.repeat(100_000)}`);
    const one = await functionCode(str(code), str(long));
    expect(await functionCode(lzfOf(long), str(code))).toEqual(one);
    expect(one.sizeBytes).toBe(Buffer.byteLength(code) + long.length);
    expect(one.digest.hex).toBe(
      Buffer.from(sha1(code).map((byte, i) => byte ^ sha1(long)[i]!)).toString('hex'),
    );
  });

  test('of a release candidate has no digest: no server would write it again like that', async () => {
    const preGa = bytes([OP.functionPreGa], str('lib'), str('LUA'), [0], str('code'));
    const {dataset} = await inspected(preGa);
    expect(dataset).toMatchObject({functions: 1});
    expect(dataset.functionCode).toBeUndefined();
  });
});

describe('consumer groups', () => {
  const pending = (ms: number, deliveries: number) =>
    bytes(streamId(BigInt(ms), 0n), i64le(9), len(deliveries));
  const consumer = (name: string, ...ids: number[]) =>
    bytes(str(name), i64le(1), i64le(-1), listOf(...ids.map(ms => streamId(BigInt(ms), 0n))));
  const group = (name: string, entries: Bytes[], consumers: Bytes[]) =>
    bytes(str(name), len(5), len(1), len64(2n ** 64n - 1n), listOf(...entries), listOf(...consumers));
  const stream = (name: string, ...groups: Bytes[]) =>
    key(
      21,
      name,
      bytes(len(0), len(0), len(9), len(9), len(1), len(0), len(0), len(0), len(7), listOf(...groups)),
    );
  const groups = (...parts: Bytes[]) => inspected(...parts).then(({dataset}) => dataset.consumerGroups!);
  const NONE = '0'.repeat(40);

  test('are counted', async () => {
    const two = [
      group('a', [pending(1, 1), pending(2, 1)], [consumer('x', 1), consumer('y', 2)]),
      group('b', [], []),
    ];
    expect(await groups(stream('s', ...two), stream('t'))).toMatchObject({
      streams: 2,
      groups: 2,
      consumers: 2,
      pending: 2,
    });
    expect(await groups(key(0, 'k', str('v')))).toMatchObject({streams: 0, digest: {hex: NONE}});
  });

  test('of other databases, and keys beside them, do not change the digest', async () => {
    const alone = await groups(selectDb(3), stream('s'));
    expect(await groups(key(0, 'k', str('v')), selectDb(3), key(0, 'k', str('v')), stream('s'))).toEqual(
      alone,
    );
    expect((await groups(stream('s'))).digest).not.toEqual(alone.digest);
  });

  test('as many and other ones have another digest, whatever differs', async () => {
    const variants = [
      stream('s', group('a', [pending(1, 1)], [consumer('x', 1)])),
      stream('t', group('a', [pending(1, 1)], [consumer('x', 1)])),
      stream('s', group('b', [pending(1, 1)], [consumer('x', 1)])),
      stream('s', group('a', [pending(2, 1)], [consumer('x', 2)])),
      stream('s', group('a', [pending(1, 2)], [consumer('x', 1)])),
      stream('s', group('a', [pending(1, 1)], [consumer('y', 1)])),
    ];
    const digests = await Promise.all(variants.map(async variant => (await groups(variant)).digest.hex));
    expect(new Set(digests).size).toBe(variants.length);
  });

  test('of two streams alike in two databases do not cancel one another', async () => {
    const same = stream('s', group('a', [pending(1, 1)], [consumer('x', 1)]));
    expect((await groups(same, selectDb(1), same)).digest.hex).not.toBe(NONE);
  });

  test('of more pending entries than a batch has room for', async () => {
    const entries = Array.from({length: 20_000}, (_, i) => pending(i, 1));
    const all = await groups(stream('s', group('a', entries, [])));
    expect(all.pending).toBe(20_000);
    const other = await groups(stream('s', group('a', entries.with(12_345, pending(12_345, 2)), [])));
    expect(other.digest).not.toEqual(all.digest);
    // In another order: no server writes them so, and it would be the same.
    expect(await groups(stream('s', group('a', entries.toReversed(), [])))).toEqual(all);
  });

  test('that are said to be many more than the file could hold are damage, told at once', async () => {
    const lie = bytes(str('g'), len(5), len(1), len(0), len64(2n ** 40n));
    const {error, dataset} = await inspected(stream('s', lie));
    expect(error?.rule).toMatch(/^backup\/(truncated|corrupt)$/);
    expect(dataset.consumerGroups).toBeUndefined();
  });
});
