/** `server.config` is read before anything starts, and on a stranger's word from the workspace only. */
import {mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, beforeEach, expect, test} from '@jest/globals';
import {readJob} from '../../../src/config/config.ts';

const back = process.cwd();
let outside: string;
beforeEach(() => {
  outside = mkdtempSync(join(tmpdir(), 'unit-'));
  mkdirSync(join(outside, 'workspace/deploy'), {recursive: true});
  process.chdir(join(outside, 'workspace'));
});
afterEach(() => {
  process.chdir(back);
  rmSync(outside, {recursive: true, force: true});
});

const asked = (config: string, untrusted?: string) =>
  readJob({backup: 'dump.rdb', set: [`server.config=${config}`], untrusted});
const UNTRUSTED = 'this run is for a pull request from a fork';

test('a file of the workspace is read, with what is wrong in it', async () => {
  writeFileSync('deploy/redis.conf', 'include common.conf\nhz "\n');
  writeFileSync('deploy/common.conf', 'maxmemory 1gb\n');
  for (const untrusted of [undefined, UNTRUSTED]) {
    const {production, files} = await asked('deploy/redis.conf', untrusted);
    expect(production!.directives).toMatchObject([{name: 'maxmemory', file: 'deploy/common.conf', line: 1}]);
    expect(production!.problems).toEqual([
      {origin: 'deploy/redis.conf:2', message: 'the quotes do not balance'},
    ]);
    expect(files).toEqual(expect.arrayContaining(['deploy/redis.conf', 'deploy/common.conf']));
  }
});

test('one that is not there is a problem of the config', async () => {
  await expect(asked('deploy/none.conf')).rejects.toMatchObject({
    code: 'config/invalid',
    message: '--set server.config: server.config: deploy/none.conf cannot be read (ENOENT)',
  });
});

test('one outside of the workspace is read where only people with write access ask for it', async () => {
  writeFileSync(join(outside, 'redis.conf'), 'maxmemory 1gb\n');
  symlinkSync(join(outside, 'redis.conf'), 'deploy/link.conf');
  expect((await asked(join(outside, 'redis.conf'))).production!.directives).toHaveLength(1);
  for (const path of [join(outside, 'redis.conf'), '../redis.conf', 'deploy/link.conf', '../none.conf']) {
    await expect(asked(path, UNTRUSTED)).rejects.toMatchObject({code: 'config/untrusted'});
  }
});
