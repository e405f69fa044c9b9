/** A fleet of 100 backups as a workflow would drill it: planned, drilled by jobs, merged; one job is lost and one backup bad. */
import {copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import {afterAll, beforeAll, describe, expect, test} from '@jest/globals';
import {type FleetReport, fleetReportSchema} from '../../src/fleet/fleet-report.ts';
import {type Plan, planSchema} from '../../src/fleet/plan.ts';
import {scratch} from '../drills.ts';
import {LiveRedis} from '../live-redis.ts';
import {run} from './cli.ts';

const dir = scratch();
const NAMES = Array.from({length: 100}, (_, index) => `shard-${index}`);
const BAD = 'shard-42';
let plan: Plan;
let lost: Plan['include'][number];

beforeAll(async () => {
  await using live = await LiveRedis.start();
  for (let key = 0; key < 20; key++) await live.redis.set(`key:${key}`, key);
  await live.saveTo(dir.file('small.rdb'));
  const small = readFileSync(dir.file('small.rdb'));
  const entries = NAMES.map(name => {
    copyFileSync(dir.file('small.rdb'), dir.file(`${name}.rdb`));
    return `  - {name: ${name}, source: ${name}.rdb, server: {kind: process}}\n`;
  });
  writeFileSync(dir.file(`${BAD}.rdb`), small.subarray(0, small.length - 20));
  writeFileSync(dir.file('restore-drill.yml'), `version: 1\nbackups:\n${entries.join('')}`);
  mkdirSync(dir.file('reports'));
});
afterAll(() => dir.dispose());

const here = (...args: string[]) => run(args, {cwd: dir.path});
const merge = (...args: string[]) => here('merge', 'reports', '--report-json', 'merged.json', ...args);
const merged = (): FleetReport =>
  fleetReportSchema.parse(JSON.parse(readFileSync(dir.file('merged.json'), 'utf8')));
const drillJob = ({plan, backups, shard}: Plan['include'][number], to = `reports/${shard}.json`) =>
  here('drill', '--backups', backups, '--plan', plan, '--report-json', to);

describe('100 backups', () => {
  test('are planned as four jobs, printed as a matrix', async () => {
    const {exitCode, stdout, stderr} = await here('plan', '--jobs', '4');
    expect({exitCode, stderr}).toEqual({exitCode: 0, stderr: ''});
    expect(stdout.trimEnd().split('\n')).toHaveLength(1);
    plan = planSchema.parse(JSON.parse(stdout));
    writeFileSync(dir.file('plan.json'), stdout);
    expect(plan.include.map(({backups}) => backups.split(',').length)).toEqual([25, 25, 25, 25]);
    lost = plan.include.find(({backups}) => !backups.split(',').includes(BAD))!;
  });

  test('fail, and the job that is missing and the backup that is bad are both named', async () => {
    const jobs = plan.include.filter(job => job !== lost);
    const codes = await Promise.all(jobs.map(async job => (await drillJob(job)).exitCode));
    expect(codes.toSorted()).toEqual([0, 0, 4]);
    const {exitCode, stdout} = await merge('--plan', 'plan.json', '--report-md', 'summary.md');
    expect(exitCode).toBe(4);
    const {outcome, drills, findings} = merged();
    expect([outcome, drills.length]).toEqual(['failed', 75]);
    expect(drills.filter(({report}) => report.outcome !== 'passed').map(({name}) => name)).toEqual([BAD]);
    expect(findings.map(({rule}) => rule)).toEqual(['fleet/missing-report']);
    for (const text of [stdout, readFileSync(dir.file('summary.md'), 'utf8')]) {
      expect(text).toContain(BAD);
      for (const name of lost.backups.split(',')) expect(text).toContain(name);
    }
  });

  test('pass when the bad one is replaced and the lost job runs', async () => {
    copyFileSync(dir.file('small.rdb'), dir.file(`${BAD}.rdb`));
    const bad = plan.include.find(({backups}) => backups.split(',').includes(BAD))!;
    expect((await drillJob(bad)).exitCode).toBe(0);
    expect((await drillJob(lost)).exitCode).toBe(0);
    const {exitCode, stdout} = await merge('--plan', readFileSync(dir.file('plan.json'), 'utf8'));
    expect([exitCode, merged().outcome]).toEqual([0, 'passed']);
    expect(stdout).toContain('PASSED  100 backups restore');
    expect((await merge()).exitCode).toBe(0);
  });

  test('do not pass with the report of another night in the place of one', async () => {
    const stale = {...lost, plan: 'f'.repeat(32)};
    expect((await drillJob(stale)).exitCode).toBe(0);
    const {exitCode, stdout} = await merge('--plan', 'plan.json');
    expect(exitCode).toBe(3);
    expect(stdout).toContain('fleet/other-plan');
  });
});

describe('plan and merge refuse', () => {
  test.each([
    [['plan', '--jobs', '0'], /--jobs/],
    [['plan', '--jobs', '257'], /256 at most/],
    [['plan', '--backups', 'nobody'], /no backup named nobody/],
    [['merge', 'nowhere', '--plan', 'plan.json'], /no file or directory nowhere/],
    [['merge', 'reports', '--plan', 'restore-drill.yml'], /restore-drill.yml is no plan/],
    [['merge', 'reports', '--plan', '{"include": []}'], /the plan is no plan/],
    [['merge', 'reports', '--plan', 'no.json'], /cannot be read \(ENOENT\)/],
    [['merge', 'reports', '--report-json', 'reports/1.json', '--plan', 'plan.json'], /would be written over/],
  ])('%j', async (args, message) => {
    const {exitCode, stderr, stdout} = await here(...args);
    expect({exitCode, stdout}).toEqual({exitCode: 2, stdout: ''});
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/^ {4}at /m);
  });

  test('a plan of a store that is not there yet still has its backups', async () => {
    writeFileSync(dir.file('gone.yml'), 'version: 1\nbackups:\n  - {name: a, source: gone/}\n');
    const {exitCode, stdout, stderr} = await here('plan', '--config', 'gone.yml');
    expect([exitCode, JSON.parse(stdout).include[0].sizeBytes]).toEqual([0, null]);
    expect(stderr).toContain('a: its size is not known');
    expect(existsSync(dir.file('gone'))).toBe(false);
  });
});
