import {describe, expect, test} from '@jest/globals';
import {streamId, streamNode} from '../../packed-builder.ts';
import {type PlainKey, plainDigest} from '../../plain-digest.ts';
import {type Bytes, bytes, key, len, listOf, rdb, str} from '../../rdb-builder.ts';
import {inspectBytes, stream} from './dumps.ts';

const inspectParts = (header: string, ...parts: Bytes[]) => inspectBytes(rdb(header, parts));

describe('a stream', () => {
  /** All that follows the nodes: groups, consumers, times. */
  const rest = (layout: 1 | 2 | 3 | 4 | 5) => stream(layout).slice(stream(layout).indexOf(0x81) - 1);
  const node = (ms: bigint, seq: bigint, packed: Uint8Array) => bytes(str(streamId(ms, seq)), str(packed));

  test.each([15, 19, 21])('of type %i: ids, fields and values of what is not deleted', async type => {
    const first = streamNode(
      ['f', 7],
      [
        {ms: 0, seq: 0, values: ['v', 1000]},
        {ms: 5, seq: -2, values: ['gone', 'too'], deleted: true},
        {ms: 5, seq: 1, values: ['w', -1]},
        {ms: 6, seq: 0, fields: ['g'], values: ['own']},
        {ms: 7, seq: 0, fields: ['g'], values: ['gone'], deleted: true},
      ],
    );
    const second = streamNode([], [{ms: 0, seq: 0, fields: ['h'], values: ['last']}]);
    const layout = type === 15 ? 1 : type === 19 ? 2 : 3;
    const value = bytes(
      listOf(node(1000n, 3n, first), node(2n ** 63n, 2n ** 64n - 1n, second)),
      rest(layout),
    );
    const inspection = await inspectParts('REDIS0011', key(type, 'k', value));
    expect(inspection.error).toBeUndefined();
    expect(inspection.dataset.digest?.hex).toBe(
      plainDigest([
        {
          name: 'k',
          value: {
            stream: [
              ['1000.3', 'f', 'v', '7', '1000'],
              ['1005.4', 'f', 'w', '7', '-1'],
              ['1006.3', 'g', 'own'],
              ['9223372036854775808.18446744073709551615', 'h', 'last'],
            ],
          },
        },
      ]),
    );
  });

  test('of many names, and many streams with names of their own, in one batch or in many', async () => {
    const names = (i: number, count: number) => Array.from({length: count}, (_, n) => `name:${i}:${n}`);
    const streams = Array.from({length: 120}, (_, i) => ({
      i,
      names: names(i, i % 40 === 7 ? 200 : 1 + (i % 3)),
    }));
    const parts = streams.map(({i, names}) => {
      const packed = streamNode(
        names,
        [0, 1].map(ms => ({ms, seq: 0, values: names.map(name => `${ms}${name}`)})),
      );
      return key(21, `k${i}`, bytes(listOf(node(5n, 0n, packed)), rest(3)));
    });
    const plain = streams.map(({i, names}): PlainKey => {
      const entry = (ms: number): [string, ...string[]] => [
        `${5 + ms}.0`,
        ...names.flatMap(n => [n, `${ms}${n}`]),
      ];
      return {name: `k${i}`, value: {stream: [entry(0), entry(1)]}};
    });
    expect((await inspectParts('REDIS0011', ...parts)).dataset.digest?.hex).toBe(plainDigest(plain));
  });

  test('of more names than a batch has room for', async () => {
    const names = Array.from({length: 10_000}, (_, n) => `name:${n}`);
    const packed = streamNode(names, [{ms: 0, seq: 0, values: names.map(name => `of ${name}`)}]);
    const value = bytes(listOf(node(5n, 0n, packed)), rest(3));
    expect((await inspectParts('REDIS0011', key(21, 'k', value))).dataset.digest?.hex).toBe(
      plainDigest([{name: 'k', value: {stream: [['5.0', ...names.flatMap(name => [name, `of ${name}`])]]}}]),
    );
  });

  test('without entries is a key all the same', async () => {
    const inspection = await inspectParts('REDIS0011', key(21, 'k', bytes(len(0), rest(3))));
    expect(inspection.dataset.digest?.hex).toBe(plainDigest([{name: 'k', value: {stream: []}}]));
  });
});
