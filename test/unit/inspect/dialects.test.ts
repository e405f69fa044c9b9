import {describe, expect, test} from '@jest/globals';
import {listpack} from '../../packed-builder.ts';
import {type PlainValue, plainDigest} from '../../plain-digest.ts';
import {type Bytes, bytes, f64le, i64le, key, len, listOf, rdb, str} from '../../rdb-builder.ts';
import {inspectBytes} from './dumps.ts';

const inspectParts = (header: string, ...parts: Bytes[]) => inspectBytes(rdb(header, parts));

describe('dialects', () => {
  const hexes = async (header: string, ...parts: Bytes[]) =>
    (await inspectParts(header, ...parts)).digests!.byDialect;
  const of = (value: PlainValue) => plainDigest([{name: 'k', value}]);

  test('differ in scores of many digits', async () => {
    const value = listOf(
      bytes(str('a'), f64le(0.1)),
      bytes(str('b'), f64le(1e20)),
      bytes(str('c'), f64le(3)),
    );
    const old = of({
      zset: [
        ['a', '0.10000000000000001'],
        ['b', '1e+20'],
        ['c', '3'],
      ],
    });
    const short = of({
      zset: [
        ['a', '0.1'],
        ['b', '1e+20'],
        ['c', '3'],
      ],
    });
    expect(await hexes('REDIS0010', key(5, 'k', value))).toEqual({
      '6.0': old,
      '7.0': old,
      '7.2': short,
      '7.4': short,
      'valkey-9.0': short,
    });
  });

  test('differ in a score of -0 in what becomes a listpack', async () => {
    const [zero, minusZero] = ['0', '-0'].map(score =>
      of({
        zset: [
          ['a', score],
          ['b', '1'],
        ],
      }),
    );
    const value = (...others: Bytes[]) =>
      listOf(bytes(str('a'), f64le(-0)), bytes(str('b'), f64le(1)), ...others);
    expect(await hexes('REDIS0010', key(5, 'k', value()))).toMatchObject({
      '6.0': minusZero,
      '7.0': zero,
      '7.2': zero,
    });
    const large = await hexes('REDIS0010', key(5, 'k', value(bytes(str('c'.repeat(65)), f64le(1)))));
    const all = of({
      zset: [
        ['a', '-0'],
        ['b', '1'],
        ['c'.repeat(65), '1'],
      ],
    });
    expect(large).toMatchObject({'6.0': all, '7.0': all, '7.2': all});
    const packed = key(17, 'k', str(listpack(['a', '-0', 'b', 1])));
    expect(await hexes('REDIS0010', packed)).toMatchObject({
      '6.0': minusZero,
      '7.0': minusZero,
      '7.2': minusZero,
    });
  });

  test('differ in fields that expire: Redis marks them', async () => {
    const plain = of({
      hash: [
        ['f', 'v'],
        ['g', 'w'],
      ],
    });
    const marked = of({
      hash: [
        ['f', 'v', true],
        ['g', 'w'],
      ],
    });
    for (const part of [
      key(
        24,
        'k',
        bytes(i64le(1000), listOf(bytes(len(1), str('f'), str('v')), bytes(len(0), str('g'), str('w')))),
      ),
      key(25, 'k', bytes(i64le(1000), str(listpack(['f', 'v', 1000, 'g', 'w', 0])))),
    ]) {
      expect(await hexes('REDIS0012', part)).toMatchObject({'7.2': plain, '7.4': marked});
    }
  });

  test('and Valkey leaves out those that have passed, until the next one does', async () => {
    const soon = Date.now() + 60_000;
    const fields = listOf(
      bytes(str('f'), str('v'), i64le(1)),
      bytes(str('g'), str('w'), i64le(soon)),
      bytes(str('h'), str('x'), i64le(-1)),
    );
    const inspection = await inspectParts('VALKEY080', key(22, 'k', fields));
    expect(inspection.digests).toEqual({
      byDialect: {
        '7.2': of({
          hash: [
            ['f', 'v'],
            ['g', 'w'],
            ['h', 'x'],
          ],
        }),
        'valkey-9.0': of({
          hash: [
            ['g', 'w'],
            ['h', 'x'],
          ],
        }),
      },
      validUntilMs: soon,
    });
  });
});
