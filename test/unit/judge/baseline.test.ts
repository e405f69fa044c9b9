/** What a drill is compared with: a file of the repository, one beside the backup, the last good drill, in that order. */
import {describe, expect, test} from '@jest/globals';
import {baselineFrom, earlierDrills} from '../../../src/history/earlier-drills.ts';
import type {HistoryRecord} from '../../../src/history/record.ts';
import {type Candidates, chooseBaseline, type EarlierDrill, readBeside} from '../../../src/judge/baseline.ts';
import {type Evidence, judge} from '../../../src/judge/judge.ts';
import {
  aCensus,
  aDataset,
  aLoad,
  anExpectations,
  anInspection,
  anUnpacked,
  aPolicy,
  PLAIN_SHA256,
} from '../../builders.ts';

const [A, B] = ['aa'.repeat(32), 'bb'.repeat(32)];
const aDrill = (finishedAt: string, plainSha256: string | null = A): EarlierDrill => ({
  finishedAt,
  plainSha256,
  dataset: aDataset(),
});
const [MON, TUE, WED] = ['2026-11-16', '2026-11-17', '2026-11-18'].map(day => `${day}T03:00:00.000Z`) as [
  string,
  string,
  string,
];

describe('the first of these that there is', () => {
  const file = anExpectations();
  const beside = {file: 'dump.rdb.expect.json', expectations: anExpectations()};
  const broken = {file: 'dump.rdb.expect.json', problem: 'it is not JSON'};

  test.each<[string, Candidates, object]>([
    [
      'a file',
      {file, fileName: 'a.json', beside, earlier: [aDrill(TUE)]},
      {baseline: {from: 'file', name: 'a.json'}},
    ],
    [
      'a file, though what lies beside is broken',
      {file, fileName: 'a.json', beside: broken},
      {baseline: {from: 'file'}},
    ],
    [
      'beside the backup',
      {file: null, beside, earlier: [aDrill(TUE)]},
      {baseline: {from: 'beside', name: 'dump.rdb.expect.json beside the backup'}},
    ],
    [
      'beside, and broken: nothing stands in for it',
      {file: null, beside: broken, earlier: [aDrill(TUE)]},
      {baseline: null, unusable: broken},
    ],
    [
      'the newest drill',
      {file: null, earlier: [aDrill(WED), aDrill(TUE)]},
      {baseline: {from: 'history', name: `the drill of ${WED}`}},
    ],
    ['no drill yet', {file: null, earlier: []}, {baseline: null, first: true}],
    ['no history', {file: null}, {baseline: null}],
  ])('%s', (_what, candidates, expected) => {
    expect(chooseBaseline(candidates, B)).toMatchObject(expected);
  });

  test.each<[string, EarlierDrill[], string, string | undefined]>([
    ['of other bytes', [aDrill(WED, A), aDrill(TUE, A)], WED, undefined],
    ['the last was of the same bytes', [aDrill(WED, B), aDrill(TUE, A)], TUE, WED],
    ['an earlier one was of the same bytes', [aDrill(WED, A), aDrill(TUE, B), aDrill(MON, A)], WED, TUE],
    ['all were of the same bytes', [aDrill(WED, B), aDrill(TUE, B)], WED, undefined],
    ['of bytes that nobody knows', [aDrill(WED, null)], WED, undefined],
  ])('of drills: %s', (_what, earlier, baseline, same) => {
    const chosen = chooseBaseline({file: null, earlier}, B);
    expect([chosen.baseline?.recordedAt, chosen.same?.recordedAt]).toEqual([baseline, same]);
  });
});

describe('what lies beside the backup', () => {
  const file = 'dump.rdb.expect.json';
  test.each<[string, object, RegExp]>([
    ['no JSON', {text: '{'}, /^it is not JSON$/],
    ['another form', {text: '{"schemaVersion": 2}'}, /^schemaVersion: /],
    [
      'sums that were edited',
      {text: JSON.stringify(anExpectations({dataset: {...aDataset(), keys: 9}}))},
      /sums do not agree/,
    ],
    ['not readable', {unread: 'access denied'}, /^access denied$/],
  ])('%s: nothing is proved', (_what, content, problem) => {
    const recordedBeside = readBeside({file, location: file, ...content} as Parameters<typeof readBeside>[0]);
    expect(recordedBeside).toEqual({file, problem: expect.stringMatching(problem)});
    const verdict = judge({...healthy, recordedBeside}, null, aPolicy());
    expect(verdict).toMatchObject({outcome: 'not-run', error: {code: 'verdict/unproven'}});
    expect(verdict.findings[0]).toMatchObject({rule: 'expect/recorded-beside', origin: file});
    // Of a file of the repository it changes nothing.
    expect(judge({...healthy, recordedBeside}, anExpectations(), aPolicy()).outcome).toBe('passed');
  });

  test('is a contract like any other, and its findings name it', () => {
    const expectations = anExpectations({dataset: aDataset({keys: 4})});
    const recordedBeside = readBeside({file, location: file, text: JSON.stringify(expectations)});
    const verdict = judge({...healthy, recordedBeside}, null, aPolicy());
    expect(verdict).toMatchObject({
      outcome: 'failed',
      baseline: {from: 'beside', name: `${file} beside the backup`, keys: 4},
    });
    expect(verdict.findings[0]!.origin).toMatch(/^dump\.rdb\.expect\.json beside the backup: dataset\./);
  });
});

const healthy: Evidence = {
  unpacked: anUnpacked({plainSha256: PLAIN_SHA256}),
  inspection: anInspection(),
  load: aLoad(),
  census: aCensus(),
};

describe('of the records of a history', () => {
  const record = (overrides: Partial<HistoryRecord> = {}): HistoryRecord => ({
    schemaVersion: 1,
    backup: 'sessions',
    outcome: 'passed',
    failed: [],
    warned: [],
    startedAt: MON,
    finishedAt: TUE,
    artifact: {sizeBytes: 1, sha256: A, takenAt: null, modifiedAt: null},
    server: null,
    dataset: aDataset(),
    usedMemoryBytes: null,
    timings: {restoreMs: 1, totalMs: 1},
    ...overrides,
  });

  test.each<[string, Partial<HistoryRecord>, boolean]>([
    ['that passed', {}, true],
    ['that passed with warnings', {warned: ['backup/size']}, true],
    ['that was quick: its counts are as good', {depth: 'quick'}, true],
    ['that failed', {outcome: 'failed'}, false],
    ['that was not held', {outcome: 'not-run'}, false],
    ['whose dataset was not read to its end', {dataset: null}, false],
  ])('one %s is a baseline: %s', (_what, overrides, expected) => {
    expect(baselineFrom(record(overrides)) !== null).toBe(expected);
  });

  test('those of the same backup, newest first, whatever their order', () => {
    const records = [
      record({finishedAt: MON}),
      record({finishedAt: WED}),
      record({backup: 'users'}),
      record(),
    ];
    const earlier = earlierDrills(records, 'sessions', new Date(WED));
    expect(earlier.map(({finishedAt}) => finishedAt)).toEqual([WED, TUE, MON]);
  });

  test('none of the future: a clock that was wrong once would stay the last good drill', () => {
    const records = [record({finishedAt: '2099-01-01T03:00:00.000Z'}), record({finishedAt: MON})];
    const earlier = earlierDrills(records, 'sessions', new Date(WED));
    expect(earlier.map(({finishedAt}) => finishedAt)).toEqual([MON]);
  });
});
