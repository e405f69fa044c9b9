import {describe, expect, test} from '@jest/globals';
import {exitCodeOfFleet, type FleetReport, fleetReportSchema} from '../../../src/fleet/fleet-report.ts';
import {type Found, mergeReports, type Wanted} from '../../../src/fleet/merge.ts';
import {aFleet, drilled} from '../../fleets.ts';

const PLAN = '0123456789abcdef0123456789abcdef';
const OTHER = PLAN.replace('0', 'f');
const moment = {startedAt: '2026-01-02T04:00:00.000Z', finishedAt: '2026-01-02T04:00:01.000Z'};
const jobs = [
  {name: 'job 1 of the plan', backups: ['a', 'b']},
  {name: 'job 2 of the plan', backups: ['c']},
];
const planned: Wanted = {plan: PLAN, backups: ['a', 'b', 'c'], jobs};
const unplanned: Wanted = {...planned, plan: null};

const report = (names: string[], parts: Partial<FleetReport> = {}) =>
  aFleet({plan: PLAN, drills: names.map(name => drilled(name)), ...parts});
const failed = (name: string) => report([], {drills: [drilled(name, {outcome: 'failed'})]});
const files = (...reports: FleetReport[]): Found[] =>
  reports.map((report, index) => ({file: `${index}.json`, report}));

function merged(found: Found[], wanted = planned) {
  const fleet = fleetReportSchema.parse(mergeReports(wanted, found, moment));
  const told = fleet.findings.map(({rule, status}) => `${status} ${rule}`);
  return {fleet, told, outcome: fleet.outcome, exitCode: exitCodeOfFleet(fleet)};
}

describe('reports of all jobs', () => {
  test('make one that passes', () => {
    const {told, outcome, fleet} = merged(files(report(['a', 'b']), report(['c'])));
    expect([outcome, told]).toEqual(['passed', ['pass fleet/complete']]);
    expect(fleet.drills.map(({name}) => name)).toEqual(['a', 'b', 'c']);
    expect(fleet.startedAt).toBe('2026-01-02T03:04:05.000Z');
  });

  test('never pass without one of them: it is named, with its job', () => {
    const {fleet, ...rest} = merged(files(report(['a', 'b'])));
    expect(rest).toEqual({told: ['skipped fleet/missing-report'], outcome: 'not-run', exitCode: 3});
    expect(fleet.findings[0]!.message).toBe('job 2 of the plan left no report of c');
  });

  test('never pass where there are none at all', () => {
    expect(merged([])).toMatchObject({outcome: 'not-run', exitCode: 3});
    expect(merged([], {plan: PLAN, backups: [], jobs: []})).toMatchObject({outcome: 'not-run', exitCode: 3});
  });

  test('fail by one that failed, though another is missing, and name both', () => {
    const {outcome, exitCode, fleet} = merged(files(failed('a'), report(['b'])));
    expect([outcome, exitCode]).toEqual(['failed', 4]);
    expect(fleet.findings[0]!.message).toContain('c');
  });

  test('say why a job has none: what its own report says', () => {
    const error = {code: 'cancelled', message: 'the drill was cancelled', hint: 'Again.'} as const;
    const broken = report(['a'], {backups: ['a', 'b'], outcome: 'not-run', error});
    const {fleet, exitCode} = merged(files(broken, report(['c'])));
    expect(fleet.findings[0]!.message).toBe(
      'job 1 of the plan left no report of b; 0.json says: the drill was cancelled',
    );
    expect(exitCode).toBe(130);
  });
});

test('a job that was cancelled keeps all from passing, though it left a report of each', () => {
  const error = {code: 'cancelled', message: 'the drill was cancelled', hint: 'Again.'} as const;
  const broken = report(['a', 'b'], {outcome: 'not-run', error});
  expect(merged(files(broken, report(['c'])))).toMatchObject({outcome: 'not-run', exitCode: 130});
});

describe('two reports of one backup', () => {
  test('that say the same are told, and pass', () => {
    const {outcome, told} = merged(files(report(['a', 'b']), report(['c']), report(['c'])));
    expect([outcome, told]).toEqual(['passed', ['fail fleet/duplicate-report', 'pass fleet/complete']]);
  });

  test.each([
    ['first', [failed('c'), report(['c'])]],
    ['last', [report(['c']), failed('c')]],
  ])('that contradict one another count as the worse, be it the %s', (_, both) => {
    const {outcome, told} = merged(files(report(['a', 'b']), ...both));
    expect(outcome).toBe('failed');
    expect(told).toContain('fail fleet/conflicting-reports');
  });
});

describe('what does not belong to the plan', () => {
  test('is a report of another one: told, and not counted', () => {
    const {outcome, told} = merged(files(report(['a', 'b']), report(['c']), report(['c'], {plan: OTHER})));
    expect([outcome, told[0]]).toEqual(['passed', 'fail fleet/other-plan']);
    expect(merged(files(report(['a', 'b']), report(['c'], {plan: OTHER}))).outcome).toBe('not-run');
    const {plan: _, ...without} = report(['c']);
    expect(merged(files(report(['a', 'b']), without)).told).toContain('fail fleet/other-plan');
  });

  test('is a report that nobody asked for: told, and it counts', () => {
    expect(merged(files(report(['a', 'b', 'c', 'd'])))).toMatchObject({
      outcome: 'passed',
      told: ['fail fleet/unexpected-report', 'pass fleet/complete'],
    });
    expect(merged(files(report(['a', 'b', 'c']), failed('d'))).outcome).toBe('failed');
  });

  test('is a file that is no report', () => {
    const found: Found[] = [...files(report(['a', 'b', 'c'])), {file: 'x.json', problem: 'it is not JSON'}];
    expect(merged(found)).toMatchObject({outcome: 'not-run', exitCode: 3});
  });
});

describe('without a plan', () => {
  test('the config tells what has to be there', () => {
    const {plan: _, ...one} = report(['a', 'b', 'c']);
    expect(merged(files(one), unplanned).outcome).toBe('passed');
    expect(merged(files(report(['a', 'b', 'c'])), unplanned).outcome).toBe('passed');
    expect(merged(files(report(['a', 'b'])), unplanned).outcome).toBe('not-run');
  });

  test('reports of two plans prove nothing: which one is meant, only a plan tells', () => {
    const both = files(report(['a', 'b', 'c']), report(['c'], {plan: OTHER}));
    expect(merged(both, unplanned)).toMatchObject({outcome: 'not-run', exitCode: 3});
  });
});
