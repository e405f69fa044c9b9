import {describe, expect, test} from '@jest/globals';
import {deviation, lastOff, median, offBy, usual} from '../../../../src/history/trends/statistic.ts';

/** Of so many nights, this one first. */
const series = (nights: number, value: (ago: number) => number) => {
  const measured = new Map(Array.from({length: nights}, (_, ago) => [ago, value(ago)]));
  return {measured, sound: new Map([...measured].filter(([ago]) => ago > 0))};
};
const WEEKS = {growth: 0, weekdays: 3};

describe('median and deviation', () => {
  test('one bad night moves neither', () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 2, 3])).toBe(2.5);
    expect(median([1, 1, 1, 1, 900])).toBe(1);
    expect(deviation([1, 2, 3, 4, 5])).toBeCloseTo(1.4826);
    expect(deviation([1, 2, 3, 4, 5000])).toBeCloseTo(1.4826);
  });

  test('of what never changes nothing deviates', () => {
    expect(deviation([7, 7, 7, 7, 3])).toBe(0);
  });
});

describe('what is usual', () => {
  test('is the change from week to week, and how far nights stray from it', () => {
    const growing = series(40, ago => -ago * 0.01);
    expect(usual(growing)!.growth).toBeCloseTo(0.07);
    expect(usual(growing)!.spread).toBeCloseTo(0);
  });

  test('is not known of a few nights', () => {
    expect(usual(series(12, () => 1))).toBeNull();
    expect(usual(series(13, () => 1))).not.toBeNull();
  });

  test('is not what was lost, though that was measured', () => {
    const {measured} = series(40, ago => (ago < 10 ? 1 : 2));
    const sound = new Map([...measured].filter(([ago]) => ago >= 10));
    expect(offBy({measured, sound}, 0, WEEKS)).toEqual({by: -1, expected: 2});
  });
});

describe('how far a night is off', () => {
  const weekly = (ago: number) => (ago % 7 === 0 ? 5 : 10);

  test('is told by the same weekday', () => {
    expect(offBy(series(40, weekly), 0, WEEKS)).toEqual({by: 0, expected: 5});
    expect(
      offBy(
        series(40, ago => (ago === 0 ? 10 : weekly(ago))),
        0,
        WEEKS,
      ),
    ).toEqual({by: 5, expected: 5});
  });

  test('allows for growth', () => {
    const growing = series(40, ago => -ago);
    expect(offBy(growing, 0, {growth: 7, weekdays: 3})!.by).toBeCloseTo(0);
  });

  test('is told by all nights where weekdays are not known yet: a first weekend is no loss', () => {
    const first = series(13, ago => (ago === 0 || ago === 1 ? 6 : ago === 7 || ago === 8 ? 5 : 10));
    expect(offBy(first, 0, null)).toEqual({by: 0, expected: 6});
    const lost = series(13, ago => (ago === 0 ? 1 : weekly(ago)));
    expect(offBy(lost, 0, null)).toEqual({by: -1.5, expected: 5});
  });

  test('is not told by a few nights', () => {
    expect(
      offBy(
        series(7, () => 1),
        0,
        null,
      ),
    ).toBeNull();
    expect(
      offBy(
        series(8, () => 1),
        0,
        null,
      ),
    ).not.toBeNull();
  });

  test('of several nights is that of the middle one', () => {
    const leaking = series(40, ago => (ago < 4 ? ago : 4));
    expect(lastOff(leaking, 3, WEEKS)).toBe(-3);
    const hiccup = series(40, ago => (ago === 1 ? 0 : 4));
    expect(lastOff(hiccup, 3, WEEKS)).toBe(0);
  });

  test('of several nights needs them', () => {
    const alone = {measured: new Map([[0, 1]]), sound: new Map()};
    expect(lastOff(alone, 3, WEEKS)).toBeNull();
  });
});
