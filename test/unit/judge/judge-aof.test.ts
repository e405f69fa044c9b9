/** Evidence of an append-only file, and the verdict on it. */
import {describe, expect, test} from '@jest/globals';
import {type Evidence, judge} from '../../../src/judge/judge.ts';
import {NO_POLICY} from '../../../src/judge/policy.ts';
import {aCensus, aDigest, aLoad, anAof, anInspection, anUnpacked, aPolicy} from '../../builders.ts';

const evidence = (overrides: Partial<Evidence> = {}): Evidence => ({
  unpacked: anUnpacked(),
  aof: anAof(),
  saved: anInspection(),
  load: {...aLoad(), aofPartsLoaded: 2, aofCommandsFailed: 0},
  census: aCensus(),
  ...overrides,
});

const judged = (overrides: Partial<Evidence> = {}, policy = NO_POLICY) =>
  judge(evidence(overrides), null, policy);
const failed = ({findings}: ReturnType<typeof judge>) =>
  findings.filter(({status, severity}) => status === 'fail' && severity === 'error').map(({rule}) => rule);

test('a whole AOF that a server loaded passes, by books of its own', () => {
  const {outcome, ledger} = judged();
  expect(outcome).toBe('passed');
  expect(ledger.map(({name, status}) => `${status}: ${name}`)).toEqual(
    expect.arrayContaining([
      'balanced: parts of the AOF that are not empty = parts loaded',
      'balanced: keys in the base = keys loaded from it + keys expired + empty keys skipped',
      'balanced: keys in what the server saved = sum of keys over databases',
      'balanced: digest of what the server saved = DEBUG DIGEST',
    ]),
  );
});

describe('the ledger does not balance', () => {
  test.each([
    ['parts that were not loaded', {load: {...aLoad(), aofPartsLoaded: 1}}, 'ledger/aof-parts'],
    [
      'keys of the base that were not loaded',
      {load: {...aLoad({keysLoaded: 2}), aofPartsLoaded: 2}},
      'ledger/keys-loaded',
    ],
    ['keys that the server did not save', {census: aCensus({keys: 4})}, 'ledger/keys-in-databases'],
  ])('%s', (_, overrides, rule) => {
    expect(failed(judged(overrides))).toContain(rule);
  });
});

test('what servers of before 7.0 do not say is skipped', () => {
  const {outcome, ledger} = judged({load: {...aLoad({keysLoaded: null}), aofPartsLoaded: null}});
  expect(outcome).toBe('passed');
  expect(ledger.filter(({status}) => status === 'skipped')).toHaveLength(2);
});

test('where no part holds a byte, no server is blamed for not counting them', () => {
  const aof = anAof();
  const empty = anAof({parts: aof.parts.map(part => ({...part, sizeBytes: 0}))});
  const {ledger} = judged({aof: empty, load: {...aLoad({keysLoaded: null}), aofPartsLoaded: null}});
  expect(ledger.find(({name}) => name.startsWith('parts'))?.because).toBe('no part holds a byte');
});

test('damage fails, though the server loads it: it is blind there', () => {
  const error = {
    rule: 'aof/corrupt',
    severity: 'error',
    file: 'a',
    offset: 9,
    doing: '',
    message: 'It is corrupt.',
  } as const;
  const verdict = judged({aof: anAof({problems: [error], error})});
  expect([verdict.outcome, failed(verdict)]).toEqual(['failed', ['aof/corrupt']]);
});

test('what our reader cannot read of what the server saved is our bug', () => {
  const error = {
    rule: 'backup/corrupt',
    offset: 9,
    doing: 'read-key',
    message: 'odd',
    certain: true,
  } as const;
  expect(judged({saved: anInspection({error})})).toMatchObject({
    outcome: 'not-run',
    error: {code: 'bug/reader'},
  });
});

describe('a tail that was cut', () => {
  const cutTail = (lostBytes: number) =>
    anAof({cutTail: {file: 'a.aof.1.incr.aof', offset: 90, lostBytes, within: 'command'}});

  test.each([
    [65_536, undefined, 'passed'],
    [65_537, undefined, 'failed'],
    [1, 'fail', 'failed'],
    [9_999_999, 'warn', 'passed'],
    [100, {'max-bytes': 100}, 'passed'],
    [101, {'max-bytes': 100}, 'failed'],
  ])('of %d bytes under %j: %s', (lostBytes, policy, outcome) => {
    const verdict = judged(
      {aof: cutTail(lostBytes)},
      policy === undefined ? NO_POLICY : aPolicy({'cut-tail': policy}),
    );
    expect(verdict.outcome).toBe(outcome);
    expect(verdict.findings.find(({rule}) => rule === 'aof/cut-tail')).toMatchObject({
      status: 'fail',
      actual: lostBytes,
    });
  });
});

describe('a dump beside it', () => {
  const beside = (overrides: Partial<Evidence>) => ({
    name: 'dump.rdb',
    evidence: {
      unpacked: anUnpacked(),
      inspection: anInspection(),
      load: aLoad(),
      census: aCensus(),
      ...overrides,
    },
  });
  const about = ({findings}: ReturnType<typeof judge>) =>
    findings.find(({rule}) => rule === 'aof/dump-ignored')!;

  test('that holds the same passes', () => {
    const dataset = {...anInspection().dataset, digest: aDigest('aa'.repeat(20), '7.2')};
    const inspection = anInspection({dataset});
    const verdict = judged({saved: inspection, beside: beside({inspection})});
    expect(about(verdict)).toMatchObject({status: 'pass'});
  });

  test('of which no digest is known is not said to hold the same', () => {
    expect(about(judged({beside: beside({})}))).toMatchObject({status: 'skipped', severity: 'note'});
  });

  test('that holds something else is noted', () => {
    const verdict = judged({
      beside: beside({inspection: anInspection({dataset: {...anInspection().dataset, keys: 9}})}),
    });
    expect(about(verdict)).toMatchObject({status: 'fail'});
  });

  test('that is damaged fails', () => {
    const error = {
      rule: 'backup/truncated',
      offset: 9,
      doing: 'read-key',
      message: 'It is truncated.',
      certain: true,
    } as const;
    const verdict = judged({beside: beside({inspection: anInspection({error})})});
    expect(verdict.outcome).toBe('failed');
    expect(about(verdict).message).toMatch(/does not restore: It is truncated/);
  });
});

test('where a restore as production would was asked for and is not there, nothing is proved', () => {
  expect(judged({productionConfig: 'redis.conf'})).toMatchObject({
    outcome: 'not-run',
    error: {code: 'verdict/unproven'},
  });
});
