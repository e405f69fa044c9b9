/** `restore-drill sabotage` as a user runs it: what it prints, its exit code, and that it leaves the backup alone. */
import {copyFileSync, readdirSync, readFileSync} from 'node:fs';
import {afterAll, expect, test} from '@jest/globals';
import {scratch} from '../drills.ts';
import {containerTest, SAMPLE, SAMPLE_EXPECTATIONS} from '../servers.ts';
import {complaints, drillContainers, run} from './cli.ts';

const dir = scratch();
afterAll(() => dir.dispose());

containerTest('in containers: each damaged copy is found out, and nothing is left of them', async () => {
  const backup = dir.file('dump.rdb');
  copyFileSync(SAMPLE, backup);
  const env = {RUNNER_TEMP: dir.file('temp')};
  const {exitCode, stdout, stderr} = await run(['sabotage', backup, '--expect', SAMPLE_EXPECTATIONS], {env});
  expect({exitCode, said: complaints(stderr)}).toEqual({exitCode: 0, said: ''});
  const lines = stdout.split('\n').filter(line => /^ {2}(red|warned|green|same|GREEN) /.test(line));
  expect(lines).toHaveLength(29);
  expect(lines.slice(1).filter(line => !line.startsWith('  red '))).toEqual([
    expect.stringMatching(/^ {2}warned {2}saved without a checksum .* backup\/checksum-absent$/),
  ]);
  expect(stdout).toMatch(/PASSED {2}damage to dump\.rdb is noticed: 28 damaged copies/);
  expect(readFileSync(backup).equals(readFileSync(SAMPLE))).toBe(true);
  expect(readdirSync(dir.file('temp'))).toEqual([]);
  expect(await drillContainers()).toEqual([]);
});

test('a report over the backup itself is refused, and so is a backup that is not there', async () => {
  const backup = dir.file('dump.rdb');
  copyFileSync(SAMPLE, backup);
  const over = await run(['sabotage', backup, '--server', 'process', '--report-json', backup]);
  expect(over).toMatchObject({exitCode: 2, stdout: ''});
  const missing = await run(['sabotage', dir.file('nothing.rdb'), '--server', 'process']);
  expect(missing.exitCode).toBe(4);
  expect(missing.stdout).toMatch(/\[backup\/missing\]|backup\/missing/);
  expect(missing.stderr).toMatch(/the backup itself has to pass first/);
});
