/** The simulation of bench/history.mjs, small: the same seeds give the same nights everywhere. */
import {describe, expect, test} from '@jest/globals';
import {falseAlarms, find} from '../../../../bench/history.mjs';
import {REGRESSIONS} from '../../../../bench/regressions.mjs';

describe('in a simulated history', () => {
  test('nights in which nothing goes wrong raise no more than one false alarm a quarter', () => {
    const alarms = [1, 2].flatMap(seed => falseAlarms(seed, 182));
    expect(alarms.length).toBeLessThanOrEqual(4);
    // What takes the release away is never among them.
    expect(alarms.flat()).not.toContain('trend/keys-falling');
    expect(alarms.flat()).not.toContain('trend/same-backup');
  });

  // It is found too, but with less than half of the nights' noise only later.
  const SLOWER = 'restores creep: 3 % slower each night';

  test.each(Object.keys(REGRESSIONS).filter(name => name !== SLOWER))('%s: found in three nights', name => {
    const {nights} = find(name, 3);
    expect(nights).not.toBeNull();
    expect(nights).toBeLessThanOrEqual(3);
  });

  test(`${SLOWER}: found`, () => {
    expect(find(SLOWER, 3).nights).not.toBeNull();
  });
});
