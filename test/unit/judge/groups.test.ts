/** Groups and expiry times against what was recorded and what the config says. */
import {describe, expect, test} from '@jest/globals';
import type {Dataset, Group} from '../../../src/inspect/inspection.ts';
import {compare} from '../../../src/judge/compare.ts';
import type {Finding} from '../../../src/judge/finding.ts';
import {
  aCensus,
  aDataset,
  aDigest,
  anExpectations,
  anInspection,
  aPolicy,
  OTHER_SHA256,
  PLAIN_SHA256,
  recordedIn,
} from '../../builders.ts';

const hexOf = (digit: string) => digit.repeat(40);
const times = (digit: string, left = {more: 1}): Group['expiryTimes'] => ({
  digest: {algorithm: 'sha1-xor-expiry-times', hex: hexOf(digit)},
  left,
});

function aGroup(overrides: Partial<Group> = {}): Group {
  const {keys = 100} = overrides;
  return {
    keys,
    expires: 0,
    types: {string: keys},
    bytes: 1000,
    digest: aDigest(hexOf('a'), '7.2'),
    ...overrides,
  };
}

type Case = {
  recorded?: Record<string, Group>;
  actual?: Record<string, Group>;
  rest?: {recorded?: Group; actual?: Group};
  dataset?: {recorded?: Partial<Dataset>; actual?: Partial<Dataset>};
  policy?: Record<string, unknown>;
  sameBytes?: boolean;
  quick?: boolean;
  unrecorded?: boolean;
};

function findingsOf({recorded = {}, actual = recorded, rest = {}, dataset = {}, ...given}: Case): Finding[] {
  const of = (groups: Record<string, Group>, ungrouped: Group | undefined, others: Partial<Dataset> = {}) =>
    aDataset({groups, ungrouped: ungrouped ?? aGroup({keys: 0}), ...others} as Parameters<
      typeof aDataset
    >[0]);
  const restored = {
    inspection: anInspection({dataset: of(actual, rest.actual, dataset.actual)}),
    census: aCensus(),
    plainSha256: given.sameBytes ? OTHER_SHA256 : PLAIN_SHA256,
    depth: given.quick ? ('quick' as const) : ('full' as const),
  };
  const expectations = anExpectations({dataset: of(recorded, rest.recorded, dataset.recorded)});
  return compare(restored, recordedIn(given.unrecorded ? null : expectations), aPolicy(given.policy));
}

const ofGroups = (drill: Case) => findingsOf(drill).filter(({rule}) => rule.startsWith('expect/group'));
/** Rules of groups that fail, in their order. */
const failures = (drill: Case) =>
  ofGroups(drill).flatMap(({rule, status}) => (status === 'fail' ? [rule] : []));

describe('without a policy a group must be as recorded', () => {
  const users = {'user:*': aGroup()};

  test('and is', () => {
    const findings = ofGroups({recorded: users});
    expect(findings.map(({rule, status}) => `${status} ${rule}`)).toEqual([
      'pass expect/group',
      'pass expect/group',
    ]);
    expect(findings[0]!.message).toBe('group user:* is as recorded');
  });

  test.each<[string, Group, string[]]>([
    ['fewer keys', aGroup({keys: 90}), ['expect/group-keys-dropped']],
    ['more keys', aGroup({keys: 110}), ['expect/group-keys-grown']],
    ['no keys', aGroup({keys: 0}), ['expect/group-vanished']],
    ['other types', aGroup({types: {hash: 100}}), ['expect/group-types']],
    ['another value', aGroup({digest: aDigest(hexOf('b'), '7.2')}), ['expect/group-digest']],
    ['expiries', aGroup({expires: 1, expiryTimes: times('c')}), ['expect/group-expires']],
  ])('%s', (_what, group, expected) => {
    expect(failures({recorded: users, actual: {'user:*': group}})).toEqual(expected);
  });

  test('the finding says which group, by how much, and where it was recorded', () => {
    const [finding] = ofGroups({recorded: users, actual: {'user:*': aGroup({keys: 90})}});
    expect(finding).toMatchObject({
      message: 'group user:* holds 90 keys, 10 fewer than recorded (100)',
      expected: 100,
      actual: 90,
      origin: 'expectations: dataset.groups.user:*.keys',
    });
    expect(finding!.hint).not.toBe('');
  });

  test('other times of expiry, with the time that keys had left', () => {
    const recorded = {'user:*': aGroup({expires: 1, expiryTimes: times('c', {more: 1})})};
    const actual = {'user:*': aGroup({expires: 1, expiryTimes: times('d', {'1h': 1} as never)})};
    const [finding] = ofGroups({recorded, actual});
    expect(finding).toMatchObject({rule: 'expect/group-expiry-times', status: 'fail'});
    expect(finding!.message).toContain('recorded more 1, now 1h 1');
  });

  test('keys of no group count as well, where the groups are the same', () => {
    const rest = {recorded: aGroup({keys: 5}), actual: aGroup({keys: 4})};
    expect(failures({recorded: users, rest})).toEqual(['expect/group-keys-dropped']);
    expect(failures({recorded: users, actual: {...users, 'cart:*': aGroup()}, rest})).toEqual([]);
  });

  test('values of a module leave a group without a digest, and say so', () => {
    const {digest: _, ...undigested} = aGroup();
    const skips = ofGroups({recorded: {'m:*': undigested}}).filter(({status}) => status === 'skipped');
    expect(skips).toMatchObject([{rule: 'expect/group-digest', severity: 'note'}]);
    const exact = ofGroups({
      recorded: {'m:*': undigested},
      policy: {groups: [{match: 'm:*', digest: 'exact'}]},
    });
    expect(exact.filter(({status}) => status === 'skipped')).toMatchObject([{severity: 'error'}]);
  });

  test('of a quick drill the counts', () => {
    const actual = {'user:*': {...aGroup({keys: 90}), digest: undefined} as unknown as Group};
    expect(failures({recorded: users, actual, quick: true})).toEqual(['expect/group-keys-dropped']);
  });
});

describe('a tolerance', () => {
  const recorded = {'user:*': aGroup(), 'flag:*': aGroup()};
  const changed = aGroup({keys: 97, digest: aDigest(hexOf('b'), '7.2')});

  test('of a group is for that group, and for no other', () => {
    const policy = {groups: [{match: 'user:*', keys: {'max-drop': '5%'}}]};
    const rest = {recorded: aGroup({keys: 5}), actual: aGroup({keys: 5})};
    expect(failures({recorded, actual: {...recorded, 'user:*': changed}, policy, rest})).toEqual([]);
    expect(failures({recorded, actual: {...recorded, 'flag:*': changed}, policy})).toEqual([
      'expect/group-keys-dropped',
    ]);
    // The whole has changed with it, but not what is in no group.
    const dataset = {actual: {keys: 2}};
    expect(findingsOf({recorded, policy, dataset}).filter(({status}) => status === 'fail')).toEqual([]);
    expect(failures({recorded, policy, rest: {...rest, actual: aGroup({keys: 4})}})).toContain(
      'expect/group-keys-dropped',
    );
  });

  test('is exceeded, and the line of the config is named', () => {
    const policy = {groups: [{match: 'user:*', keys: {'max-drop': '1%'}}]};
    const findings = ofGroups({recorded, actual: {...recorded, 'user:*': changed}, policy});
    expect(findings.filter(({status}) => status === 'fail')).toMatchObject([
      {
        rule: 'expect/group-keys-dropped',
        message: 'group user:* dropped by 3 keys (3.0%), from 100 to 97; 1% is allowed',
        origin: 'groups.0.keys.max-drop',
      },
    ]);
  });

  test('of the whole is for every group, as long as it is there', () => {
    const policy = {keys: {'max-drop': '5%'}};
    expect(failures({recorded, actual: {...recorded, 'user:*': changed}, policy})).toEqual([]);
    expect(failures({recorded, actual: {...recorded, 'user:*': aGroup({keys: 0})}, policy})).toEqual([
      'expect/group-vanished',
    ]);
  });

  test('of everything lets a group vanish', () => {
    const policy = {groups: [{match: 'user:*', keys: {'max-drop': '100%'}}]};
    expect(failures({recorded, actual: {...recorded, 'user:*': aGroup({keys: 0})}, policy})).toEqual([]);
  });

  test('leaves `digest: exact` of a group as it is', () => {
    const policy = {keys: {'max-drop': '5%'}, groups: [{match: 'flag:*', digest: 'exact'}]};
    expect(failures({recorded, actual: {...recorded, 'flag:*': changed}, policy})).toEqual([
      'expect/group-digest',
    ]);
    expect(failures({recorded, actual: {...recorded, 'user:*': changed}, policy})).toEqual([]);
  });

  test('is none for the very bytes that were recorded', () => {
    const policy = {keys: {'max-drop': '50%'}, groups: [{match: 'user:*', digest: 'any'}]};
    expect(failures({recorded, actual: {...recorded, 'user:*': changed}, policy, sameBytes: true})).toContain(
      'expect/group-keys-dropped',
    );
    const value = {...recorded, 'user:*': aGroup({digest: aDigest(hexOf('b'), '7.2')})};
    expect(failures({recorded, actual: value, policy, sameBytes: true})).toEqual(['expect/group-digest']);
  });

  test('`digest: any` lets values and times change, and no counts', () => {
    const policy = {groups: [{match: 'user:*', digest: 'any'}]};
    expect(failures({recorded, actual: {...recorded, 'user:*': changed}, policy})).toEqual([
      'expect/group-keys-dropped',
    ]);
    const before = {'user:*': aGroup({expires: 1, expiryTimes: times('c')})};
    const after = {'user:*': aGroup({expires: 1, expiryTimes: times('d')})};
    expect(failures({recorded: before, actual: after, policy})).toEqual([]);
    const exact = {groups: [{match: 'user:*', digest: 'any', 'expiry-times': 'exact'}]};
    expect(failures({recorded: before, actual: after, policy: exact})).toEqual(['expect/group-expiry-times']);
  });
});

describe('the config alone', () => {
  const judged = (rule: Record<string, unknown>, group: Group) =>
    failures({actual: {'user:*': group}, unrecorded: true, policy: {groups: [{match: 'user:*', ...rule}]}});
  const expiring = (expires: number) => aGroup({expires, expiryTimes: times('c')});

  test.each<[string, Record<string, unknown>, Group, string[]]>([
    ['nothing but the pattern', {}, aGroup(), []],
    ['no keys', {}, aGroup({keys: 0}), ['expect/group-empty']],
    ['no keys, which is allowed', {keys: {min: 0}}, aGroup({keys: 0}), []],
    ['fewer than min', {keys: {min: 101}}, aGroup(), ['expect/group-keys-min']],
    ['more than max', {keys: {max: 99}}, aGroup(), ['expect/group-keys-max']],
    ['the type', {type: 'string'}, aGroup(), []],
    ['another type', {type: 'hash'}, aGroup({types: {hash: 97, string: 3}}), ['expect/group-type']],
    ['ttl none', {ttl: 'none'}, aGroup(), []],
    ['ttl none, one expires', {ttl: 'none'}, expiring(1), ['expect/group-ttl']],
    ['ttl all', {ttl: 'all'}, expiring(100), []],
    ['ttl all, one does not', {ttl: 'all'}, expiring(99), ['expect/group-ttl']],
    ['ttl 95%', {ttl: {'min-coverage': '95%'}}, expiring(95), []],
    ['ttl 95%, less', {ttl: {'min-coverage': '95%'}}, expiring(94), ['expect/group-ttl']],
    ['ttl at most 5%', {ttl: {'max-coverage': '5%'}}, expiring(6), ['expect/group-ttl']],
  ])('%s', (_what, rule, group, expected) => {
    expect(judged(rule, group)).toEqual(expected);
  });

  test('asks for an exact digest of what was never recorded: unproven', () => {
    const policy = {groups: [{match: 'new:*', digest: 'exact'}]};
    const findings = ofGroups({actual: {'new:*': aGroup()}, policy});
    expect(findings).toMatchObject([
      {rule: 'expect/group-digest', status: 'skipped', severity: 'error', origin: 'groups.0.digest'},
    ]);
  });

  test.each<[string, object, Partial<Group>]>([
    ['digest', {digest: 'exact'}, {digest: aDigest(hexOf('a'), '6.0')}],
    ['expiry-times', {'expiry-times': 'exact'}, {expires: 1}],
  ])('asks for an exact %s that was recorded in another way: unproven', (what, rule, before) => {
    const recorded = {'user:*': aGroup(before)};
    const actual = {'user:*': aGroup({expires: before.expires ?? 0, expiryTimes: times('1')})};
    const findings = ofGroups({recorded, actual, policy: {groups: [{match: 'user:*', ...rule}]}});
    expect(findings).toContainEqual(
      expect.objectContaining({rule: `expect/group-${what}`, status: 'skipped', severity: 'error'}),
    );
  });

  test('says how many keys are of the wrong type, and of which', () => {
    const actual = {'user:*': aGroup({types: {hash: 97, string: 3}})};
    const [finding] = ofGroups({
      actual,
      unrecorded: true,
      policy: {groups: [{match: 'user:*', type: 'hash'}]},
    });
    expect(finding!.message).toBe('3 of 100 keys of group user:* are not of type hash: string 3');
    expect(finding!.origin).toBe('groups.0.type');
  });
});

describe('expiry times of the dataset', () => {
  const dataset = {
    recorded: {expires: 1, expiryTimes: times('c')},
    actual: {expires: 1, expiryTimes: times('d')},
  };
  const found = (drill: Case) => findingsOf(drill).find(({rule}) => rule === 'expect/expiry-times')!;

  test('must be equal, unless a tolerance or `any` says otherwise', () => {
    expect(found({dataset})).toMatchObject({status: 'fail', origin: 'expectations: dataset.expiryTimes'});
    expect(found({dataset: {...dataset, actual: dataset.recorded}})).toMatchObject({status: 'pass'});
    for (const policy of [{keys: {'max-drop': '5%'}}, {digest: 'any'}, {'expiry-times': 'any'}]) {
      expect(found({dataset, policy})).toMatchObject({status: 'skipped', severity: 'note'});
      expect(found({dataset, policy, sameBytes: true})).toMatchObject({status: 'fail'});
    }
    const exact = {keys: {'max-drop': '5%'}, 'expiry-times': 'exact'};
    expect(found({dataset, policy: exact})).toMatchObject({status: 'fail'});
  });

  test('of a recording that has none are not compared, and that is said', () => {
    const before = {...dataset, recorded: {expires: 1}};
    expect(found({dataset: before})).toMatchObject({status: 'skipped', severity: 'note'});
    expect(found({dataset: before, policy: {'expiry-times': 'exact'}})).toMatchObject({severity: 'error'});
  });
});
