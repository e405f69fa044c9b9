import {describe, expect, test} from '@jest/globals';
import {judgeKeyLimits, keyLimitsSchema} from '../../../src/judge/key-limits.ts';
import {policySchema} from '../../../src/judge/policy.ts';

type Counts = {actual: number; recorded?: number | null};

/** Each finding in short: `fail policy/keys-min`. */
function judged(limits: Record<string, unknown>, {actual, recorded = null}: Counts): string[] {
  return judgeKeyLimits({
    what: 'the dataset',
    limits: keyLimitsSchema.parse(limits),
    actual,
    recorded,
    originOf: limit => `restore-drill.yml: ${limit}`,
  }).map(({status, rule}) => `${status} ${rule}`);
}

describe('absolute limits', () => {
  test.each([
    [{min: 10}, 10, 'pass policy/keys-min'],
    [{min: 10}, 9, 'fail policy/keys-min'],
    [{min: 0}, 0, 'pass policy/keys-min'],
    [{max: 10}, 10, 'pass policy/keys-max'],
    [{max: 10}, 11, 'fail policy/keys-max'],
    [{max: 0}, 0, 'pass policy/keys-max'],
    [{max: 0}, 1, 'fail policy/keys-max'],
  ])('%j with %i keys: %s', (limits, actual, expected) => {
    expect(judged(limits, {actual})).toEqual([expected]);
  });

  test('both sides are judged when both are stated', () => {
    expect(judged({min: 1, max: 5}, {actual: 9})).toEqual(['pass policy/keys-min', 'fail policy/keys-max']);
  });

  test('no limit gives no finding', () => {
    expect(judged({}, {actual: 9, recorded: 1})).toEqual([]);
  });
});

describe('a drop against what was recorded', () => {
  test.each([
    ['5%', 1000, 950, 'pass'],
    ['5%', 1000, 949, 'fail'],
    ['5%', 1000, 5000, 'pass'],
    ['0%', 1000, 1000, 'pass'],
    ['0%', 1000, 999, 'fail'],
    ['100%', 1000, 0, 'pass'],
    ['2.5%', 1000, 975, 'pass'],
    ['2.5%', 1000, 974, 'fail'],
    [50, 1000, 950, 'pass'],
    [50, 1000, 949, 'fail'],
    [0, 1000, 999, 'fail'],
    ['5%', 0, 0, 'pass'],
    // Less than a whole key is no key.
    ['5%', 10, 9, 'fail'],
  ])('max-drop %p, recorded %i, restored %i: %s', (limit, recorded, actual, status) => {
    expect(judged({'max-drop': limit}, {actual, recorded})).toEqual([`${status} policy/keys-dropped`]);
  });

  test.each([
    ['0.57%', 10_000, 9943],
    ['0.29%', 100_000, 99_710],
    ['1.1%', 3000, 2967],
  ])('exactly %s of %i is allowed, whatever binary fractions make of it', (limit, recorded, actual) => {
    expect(judged({'max-drop': limit}, {actual, recorded})).toEqual(['pass policy/keys-dropped']);
    expect(judged({'max-drop': limit}, {actual: actual - 1, recorded})).toEqual(['fail policy/keys-dropped']);
  });
});

describe('a growth against what was recorded', () => {
  test.each([
    ['50%', 1000, 1500, 'pass'],
    ['50%', 1000, 1501, 'fail'],
    [10, 1000, 1010, 'pass'],
    [10, 1000, 1011, 'fail'],
    // A share of nothing is nothing.
    ['50%', 0, 1, 'fail'],
    [1, 0, 1, 'pass'],
  ])('max-growth %p, recorded %i, restored %i: %s', (limit, recorded, actual, status) => {
    const findings = judged({'max-growth': limit}, {actual, recorded});
    expect(findings).toEqual(['pass policy/keys-dropped', `${status} policy/keys-grown`]);
  });

  test('allows no loss: that takes a max-drop', () => {
    const shrunk = {actual: 999, recorded: 1000};
    expect(judged({'max-growth': '50%'}, shrunk)).toEqual([
      'fail policy/keys-dropped',
      'pass policy/keys-grown',
    ]);
    expect(judged({'max-growth': '50%', 'max-drop': 1}, shrunk)).toEqual([
      'pass policy/keys-dropped',
      'pass policy/keys-grown',
    ]);
  });
});

test('a change cannot be judged where nothing was recorded, and says so', () => {
  expect(judged({'max-drop': '5%', 'max-growth': 3}, {actual: 7})).toEqual([
    'skipped policy/keys-dropped',
    'skipped policy/keys-grown',
  ]);
});

test('a failure names what, by how much, what is allowed, and where that was written', () => {
  const [finding] = judgeKeyLimits({
    what: 'db 3',
    limits: keyLimitsSchema.parse({'max-drop': '5%'}),
    actual: 800,
    recorded: 1000,
    originOf: limit => `restore-drill.yml:12 ${limit}`,
  });
  expect(finding).toMatchObject({
    severity: 'error',
    message: 'db 3 dropped by 200 keys (20.0%), from 1000 to 800; 5% is allowed',
    expected: 1000,
    actual: 800,
    origin: 'restore-drill.yml:12 max-drop',
  });
  expect(finding!.hint).not.toBe('');
});

describe('what may be written', () => {
  test.each([
    ['5'],
    ['5 %'],
    ['-5%'],
    ['five'],
    ['%'],
    ['5%%'],
    [-1],
    [1.5],
    [true],
    [null],
  ])('a tolerance of %p is refused, not guessed at', limit => {
    expect(keyLimitsSchema.safeParse({'max-drop': limit}).success).toBe(false);
  });

  test.each([[-1], [1.5], ['10'], [null]])('a minimum of %p is refused', min => {
    expect(keyLimitsSchema.safeParse({min}).success).toBe(false);
  });

  test('a database is named by its number', () => {
    expect(policySchema.safeParse({databases: {zero: {keys: {min: 1}}}}).success).toBe(false);
    expect(policySchema.safeParse({databases: {'0': {keys: {min: 1}}}}).success).toBe(true);
  });

  test('an unknown key is refused, not ignored', () => {
    expect(policySchema.safeParse({keys: {'max-dorp': '5%'}}).success).toBe(false);
    expect(policySchema.safeParse({key: {min: 1}}).success).toBe(false);
  });
});
