/** Against the last good drill, which nobody recorded by hand: what protects without any configuration. */
import {describe, expect, test} from '@jest/globals';
import type {Dataset, Group} from '../../../src/inspect/inspection.ts';
import type {EarlierDrill} from '../../../src/judge/baseline.ts';
import {type Evidence, judge, type Verdict} from '../../../src/judge/judge.ts';
import {
  aCensus,
  aDataset,
  aDigest,
  aLoad,
  anInspection,
  anUnpacked,
  aPolicy,
  PLAIN_SHA256,
} from '../../builders.ts';

const YESTERDAY = '2025-01-02T03:04:05.000Z';
const OTHER = 'ef'.repeat(32);
type Counts = Record<string, number>;

const aGroup = (keys: number, more: Partial<Group> = {}): Group => ({
  keys,
  expires: 0,
  types: {string: keys},
  bytes: keys * 10,
  ...more,
});
const groupsOf = (counts: Counts) =>
  Object.fromEntries(Object.entries(counts).map(([pattern, keys]) => [pattern, aGroup(keys)]));
const databasesOf = (counts: Counts) =>
  Object.fromEntries(Object.entries(counts).map(([number, keys]) => [number, {keys, expires: 0}]));

const drillOf = (dataset: Dataset, plainSha256 = OTHER, finishedAt = YESTERDAY): EarlierDrill => ({
  finishedAt,
  plainSha256,
  dataset,
});

/** Tonight’s drill of `dataset`, after those. */
function drilled(earlier: EarlierDrill[], dataset: Dataset, policy?: Record<string, unknown>): Verdict {
  const {keys, expires, databases} = dataset;
  const evidence: Evidence = {
    unpacked: anUnpacked(),
    inspection: anInspection({dataset}),
    load: aLoad({keysLoaded: keys}),
    census: aCensus({keys, expires, databases, functions: dataset.functions}),
    earlier,
  };
  return judge(evidence, null, aPolicy(policy));
}

/** `error policy/keys-dropped`, worst first. */
const failuresOf = ({findings}: Verdict) =>
  findings.flatMap(({status, severity, rule}) => (status === 'fail' ? [`${severity} ${rule}`] : []));

const judged = (before: Dataset, now: Dataset, policy?: Record<string, unknown>) =>
  drilled([drillOf(before)], now, policy);

describe('the number of keys of the dataset', () => {
  test.each<[number, number, string[]]>([
    [1000, 1000, []],
    [1000, 970, []],
    [1000, 969, ['warning policy/keys-dropped']],
    [1000, 900, ['warning policy/keys-dropped']],
    [1000, 899, ['error policy/keys-dropped']],
    [1000, 1500, []],
    [1000, 1501, ['warning policy/keys-grown']],
    [1000, 1_000_000, ['warning policy/keys-grown']],
    [1000, 0, ['error policy/keys-dropped', 'error expect/database-vanished']],
    [0, 0, []],
    [0, 5, ['warning policy/keys-grown']],
  ])('%i, then %i: %j', (before, now, expected) => {
    const [first, second] = [before, now].map(keys =>
      aDataset(keys === 0 ? {databases: {}} : {databases: databasesOf({0: keys})}),
    );
    const verdict = judged(first!, second!);
    expect(failuresOf(verdict).toSorted()).toEqual(expected.toSorted());
    expect(verdict.outcome).toBe(expected.some(text => text.startsWith('error')) ? 'failed' : 'passed');
  });
});

describe('databases', () => {
  const before = aDataset({databases: databasesOf({0: 1000, 3: 20})});

  test.each<[string, Counts, string[]]>([
    ['each as large as it was', {0: 1000, 3: 20}, []],
    ['a small one lost more than a tenth', {0: 1000, 3: 17}, ['error policy/keys-dropped']],
    ['a small one lost exactly a tenth', {0: 1000, 3: 18}, ['warning policy/keys-dropped']],
    ['a small one is gone', {0: 1000}, ['error expect/database-vanished']],
    ['a small one doubled', {0: 1000, 3: 40}, ['warning policy/keys-grown']],
    ['a new one', {0: 1000, 3: 20, 7: 5}, ['warning policy/keys-grown']],
    [
      'keys moved from one to another',
      {0: 800, 3: 220},
      ['error policy/keys-dropped', 'warning policy/keys-grown'],
    ],
  ])('%s', (_what, counts, expected) => {
    expect(failuresOf(judged(before, aDataset({databases: databasesOf(counts)}))).toSorted()).toEqual(
      expected.toSorted(),
    );
  });

  test('the only one is not told twice', () => {
    const [first, second] = [100, 50].map(keys => aDataset({databases: databasesOf({0: keys})}));
    expect(failuresOf(judged(first!, second!))).toEqual(['error policy/keys-dropped']);
  });
});

describe('groups', () => {
  const withGroups = (counts: Counts, keys = 1000) => aDataset({keys, groups: groupsOf(counts)});
  const before = withGroups({'user:*': 500, 'flag:*': 20});

  test.each<[string, Counts, string[]]>([
    ['each as large as it was', {'user:*': 500, 'flag:*': 20}, []],
    ['3 % less', {'user:*': 485, 'flag:*': 20}, []],
    ['4 % less', {'user:*': 480, 'flag:*': 20}, ['warning expect/group-keys-dropped']],
    [
      '11 % less, while the total is made up elsewhere',
      {'user:*': 445, 'flag:*': 20},
      ['error expect/group-keys-dropped'],
    ],
    ['gone', {'user:*': 500, 'flag:*': 0}, ['error expect/group-vanished']],
    ['twice as many', {'user:*': 500, 'flag:*': 40}, ['warning expect/group-keys-grown']],
    ['a new one', {'user:*': 500, 'flag:*': 20, 'order:*': 100}, []],
  ])('%s', (_what, counts, expected) => {
    expect(failuresOf(judged(before, withGroups(counts))).toSorted()).toEqual(expected.toSorted());
  });

  test('under a hash, where names are redacted now', () => {
    const policy = {...aPolicy(), groupName: (pattern: string) => `#${pattern.length}:*`};
    const now = aDataset({keys: 1000, groups: groupsOf({'#6:*': 0})});
    const evidence: Evidence = {
      unpacked: anUnpacked(),
      inspection: anInspection({dataset: now}),
      load: aLoad({keysLoaded: 1000}),
      census: aCensus({keys: 1000}),
      earlier: [drillOf(withGroups({'flag:*': 20}))],
    };
    expect(failuresOf(judge(evidence, null, policy))).toContain('error expect/group-vanished');
  });
});

describe('types, expiries, functions', () => {
  const whole = (more: Parameters<typeof aDataset>[0]) => aDataset({keys: 1000, expires: 0, ...more});

  test.each<[string, Parameters<typeof aDataset>[0], Parameters<typeof aDataset>[0], string[]]>([
    ['a type lost a tenth', {types: {hash: 100, string: 900}}, {types: {hash: 90, string: 910}}, []],
    [
      'a type lost more, as when an application writes another',
      {types: {hash: 100, string: 900}},
      {types: {hash: 80, string: 920}},
      ['warning policy/keys-dropped'],
    ],
    ['as many expire', {expires: 500}, {expires: 550}, []],
    ['keys lost their expiry', {expires: 500}, {expires: 390}, ['warning policy/ttl']],
    ['keys got an expiry', {expires: 0}, {expires: 200}, ['warning policy/ttl']],
    ['as many functions', {functions: 2}, {functions: 2}, []],
    ['one more', {functions: 1}, {functions: 2}, []],
    ['one fewer', {functions: 2}, {functions: 1}, ['error expect/functions']],
    ['other values', {digest: aDigest('a'.repeat(40), '7.2')}, {digest: aDigest('b'.repeat(40), '7.2')}, []],
  ])('%s', (_what, before, now, expected) => {
    expect(failuresOf(judged(whole(before), whole(now)))).toEqual(expected);
  });
});

describe('what the config says takes the place of a default, limit by limit', () => {
  const [before, now] = [1000, 850].map(keys => aDataset({keys, groups: groupsOf({'a:*': keys / 2})}));
  const origins = (policy?: Record<string, unknown>) =>
    judged(before!, now!, policy)
      .findings.filter(({status}) => status === 'fail')
      .map(({rule, severity, origin}) => `${severity} ${rule}, ${origin}`);

  test('nothing said', () => {
    expect(origins()).toEqual([
      'error policy/keys-dropped, default max-drop',
      'error expect/group-keys-dropped, default max-drop',
    ]);
  });

  test('of all keys: it holds for groups too, and what warns still warns', () => {
    expect(origins({keys: {'max-drop': '20%'}})).toEqual([
      'warning policy/keys-dropped, default warn-drop',
      'warning expect/group-keys-dropped, default warn-drop',
    ]);
    expect(origins({keys: {'max-drop': '20%', 'warn-drop': '20%'}})).toEqual([]);
  });

  test('of all keys, stricter: the place that it was written in is named', () => {
    expect(origins({keys: {'max-drop': '12%', 'warn-drop': '1%'}})).toEqual([
      'error policy/keys-dropped, keys.max-drop',
      'error expect/group-keys-dropped, keys.max-drop',
    ]);
  });

  test('of a group: of that alone', () => {
    expect(origins({groups: [{match: 'a:*', keys: {'max-drop': '16%', 'warn-drop': '15%'}}]})).toEqual([
      'error policy/keys-dropped, default max-drop',
    ]);
  });

  test('growth fails where a limit for it is stated', () => {
    const verdict = judged(now!, before!, {keys: {'max-growth': '5%'}});
    expect(failuresOf(verdict)).toContain('error policy/keys-grown');
  });

  test('a group that may go', () => {
    const gone = aDataset({keys: 1000, groups: groupsOf({'a:*': 0})});
    const policy = {groups: [{match: 'a:*', keys: {'max-drop': '100%', 'warn-drop': '100%'}}]};
    expect(failuresOf(judged(before!, gone, policy))).toEqual([]);
  });

  test('an exact digest is held against that of the earlier drill, and proves nothing where that has none', () => {
    const digest = (hex: string) => ({digest: aDigest(hex.repeat(40), '7.2')});
    const [a, b] = ['a', 'b'].map(hex => aDataset({keys: 1000, ...digest(hex)}));
    expect(failuresOf(judged(a!, b!, {digest: 'exact'}))).toEqual(['error expect/digest']);
    expect(judged(before!, b!, {digest: 'exact'})).toMatchObject({
      outcome: 'not-run',
      error: {code: 'verdict/unproven'},
    });
    expect(judged(a!, b!, {modules: 'exact'})).toMatchObject({
      outcome: 'not-run',
      error: {code: 'verdict/unproven'},
    });
  });
});

describe('a backup that was drilled before proves nothing by being what it was', () => {
  const before = drillOf(aDataset({keys: 1000}), OTHER, '2025-01-01T00:00:00.000Z');
  const now = aDataset({keys: 950});

  test('it is compared with the one before it, of other bytes', () => {
    const verdict = drilled([drillOf(now, PLAIN_SHA256), before], now);
    expect(verdict.baseline).toMatchObject({from: 'history', keys: 1000, sameBytes: false});
    expect(failuresOf(verdict)).toEqual(['warning policy/keys-dropped']);
  });

  test('and must be what it was, to a key', () => {
    const was = drillOf(aDataset({keys: 951}), PLAIN_SHA256);
    const verdict = drilled([was, before], now);
    expect(verdict.outcome).toBe('failed');
    expect(verdict.findings[0]).toMatchObject({
      rule: 'expect/keys-dropped',
      origin: `the drill of ${YESTERDAY}: dataset.keys`,
    });
  });

  test('where there is no other, that is said', () => {
    const verdict = drilled([drillOf(now, PLAIN_SHA256)], now);
    expect(verdict).toMatchObject({outcome: 'passed', baseline: {sameBytes: true}});
    expect(verdict.findings).toContainEqual(
      expect.objectContaining({rule: 'expect/same-backup', status: 'skipped', severity: 'note'}),
    );
    expect(drilled([drillOf(aDataset({keys: 949}), PLAIN_SHA256)], now).outcome).toBe('failed');
  });
});

test('the first drill of a history has nothing to compare with, and says so', () => {
  const verdict = drilled([], aDataset());
  expect(verdict.outcome).toBe('passed');
  expect(verdict.baseline).toBeUndefined();
  expect(verdict.findings).toContainEqual(
    expect.objectContaining({
      rule: 'expect/none',
      message: expect.stringMatching(/no earlier drill of this backup passed/),
    }),
  );
});
