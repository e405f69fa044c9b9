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
/** Between two looks at the log while an answer is waited for. */
const LOOK_MS = 1000;

type Watched = Pick<Throwaway, 'log' | 'ended'>;
type Crashing = {client: ServerClient; ended(): Promise<Ended | null>};

/** Whether it has ended, or hangs in its report: to be asked again and again. */
export function endedOrStuck(server: Watched, reportMs = REPORT_MS): () => Promise<Ended | null> {
  let sinceMs: number | null = null;
  return async () => {
    const ended = await server.ended();
    if (ended || !hasCrashed(await server.log())) return ended;
    sinceMs ??= performance.now();
    return performance.now() - sinceMs >= reportMs ? {exitCode: null, outOfMemory: false} : null;
  };
}

export function notWaitingForReport(server: Watched, client: ServerClient, reportMs = REPORT_MS): Crashing {
  const ended = endedOrStuck(server, reportMs);
  const whenStuck = async (signal: AbortSignal): Promise<never> => {
    do await sleep(Math.min(LOOK_MS, reportMs), undefined, {signal});
    while (
      // What the engine fails to say is told by who asks it for the answer.
      !(await ended().catch(() => null))
    );
    throw new Error('the server crashed or ended before it answered');
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
    ended,
  };
}
