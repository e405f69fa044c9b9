import {describe, expect, test} from '@jest/globals';
import {intset, listpack, streamId, ziplist, zipmap} from '../../packed-builder.ts';
import {type Bytes, bytes, int8, key, len, listOf, rdb, str} from '../../rdb-builder.ts';
import {inspectBytes, lzfOf} from './dumps.ts';

describe('a packed value that is damaged inside is corrupt', () => {
  const resize = (packed: Uint8Array, by: number) => bytes(packed, new Uint8Array(by));
  test.each<[string, number, Bytes]>([
    ['a number in its place', 16, int8(5)],
    ['a listpack that ends early', 20, str(listpack(['a']).fill(0xff, 6, 7))],
    ['a listpack of another length', 20, str(resize(listpack(['a']), 1))],
    ['a listpack of an unknown encoding', 20, str(listpack(['a']).fill(0xf5, 6, 7))],
    ['a listpack with a field without value', 16, str(listpack(['f', 'v', 'g']))],
    ['a listpack with a text for a score', 17, str(listpack(['a', 'high']))],
    ['a score too long to be one', 17, str(listpack(['a', '1'.repeat(65)]))],
    ['a ziplist of another length', 10, str(resize(ziplist(['a']), 1))],
    ['a ziplist of an unknown encoding', 10, str(ziplist(['a']).fill(0xc5, 11, 12))],
    ['a ziplist whose element goes beyond it', 10, str(ziplist(['a']).fill(0x3f, 11, 12))],
    ['an intset of odd integers', 11, str(intset([1]).fill(3, 0, 1))],
    ['an intset that counts too far', 11, str(intset([1]).fill(9, 4, 5))],
    ['a zipmap that ends early', 9, str(zipmap([['f', 'v']]).fill(0xff, 1, 2))],
    ['LZF of a listpack that is cut', 20, bytes(lzfOf(listpack(['abc'])).fill(0x00, 3, 4))],
    ['a score as text that is none', 3, listOf(bytes(str('a'), [1], 'x'))],
    [
      'a stream with a text for a number',
      21,
      bytes(listOf(bytes(str(streamId(1n, 1n)), str(listpack([1, 0, 'x'])))), len(0)),
    ],
    ['a stream node without its id', 21, bytes(listOf(bytes(str('short'), str(listpack([])))), len(0))],
  ])('%s', async (_, type, value) => {
    const dump = rdb('REDIS0011', [key(type, 'k', value), key(0, 'after', str('v'.repeat(100)))]);
    for (const windowBytes of [64, 256 * 1024]) {
      const {error} = await inspectBytes(dump, windowBytes);
      expect(error).toMatchObject({rule: 'backup/corrupt', doing: 'read-object-value', certain: false});
      expect(error!.offset).toBeLessThanOrEqual(dump.length);
    }
  });
});
