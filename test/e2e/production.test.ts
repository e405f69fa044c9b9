/** A restore with the user's own redis.conf, and the server's checker, as the program does it: also where the engine sees none of our files. */
import {readFileSync, writeFileSync} from 'node:fs';
import {afterAll, describe, expect} from '@jest/globals';
import {type DrillReport, reportSchema} from '../../src/report/drill-report.ts';
import {scratch} from '../drills.ts';
import {containerTest, execTest, imageOf, SAMPLE, servers} from '../servers.ts';
import {apart, drillContainers, privateDirs, run} from './cli.ts';

const dir = scratch();
const HERE = dir.file('here');
const temp = scratch();
afterAll(() => {
  dir.dispose();
  temp.dispose();
});
const env = {TMPDIR: temp.path, RUNNER_TEMP: ''};
const image = servers.engine ? imageOf('redis:7.0') : '';
const needsExec = await execTest();
const leftBehind = async () => ({
  containers: (await drillContainers()).length,
  directories: privateDirs(temp.path),
});

const SECRETS = ['s3cr3t-one', 's3cr3t-two', 's3cr3t-three', 's3cr3t-four'];
const CONF = [
  `requirepass ${SECRETS[0]}`,
  `user alice on >${SECRETS[1]} ~* +@all`,
  `requirepas ${SECRETS[2]}`,
  `masterauth "${SECRETS[3]}"`,
  'appendonly yes',
];

/** With those of the sample that have expired since it was made. */
function keysOf({production}: DrillReport): number {
  const {keys, expiredKeys} = production!.census!;
  return keys + expiredKeys + production!.load!.keysExpired!;
}

describe('server.config', () => {
  const drillWith = async (
    lines: string[],
    more: {env: Record<string, string>; program?: string[]},
    dump = SAMPLE,
  ) => {
    writeFileSync(dir.file('redis.conf'), `${lines.join('\n')}\n`);
    const json = dir.file('report.json');
    const set = ['--set', `server.config=${dir.file('redis.conf')}`, '--report-json', json];
    const ran = await run(['drill', dump, '--image', image, ...set], more);
    return {ran, report: reportSchema.parse(JSON.parse(readFileSync(json, 'utf8')))};
  };

  containerTest(
    'a healthy file: green, nothing left behind, and the text says what was not as written',
    async () => {
      const {ran, report} = await drillWith(['port 6379', 'maxmemory 1gb'], {env});
      expect(ran.exitCode).toBe(0);
      expect(ran.stdout).toMatch(/redis\.conf: \d+ keys restored/);
      expect(ran.stdout).toContain('not as written: port');
      expect(keysOf(report)).toBe(370);
      expect(await leftBehind()).toEqual({containers: 0, directories: []});
    },
  );

  containerTest(
    'the trap and a line with a secret gone astray: exit 4, and no secret in any output',
    async () => {
      const {ran, report} = await drillWith(CONF, {
        env: {...env, RUNNER_DEBUG: '1', ACTIONS_STEP_DEBUG: 'true'},
      });
      expect(ran.exitCode).toBe(4);
      expect(ran.stdout).toContain('DATA LOSS');
      const said = ran.stdout + ran.stderr + JSON.stringify(report);
      expect(SECRETS.filter(secret => said.includes(secret))).toEqual([]);
      expect(await leftBehind()).toEqual({containers: 0, directories: []});
    },
  );

  needsExec('where the engine sees none of our files: the same by copying and exec', async () => {
    const where = {env: {...env, TMPDIR: HERE}, program: apart(SAMPLE, HERE)};
    const {ran, report} = await drillWith(['appendonly yes', 'databases 64'], where, `${HERE}/dump.rdb`);
    expect(ran.exitCode).toBe(4);
    expect(report.server?.via).toBe('exec');
    expect(report.production).toMatchObject({server: {via: 'exec'}});
    expect(report.production?.dumpIgnored).not.toBeNull();
    expect(keysOf(report)).toBe(370);
    expect(await leftBehind()).toEqual({containers: 0, directories: []});
  });
});

needsExec('the checker, where the engine sees none of our files', async () => {
  writeFileSync(dir.file('cut.rdb'), readFileSync(SAMPLE).subarray(0, 20_000));
  const json = dir.file('checked.json');
  const where = {env: {...env, TMPDIR: HERE}, program: apart(dir.file('cut.rdb'), HERE)};
  const ran = await run(['drill', `${HERE}/dump.rdb`, '--image', image, '--report-json', json], where);
  expect(ran.exitCode).toBe(4);
  const report = reportSchema.parse(JSON.parse(readFileSync(json, 'utf8')));
  expect(report.checker).toMatchObject({status: 'damaged', offset: 19_947});
  expect(await leftBehind()).toEqual({containers: 0, directories: []});
});
