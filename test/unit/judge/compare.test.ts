import {describe, expect, test} from '@jest/globals';
import type {Census} from '../../../src/census/census.ts';
import type {Inspection} from '../../../src/inspect/inspection.ts';
import {compare} from '../../../src/judge/compare.ts';
import type {Expectations} from '../../../src/judge/expectations.ts';
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

type Case = {
  recorded?: Partial<Expectations>;
  census?: Partial<Census>;
  dataset?: Parameters<typeof aDataset>[0];
  modules?: Record<string, number>;
  policy?: Record<string, unknown>;
  sameBytes?: boolean;
};

/** The same counts on the server as in the file, unless a test says otherwise. */
function findingsOf({
  recorded = {},
  census,
  dataset,
  modules = {},
  policy,
  sameBytes = false,
}: Case): Finding[] {
  const restored = {
    inspection: anInspection({dataset: aDataset(dataset), modules}),
    census: aCensus(census ?? pickCounts(dataset)),
    plainSha256: sameBytes ? OTHER_SHA256 : PLAIN_SHA256,
  };
  return compare(restored, recordedIn(anExpectations(recorded)), aPolicy(policy));
}

const pickCounts = ({keys, expires, databases}: Parameters<typeof aDataset>[0] = {}) => ({
  ...(keys !== undefined && {keys}),
  ...(expires !== undefined && {expires}),
  ...(databases !== undefined && {databases}),
});

const rules = (findings: Finding[], status: Finding['status']) =>
  [...new Set(findings.filter(finding => finding.status === status).map(({rule}) => rule))].toSorted();

const failures = (drill: Case) => rules(findingsOf(drill), 'fail');
const other = aDigest('f'.repeat(40));

describe('without a policy everything recorded must be equal', () => {
  test('and is, in another artifact with the same dataset', () => {
    const findings = findingsOf({});
    expect(rules(findings, 'pass')).toEqual([
      'expect/digest',
      'expect/expires',
      'expect/functions',
      'expect/keys',
      'expect/modules',
      'expect/types',
    ]);
    expect(findings).toHaveLength(9);
  });

  test.each<[string, Case, string[]]>([
    ['one key less', {dataset: {keys: 2}}, ['expect/keys-dropped', 'expect/types']],
    ['one key more', {dataset: {keys: 4}}, ['expect/keys-grown', 'expect/types']],
    ['an expiry less', {dataset: {expires: 0}}, ['expect/expires']],
    ['an expiry more', {dataset: {expires: 2}}, ['expect/expires']],
    ['another type', {dataset: {types: {string: 2, hash: 1}}}, ['expect/types']],
    ['a function library more', {dataset: {functions: 1}}, ['expect/functions']],
    ['a module value', {modules: {'ReJSON-RL': 1}}, ['expect/modules']],
    ['another digest', {census: {digest: other}}, ['expect/digest']],
  ])('%s fails', (_what, drill, expected) => {
    expect(failures(drill)).toEqual(expected);
  });

  test('keys that moved to another database fail, though the sum is right', () => {
    const databases = {'0': {keys: 2, expires: 1}, '1': {keys: 1, expires: 0}};
    const findings = findingsOf({dataset: {databases}});
    expect(rules(findings, 'fail')).toEqual(['expect/keys-dropped', 'expect/keys-grown']);
    expect(findings.find(({rule}) => rule === 'expect/keys-grown')).toMatchObject({
      message: 'db 1 holds 1 keys, 1 more than recorded (0)',
      origin: 'expectations: dataset.databases.1.keys',
    });
  });

  test('a database that is gone fails', () => {
    const databases = {'0': {keys: 2, expires: 1}, '1': {keys: 1, expires: 0}};
    expect(failures({recorded: {dataset: aDataset({databases})}})).toContain('expect/keys-dropped');
  });

  test('an empty dataset is equal to an empty dataset', () => {
    const databases = {};
    const nothing = {databases, types: {}};
    expect(failures({recorded: {dataset: aDataset(nothing)}, dataset: nothing})).toEqual([]);
  });

  test('a failure says where the expectation was recorded and how to change it', () => {
    const finding = findingsOf({dataset: {keys: 2}}).find(({status}) => status === 'fail');
    expect(finding).toMatchObject({
      message: 'the dataset holds 2 keys, 1 fewer than recorded (3)',
      expected: 3,
      actual: 2,
      origin: 'expectations: dataset.keys',
      hint: expect.stringContaining('max-drop'),
    });
  });
});

describe('the digest', () => {
  const withScores = {
    recorded: {dataset: aDataset({types: {zset: 3}})},
    dataset: {types: {zset: 3}},
    census: {digest: aDigest(undefined, '7.2')},
  };

  test('in another dialect leaves the drill unproven where the types differ between dialects', () => {
    const finding = findingsOf(withScores).at(-1);
    expect(finding).toMatchObject({rule: 'expect/digest', status: 'skipped', severity: 'error'});
    expect(finding!.message).toContain('recorded in the dialect 7.0, this server speaks 7.2');
    expect(finding!.hint).not.toBe('');
  });

  test('in another dialect is a warning for the very bytes that were recorded: none of them can have changed', () => {
    const finding = findingsOf({...withScores, sameBytes: true}).at(-1);
    expect(finding).toMatchObject({status: 'skipped', severity: 'warning'});
  });

  test('in another dialect is compared all the same where all dialects digest the types alike', () => {
    const changed = findingsOf({census: {digest: aDigest('b'.repeat(40), '7.2')}}).at(-1);
    expect(changed).toMatchObject({rule: 'expect/digest', status: 'fail', severity: 'error'});
    expect(findingsOf({census: {digest: aDigest(undefined, '7.2')}}).at(-1)).toMatchObject({status: 'pass'});
  });

  test('leaves the drill unproven where none was recorded', () => {
    const finding = findingsOf({recorded: {serverDigest: null}}).at(-1);
    expect(finding).toMatchObject({status: 'skipped', severity: 'error'});
    expect(finding!.message).toContain('none was recorded');
  });

  test('leaves the drill unproven, and says why, where the server gave none', () => {
    const finding = findingsOf({census: {digest: null, digestBecause: 'DEBUG is not allowed'}}).at(-1);
    expect(finding).toMatchObject({status: 'skipped', severity: 'error'});
    expect(finding!.message).toContain('DEBUG is not allowed');
  });

  test('is not compared where the policy says so, and that is shown', () => {
    const finding = findingsOf({census: {digest: other}, policy: {digest: 'any'}}).at(-1);
    expect(finding).toMatchObject({status: 'skipped', severity: 'note'});
  });

  test('that was asked for leaves the drill unproven where nothing was recorded', () => {
    const restored = {inspection: anInspection(), census: aCensus(), plainSha256: PLAIN_SHA256};
    expect(compare(restored, recordedIn(null), aPolicy({digest: 'exact'}))).toMatchObject([
      {rule: 'expect/digest', status: 'skipped', severity: 'error'},
    ]);
    // It is said that nothing was compared, because an input that came out empty looks the same.
    expect(compare(restored, recordedIn(null), aPolicy())).toMatchObject([
      {rule: 'expect/none', status: 'skipped', severity: 'note'},
    ]);
  });
});

describe('a tolerance for the dataset', () => {
  const recorded = {dataset: aDataset({keys: 100})};
  const changed = {
    recorded,
    dataset: {keys: 96, expires: 7, types: {hash: 96}},
    census: {keys: 96, digest: other},
  };

  test('judges the count by it, and neither types nor expiries nor digest by equality', () => {
    const findings = findingsOf({...changed, policy: {keys: {'max-drop': '5%'}}});
    expect(rules(findings, 'fail')).toEqual([]);
    expect(rules(findings, 'skipped')).toEqual(['expect/digest', 'expect/expiry-times']);
    expect(rules(findings, 'pass')).toContain('policy/keys-dropped');
  });

  test('fails beyond it', () => {
    expect(failures({...changed, policy: {keys: {'max-drop': '3%'}}})).toEqual(['policy/keys-dropped']);
  });

  test('does not relax the digest where `digest: exact` asks for it', () => {
    const policy = {keys: {'max-drop': '5%'}, digest: 'exact'};
    expect(failures({...changed, policy})).toEqual(['expect/digest']);
  });

  test('does not excuse a database that vanished', () => {
    const databases = {'0': {keys: 99, expires: 0}, '3': {keys: 1, expires: 0}};
    const findings = findingsOf({
      recorded: {dataset: aDataset({databases})},
      dataset: {keys: 99},
      policy: {keys: {'max-drop': '5%'}},
    });
    expect(findings.filter(({status}) => status === 'fail')).toMatchObject([
      {rule: 'expect/database-vanished', message: expect.stringContaining('db 3 held 1 keys')},
    ]);
  });

  test('does not relax functions', () => {
    const dataset = {keys: 96, functions: 1};
    expect(failures({recorded, dataset, policy: {keys: {'max-drop': '5%'}}})).toEqual(['expect/functions']);
  });

  test('lets the number of module values change, but not which modules there are', () => {
    const policy = {keys: {'max-drop': '5%'}};
    const more = {recorded: {modules: {'ReJSON-RL': 5}}, policy};
    expect(failures({...more, modules: {'ReJSON-RL': 6}})).toEqual([]);
    expect(failures({...more, modules: {}})).toEqual(['expect/modules']);
  });
});

describe('a tolerance for one database', () => {
  const databases = {'0': {keys: 100, expires: 0}, '1': {keys: 100, expires: 5}};
  const drill = (now: typeof databases): Case => ({
    recorded: {dataset: aDataset({databases})},
    dataset: {databases: now},
    policy: {databases: {'0': {keys: {'max-drop': '10%'}}}},
  });

  test('lets that one change within it', () => {
    expect(failures(drill({...databases, '0': {keys: 90, expires: 3}}))).toEqual([]);
  });

  test('fails beyond it', () => {
    expect(failures(drill({...databases, '0': {keys: 89, expires: 0}}))).toEqual(['policy/keys-dropped']);
  });

  test('leaves the others to equality', () => {
    expect(failures(drill({...databases, '1': {keys: 99, expires: 5}}))).toEqual(['expect/keys-dropped']);
    expect(failures(drill({...databases, '1': {keys: 100, expires: 4}}))).toEqual(['expect/expires']);
  });

  test('for a database that was not recorded fails any growth beyond it', () => {
    const policy = {databases: {'7': {keys: {'max-growth': '10%'}}}};
    const now = {...databases, '7': {keys: 1, expires: 0}};
    expect(failures({...drill(now), policy})).toEqual(['policy/keys-grown']);
  });
});

describe('limits', () => {
  test('that are no tolerances make a drill stricter, never looser', () => {
    expect(failures({dataset: {keys: 2}, policy: {keys: {min: 1, max: 10}}})).toEqual([
      'expect/keys-dropped',
      'expect/types',
    ]);
  });

  test('are judged without expectations too', () => {
    const restored = {inspection: anInspection(), census: aCensus(), plainSha256: PLAIN_SHA256};
    const policy = aPolicy({keys: {min: 4}, databases: {'9': {keys: {min: 1}}}});
    expect(compare(restored, recordedIn(null), policy)).toMatchObject([
      {rule: 'policy/keys-min', status: 'fail', origin: 'keys.min'},
      {rule: 'policy/keys-min', status: 'fail', origin: 'databases.9.keys.min', actual: 0},
    ]);
  });
});

describe('the very bytes that were recorded', () => {
  const tolerant = {policy: {keys: {'max-drop': '50%'}}, sameBytes: true};

  test('must give the very same dataset, whatever the policy tolerates', () => {
    expect(failures({...tolerant, census: {keys: 2}})).toEqual(['expect/keys-dropped']);
    expect(failures({...tolerant, census: {digest: other}})).toEqual(['expect/digest']);
    expect(failures({census: {digest: other}, policy: {digest: 'any'}, sameBytes: true})).toEqual([
      'expect/digest',
    ]);
  });

  test('and do', () => {
    expect(failures(tolerant)).toEqual([]);
  });

  test('are judged by the policy’s limits as well', () => {
    expect(failures({sameBytes: true, policy: {keys: {min: 4}}})).toEqual(['policy/keys-min']);
  });
});

describe('our own digest, recorded', () => {
  const digest = (letter: string) => aDigest(letter.repeat(40), '7.2');
  const dataset = (zero: string, three: string) =>
    aDataset({
      databases: {
        '0': {keys: 2, expires: 1, digest: digest(zero)},
        '3': {keys: 1, expires: 0, digest: digest(three)},
      },
      digest: digest(zero === three ? 'e' : zero),
    });
  const judged = (
    recorded: Inspection['dataset'],
    now: Inspection['dataset'],
    census: Partial<Census> = {},
  ) =>
    compare(
      {
        inspection: anInspection({dataset: now}),
        census: aCensus({databases: {'0': {keys: 2, expires: 1}, '3': {keys: 1, expires: 0}}, ...census}),
        plainSha256: PLAIN_SHA256,
      },
      recordedIn(anExpectations({dataset: recorded})),
      aPolicy(),
    ).at(-1);

  test('is compared whatever dialect either server speaks, or whether it gives a digest at all', () => {
    const census = {digest: null, digestBecause: 'the server does not allow DEBUG'};
    expect(judged(dataset('a', 'b'), dataset('a', 'b'), census)).toMatchObject({
      rule: 'expect/digest',
      status: 'pass',
      origin: 'expectations: dataset.digest',
    });
  });

  test('that differs fails, and names the databases', () => {
    const finding = judged(dataset('a', 'b'), dataset('c', 'b'));
    expect(finding).toMatchObject({status: 'fail', severity: 'error'});
    expect(finding!.message).toMatch(/in db 0$/);
  });

  test('gives way to the server’s where the file has none: modules', () => {
    const {digest: _, ...without} = dataset('a', 'b');
    expect(judged(dataset('a', 'b'), without)).toMatchObject({origin: 'expectations: serverDigest'});
  });
});

test('findings name the file that the expectations were read from', () => {
  const restored = {
    inspection: anInspection({dataset: aDataset()}),
    census: aCensus(),
    plainSha256: PLAIN_SHA256,
  };
  const chosen = recordedIn(anExpectations(), 'drills/sessions.json');
  const origins = compare(restored, chosen, aPolicy()).map(({origin}) => origin);
  expect(origins).toContain('drills/sessions.json: dataset.keys');
});
