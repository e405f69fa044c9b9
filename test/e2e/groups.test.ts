/** Groups of keys at the command line and in a recording, as the built program makes them. */
import {readFileSync} from 'node:fs';
import {afterAll, expect, test} from '@jest/globals';
import {inspectionSchema} from '../../src/inspect/inspection.ts';
import {expectationsSchema} from '../../src/judge/expectations.ts';
import {reportSchema} from '../../src/report/drill-report.ts';
import {scratch} from '../drills.ts';
import {SAMPLE, SAMPLE_EXPECTATIONS} from '../servers.ts';
import {complaints, run} from './cli.ts';

const dir = scratch();
afterAll(() => dir.dispose());

const inspected = async (...args: string[]) => {
  const {exitCode, stdout, stderr} = await run(['inspect', SAMPLE, '--json', ...args]);
  expect({exitCode, said: complaints(stderr)}).toEqual({exitCode: 0, said: ''});
  return inspectionSchema.parse(JSON.parse(stdout)).dataset;
};

test('inspect counts and digests the groups that are asked for', async () => {
  const {groups, ungrouped, keys} = await inspected('--group', 'user:*', '--group', '*:1?');
  expect(Object.keys(groups!)).toEqual(['user:*', '*:1?']);
  expect(groups!['user:*']).toMatchObject({keys: 200, expires: 0, types: {hash: 200}});
  expect(groups!['user:*']!.digest!.hex).toMatch(/^[0-9a-f]{40}$/);
  expect(ungrouped!.keys).toBeLessThan(keys - 200);
  const quick = await inspected('--group', 'user:*', '--depth', 'quick');
  expect(quick.groups!['user:*']).toEqual({
    keys: 200,
    expires: 0,
    types: {hash: 200},
    bytes: expect.any(Number),
  });
});

test('inspect finds the groups that hold most by itself, and hides their names where that is asked for', async () => {
  const clear = await inspected('--groups', 'auto');
  expect(Object.keys(clear.groups!)).toEqual(['cache:*', 'session:*', 'stale:*', 'user:*']);
  const hidden = await inspected('--groups', 'auto', '--redact');
  expect(Object.keys(hidden.groups!)).toHaveLength(4);
  expect(JSON.stringify(hidden)).not.toMatch(/cache|session|stale|user/);
  expect(hidden.groups!['#04f8996da763:*']).toEqual(clear.groups!['user:*']);
  // By the hash it is found again.
  const again = await inspected('--group', '#04f8996da763:*');
  expect(again.groups).toEqual({'#04f8996da763:*': clear.groups!['user:*']});
});

test('what cannot be asked for is a question of usage', async () => {
  for (const args of [
    ['--groups', 'all'],
    ['--group', ''],
    ['--group', '*x', '--redact'],
  ]) {
    const {exitCode, stdout, stderr} = await run(['inspect', SAMPLE, ...args]);
    expect({args, exitCode, stdout}).toEqual({args, exitCode: 2, stdout: ''});
    expect(stderr).toMatch(/^error: --[\s\S]*HINT: /);
  }
});

test('a recording and a drill by it have groups without being told of any', async () => {
  const file = dir.file('expected.json');
  const recorded = await run(['record', SAMPLE, '--expect', file, '--server', 'process']);
  expect(recorded.exitCode).toBe(0);
  const {groups} = expectationsSchema.parse(JSON.parse(readFileSync(file, 'utf8'))).dataset;
  const sample = expectationsSchema.parse(JSON.parse(readFileSync(SAMPLE_EXPECTATIONS, 'utf8'))).dataset;
  expect(groups).toEqual(sample.groups);
  const out = dir.file('report.json');
  const {exitCode, stdout} = await run([
    'drill',
    SAMPLE,
    '--expect',
    file,
    '--server',
    'process',
    '--report-json',
    out,
  ]);
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/\nGroups\n {2}user:\* +200 keys/);
  const {findings} = reportSchema.parse(JSON.parse(readFileSync(out, 'utf8')));
  expect(findings.filter(({rule, status}) => rule === 'expect/group' && status === 'pass')).toHaveLength(5);
});
