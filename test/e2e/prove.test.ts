/**
 * `lint --prove` where it is not easy: cancelled or killed in the middle of its servers, whose post step leaves nothing of
 * them; and with an engine that does not see our files.
 */
import {readdirSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {afterAll, expect} from '@jest/globals';
import {lintReportSchema} from '../../src/lint/report/json.ts';
import {scratch} from '../drills.ts';
import {containerTest, execTest, imageOf, ROOT, SAMPLE} from '../servers.ts';
import {apart, docker, run} from './cli.ts';
import {cancelAfter, machineIn, type RunningAction, runAction, type Signal} from './run-action.ts';

const needsExec = await execTest();
const dir = scratch();
afterAll(() => dir.dispose());

const containersWith = async (label: string): Promise<object[]> => {
  const filters = encodeURIComponent(JSON.stringify({label: [label]}));
  return (await docker(`/containers/json?all=1&filters=${filters}`)) as object[];
};

/** Some of its servers are there. */
async function proving({pid, ended}: RunningAction): Promise<void> {
  while (!ended() && (await containersWith(`restore-drill.pid=${pid}`)).length < 2) await sleep(20);
}

containerTest.each<[string, Signal[], number | null]>([
  ['cancelled as GitHub cancels', cancelAfter(0), 130],
  ['killed outright', [{afterMs: 0, signal: 'SIGKILL'}], null],
])('%s, nothing is left', async (how, signals, exitCode) => {
  const machine = machineIn(join(dir.path, how));
  writeFileSync(join(machine.workspace, 'before.conf'), 'save 900 1\ndir /data\n');
  writeFileSync(join(machine.workspace, 'redis.conf'), 'save 60 1\ndir /data\n');
  const ran = await runAction({
    action: join(ROOT, 'lint/action.yml'),
    machine,
    inputs: {files: 'redis.conf', base: 'before.conf', prove: 'true', image: imageOf('redis:7.0')},
    signals,
    signalsFrom: proving,
  });
  expect({exitCode: ran.exitCode, outcome: ran.outputs.outcome}).toEqual({exitCode, outcome: 'not-run'});
  expect(ran.post!.exitCode).toBe(0);
  expect({
    containers: await containersWith(`restore-drill.run=${ran.state.run!}`),
    files: readdirSync(machine.temp).filter(name => name.startsWith('restore-drill')),
  }).toEqual({containers: [], files: []});
});

// Its CLI answers in JSON from 7.0 on.
needsExec.each([['redis:6.0'], ['redis:7.0'], ['valkey:9.1']])(
  'where the engine does not see our files, %s leaves what it leaves elsewhere',
  async line => {
    const here = dir.file(`here-${line.replace(':', '-')}`);
    writeFileSync(dir.file('before.conf'), 'save 900 1\nappendonly yes\n');
    writeFileSync(dir.file('redis.conf'), 'save 900 1\nappendonly no\n');
    const args = ['lint', 'redis.conf', '--base', 'before.conf', '--prove', '--image', imageOf(line)];
    const {exitCode, stdout} = await run([...args, '--format', 'json'], {
      cwd: dir.path,
      env: {RUNNER_TEMP: here},
      program: apart(SAMPLE, here),
    });
    const {proof} = lintReportSchema.parse(JSON.parse(stdout)).configurations[0]!;
    expect(proof!.deploys).toMatchObject([
      {stopped: 'in order', without: {keys: 1000}, with: {keys: 1000}},
      {stopped: 'killed', without: {keys: 1000}, with: {keys: 600}},
    ]);
    expect(proof!.head!.otherwise).toEqual([]);
    expect(exitCode).toBe(4);
  },
);
