/** `select.pick: all`: each backup of a place is drilled by itself, the newest first, with one verdict over them. */
import {copyFileSync, mkdirSync, readFileSync, utimesSync, writeFileSync} from 'node:fs';
import {afterAll, beforeEach, expect, test} from '@jest/globals';
import {holdDrill} from '../../src/commands.ts';
import {type Flags, readJob} from '../../src/config/config.ts';
import {meansSeveral} from '../../src/config/entries.ts';
import {fleetReportSchema} from '../../src/fleet/fleet-report.ts';
import {holdFleet} from '../../src/fleet/hold-fleet.ts';
import {makePlan} from '../../src/fleet/make-plan.ts';
import {mergeReports} from '../../src/fleet/merge.ts';
import {scratch, testDeps} from '../drills.ts';
import {SAMPLE} from '../servers.ts';

const dir = scratch();
afterAll(() => dir.dispose());
const HOUR = 60 * 60_000;
let place = '';
let count = 0;

function put(name: string, hoursAgo: number, bytes?: Buffer): void {
  const path = `${place}/${name}`;
  if (bytes) writeFileSync(path, bytes);
  else copyFileSync(SAMPLE, path);
  utimesSync(path, new Date(Date.now() - hoursAgo * HOUR), new Date(Date.now() - hoursAgo * HOUR));
}

beforeEach(() => {
  count += 1;
  place = dir.file(`place-${count}`);
  mkdirSync(place);
  put('a.rdb', 30);
  put('b.rdb', 20, readFileSync(SAMPLE).subarray(0, 3000));
  put('c.rdb', 1);
});

const flags = (...set: string[]): Flags => ({
  backup: place,
  server: 'process',
  set: ['select.pick=all', ...set],
});
const outcomes = ({drills}: {drills: {name: string; report: {outcome: string}}[]}) =>
  drills.map(({name, report}) => `${name.slice(place.length + 1)} ${report.outcome}`);

test('drills each, the newest first; one that fails fails all', async () => {
  expect(await meansSeveral(flags())).toBe(true);
  const reportJson = dir.file(`report-${count}.json`);
  const {fleet} = await holdFleet({...flags(), reportJson}, testDeps);
  expect(outcomes(fleet)).toEqual(['c.rdb passed', 'b.rdb failed', 'a.rdb passed']);
  expect(fleet.outcome).toBe('failed');
  expect(fleet.drills.map(({report}) => report.backup?.name)).toEqual(['c.rdb', 'b.rdb', 'a.rdb']);
  expect(fleetReportSchema.parse(JSON.parse(readFileSync(reportJson, 'utf8')))).toEqual(fleet);
});

test('no more than its limit, and none older than its window', async () => {
  const one = await holdFleet(flags('select.limit=1'), testDeps);
  expect([outcomes(one.fleet), one.fleet.outcome]).toEqual([['c.rdb passed'], 'passed']);
  const {fleet} = await holdFleet(flags('select.within=25h'), testDeps);
  expect(outcomes(fleet)).toEqual(['c.rdb passed', 'b.rdb failed']);
});

test('only the newest may be too old', async () => {
  put('b.rdb', 20);
  const young = await holdFleet(flags('max-age=9999d'), testDeps);
  expect(young.fleet.outcome).toBe('passed');
  const ages = (fleet: typeof young.fleet) =>
    fleet.drills.map(({report}) => report.findings.some(({rule}) => rule === 'policy/backup-age'));
  expect(ages(young.fleet)).toEqual([true, false, false]);
});

test('an empty place fails like that of a single drill; one that cannot be listed is not run', async () => {
  const empty = dir.file(`empty-${count}`);
  mkdirSync(empty);
  const {fleet} = await holdFleet({...flags(), backup: empty}, testDeps);
  expect(fleet.outcome).toBe('failed');
  expect(fleet.drills[0]?.report.findings).toContainEqual(
    expect.objectContaining({rule: 'backup/none-found'}),
  );
  const unknown = await holdFleet(
    {...flags(), backup: 'rclone:nowhere:'},
    {...testDeps, environment: {PATH: ''}},
  );
  expect([unknown.fleet.outcome, unknown.fleet.error?.code]).toEqual(['not-run', 'source/unreachable']);
});

test('none within the window fails: the latest, which is older, does not stand for it', async () => {
  const {fleet} = await holdFleet(flags('select.within=30m'), testDeps);
  expect(fleet.outcome).toBe('failed');
  expect(fleet.drills[0]?.report.findings).toContainEqual(
    expect.objectContaining({
      rule: 'backup/none-found',
      message: `the directory ${place} holds 3 backups, and none that is as new as select.within asks for`,
    }),
  );
});

test('a plan weighs all that would be drilled', async () => {
  const config = dir.file(`config-${count}.yml`);
  const planned = async (entry: object) => {
    writeFileSync(config, JSON.stringify({version: 1, backups: [{name: 'users', ...entry}]}));
    const {plan, remarks} = await makePlan({config}, testDeps);
    return [plan.include[0]?.sizeBytes, ...remarks];
  };
  const bytes = readFileSync(SAMPLE).length;
  const all = {source: place, select: {pick: 'all', limit: 2}};
  expect(await planned(all)).toEqual([bytes + 3000]);
  expect(await planned({...all, select: {pick: 'all', within: '30m'}})).toEqual([
    null,
    'users: its size is not known: no backup is there, or none that select.within allows',
  ]);
});

test('of one named backup there are not several', async () => {
  const {fleet} = await holdFleet({...flags(), backup: `${place}/a.rdb`}, testDeps);
  expect([fleet.outcome, fleet.error?.code]).toEqual(['not-run', 'config/invalid']);
});

test('where one backup is meant, it says so', async () => {
  const {report} = await holdDrill(flags(), testDeps);
  expect(report.error).toMatchObject({
    code: 'config/invalid',
    message: expect.stringContaining('one is meant'),
  });
});

test('a merge finds the backup of the config behind its drills', async () => {
  const config = dir.file(`config-${count}.yml`);
  const entry = {name: 'users', source: place, server: {kind: 'process'}, select: {pick: 'all', limit: 2}};
  writeFileSync(config, JSON.stringify({version: 1, backups: [entry]}));
  expect(await meansSeveral({config})).toBe(true);
  expect(await meansSeveral({config, set: ['select.pick=latest']})).toBe(false);
  const {fleet} = await holdFleet({config}, testDeps);
  expect(fleet.drills.map(({name, of}) => [name, of])).toEqual([
    ['users/c.rdb', 'users'],
    ['users/b.rdb', 'users'],
  ]);
  const moment = {startedAt: fleet.startedAt, finishedAt: fleet.finishedAt};
  const wanted = {plan: null, backups: ['users'], jobs: [{name: 'job 1', backups: ['users']}]};
  const merged = mergeReports(wanted, [{file: '1.json', report: fleet}], moment);
  expect(merged.outcome).toBe('failed');
  expect(merged.findings.map(({rule}) => rule)).toEqual(['fleet/complete']);
});

test.each([
  [['select.pick=latest', 'select.limit=3'], /select.limit: is for select.pick: all only/],
  [['select.limit=0'], /select.limit/],
])('%j is refused', async (set, message) => {
  await expect(readJob(flags(...set))).rejects.toThrow(message);
});
