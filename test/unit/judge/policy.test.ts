import {describe, expect, test} from '@jest/globals';
import {isTolerance, judgeKeyLimits, keyLimitsSchema} from '../../../src/judge/key-limits.ts';
import {policySchema} from '../../../src/judge/policy.ts';
import {judgeTtl, ttlSchema} from '../../../src/judge/ttl-rule.ts';

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
    [{exact: 10}, 10, 'pass policy/keys-exact'],
    [{exact: 10}, 9, 'fail policy/keys-exact'],
    [{exact: 10}, 11, 'fail policy/keys-exact'],
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

describe('a limit that warns', () => {
  test.each<[Record<string, unknown>, number, number, string[]]>([
    [{'warn-drop': '3%'}, 1000, 970, ['pass policy/keys-dropped']],
    [{'warn-drop': '3%'}, 1000, 969, ['fail warning policy/keys-dropped']],
    [{'warn-drop': '3%', 'max-drop': '10%'}, 1000, 970, ['pass policy/keys-dropped']],
    [{'warn-drop': '3%', 'max-drop': '10%'}, 1000, 900, ['fail warning policy/keys-dropped']],
    [{'warn-drop': '3%', 'max-drop': '10%'}, 1000, 899, ['fail error policy/keys-dropped']],
    // The stricter one fails first.
    [{'warn-drop': '10%', 'max-drop': '3%'}, 1000, 960, ['fail error policy/keys-dropped']],
    [{'warn-growth': 5}, 1000, 1005, ['pass policy/keys-grown']],
    [{'warn-growth': 5}, 1000, 1006, ['fail warning policy/keys-grown']],
    [{'warn-growth': 5}, 1000, 1, ['pass policy/keys-grown']],
  ])('%j, from %i to %i: %j', (limits, recorded, actual, expected) => {
    const findings = judgeKeyLimits({
      what: 'db 3',
      limits: keyLimitsSchema.parse(limits),
      actual,
      recorded,
      originOf: limit => `restore-drill.yml:12 ${limit}`,
    });
    const short = findings.map(({status, severity, rule}) =>
      status === 'fail' ? `fail ${severity} ${rule}` : `${status} ${rule}`,
    );
    expect(short).toEqual(expected);
    const [{status, severity, origin}] = findings as [(typeof findings)[number]];
    // Whichever limit it is, it is the one that is named.
    if (status === 'fail') expect(origin).toMatch(severity === 'error' ? / max-/ : / warn-/);
  });

  test('relaxes nothing: what was recorded must still be equal', () => {
    expect(
      isTolerance(keyLimitsSchema.parse({'warn-drop': '3%', 'warn-growth': '3%', exact: 3, min: 1})),
    ).toBe(false);
    expect(isTolerance(keyLimitsSchema.parse({'max-drop': '3%'}))).toBe(true);
  });
});

describe('the share of keys that expire', () => {
  const judgedTtl = (ttl: unknown, [keys, expires]: number[], before?: number[]) =>
    judgeTtl(
      {
        rule: 'policy/ttl',
        what: 'the dataset',
        actual: {keys: keys!, expires: expires!},
        recorded: before ? {keys: before[0]!, expires: before[1]!} : null,
        originOf: (...path) => `restore-drill.yml:9 ${path.join('.')}`,
      },
      ttlSchema.parse(ttl),
    ).map(({status, severity}) => (status === 'pass' ? status : `${status} ${severity}`));

  test.each<[unknown, number[], number[] | undefined, string[]]>([
    ['none', [10, 0], undefined, ['pass']],
    ['none', [10, 1], undefined, ['fail error']],
    ['all', [10, 10], undefined, ['pass']],
    ['all', [10, 9], undefined, ['fail error']],
    [{'min-coverage': '95%'}, [100, 95], undefined, ['pass']],
    [{'min-coverage': '95%'}, [100, 94], undefined, ['fail error']],
    [{'max-change': '10%'}, [100, 60], [100, 50], ['pass']],
    [{'max-change': '10%'}, [100, 61], [100, 50], ['fail error']],
    [{'max-change': '10%'}, [100, 39], [100, 50], ['fail error']],
    // Of the keys, not of the keys that expire: twice as many keys, twice as many of them expire.
    [{'max-change': '0%'}, [200, 100], [100, 50], ['pass']],
    [{'warn-change': '10%', 'max-change': '20%'}, [100, 65], [100, 50], ['fail warning']],
    [{'warn-change': '10%', 'max-change': '20%'}, [100, 71], [100, 50], ['fail error']],
    [{'max-change': '10%'}, [100, 61], undefined, ['skipped warning']],
    // Of no keys there is no share.
    [{'max-change': '10%'}, [0, 0], [100, 50], []],
    // A third, and what binary fractions make of it.
    [{'max-change': '0%'}, [3, 1], [9, 3], ['pass']],
  ])('%j of %j, before %j: %j', (ttl, now, before, expected) => {
    expect(judgedTtl(ttl, now, before)).toEqual(expected);
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
