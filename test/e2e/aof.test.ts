/** An append-only file on the command line, as it is built: inspected, recorded, drilled, ruined. */
import {truncateSync} from 'node:fs';
import {afterAll, beforeAll, expect, test} from '@jest/globals';
import {AofDirectory, copyData, makeAof} from '../aof-sets.ts';
import {scratch} from '../drills.ts';
import {complaints, run} from './cli.ts';

const dir = scratch();
afterAll(dir.dispose);
beforeAll(() => makeAof(dir.file('data')));
const drill = ['--server', 'process'];

test('inspect says what its files hold, and nothing of a key', async () => {
  const {exitCode, stdout, stderr} = await run(['inspect', dir.file('data')]);
  expect({exitCode, said: complaints(stderr)}).toEqual({exitCode: 0, said: ''});
  expect(stdout).toMatch(/Format +append-only file, multi-part/);
  expect(stdout).toMatch(/Commands +set 5\d, /);
  expect(stdout).not.toMatch(/user:/);
  const json = JSON.parse((await run(['inspect', dir.file('data'), '--json'])).stdout);
  expect(json).toMatchObject({kind: 'aof', layout: 'multi-part', transactions: 1, problems: []});
});

test('inspect of a damaged one ends with 4, and says where', async () => {
  copyData(dir.file('data'), dir.file('ruined'));
  new AofDirectory(dir.file('ruined')).append('incr', 'garbage');
  const {exitCode, stdout} = await run(['inspect', dir.file('ruined')]);
  expect(exitCode).toBe(4);
  expect(stdout).toMatch(/DAMAGED .*something else instead of '\*' at byte [\d,]+/);
});

test('record and drill, and red when commands are lost', async () => {
  const expect_ = ['--expect', dir.file('expected.json')];
  expect((await run(['record', dir.file('data'), ...expect_, ...drill])).exitCode).toBe(0);
  const green = await run(['drill', dir.file('data'), ...expect_, ...drill]);
  expect([green.exitCode, green.stdout]).toEqual([
    0,
    expect.stringMatching(/^PASSED {2}appendonlydir restores/),
  ]);
  copyData(dir.file('data'), dir.file('ruined'));
  truncateSync(new AofDirectory(dir.file('ruined')).file('incr'), 0);
  const red = await run(['drill', dir.file('ruined'), ...expect_, ...drill]);
  expect([red.exitCode, red.stdout]).toEqual([4, expect.stringMatching(/expect\/keys-dropped/)]);
});
