/**
 * A server that crashes writes a report of it, and now and then never comes to its end: it meets the same damage again, or
 * waits for a lock that it holds itself. Such a server neither answers nor ends by itself; here it counts as ended, and
 * nobody waits for its answers.
 */
import {setTimeout as sleep} from 'node:timers/promises';
import type {ServerClient} from '../redis/client.ts';
import {hasCrashed} from '../redis/load-log.ts';
import type {Ended, Throwaway} from './throwaway.ts';

/** A report takes less than a second, but for its test of the memory, which tells us nothing. */
const REPORT_MS = 5000;
const LOOK_MS = 500;

type Crashing = {client: ServerClient; ended(): Promise<Ended | null>};

export function notWaitingForReport(
  server: Pick<Throwaway, 'log' | 'ended'>,
  client: ServerClient,
  reportMs = REPORT_MS,
): Crashing {
  let sinceMs: number | null = null;
  const stuck = async (): Promise<boolean> => {
    if (!hasCrashed(await server.log())) return false;
    sinceMs ??= performance.now();
    return performance.now() - sinceMs >= reportMs;
  };
  const whenStuck = async (signal: AbortSignal): Promise<never> => {
    do await sleep(Math.min(LOOK_MS, reportMs), undefined, {signal});
    while (!(await stuck()));
    throw new Error('the server crashed and does not come to the end of its report');
  };
  const unlessStuck = async <T>(answer: Promise<T>): Promise<T> => {
    const answered = new AbortController();
    const waiting = whenStuck(answered.signal);
    // Once there is an answer nobody waits for it.
    waiting.catch(() => {});
    try {
      return await Promise.race([answer, waiting]);
    } finally {
      answered.abort();
    }
  };
  return {
    client: {
      call: (...command) => unlessStuck(client.call(...command)),
      callIn: (...command) => unlessStuck(client.callIn(...command)),
      close: () => client.close(),
    },
    ended: async () =>
      (await server.ended()) ?? ((await stuck()) ? {exitCode: null, outOfMemory: false} : null),
  };
}
