/** Append-only files of a real server, as backup jobs copy them, and the ways in which tests ruin the copies. */
import {appendFileSync, cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import type {Redis} from 'ioredis';
import {LiveRedis} from './live-redis.ts';

export const AOF_ON = ['--appendonly', 'yes', '--appendfsync', 'always'];

/** Of every type, in two databases, with an expiry, a transaction and a function. */
export async function fill(redis: Redis, keys = 50): Promise<void> {
  for (let n = 0; n < keys; n += 1) await redis.set(`user:${n}`, `value ${n}`);
  await redis.set('brief', 'x', 'EX', 100_000);
  await redis.multi().set('in:transaction', '1').incr('in:transaction').exec();
  await redis.rpush('list', 'a', 'b', 'c');
  await redis.zadd('scores', 1.5, 'a', 2.25, 'b');
  await redis.xadd('stream', '1-1', 'field', 'value');
  await redis.select(3);
  await redis.hset('hash', 'field', 'value');
  await redis.select(0);
}

/** Waits for the rewrite that was asked for. */
export async function rewrite(redis: Redis): Promise<void> {
  await redis.bgrewriteaof();
  while (!/aof_rewrite_in_progress:0[\s\S]*aof_rewrite_scheduled:0/.test(await redis.info('persistence')))
    await sleep(20);
}

export async function dirOf(redis: Redis): Promise<string> {
  return ((await redis.config('GET', 'dir')) as string[])[1]!;
}

/** A data directory of a server that was filled, and what that server said of its dataset. */
export async function makeAof(
  target: string,
  {flags = [], prepare = fill}: {flags?: string[]; prepare?: (redis: Redis) => Promise<void>} = {},
): Promise<{digest: string}> {
  await using live = await LiveRedis.start([...AOF_ON, ...flags]);
  await prepare(live.redis);
  const digest = await live.digest();
  copyData(await dirOf(live.redis), target);
  return {digest};
}

/** All but the socket. */
export function copyData(from: string, to: string): void {
  rmSync(to, {recursive: true, force: true});
  mkdirSync(to, {recursive: true});
  for (const name of readdirSync(from)) {
    if (name.endsWith('.sock') || name.startsWith('temp-')) continue;
    cpSync(join(from, name), join(to, name), {recursive: true});
  }
}

/** The multi-part directory of a data directory, to be ruined. */
export class AofDirectory {
  readonly path: string;

  constructor(data: string) {
    this.path = join(data, 'appendonlydir');
  }

  file(kind: 'manifest' | 'base' | 'incr'): string {
    const pattern = {manifest: /manifest$/, base: /base/, incr: /incr/}[kind];
    return join(
      this.path,
      readdirSync(this.path)
        .filter(name => pattern.test(name))
        .toSorted()
        .at(-1)!,
    );
  }

  change(kind: 'manifest' | 'base' | 'incr', change: (bytes: Buffer) => Buffer | string): void {
    const path = this.file(kind);
    writeFileSync(path, change(readFileSync(path)));
  }

  append(kind: 'manifest' | 'incr', text: string): void {
    appendFileSync(this.file(kind), text);
  }

  remove(kind: 'manifest' | 'base' | 'incr'): void {
    rmSync(this.file(kind));
  }
}

/** A command as it stands in an AOF. */
export const command = (...words: string[]): string =>
  `*${words.length}\r\n${words.map(word => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('')}`;
