/**
 * What is lost when a server's process dies: it is written to at a known rate, killed, and started again over what it
 * left. In: a configuration in a container. Out: writes that were answered and are gone, and the time that they took. The
 * page cache survives a kill, so this says nothing of a machine that dies; that is computed (loss.ts) and not measured.
 */
import {setTimeout as sleep} from 'node:timers/promises';
import {throwIfAborted} from '../../errors.ts';
import type {ServerClient} from '../../redis/client.ts';
import {type Host, makeVolume, startConfigured} from '../../restore/configured.ts';
import type {Settings} from '../../restore/production-settings.ts';
import type {Losses} from '../loss.ts';
import {takeAllSlots} from './keys.ts';
import {type Crash, SLACK_SECONDS} from './proof.ts';

/** Where nobody has stated one. */
export const USUAL_RATE = 100;
/** Longer is not waited for: a save that is further away does not come in time, whenever the server dies. */
const LONGEST_SECONDS = 6;
/** Long enough to see that nothing of it is kept. */
const SHORT_SECONDS = 1.5;

/** One key that counts: what it says after the restart is the last write that was kept. */
const KEY = 'restore-drill:{proof}:writes';

export type CrashTest = {
  settings: Settings;
  cluster: boolean;
  /** Writes a second that are tried. */
  rate: number;
  lossesAt: (rate: number) => Losses;
};

const PLACE = {directory: '0', directories: ['0'], withoutRefused: false};

/** A text says why it could not be measured. */
export async function measureCrash(
  {settings, cluster, rate, lossesAt}: CrashTest,
  host: Host,
): Promise<Crash | string> {
  const {signal} = host.surroundings;
  await using volume = await makeVolume(host.surroundings);
  const first = await startConfigured(settings, {volume, ...PLACE}, host);
  if (first.started === null) return `the server does not start: ${first.because}`;
  await using running = first.started;
  const {client} = running.server;
  if (cluster && !(await takeAllSlots(client, signal))) return 'the node of a cluster takes no writes';
  const seconds = secondsToWrite(lossesAt(rate).processCrash?.seconds ?? Number.POSITIVE_INFINITY);
  const writing = write(client, rate);
  await sleep(seconds * 1000);
  throwIfAborted(signal);
  const refused = writing.refused();
  const ended = await running.end('SIGKILL');
  const {acknowledged, startedMs} = await writing.stopped;
  if (refused !== null) return `the server takes no writes: ${refused}`;
  if (!ended) return 'the server could not be killed';
  if (acknowledged.length === 0) return 'no write was answered';
  const second = await startConfigured(settings, {volume, ...PLACE}, host);
  if (second.started === null) return `killed, the server does not start again: ${second.because}`;
  await using again = second.started;
  if (cluster && !(await takeAllSlots(again.server.client, signal)))
    return 'the node of a cluster takes no questions';
  const kept = Number((await again.server.client.call('GET', KEY)) ?? 0);
  return lossOf(kept, {acknowledged, startedMs}, lossesAt);
}

/** At a moment that no save can foresee. */
function secondsToWrite(stated: number): number {
  const horizon = stated + SLACK_SECONDS;
  return horizon <= LONGEST_SECONDS ? horizon * (0.5 + Math.random()) : SHORT_SECONDS;
}

type Written = {/** By write, when it was answered. */ acknowledged: number[]; startedMs: number};

/** Until the server is gone. */
function write(client: ServerClient, rate: number) {
  const acknowledged: number[] = [];
  const startedMs = performance.now();
  let refused: string | null = null;
  const run = async (): Promise<Written> => {
    for (let number = 1; ; number += 1) {
      const dueMs = startedMs + ((number - 1) * 1000) / rate;
      if (dueMs > performance.now()) await sleep(dueMs - performance.now());
      try {
        await client.call('SET', KEY, String(number));
      } catch (error) {
        const message = (error as Error).message;
        if (/^[A-Z]{3,} /.test(message)) refused = message.split(' ')[0]!;
        return {acknowledged, startedMs};
      }
      acknowledged.push(performance.now());
    }
  };
  return {stopped: run(), refused: () => refused};
}

function lossOf(
  kept: number,
  {acknowledged, startedMs}: Written,
  lossesAt: (rate: number) => Losses,
): Crash | string {
  const last = acknowledged.at(-1)!;
  const writtenSeconds = (last - startedMs) / 1000;
  const rate = acknowledged.length / Math.max(writtenSeconds, 0.001);
  const stated = lossesAt(rate).processCrash;
  if (stated === null) return 'what decides the worst case is not known';
  const lost = Math.max(0, acknowledged.length - kept);
  const keptUntil = acknowledged[Math.min(kept, acknowledged.length) - 1] ?? startedMs;
  const gaps = acknowledged.map((at, index) => at - (acknowledged[index - 1] ?? startedMs));
  return {
    writtenSeconds: rounded(writtenSeconds),
    writes: acknowledged.length,
    rate: rounded(rate),
    lostWrites: lost,
    lostSeconds: lost === 0 ? 0 : rounded((last - keptUntil) / 1000),
    statedSeconds: Number.isFinite(stated.seconds) ? stated.seconds : null,
    stalledSeconds: rounded(Math.max(...gaps) / 1000),
  };
}

const rounded = (value: number): number => Math.round(value * 100) / 100;
