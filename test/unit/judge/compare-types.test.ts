/** Limits of types, shares, functions and modules, with recorded expectations and without any. */
import {describe, expect, test} from '@jest/globals';
import {compare} from '../../../src/judge/compare.ts';
import type {Expectations} from '../../../src/judge/expectations.ts';
import {
  aCensus,
  aDataset,
  anExpectations,
  anInspection,
  aPolicy,
  PLAIN_SHA256,
  recordedIn,
} from '../../builders.ts';

type Dataset = NonNullable<Parameters<typeof aDataset>[0]>;
type Sides = {
  recorded: Dataset | null;
  now: Dataset;
  modules?: [Expectations['modules'], Expectations['modules']];
};

const failing = ({recorded, now, modules = [{}, {}]}: Sides, policy?: Record<string, unknown>): string[] => {
  const dataset = aDataset(now);
  const {keys, expires, databases} = dataset;
  const restored = {
    inspection: anInspection({dataset, modules: modules[1]}),
    census: aCensus({keys, expires, databases}),
    plainSha256: PLAIN_SHA256,
  };
  const expectations = recorded && anExpectations({dataset: aDataset(recorded), modules: modules[0]});
  return compare(restored, recordedIn(expectations), aPolicy({digest: 'any', ...policy}))
    .filter(({status, severity}) => status === 'fail' || (status === 'skipped' && severity === 'error'))
    .map(({rule, message}) => `${rule}: ${message}`);
};

describe('by type', () => {
  const group = (types: Dataset['types']) => ({keys: 10, expires: 0, types: types!, bytes: 1});
  const recorded = {
    keys: 100,
    types: {hash: 60, string: 40},
    groups: {'h:*': group({hash: 10}), 's:*': {...group({string: 10})}},
  };
  const fewer = {
    keys: 97,
    types: {hash: 57, string: 40},
    groups: {'h:*': {...group({hash: 8}), keys: 8}, 's:*': group({string: 10})},
  };
  const types = {hash: {keys: {'max-drop': '5%'}}};

  test('without a tolerance the loss is told everywhere', () => {
    expect(failing({recorded, now: fewer})).toHaveLength(4);
  });

  test('a tolerance for it relaxes what it is part of', () => {
    expect(failing({recorded, now: fewer}, {types})).toEqual([]);
    expect(failing({recorded, now: {...fewer, types: {hash: 56, string: 41}}}, {types})).toEqual([
      'policy/keys-dropped: type hash dropped by 4 keys (6.7%), from 60 to 56; 5% is allowed',
      'expect/types: keys of type string: recorded 40, restored 41',
    ]);
  });

  test('and no other type, nor groups of others', () => {
    const others = {...fewer, groups: {...fewer.groups, 's:*': {...group({string: 9}), keys: 9}}};
    expect(failing({recorded, now: others}, {types})).toEqual([
      'expect/group-keys-dropped: group s:* holds 9 keys, 1 fewer than recorded (10)',
    ]);
  });

  test.each<[Record<string, unknown>, string[]]>([
    [{min: 1}, ['policy/keys-min: type stream holds 0 keys, at least 1 are asked for']],
    [{max: 0}, []],
    [{exact: 0}, []],
  ])('%j of a type that is not there, with nothing recorded: %j', (keys, expected) => {
    expect(failing({recorded: null, now: {keys: 3}}, {digest: undefined, types: {stream: {keys}}})).toEqual(
      expected,
    );
  });
});

describe('by database', () => {
  const now = {databases: {'0': {keys: 10, expires: 5}, '3': {keys: 10, expires: 0}}, types: {}};

  test('the share that expires', () => {
    expect(
      failing({recorded: null, now}, {databases: {'3': {ttl: 'all'}, '0': {ttl: {'min-coverage': '50%'}}}}),
    ).toEqual(['policy/ttl: 0 of 10 keys of db 3 (0.0%) expire; asked for: all']);
    expect(failing({recorded: null, now}, {ttl: 'none'})).toEqual([
      'policy/ttl: 5 of 20 keys of the dataset (25.0%) expire; asked for: none',
    ]);
  });

  test('one that may go altogether goes, one that may shrink does not', () => {
    const gone = {databases: {'0': {keys: 10, expires: 5}}, types: {}};
    const allowing = (percent: string) => ({
      databases: {'3': {keys: {'max-drop': percent}}},
      keys: {'max-drop': '60%'},
    });
    expect(failing({recorded: now, now: gone}, allowing('100%'))).toEqual([]);
    expect(failing({recorded: now, now: gone}, allowing('99%'))).toEqual([
      'expect/database-vanished: db 3 held 10 keys when recorded and is gone',
    ]);
  });
});

describe('functions and modules', () => {
  const functions = (recorded: number, now: number, rule: string) =>
    failing({recorded: {functions: recorded}, now: {functions: now}}, {functions: rule});

  test.each([
    [2, 2, 'no-fewer', []],
    [2, 3, 'no-fewer', []],
    [2, 1, 'no-fewer', ['expect/functions: function libraries: recorded 2, restored 1']],
    [2, 3, 'exact', ['expect/functions: function libraries: recorded 2, restored 3']],
    [2, 0, 'any', []],
  ])('%i libraries, then %i, %s: %j', (recorded, now, rule, expected) => {
    expect(functions(recorded, now, rule)).toEqual(expected);
  });

  test.each<[string | undefined, boolean, string[]]>([
    [undefined, false, ['expect/modules: modules: recorded bf 2, restored bf 3']],
    [undefined, true, []],
    ['exact', true, ['expect/modules: modules: recorded bf 2, restored bf 3']],
    ['any', false, []],
  ])('modules %s, tolerant %s: %j', (modules, tolerant, expected) => {
    const policy = {...(modules && {modules}), ...(tolerant && {keys: {'max-drop': '1%'}})};
    expect(failing({recorded: {}, now: {}, modules: [{bf: 2}, {bf: 3}]}, policy)).toEqual(expected);
  });

  test.each([
    'functions',
    'modules',
    'expiry-times',
    'digest',
  ])('%s: exact proves nothing where nothing was recorded', key => {
    expect(failing({recorded: null, now: {}}, {[key]: 'exact'})).toEqual([
      expect.stringMatching(
        new RegExp(`^expect/${key}: .* be compared: there are no recorded expectations$`),
      ),
    ]);
  });
});
