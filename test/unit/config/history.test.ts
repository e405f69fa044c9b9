import {mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, beforeEach, describe, expect, test} from '@jest/globals';
import {type Flags, readJob} from '../../../src/config/config.ts';
import {DEFAULT_KEEP} from '../../../src/history/keep.ts';

const back = process.cwd();
beforeEach(async () => process.chdir(await mkdtemp(join(tmpdir(), 'unit-'))));
afterEach(async () => {
  const dir = process.cwd();
  process.chdir(back);
  await rm(dir, {recursive: true});
});

const config = (...lines: string[]) => writeFile('restore-drill.yml', `${lines.join('\n')}\n`);
const BACKUPS = ['backups:', '  - name: sessions', '    source: /backups/*.rdb'];
const kept = async (flags: Flags = {}) => (await readJob(flags)).history;
const problems = (flags: Flags = {}) =>
  readJob(flags).then(
    () => [],
    ({message}: Error) => message.split('\n').map(line => line.trim()),
  );

describe('history in the config', () => {
  test('is nowhere, unless it is said', async () => {
    await config('version: 1', ...BACKUPS);
    expect(await kept()).toBeNull();
  });

  test.each([
    ['of the whole file', ['history: here', ...BACKUPS]],
    ['of a backup', [...BACKUPS, '    history: {at: here}']],
    [
      'of a backup, before that of the file',
      ['history: {at: there, keep: 3}', ...BACKUPS, '    history: here'],
    ],
  ])('%s', async (_, lines) => {
    await config('version: 1', ...lines);
    expect(await kept()).toMatchObject({at: 'here', keep: DEFAULT_KEEP});
  });

  test('is bounded as it says, and lies where the flag says', async () => {
    await config('version: 1', 'history: {at: here, keep: 30, weeks: 0}', ...BACKUPS);
    const keep = {records: 30, weeks: 0};
    expect(await kept()).toMatchObject({at: 'here', keep});
    expect(await kept({history: 'there'})).toMatchObject({at: 'there', keep});
    expect(await kept({history: 'there', set: ['history.keep=31']})).toMatchObject({
      at: 'there',
      keep: {records: 31, weeks: 0},
    });
  });

  test('of a bucket elsewhere says where', async () => {
    const bucket =
      '{at: s3://drills/history, endpoint: "https://minio.example:9000", region: eu-1, path-style: true}';
    await config('version: 1', `history: ${bucket}`, ...BACKUPS);
    const access = {endpoint: 'https://minio.example:9000', region: 'eu-1', pathStyle: true};
    expect(await kept()).toEqual({at: 's3://drills/history', keep: DEFAULT_KEEP, access});
  });

  test('of the whole file is complained of once, at its line', async () => {
    await config('version: 1', 'history: {at: here, keep: 0}', ...BACKUPS);
    expect(await problems()).toEqual([expect.stringMatching(/^restore-drill\.yml:2: history/)]);
  });

  test('holds no credential', async () => {
    await config('version: 1', 'history: https://user:pa55word@host/', ...BACKUPS);
    const found = await problems();
    expect(found).toEqual([expect.stringContaining('a URI may hold no credentials')]);
    expect(found.join()).not.toContain('pa55');
  });

  test('of a stranger may lie in the workspace only', async () => {
    const untrusted = 'this run is for a pull request from a fork';
    for (const at of ['s3://bucket/history', 'branch:main']) {
      await config('version: 1', `history: ${at}`, ...BACKUPS);
      expect(await problems({untrusted})).toEqual([
        'restore-drill.yml:2: history.at: places elsewhere are refused here',
      ]);
    }
    await config('version: 1', 'history: here', ...BACKUPS);
    expect(await kept({untrusted})).toMatchObject({at: 'here'});
  });
});

test('a drill is of the backup that the config names, else of what it was asked to drill', async () => {
  await config('version: 1', ...BACKUPS);
  expect((await readJob({})).name).toBe('sessions');
  expect((await readJob({backup: '/elsewhere/dump.rdb'})).name).toBe('/elsewhere/dump.rdb');
});
