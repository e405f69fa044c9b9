/**
 * When does the gate open? Each line is a situation and the right answer, with the rules that close it. Demanded, unless
 * the line says otherwise: a full drill of `sessions` within 26 hours, by nightly-drill.yml on main of acme/shop.
 */
import {describe, expect, test} from '@jest/globals';
import {type GateEvidence, judgeGate} from '../../../src/gate/judge-gate.ts';
import type {HistoryRecord} from '../../../src/history/record.ts';
import {aRecord, aRun, asked, hoursAgo, NOW, notRun, someDemands, someEvidence} from './situations.ts';

type Situation = Partial<GateEvidence> & {demands?: Parameters<typeof someDemands>[0]};
type Line = [what: string, situation: Situation, answer: 'open' | string[], warned?: string[]];

const H = 3_600_000;
const failed = (told: Parameters<typeof aRecord>[0] = {}) => aRecord({outcome: 'failed', ...told});
const by = (heldBy: Partial<NonNullable<HistoryRecord['heldBy']>>) => aRecord({heldBy});
const bare = {demands: {trust: null}, runs: null};
const ON_8_0 = {demands: {servers: ['redis:8.0']}};
const BACKUP_AGE = {demands: {maxBackupAgeMs: 24 * H}};
const TWO = {demands: {require: ['sessions', 'orders']}};
const orders = (told: Parameters<typeof aRecord>[0] = {}) => aRecord({backup: 'orders', ...told});

function judged({demands, ...evidence}: Situation) {
  const {outcome, findings} = judgeGate(someEvidence(evidence), someDemands(demands), NOW);
  const rules = (severity: string) =>
    findings.filter(({status, severity: s}) => status === 'fail' && s === severity).map(({rule}) => rule);
  return {
    answer: outcome === 'open' ? 'open' : [...new Set(rules('error'))].toSorted(),
    warned: [...new Set(rules('warning'))].toSorted(),
  };
}

function table(lines: Line[]): void {
  test.each(lines)('%s', (_what, situation, answer, warned = []) => {
    expect(judged(situation)).toEqual({answer, warned});
  });
}

describe('the outcome of the newest drill', () => {
  table([
    ['passed', {}, 'open'],
    ['failed', {records: [failed()]}, ['gate/drill-outcome']],
    ['not held: no server', {records: [notRun('server/unavailable')]}, ['gate/drill-outcome']],
    ['cancelled', {records: [notRun('cancelled')]}, ['gate/drill-outcome']],
    ['there is none: the history is empty', {records: []}, ['gate/drill-missing']],
    ['there is none of this backup', {records: [orders()]}, ['gate/drill-missing']],
    ['failed, behind it one that passed', {records: [aRecord({hours: 9}), failed()]}, ['gate/drill-outcome']],
    ['passed, behind it one that failed', {records: [failed({hours: 20}), aRecord()]}, 'open'],
    [
      'not held, behind it one that passed',
      {records: [aRecord({hours: 9}), notRun('cancelled')]},
      ['gate/drill-outcome'],
    ],
    ['passed and failed at the same moment', {records: [aRecord(), failed()]}, ['gate/drill-outcome']],
    [
      'passed, and says that a check failed',
      {records: [aRecord({failed: ['ledger/digest']})]},
      ['gate/implausible'],
    ],
    ['passed, on no server', {records: [aRecord({server: null})]}, ['gate/implausible']],
    ['passed, without a backup', {records: [aRecord({artifact: null})]}, ['gate/implausible']],
    [
      'passed, and ended before it began',
      {records: [aRecord({startedAt: hoursAgo(1)})]},
      ['gate/implausible'],
    ],
  ]);
});

describe('its age', () => {
  table([
    ['26 hours exactly', {records: [aRecord({hours: 26})]}, 'open'],
    ['26 hours and a minute', {records: [aRecord({hours: 26 + 1 / 60})]}, ['gate/drill-age']],
    [
      '9 days: the schedule has stopped',
      {records: [aRecord({hours: 9 * 24})]},
      ['gate/drill-age', 'gate/schedule'],
    ],
    [
      '9 days, while another backup is drilled every night',
      {records: [aRecord({hours: 9 * 24}), orders()]},
      ['gate/drill-age'],
    ],
    [
      'failed 9 days ago',
      {records: [failed({hours: 216})]},
      ['gate/drill-age', 'gate/drill-outcome', 'gate/schedule'],
    ],
    ['in the future by an hour', {records: [aRecord({hours: -1})], ...bare}, ['gate/clock-skew']],
    ['in the future by two minutes: clocks differ', {records: [aRecord({hours: -2 / 60})], ...bare}, 'open'],
    [
      'recent, and GitHub has disabled the workflow since',
      {workflow: {state: 'disabled_inactivity', newestRun: aRun()}},
      'open',
      ['gate/schedule'],
    ],
    [
      '9 days, and GitHub has disabled the workflow',
      {
        records: [aRecord({hours: 216})],
        workflow: {state: 'disabled_inactivity', newestRun: aRun({updatedAt: hoursAgo(216)})},
      },
      ['gate/drill-age', 'gate/schedule'],
    ],
  ]);
});

describe('the age of the backup that was drilled, at most 24 hours', () => {
  const artifact = {sizeBytes: 200, sha256: null, takenAt: null, modifiedAt: null};
  const of = (takenAt: string | null, modifiedAt: string | null) => ({
    records: [aRecord({artifact: {...artifact, takenAt, modifiedAt}})],
    ...BACKUP_AGE,
  });
  table([
    ['10 hours', BACKUP_AGE, 'open'],
    ['3 days, drilled last night', of(hoursAgo(72), hoursAgo(72)), ['gate/backup-age']],
    ['10 hours by its own word, 3 days by the store’s', of(hoursAgo(10), hoursAgo(72)), ['gate/backup-age']],
    ['3 days by its own word, stored anew last night', of(hoursAgo(72), hoursAgo(10)), ['gate/backup-age']],
    ['only the store tells: 10 hours', of(null, hoursAgo(10)), 'open'],
    ['nobody tells', of(null, null), ['gate/backup-age']],
    ['in the future', of(hoursAgo(-5), null), ['gate/clock-skew']],
    ['3 days, where nothing is demanded of it', {records: [aRecord({taken: 72})]}, 'open'],
  ]);
});

describe('the server', () => {
  const on = (line: string, told: Parameters<typeof aRecord>[0] = {}) => aRecord({line, ...told});
  const wanted = (...servers: string[]) => ({demands: {servers}});
  table([
    ['the one that is released', ON_8_0, 'open'],
    ['an older one only', {records: [on('redis:7.4')], ...ON_8_0}, ['gate/server']],
    ['the other product', {records: [on('valkey:8.0')], ...ON_8_0}, ['gate/server']],
    ['its major version is asked for', wanted('redis:8'), 'open'],
    [
      'redis:8 is asked for, drilled was redis:80.0',
      {records: [on('redis:80.0')], ...wanted('redis:8')},
      ['gate/server'],
    ],
    ['its very version is asked for', wanted('redis:8.0.3'), 'open'],
    ['another patch of it is asked for', wanted('redis:8.0.4'), ['gate/server']],
    ['its image is asked for', wanted('docker.io/library/redis:8.0-alpine'), 'open'],
    [
      'that and the one to roll back to',
      {records: [aRecord(), on('redis:7.4')], ...wanted('redis:8.0', 'redis:7.4')},
      'open',
    ],
    ['that, and not the one to roll back to', wanted('redis:8.0', 'redis:7.4'), ['gate/server']],
    [
      'that passed, the one to roll back to failed',
      {records: [aRecord(), failed({line: 'redis:7.4', hours: 7})], ...wanted('redis:8.0', 'redis:7.4')},
      ['gate/drill-outcome'],
    ],
    [
      'another one failed later',
      {records: [aRecord(), failed({line: 'redis:8.2', hours: 7})], ...ON_8_0},
      'open',
    ],
    [
      'a later drill started no server at all',
      {records: [aRecord({hours: 9}), notRun('server/unavailable')], ...ON_8_0},
      ['gate/drill-outcome'],
    ],
    [
      'none is demanded: a later pass on another does not help',
      {records: [failed({line: 'redis:7.4', hours: 9}), aRecord()]},
      ['gate/drill-outcome'],
    ],
    [
      'none is demanded: a failure on another, two days ago, is over',
      {records: [failed({line: 'redis:7.4', hours: 48}), aRecord()]},
      'open',
    ],
  ]);
});

describe('one drill on several servers', () => {
  const there = (outcome: HistoryRecord['outcome'], line = 'redis:7.4') => ({
    matrix: [{line, version: null, outcome}],
  });
  const both = {demands: {servers: ['redis:8.0', 'redis:7.4']}};
  table([
    ['both passed', {records: [aRecord(there('passed'))], ...both}, 'open'],
    [
      'the other is not the one that is wanted',
      {records: [aRecord(there('passed', 'redis:6.2'))], ...both},
      ['gate/server'],
    ],
    [
      'the other, an optional one, failed',
      {records: [aRecord(there('failed'))], ...both},
      ['gate/drill-outcome'],
    ],
    ['the other could not be had', {records: [aRecord(there('not-run'))], ...both}, ['gate/drill-outcome']],
    [
      'the other passed, the drill failed',
      {records: [failed(there('passed'))], ...both},
      ['gate/drill-outcome'],
    ],
    ['an optional one failed, and none is demanded', {records: [aRecord(there('failed'))]}, 'open'],
  ]);
});

describe('the depth', () => {
  const quick = {records: [aRecord({depth: 'quick'})]};
  table([
    ['quick, where full is demanded', quick, ['gate/depth']],
    ['quick, where that is enough', {...quick, demands: {depth: 'quick'}}, 'open'],
    ['full, where quick is enough', {demands: {depth: 'quick'}}, 'open'],
    [
      'a newer quick one before a full one',
      {records: [aRecord({hours: 9}), ...quick.records]},
      ['gate/depth'],
    ],
  ]);
});

describe('who held it', () => {
  const run = (told: Parameters<typeof aRun>[0]) => ({runs: asked(aRun(told))});
  const passedOver = (record: HistoryRecord): Situation => ({records: [record]});
  const nobody: [string[], string[]] = [['gate/drill-missing'], ['gate/origin']];
  table([
    ['another repository', passedOver(by({repository: 'evil/shop'})), ...nobody],
    [
      'another workflow',
      passedOver(by({workflowRef: 'acme/shop/.github/workflows/ci.yml@refs/heads/main'})),
      ...nobody,
    ],
    [
      'the workflow on another branch',
      passedOver(by({workflowRef: 'acme/shop/.github/workflows/nightly-drill.yml@refs/heads/feature'})),
      ...nobody,
    ],
    ['no workflow: somebody’s own machine', passedOver(aRecord({heldBy: undefined})), ...nobody],
    [
      'another repository, a newer one than the trusted one’s',
      {records: [aRecord(), aRecord({hours: 1, outcome: 'failed', heldBy: {repository: 'evil/shop'}})]},
      'open',
      ['gate/origin'],
    ],
    ['a fork', run({fork: true}), ...nobody],
    ['a pull request', run({event: 'pull_request'}), ...nobody],
    ['what a stranger can start in our name', run({event: 'pull_request_target'}), ...nobody],
    [
      'forged: GitHub knows no such run',
      {runs: new Map([[aRun().id, null]])},
      ['gate/drill-missing', 'gate/forged'],
    ],
    [
      'forged: the run is of another workflow',
      run({path: '.github/workflows/ci.yml'}),
      ['gate/drill-missing', 'gate/forged'],
    ],
    ['forged: the run is of another branch', run({branch: 'feature'}), ['gate/drill-missing', 'gate/forged']],
    [
      'forged: the run was at another commit',
      run({sha: '0'.repeat(40)}),
      ['gate/drill-missing', 'gate/forged'],
    ],
    [
      'forged: the run had ended long before',
      run({startedAt: hoursAgo(50), updatedAt: hoursAgo(49)}),
      ['gate/drill-missing', 'gate/forged'],
    ],
    [
      'forged: the run began later',
      run({startedAt: hoursAgo(7), updatedAt: hoursAgo(6)}),
      ['gate/drill-missing', 'gate/forged'],
    ],
    [
      'forged: an attempt that never was',
      {records: [by({runAttempt: 3})]},
      ['gate/drill-missing', 'gate/forged'],
    ],
    [
      'a forged one beside an honest one',
      {
        records: [aRecord(), aRecord({hours: 1, heldBy: {runId: '2'}})],
        runs: new Map([
          [aRun().id, aRun()],
          ['2', null],
        ]),
      },
      ['gate/forged'],
    ],
    ['the run failed, though the drill passed', run({conclusion: 'failure'}), ['gate/run']],
    ['the run was cancelled after the drill', run({conclusion: 'cancelled'}), ['gate/run']],
    ['the run has not ended', run({conclusion: null}), ['gate/run']],
    ['the run that asks, which has not ended', {...run({conclusion: null}), ownRunId: aRun().id}, 'open'],
    [
      'the newest run was cancelled and left no record',
      {workflow: {state: 'active', newestRun: aRun({id: '2', conclusion: 'cancelled'})}},
      ['gate/run'],
    ],
    [
      'the newest run was skipped',
      {workflow: {state: 'active', newestRun: aRun({id: '2', conclusion: 'skipped'})}},
      ['gate/run'],
    ],
    [
      'whoever: a bare directory, taken at its word',
      {...bare, records: [aRecord({heldBy: undefined})]},
      'open',
    ],
    ['a trusted workflow by its own word, GitHub not asked', {runs: null}, 'open'],
  ]);

  test('is said not to have been verified where GitHub was not asked', () => {
    const {findings} = judgeGate(someEvidence({runs: null}), someDemands(), NOW);
    expect(findings).toContainEqual(expect.objectContaining({rule: 'gate/unverified', status: 'skipped'}));
  });
});

describe('what is required', () => {
  const unreadable = (hours: number): Situation => ({
    unreadable: [{backup: 'sessions', endedAt: hoursAgo(hours), because: 'it is empty'}],
  });
  table([
    ['two backups, both drilled', {records: [aRecord(), orders()], ...TWO}, 'open'],
    ['two backups, one drilled', TWO, ['gate/drill-missing']],
    [
      'two backups, one failed',
      {records: [aRecord(), orders({outcome: 'failed'})], ...TWO},
      ['gate/drill-outcome'],
    ],
    [
      'two backups on two servers, one combination missing',
      {
        records: [aRecord(), orders(), aRecord({line: 'redis:7.4'})],
        demands: {...TWO.demands, servers: ['redis:8.0', 'redis:7.4']},
      },
      ['gate/server'],
    ],
    [
      'another backup failed, which is not required',
      {records: [aRecord(), orders({outcome: 'failed', heldBy: undefined})]},
      'open',
    ],
    ['nothing at all', {demands: {require: []}}, ['gate/nothing-required']],
    ['a newer record of it cannot be read', unreadable(2), ['gate/unreadable']],
    ['an older record of it cannot be read', unreadable(30), 'open', ['gate/unreadable']],
    [
      'the only record of it cannot be read',
      {records: [], ...unreadable(2)},
      ['gate/drill-missing', 'gate/unreadable'],
    ],
  ]);
});
