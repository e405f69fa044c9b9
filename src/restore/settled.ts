/**
 * What a server holds some time after it has loaded: eviction is off while a dump loads and then goes on by itself, so
 * the first answer would be too good. One INFO a look, whose numbers belong together; changes nothing on the server.
 */
import {setTimeout as sleep} from 'node:timers/promises';
import {z} from 'zod';
import {throwIfAborted, unlessAborted} from '../errors.ts';
import type {ServerClient} from '../redis/client.ts';
import {type Info, infoNumber, parseInfo, parseKeyspace} from '../redis/info.ts';

const LOOK_EVERY_MS = 200;
/** No eviction for so many looks in a row: it is over, or it never began. */
const CALM_LOOKS = 5;
/** What has been evicted by then says enough. */
const LONGEST_MS = 15_000;

const count = z.int().min(0);

export const settledSchema = z.strictObject({
  keys: count,
  databases: z.record(z.string(), z.strictObject({keys: count, expires: count})),
  /** As the server holds it against its limit. */
  usedMemoryBytes: count,
  /** 0: no limit. */
  maxmemoryBytes: count,
  maxmemoryPolicy: z.string().nullable(),
  evictedKeys: count,
  /** Since the load; those that it left out are not among them. */
  expiredKeys: count,
});
type Settled = z.infer<typeof settledSchema>;

export async function whenSettled(client: ServerClient, signal: AbortSignal | undefined): Promise<Settled> {
  const deadline = performance.now() + LONGEST_MS;
  let settled = await look(client, signal);
  for (let calm = 0; isOver(settled) && calm < CALM_LOOKS && performance.now() < deadline; ) {
    throwIfAborted(signal);
    await sleep(LOOK_EVERY_MS);
    const next = await look(client, signal);
    calm = next.evictedKeys === settled.evictedKeys ? calm + 1 : 0;
    settled = next;
  }
  return settled;
}

const isOver = ({usedMemoryBytes, maxmemoryBytes}: Settled): boolean =>
  maxmemoryBytes > 0 && usedMemoryBytes > maxmemoryBytes;

async function look(client: ServerClient, signal: AbortSignal | undefined): Promise<Settled> {
  const info = parseInfo(String(await unlessAborted(client.call('INFO'), signal)));
  const databases = parseKeyspace(info);
  return {
    keys: Object.values(databases).reduce((sum, {keys}) => sum + keys, 0),
    databases,
    // What the limit is held against (getMaxmemoryState in evict.c).
    usedMemoryBytes: number(info, 'used_memory') - number(info, 'mem_not_counted_for_evict'),
    maxmemoryBytes: number(info, 'maxmemory'),
    maxmemoryPolicy: info.get('maxmemory_policy') ?? null,
    evictedKeys: number(info, 'evicted_keys'),
    expiredKeys: number(info, 'expired_keys'),
  };
}

const number = (info: Info, field: string): number => infoNumber(info, field) ?? 0;
