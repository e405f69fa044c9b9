import {expect, test} from '@jest/globals';
import {Stopwatch} from '../../src/stopwatch.ts';

const pause = (ms: number) => new Promise(resolve => setTimeout(resolve, ms));

test('a stage that never came has no time, not 0', () => {
  const {timings} = new Stopwatch().stop();
  expect(timings).toMatchObject({fetchMs: null, loadMs: null});
  expect(timings.totalMs).toBeGreaterThanOrEqual(0);
});

test('two calls for one stage add up', async () => {
  const watch = new Stopwatch();
  await watch.time('loadMs', () => pause(30));
  await watch.time('loadMs', () => pause(30));
  const {timings} = watch.stop();
  expect(timings.loadMs).toBeGreaterThanOrEqual(55);
  expect(timings.totalMs).toBeGreaterThanOrEqual(timings.loadMs!);
});

test('a stage that fails took its time, and its error passes through', async () => {
  const watch = new Stopwatch();
  const failing = watch.time('unpackMs', async () => {
    await pause(20);
    throw new Error('no');
  });
  await expect(failing).rejects.toThrow('no');
  expect(watch.stop().timings.unpackMs).toBeGreaterThanOrEqual(15);
});

test('begin and end are times that a machine can read', () => {
  const {startedAt, finishedAt} = new Stopwatch().stop();
  expect(new Date(startedAt).toISOString()).toBe(startedAt);
  expect(finishedAt >= startedAt).toBe(true);
});
