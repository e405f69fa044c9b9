/**
 * Keys that a throwaway server is given, and how many of them it still has: in database 0 and in the highest that its
 * configuration has, because a change may leave out that one. In: a server's client. Their names are the proof's own.
 */
import {setTimeout as sleep} from 'node:timers/promises';
import {throwIfAborted} from '../../errors.ts';
import type {ServerClient} from '../../redis/client.ts';
import {infoNumber, parseInfo, parseKeyspace} from '../../redis/info.ts';

/** Arguments of one MSET: a command line has to hold them, where the server is asked through exec. */
const KEYS_A_CALL = 200;
const LOOK_EVERY_MS = 20;
/** A few keys are saved in milliseconds; a node of a cluster takes writes two seconds after its start. */
const PATIENCE_MS = 30_000;

/** Of one slot, so that a cluster takes them together. */
const nameOf = (number: number): string => `restore-drill:{proof}:${number}`;

export async function writeKeys(
  client: ServerClient,
  databases: readonly number[],
  range: {from: number; to: number},
): Promise<void> {
  const share = Math.ceil((range.to - range.from) / databases.length);
  for (const [index, database] of databases.entries()) {
    const start = range.from + index * share;
    const end = Math.min(start + share, range.to);
    for (let at = start; at < end; at += KEYS_A_CALL) {
      const numbers = Array.from({length: Math.min(KEYS_A_CALL, end - at)}, (_, offset) => at + offset);
      await client.callIn(database, 'MSET', ...numbers.flatMap(number => [nameOf(number), String(number)]));
    }
  }
}

/** By database. */
export async function countKeys(client: ServerClient): Promise<Record<string, number>> {
  const databases = parseKeyspace(parseInfo(String(await client.call('INFO'))));
  return Object.fromEntries(Object.entries(databases).map(([database, {keys}]) => [database, keys]));
}

/** BGSAVE, to its end; answers whether it succeeded. */
export async function saveInBackground(
  client: ServerClient,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  await client.call('BGSAVE');
  const info = await until(client, signal, found => infoNumber(found, 'rdb_bgsave_in_progress') === 0);
  return info?.get('rdb_last_bgsave_status') === 'ok';
}

/** While a sync runs Redis holds writes back, up to two seconds; a deploy waits longer before it kills. */
export async function whenWritten(client: ServerClient, signal: AbortSignal | undefined): Promise<void> {
  await until(client, signal, info => (infoNumber(info, 'aof_buffer_length') ?? 0) === 0);
}

/** A node that has all slots and nobody to ask. */
export async function takeAllSlots(client: ServerClient, signal: AbortSignal | undefined): Promise<boolean> {
  const slots = Array.from({length: 16_384}, (_, slot) => String(slot));
  // A command line holds so many; a node that has them already says so.
  for (let at = 0; at < slots.length; at += 2048)
    await client.call('CLUSTER', 'ADDSLOTS', ...slots.slice(at, at + 2048)).catch(() => {});
  const info = await until(client, signal, found => found.get('cluster_state') === 'ok', ['CLUSTER', 'INFO']);
  return info !== null;
}

type Info = ReturnType<typeof parseInfo>;

async function until(
  client: ServerClient,
  signal: AbortSignal | undefined,
  done: (info: Info) => boolean,
  ask: [string, ...string[]] = ['INFO'],
): Promise<Info | null> {
  const deadline = performance.now() + PATIENCE_MS;
  while (performance.now() < deadline) {
    throwIfAborted(signal);
    const info = parseInfo(String(await client.call(...ask)));
    if (done(info)) return info;
    await sleep(LOOK_EVERY_MS);
  }
  return null;
}
