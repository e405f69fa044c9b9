/** `--depth` and `--proof` at both edges: what a drill leaves out, and that nobody can take it for another. */
import {copyFileSync, mkdirSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {afterAll, describe, expect, test} from '@jest/globals';
import {type Dataset, inspectionSchema} from '../../src/inspect/inspection.ts';
import {reportSchema} from '../../src/report/drill-report.ts';
import {scratch} from '../drills.ts';
import {containerTest, ROOT, SAMPLE, SAMPLE_EXPECTATIONS} from '../servers.ts';
import {drillContainers, run} from './cli.ts';
import {machineIn, runAction} from './run-action.ts';

const dir = scratch();
const machine = machineIn(dir.file('machine'));
mkdirSync(machine.workspace, {recursive: true});
copyFileSync(SAMPLE, join(machine.workspace, 'dump.rdb'));
copyFileSync(SAMPLE_EXPECTATIONS, join(machine.workspace, 'expected.json'));
afterAll(() => dir.dispose());

const PROCESS = ['--server', 'process'];

test('a quick drill passes by its counts, says in its first line what it left out, and asks for no digest', async () => {
  const out = dir.file('report.json');
  const args = ['drill', SAMPLE, '--expect', SAMPLE_EXPECTATIONS, '--depth', 'quick', '--report-json', out];
  const {exitCode, stdout} = await run([...args, ...PROCESS]);
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/^PASSED {2}dump\.rdb restores \(quick drill: no value was compared\): /);
  expect(stdout).toMatch(/ - digest of the file = .*: skipped, depth quick/);
  const {depth, census, inspection} = reportSchema.parse(JSON.parse(readFileSync(out, 'utf8')));
  expect({depth, digest: census?.digest, ours: inspection?.digests}).toEqual({
    depth: 'quick',
    digest: null,
    ours: undefined,
  });
});

test('an unknown depth is a question of usage, for a drill and for inspect', async () => {
  const ran = await Promise.all([
    run(['drill', SAMPLE, '--depth', 'deep', ...PROCESS]),
    run(['inspect', SAMPLE, '--depth', 'deep']),
  ]);
  expect(ran.map(({exitCode}) => exitCode)).toEqual([2, 2]);
  for (const {stderr} of ran) expect(stderr).toMatch(/--depth: /);
});

test('inspect counts at either depth, and says why there is no digest', async () => {
  const inspected = async (...more: string[]) =>
    inspectionSchema.parse(JSON.parse((await run(['inspect', SAMPLE, '--json', ...more])).stdout));
  const [quick, full] = [await inspected('--depth', 'quick'), await inspected('--depth', 'full')];
  expect({keys: quick.dataset.keys, checksum: quick.checksum}).toEqual({keys: 370, checksum: 'valid'});
  expect([quick.dataset.digest, quick.digestBecause]).toEqual([undefined, 'depth quick']);
  expect(full.dataset.digest?.hex).toMatch(/^[0-9a-f]{40}$/);
});

test('the Action: the summary says it, and the output digest is empty', async () => {
  const inputs = {backup: 'dump.rdb', expect: 'expected.json', depth: 'quick', server: 'process'};
  const ran = await runAction({action: join(ROOT, 'action.yml'), machine, inputs});
  expect({exitCode: ran.exitCode, keys: ran.outputs.keys, digest: ran.outputs.digest}).toEqual({
    exitCode: 0,
    keys: '370',
    digest: '',
  });
  expect(ran.summary).toMatch(/^## ✅ Passed · .*quick drill/);
});

describe('--proof save', () => {
  const out = dir.file('saved.json');
  const drill = ['drill', SAMPLE, '--expect', SAMPLE_EXPECTATIONS, '--proof', 'save', '--report-json', out];

  const expectSaved = ({exitCode, stdout}: Awaited<ReturnType<typeof run>>) => {
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^ {2}= digest of the file = digest of what the server SAVEs: [0-9a-f]{40}$/m);
    expect(stdout).toMatch(/^ {2}- digest of the file = DEBUG DIGEST: skipped, proof save$/m);
    const {proof, saved, inspection} = reportSchema.parse(JSON.parse(readFileSync(out, 'utf8')));
    expect(proof).toBe('save');
    const found = ({keys, expires, digest}: Dataset) => ({keys, expires, digest});
    expect(found(saved!.dataset)).toEqual(found(inspection!.dataset));
  };

  test('proves values by what a local server saves', async () => {
    expectSaved(await run([...drill, ...PROCESS]));
  });

  containerTest('proves values by what a container saves', async () => {
    expectSaved(await run([...drill, '--server', 'container']));
    expect(await drillContainers()).toEqual([]);
  });

  test('is an input of the Action, and the summary names it', async () => {
    const inputs = {backup: 'dump.rdb', proof: 'save', server: 'process'};
    const ran = await runAction({action: join(ROOT, 'action.yml'), machine, inputs});
    expect(ran.outputs.outcome).toBe('passed');
    expect(ran.summary).toMatch(/\*\*Proof\*\* \| what the server SAVEd/);
  });
});
