/** `proof: save`: a line of its own, and never taken for the other. */
import {describe, expect, test} from '@jest/globals';
import type {Inspection} from '../../../src/inspect/inspection.ts';
import {type Evidence, judge} from '../../../src/judge/judge.ts';
import {renderMarkdown} from '../../../src/report/markdown.ts';
import {renderText} from '../../../src/report/text.ts';
import {
  aCensus,
  aDamage,
  aLoad,
  anAof,
  anExpectations,
  anInspection,
  anUnpacked,
  aPolicy,
  aReport,
} from '../../builders.ts';

const OURS = {'6.0': 'a6'.repeat(20), '7.2': 'a7'.repeat(20), '7.4': 'a8'.repeat(20)};
const other = 'ff'.repeat(20);
const digests = (byDialect: Record<string, string>) => ({digests: {byDialect}});

function evidence(saved: Partial<Inspection> | null, more: Partial<Evidence> = {}): Evidence {
  return {
    proof: 'save',
    unpacked: anUnpacked(),
    inspection: anInspection(digests(OURS)),
    load: aLoad(),
    census: aCensus({digest: null, digestBecause: 'proof save'}),
    ...(saved && {saved: anInspection({...digests(OURS), ...saved})}),
    ...more,
  };
}

const lineOf = (books: Evidence) => {
  const {ledger, outcome} = judge(books, null, aPolicy());
  const line = ledger.find(({name}) => name === 'digest of the file = digest of what the server SAVEs');
  return {
    outcome,
    status: line?.status,
    left: line?.left.value,
    right: line?.right.value,
    because: line?.because,
  };
};

describe('digest of the file = digest of what the server SAVEs', () => {
  test('is drawn where it was asked for, and there the other is skipped by name', () => {
    expect(lineOf(evidence({}))).toMatchObject({outcome: 'passed', status: 'balanced', left: OURS['7.2']});
    const {ledger} = judge(evidence({}), null, aPolicy());
    expect(ledger.find(({name}) => name === 'digest of the file = DEBUG DIGEST')).toMatchObject({
      status: 'skipped',
      because: 'proof save',
    });
    expect(lineOf(evidence({}, {proof: 'debug-digest'})).status).toBeUndefined();
  });

  test.each<[string, Partial<Inspection>]>([
    ['another value', digests({...OURS, '7.2': other})],
    ['a damaged save', {error: aDamage('backup/checksum-mismatch')}],
  ])('does not balance for %s', (_what, saved) => {
    expect(lineOf(evidence(saved))).toMatchObject({outcome: 'failed', status: 'unbalanced'});
  });

  test('is held in the dialect that knows most of what the server wrote', () => {
    expect(lineOf(evidence({rdbVersion: 9})).left).toBe(OURS['6.0']);
    expect(lineOf(evidence({rdbVersion: 12})).left).toBe(OURS['7.4']);
    expect(lineOf(evidence({magic: 'VALKEY', rdbVersion: 80})).left).toBe(OURS['7.2']);
  });

  test('says so where DEBUG DIGEST had to be asked after all', () => {
    const {digests: _none, ...inspection} = anInspection({digestBecause: 'values of the module type x'});
    const line = lineOf(evidence(null, {inspection, census: aCensus()}));
    expect(line).toMatchObject({
      status: 'skipped',
      because:
        'our reader cannot compute it (values of the module type x), so DEBUG DIGEST was asked instead',
    });
  });

  test('is not drawn in a quick drill, which proves no value', () => {
    expect(lineOf(evidence(null, {depth: 'quick'})).status).toBeUndefined();
  });
});

describe('what DEBUG DIGEST does not see = what the server SAVEs of it', () => {
  const hex = 'ab'.repeat(20);
  const times = (text: string) => ({digest: {algorithm: 'sha1-xor-expiry-times', hex: text}}) as const;
  const groups = {streams: 1, groups: 1, consumers: 1, pending: 2};
  const consumerGroups = (text: string) =>
    ({...groups, digest: {algorithm: 'consumer-groups-1', hex: text}}) as const;
  const fieldExpiries = (text: string) =>
    ({fields: 3, digest: {algorithm: 'field-expiries-1', hex: text}}) as const;
  const {dataset} = anInspection();
  const whole = {
    ...dataset,
    expires: 1,
    expiryTimes: times(hex),
    consumerGroups: consumerGroups(hex),
    fieldExpiries: fieldExpiries(hex),
  };
  const books = (saved: typeof dataset, more: Partial<Evidence> = {}) =>
    evidence({dataset: saved}, {inspection: anInspection({...digests(OURS), dataset: whole}), ...more});
  const rulesOf = (books_: Evidence, status: string) =>
    judge(books_, null, aPolicy())
      .findings.filter(({rule, status: is}) => rule.startsWith('ledger/saved-') && is === status)
      .map(({rule}) => rule);

  test('balances where all came back, and is not drawn where there is none of it', () => {
    expect(rulesOf(books(whole), 'pass')).toEqual([
      'ledger/saved-digest',
      'ledger/saved-expiry-times',
      'ledger/saved-consumer-groups',
      'ledger/saved-field-expiries',
    ]);
    expect(rulesOf(evidence({}), 'pass')).toEqual(['ledger/saved-digest']);
  });

  test.each<[string, Partial<typeof whole>]>([
    ['ledger/saved-expiry-times', {expiryTimes: times(other)}],
    ['ledger/saved-expiry-times', {expires: 0}],
    ['ledger/saved-consumer-groups', {consumerGroups: consumerGroups(other)}],
    ['ledger/saved-field-expiries', {fieldExpiries: fieldExpiries(other)}],
  ])('fails with %s', (rule, saved) => {
    expect(rulesOf(books({...whole, ...saved}), 'fail')).toEqual([rule]);
  });

  test('is skipped where the server dropped keys, and theirs with them', () => {
    const load = aLoad({keysExpired: 1});
    expect(rulesOf(books(whole, {load}), 'skipped')).toHaveLength(4);
  });
});

test('what was recorded is compared with our digest of the file, as ever', () => {
  const expectations = anExpectations();
  const dataset = (hex: string) => ({
    ...expectations.dataset,
    digest: {algorithm: 'redis-debug-digest', dialect: '7.2', hex} as const,
  });
  const inspection = anInspection({...digests(OURS), dataset: dataset(OURS['7.2'])});
  const outcome = (hex: string) =>
    judge(evidence({}, {inspection}), {...expectations, dataset: dataset(hex)}, aPolicy()).outcome;
  expect([outcome(OURS['7.2']), outcome(other)]).toEqual(['passed', 'failed']);
});

test('what a server saved of an AOF proves no value: there is nothing of ours to hold it against', () => {
  const {inspection: _of, ...books} = evidence({});
  expect(judge({...books, aof: anAof()}, null, aPolicy()).proof).toBeUndefined();
});

test('the report says which proof was held', () => {
  expect(renderText(aReport({proof: 'save'}))).toMatch(/^Proof +what the server SAVEd/m);
  expect(renderMarkdown(aReport({proof: 'save'}), {maxBytes: 100_000})).toMatch(
    /\*\*Proof\*\* \| what the server SAVEd/,
  );
  expect(renderText(aReport({proof: 'debug-digest'}))).not.toMatch(/^Proof/m);
});
