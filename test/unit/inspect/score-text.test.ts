import {describe, expect, test} from '@jest/globals';
import {percent17g, readsAlike} from '../../../src/inspect/digest/score-text.ts';
import {Kernel, LAYOUT} from '../../../src/inspect/kernel.ts';
import {fc} from '../../property.ts';

const kernel = new Kernel();

function shortest(score: number): string {
  const at = LAYOUT.digits;
  const count = kernel.call.formatShortest(score, at);
  return Buffer.from(kernel.bytes.subarray(at, at + count)).toString('latin1');
}

/** Seen on Redis 7.0.15 and Valkey 8.1.1; test/sabotage/digest.test.ts asks servers about many more. */
const SEEN: [number, short: string, old: string][] = [
  [0, '0', '0'],
  [-0, '-0', '-0'],
  [1, '1', '1'],
  [-1.5, '-1.5', '-1.5'],
  [0.1, '0.1', '0.10000000000000001'],
  [123456.789, '123456.789', '123456.789'],
  [1e7, '10000000', '10000000'],
  [1e8, '1e+8', '100000000'],
  [3e8, '3e+8', '300000000'],
  [1e20, '1e+20', '1e+20'],
  [1e-7, '1e-7', '9.9999999999999995e-08'],
  [1e-6, '0.000001', '9.9999999999999995e-07'],
  [1e300, '1e+300', '1.0000000000000001e+300'],
  [5e-324, '5e-324', '4.9406564584124654e-324'],
  [1_700_000_000_000, '1.7e+12', '1700000000000'],
  [1_700_000_000_123, '1700000000123', '1700000000123'],
  [1.7976931348623157e308, '1.7976931348623157e+308', '1.7976931348623157e+308'],
  [Number.POSITIVE_INFINITY, 'inf', 'inf'],
  [Number.NEGATIVE_INFINITY, '-inf', '-inf'],
  // Half way between two texts of 17 digits: the even one, where JavaScript takes the larger.
  [2 ** 50 + 0.25, '1125899906842624.3', '1125899906842624.2'],
  [2 ** 50 + 0.75, '1125899906842624.8', '1125899906842624.8'],
  [-(2 ** 50) - 0.25, '-1125899906842624.3', '-1125899906842624.2'],
];

describe('a score', () => {
  test.each(SEEN)('%d reads %s, and %s before 7.2', (score, short, old) => {
    expect(shortest(score)).toBe(short);
    expect(percent17g(score)).toBe(old);
  });

  const anyDouble = fc.double({noNaN: true});

  test('can be read back from either text', () => {
    const back = (text: string) => Number(text.replace('inf', 'Infinity'));
    fc.assert(
      fc.property(anyDouble, score => {
        expect(back(shortest(score))).toBe(score);
        expect(back(percent17g(score))).toBe(score);
      }),
      {numRuns: 2000},
    );
  });

  test('that reads alike does', () => {
    fc.assert(
      fc.property(fc.oneof(anyDouble, fc.integer({min: -200_000_000, max: 200_000_000})), score => {
        if (readsAlike(score))
          expect([shortest(score), percent17g(score)]).toEqual([String(score), String(score)]);
      }),
      {numRuns: 2000},
    );
    expect(readsAlike(-0)).toBe(false);
    expect(readsAlike(1e8)).toBe(false);
  });
});
