import {describe, expect, test} from '@jest/globals';
import {DrillError} from '../../../../src/errors.ts';
import {MAX_COMBINATIONS, PatternSet} from '../../../../src/inspect/groups/pattern-set.ts';

function matches(pattern: string, name: string | Uint8Array): boolean {
  const bytes = Buffer.from(name as string);
  const set = new PatternSet([pattern]);
  return set.combinations[set.of(bytes, 0, bytes.length)]!.length > 0;
}

describe('a pattern means what it means to KEYS', () => {
  test.each([
    ['user:*', 'user:1', true],
    ['user:*', 'user:', true],
    ['user:*', 'user', false],
    ['user:*', 'superuser:1', false],
    ['*:cart', 'user:1:cart', true],
    ['*:cart', 'user:1:cart:2', false],
    ['u*r*:*', 'user:1', true],
    ['user:?', 'user:1', true],
    ['user:?', 'user:12', false],
    ['user:?', 'user:', false],
    ['user:[0-9]', 'user:7', true],
    ['user:[9-0]', 'user:7', true],
    ['user:[^0-9]', 'user:7', false],
    ['user:[^0-9]', 'user:x', true],
    ['user:[abc', 'user:b', true],
    ['user:[a-]', 'user:^', true],
    ['user:[a-]', 'user:-', false],
    ['user:[\\a-c]', 'user:b', false],
    ['user:[\\]]', 'user:]', true],
    ['user:[', 'user:[', false],
    ['user:[]a]', 'user:a', false],
    ['user:[^', 'user:^', true],
    ['\\*', '*', true],
    ['\\*', 'x', false],
    ['user\\', 'user\\', true],
    ['USER:*', 'user:1', false],
    ['*', '', true],
    ['**', '', false],
    ['**', 'x', true],
    ['\u00e9?', Buffer.from([0xc3, 0xa9, 0xff]), true],
    ['?', 'é', false],
  ])('%s and %s: %s', (pattern, name, expected) => {
    expect(matches(pattern, name as string)).toBe(expected);
  });
});

test('each pattern counts by itself, however many match', () => {
  const set = new PatternSet(['user:*', '*:cart', 'user:1:*', 'session:*']);
  const groups = (name: string) => set.combinations[set.of(Buffer.from(name), 0, name.length)];
  expect(groups('user:1:cart')).toEqual([0, 1, 2]);
  expect(groups('user:2:cart')).toEqual([0, 1]);
  expect(groups('cart')).toEqual([]);
  expect(set.of(Buffer.from('user:2:cart'), 0, 11)).toBe(set.of(Buffer.from('user:3:cart'), 0, 11));
});

test('a name in pieces is the same name', () => {
  const set = new PatternSet(['a*b?c*', '*cc']);
  const name = Buffer.from('a-b-c--bbc-cc');
  const whole = set.of(name, 0, name.length);
  for (let cut = 0; cut <= name.length; cut++) {
    set.start();
    set.feed(name, 0, cut);
    set.feed(name, cut, name.length);
    expect(set.end()).toBe(whole);
  }
});

test('a pattern that takes others ages takes no longer, and no more memory', () => {
  // Its automaton has more than a million states, of which most names need new ones.
  const set = new PatternSet([`*a${'?'.repeat(20)}`, `${'*a'.repeat(30)}*b`]);
  let state = 1;
  const name = Buffer.from(
    Array.from({length: 30_000}, () => {
      state = Math.imul(state, 1_103_515_245) + 12_345;
      return (state >>> 16) & 1 ? 0x61 : 0x62;
    }),
  );
  const started = performance.now();
  set.of(name, 0, name.length);
  expect(performance.now() - started).toBeLessThan(20_000);
  const ends = name.at(-21) === 0x61;
  expect(set.combinations[set.of(name, 0, name.length)]!.includes(0)).toBe(ends);
});

test('patterns that overlap in too many ways are refused, and how to do better is said', () => {
  const letters = [...'abcdefghijklmn'];
  const set = new PatternSet(letters.map(letter => `*${letter}*`));
  const sortAll = () => {
    for (let subset = 0; subset < 2 ** letters.length; subset++) {
      const name = Buffer.from(letters.filter((_, i) => subset & (1 << i)).join(''));
      set.of(name, 0, name.length);
    }
  };
  expect(sortAll).toThrow(DrillError);
  expect(sortAll).toThrow(`more than ${MAX_COMBINATIONS} ways`);
});
