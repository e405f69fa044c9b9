/** Several backups of one config in one drill: one verdict over them, on a real server. */
import {copyFileSync, readFileSync, writeFileSync} from 'node:fs';
import {afterAll, beforeAll, describe, expect, test} from '@jest/globals';
import {fleetReportSchema} from '../../src/fleet/fleet-report.ts';
import {type FleetFlags, holdFleet} from '../../src/fleet/hold-fleet.ts';
import {scratch, testDeps} from '../drills.ts';
import {SAMPLE} from '../servers.ts';

const dir = scratch();
const config = dir.file('restore-drill.yml');
const entry = (name: string, source: string, more = '') =>
  `  - {name: ${name}, source: ${dir.file(source)}, server: {kind: process}${more}}\n`;
beforeAll(() => {
  copyFileSync(SAMPLE, dir.file('good.rdb'));
  writeFileSync(dir.file('cut.rdb'), readFileSync(SAMPLE).subarray(0, 3000));
  const entries = [entry('users', 'good.rdb'), entry('carts', 'cut.rdb'), entry('orders', 'good.rdb')];
  writeFileSync(config, `version: 1\nbackups:\n${entries.join('')}`);
});
afterAll(() => dir.dispose());

const hold = (flags: FleetFlags = {}, deps = testDeps) => holdFleet({config, ...flags}, deps);

describe('a drill of a config with several backups', () => {
  test('holds a drill of each, and fails by the one that fails', async () => {
    const told: string[] = [];
    const {fleet} = await holdFleet({config}, testDeps, ({name, report}) =>
      told.push(`${name} ${report.outcome}`),
    );
    expect(fleet.outcome).toBe('failed');
    expect(told).toEqual(['users passed', 'carts failed', 'orders passed']);
    expect(fleet.drills.map(({name, report}) => `${name} ${report.outcome}`)).toEqual(told);
  });

  test('is of those that are named, and leaves a report of them with the plan that it was for', async () => {
    const reportJson = dir.file('report.json');
    const plan = '0123456789abcdef0123456789abcdef';
    const {fleet} = await hold({backups: 'orders, users', plan, reportJson});
    expect([fleet.outcome, fleet.backups]).toEqual(['passed', ['users', 'orders']]);
    const written = fleetReportSchema.parse(JSON.parse(readFileSync(reportJson, 'utf8')));
    expect(written).toEqual(fleet);
    expect(written.plan).toBe(plan);
  });

  test.each<[FleetFlags, RegExp]>([
    [{backups: 'users,nobody'}, /no backup named nobody/],
    [{backups: ','}, /names no backup/],
    [{backups: 'users', backup: 'carts'}, /named besides/],
    [{backups: 'users', plan: 'tonight'}, /not the id of a plan/],
    [{expect: 'expected.json'}, /--expect: one file cannot be of several backups/],
    [{set: ['server.kid=process']}, /--set server.kid: server.kid: unknown key/],
  ])('refuses %j before anything starts, once and for all of them', async (flags, message) => {
    const {fleet, unusable} = await hold(flags);
    expect(unusable).toMatchObject({exitCode: 2, message: expect.stringMatching(message)});
    expect(unusable!.message).not.toMatch(/problems/);
    expect(fleet).toMatchObject({outcome: 'not-run', drills: []});
  });

  test('never writes its report over a backup', async () => {
    const {unusable} = await hold({reportJson: dir.file('good.rdb')});
    expect(unusable?.code).toBe('usage/output-is-input');
    expect(readFileSync(dir.file('good.rdb'))).toEqual(readFileSync(SAMPLE));
  });

  test('stops between two drills when it is cancelled, and names what was not drilled', async () => {
    const end = new AbortController();
    const deps = {...testDeps, signal: end.signal};
    const {fleet} = await holdFleet({config, backups: 'users,orders'}, deps, () => end.abort());
    expect(fleet.drills.map(({name}) => name)).toEqual(['users']);
    expect([fleet.outcome, fleet.error?.code, fleet.backups]).toEqual([
      'not-run',
      'cancelled',
      ['users', 'orders'],
    ]);
  });
});
