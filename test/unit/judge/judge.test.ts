import {describe, expect, test} from '@jest/globals';
import {DRILL_CODES, type DrillCode, DrillError} from '../../../src/errors.ts';
import type {Damage} from '../../../src/inspect/inspection.ts';
import {recordExpectations} from '../../../src/judge/expectations.ts';
import {type Evidence, judge, type Verdict} from '../../../src/judge/judge.ts';
import {NO_POLICY} from '../../../src/judge/policy.ts';
import {
  aCensus,
  aDamage,
  aLoad,
  anExpectations,
  anInspection,
  anUnpacked,
  aPolicy,
  aRefusedLoad,
  aServer,
  PLAIN_SHA256,
} from '../../builders.ts';

const healthy: Evidence = {
  unpacked: anUnpacked(),
  inspection: anInspection(),
  load: aLoad(),
  census: aCensus(),
};

const verdictOn = (evidence: Evidence): Verdict => judge(evidence, null, NO_POLICY);
const broken = (code: DrillCode) => new DrillError(code, 'something happened', {hint: 'Do something.'});
const rulesOf = ({findings}: Verdict, status = 'fail') =>
  findings.filter(finding => finding.status === status).map(({rule}) => rule);
const damaged = (rule: Damage['rule'], overrides: Partial<Damage> = {}) =>
  anInspection({checksum: null, error: aDamage(rule, overrides)});

describe('passed', () => {
  test('is a drill that read, loaded and counted, and whose books balance', () => {
    const verdict = verdictOn(healthy);
    expect(verdict.outcome).toBe('passed');
    expect(verdict.error).toBeUndefined();
    expect(rulesOf(verdict)).toEqual([]);
  });

  test('is an empty database without expectations: that is a database too', () => {
    const inspection = anInspection({dataset: {keys: 0, expires: 0, databases: {}, types: {}, functions: 0}});
    const census = aCensus({databases: {}});
    expect(verdictOn({...healthy, inspection, census, load: aLoad({keysLoaded: 0})}).outcome).toBe('passed');
  });

  test('is a drill with warnings, which are shown', () => {
    const verdict = verdictOn({...healthy, inspection: anInspection({checksum: 'absent', unverified: true})});
    expect(verdict.outcome).toBe('passed');
    expect(rulesOf(verdict)).toEqual(['backup/checksum-absent']);
    expect(rulesOf(verdict, 'skipped')).toContain('backup/version-unverified');
    const headless = anInspection({magic: null, rdbVersion: null, unverified: true});
    expect(rulesOf(verdictOn({...healthy, inspection: headless}), 'skipped')).not.toContain(
      'backup/version-unverified',
    );
  });

  test('is not a drill in which a check that it depends on could not be made: that is not-run', () => {
    const census = aCensus({digest: null, digestBecause: 'DEBUG is not allowed'});
    const other = {...healthy, census, unpacked: anUnpacked({plainSha256: 'e'.repeat(64)})};
    const verdict = judge(other, anExpectations(), NO_POLICY);
    expect(verdict).toMatchObject({outcome: 'not-run', error: {code: 'verdict/unproven'}});
    expect(verdict.error!.hint).toContain('digest: any');
    const lost = {...other, inspection: anInspection({dataset: {...anInspection().dataset, functions: 1}})};
    expect(judge(lost, anExpectations(), NO_POLICY).outcome).toBe('failed');
  });

  test('is never the verdict on nothing', () => {
    expect(() => verdictOn({})).toThrow();
    expect(() => verdictOn({inspection: anInspection()})).toThrow();
    expect(() => verdictOn({inspection: anInspection(), load: aLoad()})).toThrow();
  });
});

describe('failed', () => {
  test('is a backup that is not there', () => {
    const noBackup = {rule: 'backup/missing', message: 'there is no file x', hint: 'Did it run?'} as const;
    const verdict = verdictOn({noBackup});
    expect(verdict).toMatchObject({outcome: 'failed', ledger: []});
    expect(rulesOf(verdict)).toEqual(['backup/missing']);
  });

  test('is a restore whose books do not balance, with no expectation at all', () => {
    const verdict = verdictOn({...healthy, census: aCensus({keys: 2})});
    expect(verdict.outcome).toBe('failed');
    expect(rulesOf(verdict)).toEqual(['ledger/keys-in-databases', 'ledger/databases']);
  });

  test('is a server that is ready and shows no sign of having loaded anything', () => {
    const load = aLoad({status: 'silent-empty', keysLoaded: 0, evidence: []});
    const verdict = verdictOn({...healthy, load, census: aCensus({databases: {}})});
    expect(verdict.outcome).toBe('failed');
    expect(rulesOf(verdict)[0]).toBe('restore/silent-empty');
  });

  test('is a silent, empty server even where the backup is empty and everything balances', () => {
    const inspection = anInspection({dataset: {keys: 0, expires: 0, databases: {}, types: {}, functions: 0}});
    const load = aLoad({status: 'silent-empty', keysLoaded: 0, evidence: []});
    const verdict = verdictOn({...healthy, inspection, load, census: aCensus({databases: {}})});
    expect(verdict.outcome).toBe('failed');
    expect(rulesOf(verdict)).toEqual(['restore/silent-empty']);
  });

  test('is a dump that the server refuses, with its reason', () => {
    const {census, ...rest} = healthy;
    const verdict = verdictOn({...rest, load: aRefusedLoad('restore/module-missing')});
    expect(verdict).toMatchObject({outcome: 'failed', ledger: []});
    expect(rulesOf(verdict)).toEqual(['restore/module-missing']);
  });

  test('is a dump that the server refuses and that our reader does not know', () => {
    const inspection = damaged('backup/unreadable-type', {certain: false});
    const verdict = verdictOn({inspection, load: aRefusedLoad()});
    expect(verdict.outcome).toBe('failed');
    expect(rulesOf(verdict)).toEqual(['restore/corrupt', 'backup/unreadable-type']);
  });

  test('is a dump with bytes after its end, though the server loads it', () => {
    const inspection = anInspection({error: aDamage('backup/trailing-bytes')});
    const verdict = verdictOn({...healthy, inspection});
    expect(verdict.outcome).toBe('failed');
    expect(rulesOf(verdict)).toEqual(['backup/trailing-bytes']);
    expect(verdict.ledger.length).toBeGreaterThan(0);
  });

  test('is a server that evicted keys', () => {
    expect(rulesOf(verdictOn({...healthy, census: aCensus({evictedKeys: 1})}))).toEqual(['restore/evicted']);
  });

  test('is a dataset that is not as recorded, or not within the policy', () => {
    const expectations = anExpectations({modules: {'ReJSON-RL': 1}});
    expect(judge(healthy, expectations, NO_POLICY).outcome).toBe('failed');
    expect(judge(healthy, null, aPolicy({keys: {min: 4}})).outcome).toBe('failed');
  });
});

describe('certain damage needs no server to be certain', () => {
  const damages: Damage['rule'][] = [
    'backup/empty-file',
    'backup/not-rdb',
    'backup/truncated',
    'backup/corrupt',
    'backup/checksum-mismatch',
    'backup/trailing-bytes',
  ];

  test.each(damages)('%s fails where no server was started', rule => {
    expect(verdictOn({inspection: damaged(rule)}).outcome).toBe('failed');
  });

  test.each(damages)('%s fails where no server is to be had, which is reported beside it', rule => {
    const verdict = verdictOn({inspection: damaged(rule), broken: broken('server/unavailable')});
    expect(verdict.outcome).toBe('failed');
    expect(verdict.error?.code).toBe('server/unavailable');
    expect(rulesOf(verdict)).toEqual([rule]);
  });

  test('damage that only a better reader could be sure of gives no verdict without a server', () => {
    const inspection = damaged('backup/unreadable-type', {certain: false});
    const verdict = verdictOn({inspection, broken: broken('server/none-new-enough')});
    expect(verdict.outcome).toBe('not-run');
    expect(verdict.findings[0]).toMatchObject({rule: 'backup/unreadable-type', severity: 'warning'});
  });
});

describe('not-run', () => {
  test.each(DRILL_CODES)('%s without any failure gives no verdict', code => {
    const verdict = verdictOn({inspection: anInspection(), broken: broken(code)});
    expect(verdict).toMatchObject({outcome: 'not-run', error: {code}});
  });

  test.each([
    'cancelled',
    'bug/internal',
    'bug/reader',
    'source/changed',
  ] as const)('%s gives no verdict even where something failed', code => {
    const inspection = damaged('backup/truncated');
    const verdict = verdictOn({inspection, broken: broken(code)});
    expect(verdict).toMatchObject({outcome: 'not-run', error: {code}});
    expect(rulesOf(verdict)).toEqual(['backup/truncated']);
  });

  test.each([
    'backup/truncated',
    'backup/corrupt',
    'backup/unreadable-type',
    'backup/checksum-mismatch',
  ] as const)('a server that loads what our reader calls %s shows a bug of ours', rule => {
    for (const certain of [true, false]) {
      const verdict = verdictOn({...healthy, inspection: damaged(rule, {certain})});
      expect(verdict).toMatchObject({outcome: 'not-run', error: {code: 'bug/reader'}, ledger: []});
    }
  });

  test('our bug outweighs what the policy says of counts that nobody can vouch for', () => {
    const evidence = {...healthy, inspection: damaged('backup/corrupt'), census: aCensus({keys: 0})};
    expect(judge(evidence, anExpectations(), aPolicy({keys: {min: 10}})).outcome).toBe('not-run');
  });
});

test('a producer that used more memory than the server may take is a warning', () => {
  expect(rulesOf(verdictOn({...healthy, memoryBytes: 800_000}))).toEqual(['restore/memory-tight']);
  expect(verdictOn({...healthy, memoryBytes: 800_000}).outcome).toBe('passed');
  expect(rulesOf(verdictOn({...healthy, memoryBytes: 900_000}))).toEqual([]);
});

test('findings come worst first, and within a rank in the order of the stages', () => {
  const {findings} = judge(
    {
      ...healthy,
      inspection: anInspection({checksum: 'absent', unverified: true}),
      census: aCensus({keys: 2, digest: null}),
    },
    anExpectations(),
    aPolicy({digest: 'any', keys: {min: 1}}),
  );
  const ranks = findings.map(({status, severity}) => (status === 'pass' ? 'pass' : `${status} ${severity}`));
  expect([...new Set(ranks)]).toEqual(
    ['fail error', 'fail warning', 'skipped error', 'skipped warning', 'skipped note', 'pass'].filter(rank =>
      ranks.includes(rank),
    ),
  );
  expect(ranks).toContain('fail warning');
  expect(ranks).toContain('skipped note');
  expect(findings.slice(0, 3).map(({rule}) => rule)).toEqual([
    'ledger/keys-in-databases',
    'ledger/databases',
    'expect/keys-dropped',
  ]);
  expect(rulesOf({findings} as Verdict, 'pass').slice(0, 2)).toEqual([
    'restore/loaded',
    'ledger/keys-loaded',
  ]);
});

test('every failure says what to do next', () => {
  const evidence = {...healthy, inspection: damaged('backup/truncated'), load: aRefusedLoad()};
  for (const finding of verdictOn(evidence).findings.filter(({status}) => status === 'fail')) {
    expect(finding.hint).not.toBe('');
  }
});

test('what a drill recorded, the same drill passes', () => {
  const {inspection, census} = healthy;
  const expectations = recordExpectations({
    backup: {name: 'dump.rdb', sizeBytes: 200, sha256: {artifact: PLAIN_SHA256, plain: PLAIN_SHA256}},
    inspection: inspection!,
    server: aServer(),
    census: census!,
    recordedAt: '2025-01-01T00:00:00.000Z',
  });
  expect(judge(healthy, expectations, NO_POLICY).outcome).toBe('passed');
  expect(expectations).toMatchObject({server: 'redis:7.0', backup: {createdAt: '2025-01-02T03:04:05.000Z'}});
});
