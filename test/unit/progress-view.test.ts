import {afterEach, beforeEach, describe, expect, jest, test} from '@jest/globals';
import {describe as describePhase, progressOn} from '../../src/progress-view.ts';

const MB = 1_000_000;

describe('a phase in words', () => {
  test('names share, amount, rate and the time that is left', () => {
    const reached = {done: 82 * MB, total: 200 * MB, unit: 'bytes', elapsedMs: 500} as const;
    expect(describePhase('inspect', reached)).toBe('inspect 41% (82 of 200 MB, 164 MB/s, 1 s left)');
  });

  test('of work whose end cannot be foreseen names the time alone', () => {
    const reached = {done: 0, total: 0, unit: 'unknown', elapsedMs: 2500} as const;
    expect(describePhase('digest', reached)).toBe('digest, 2 s so far');
  });

  test('in percent names no amount', () => {
    const reached = {done: 25, total: 100, unit: 'percent', elapsedMs: 1000} as const;
    expect(describePhase('load', reached)).toBe('load 25% (3 s left)');
  });

  test('at its beginning promises nothing', () => {
    const reached = {done: 0, total: 100, elapsedMs: 0} as const;
    expect(describePhase('load', {...reached, unit: 'percent'})).toBe('load 0%');
    expect(describePhase('hash', {...reached, unit: 'bytes'})).toBe('hash 0% (0 of 0 MB)');
  });

  test('of nothing is done', () => {
    const reached = {done: 0, total: 0, unit: 'bytes', elapsedMs: 5} as const;
    expect(describePhase('hash', reached)).toContain('hash 100%');
  });
});

describe('what is shown', () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());

  /** One update every 50 ms. */
  function shown(isTTY: boolean, seconds: number): string[] {
    const written: string[] = [];
    const phase = progressOn({isTTY, write: text => written.push(text)}).phase('load', 100, 'percent');
    for (let ms = 0; ms < seconds * 1000; ms += 50) {
      jest.advanceTimersByTime(50);
      phase.update(Math.floor(ms / (10 * seconds)));
    }
    phase.end();
    return written;
  }

  test.each([true, false])('of work under a second is nothing (terminal: %p)', isTTY => {
    expect(shown(isTTY, 0.9)).toEqual([]);
  });

  test('in a log is a plain line now and then', () => {
    const lines = shown(false, 25);
    expect(lines).toHaveLength(3);
    for (const line of lines) expect(line).toMatch(/^load \d+%.*\n$/);
  });

  test('on a terminal is one line that redraws itself, and is cleared at the end', () => {
    const drawn = shown(true, 3);
    expect(drawn.length).toBeGreaterThan(10);
    for (const text of drawn) expect(text.startsWith('\r\x1b[2K')).toBe(true);
    expect(drawn[5]).toMatch(/\[#+\.+\] load \d+%/);
    expect(drawn.at(-1)).toBe('\r\x1b[2K');
    expect(drawn.join('')).not.toContain('\n');
  });
});
