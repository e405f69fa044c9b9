/**
 * The Action, cancelled as GitHub cancels and killed as machines die, at random moments: its post step, or the next
 * drill, leaves nothing of it, and a drill that lives beside it never notices.
 */
import {readdirSync} from 'node:fs';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {afterAll, beforeAll, describe, expect, test} from '@jest/globals';
import {scratch} from '../drills.ts';
import {LiveRedis} from '../live-redis.ts';
import {containerTest, imageOf, ROOT, SAMPLE, servers} from '../servers.ts';
import {docker} from './cli.ts';
import {
  cancelAfter,
  machineIn,
  type Request,
  type RunningAction,
  runAction,
  type Signal,
} from './run-action.ts';

const dir = scratch();
const machine = machineIn(dir.path);
const big = dir.file('big.rdb');
const ACTION = join(ROOT, 'action.yml');
const image = servers.engine ? imageOf('redis:7.0') : '';

beforeAll(async () => {
  await using live = await LiveRedis.start(['--rdbcompression', 'no']);
  await live.redis.call('DEBUG', 'POPULATE', '4000000', 'user', '20');
  await live.saveTo(big);
});
afterAll(() => dir.dispose());

const containersOf = async (run: string): Promise<string[]> => {
  const filters = encodeURIComponent(JSON.stringify({label: [`restore-drill.run=${run}`]}));
  const listed = await docker(`/containers/json?all=1&filters=${filters}`);
  return (listed as {Id: string}[]).map(({Id}) => Id);
};
const filesLeft = (): string[] =>
  readdirSync(machine.temp).filter(name => name.startsWith('restore-drill') || name.endsWith('.tmp'));

const act = (inputs: Record<string, string>, signals: Signal[], more: Partial<Request> = {}) =>
  runAction({action: ACTION, machine, inputs, signals, ...more});

/** Its server is there, and loads. */
async function restoring({pid, ended}: RunningAction): Promise<void> {
  const filters = encodeURIComponent(JSON.stringify({label: [`restore-drill.pid=${pid}`]}));
  const runs = async () => ((await docker(`/containers/json?filters=${filters}`)) as object[]).length > 0;
  while (!ended() && !(await runs())) await sleep(20);
}

/** It has said by which id what it leaves is found. */
async function begun({told, ended}: RunningAction): Promise<void> {
  while (!ended() && !/^run<</m.test(told())) await sleep(5);
}

describe('cancelled by GitHub while it restores', () => {
  containerTest('ends within its time with not-run and exit 130, and says so', async () => {
    let startedMs = 0;
    const signalsFrom = async (running: RunningAction) => {
      const before = performance.now();
      await restoring(running);
      startedMs = performance.now() - before;
    };
    const ran = await act({backup: big, image}, cancelAfter(0), {signalsFrom});
    expect({exitCode: ran.exitCode, outcome: ran.outputs.outcome}).toEqual({
      exitCode: 130,
      outcome: 'not-run',
    });
    // Before the SIGTERM that comes 7.5 s after the SIGINT.
    expect(ran.ms - startedMs).toBeLessThan(7500);
    expect(ran.summary).toMatch(/cancelled/);
    expect(ran.commands.filter(({command}) => command === 'error')).toEqual([]);
    expect({containers: await containersOf(ran.state.run!), files: filesLeft()}).toEqual({
      containers: [],
      files: [],
    });
  });
});

/** From before the first line of our code to after the last of a drill of the sample. */
const MOMENTS = Array.from({length: 20}, (_, index) => ({index, afterMs: Math.round(Math.random() * 1600)}));
const KILL = ['SIGKILL'] as const;

describe('at twenty random moments', () => {
  for (const {index, afterMs} of MOMENTS) {
    const kind = index % 2 === 0 ? 'container' : 'process';
    const how = ['cancelled', 'terminated', 'killed outright'][index % 3]!;
    const signals: Signal[] =
      how === 'cancelled'
        ? cancelAfter(afterMs)
        : [{afterMs, signal: how === 'terminated' ? 'SIGTERM' : KILL[0]}];
    const drillTest = kind === 'container' ? containerTest : test;
    // The moment is in no title: titles of two runs could not be compared.
    drillTest(`${how}, ${kind}, no. ${index + 1}: the post step leaves nothing`, async () => {
      const ran = await act({backup: SAMPLE, server: kind}, signals);
      const whole = ran.exitCode === 0;
      const outcome = ran.outputs.outcome;
      // Killed before its first line it has said nothing; from then on it has an outcome, and only a whole drill passes.
      expect({afterMs, outcome, whole}).toEqual({
        afterMs,
        outcome: whole
          ? 'passed'
          : outcome === undefined
            ? undefined
            : expect.stringMatching(/not-run|passed/),
        whole,
      });
      expect(ran.post?.exitCode).toBe(0);
      expect({
        containers: ran.state.run === undefined ? [] : await containersOf(ran.state.run),
        files: filesLeft(),
      }).toEqual({containers: [], files: []});
    });
  }
});

containerTest(
  'killed with no post step: the next drill sweeps, and one that lives beside it passes',
  async () => {
    const {promise: itRestores, resolve} = Promise.withResolvers<void>();
    const living = act({backup: big, image}, [], {signalsFrom: running => restoring(running).then(resolve)});
    // Whatever ends it sooner is told below.
    await Promise.race([itRestores, living]);
    const runs: string[] = [];
    for (const afterMs of [0, 200, 400, 800]) {
      const signals: Signal[] = [{afterMs, signal: 'SIGKILL'}];
      const killed = await act({backup: big, image}, signals, {signalsFrom: begun, post: false});
      runs.push(killed.state.run!);
    }
    expect((await act({backup: SAMPLE, image}, [])).exitCode).toBe(0);
    for (const run of runs) expect(await containersOf(run)).toEqual([]);
    expect((await living).outputs.outcome).toBe('passed');
    expect(filesLeft()).toEqual([]);
  },
);
