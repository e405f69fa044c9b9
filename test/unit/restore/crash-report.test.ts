import {expect, test} from '@jest/globals';
import type {ServerClient} from '../../../src/redis/client.ts';
import {notWaitingForReport} from '../../../src/restore/crash-report.ts';

const CRASHING = [
  '4711:S 22 Nov 2026 23:00:00.000 # === REDIS BUG REPORT START: Cut & paste starting from here ===',
  '------ INFO OUTPUT ------',
];

const watched = (log: string[], answer: Promise<string>) => {
  const client: ServerClient = {call: () => answer, callIn: () => answer, close: () => {}};
  return notWaitingForReport({log: async () => log, ended: async () => null}, client, 20);
};

const never = new Promise<string>(() => {});

test('a server that does not come to the end of its crash report is not waited for, and has ended', async () => {
  const {client, ended} = watched(CRASHING, never);
  expect(await ended()).toBeNull();
  await expect(client.call('INFO')).rejects.toThrow(/crashed/);
  await expect(client.callIn(0, 'MEMORY', 'USAGE', 'k')).rejects.toThrow(/crashed/);
  expect(await ended()).toEqual({exitCode: null, outOfMemory: false});
});

test('one that is slow, or answers all the same, goes on', async () => {
  const slow = watched(
    ['Loading RDB produced by version 7.0.15'],
    new Promise(resolve => setTimeout(resolve, 100, 'late')),
  );
  expect(await slow.client.call('INFO')).toBe('late');
  expect(await slow.ended()).toBeNull();
  expect(await watched(CRASHING, Promise.resolve('at once')).client.call('INFO')).toBe('at once');
});
