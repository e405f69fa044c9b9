/**
 * A deploy over existing data, carried out: a server is started on an empty volume with one configuration, written to,
 * saved, written to again, stopped, and started on the same volume with another. What the second server then holds is
 * counted. The scenario is that of src/lint/deploy.ts, to the letter.
 */
import {spawn} from 'node:child_process';
import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join, normalize} from 'node:path';
import {Redis} from 'ioredis';

export type Stop = 'in order' | 'killed';
export type Rollout = {base: Started; head: Started; stop: Stop; saved: number; since: number};
/** A server's program, and its configuration as text. */
export type Started = {binary: string; text: string};
/** `null`: it does not start. */
export type Outcome = {keys: number | null; inTheirDatabases: boolean; said: string};

const WAIT_MS = 20_000;

export async function rollOut({base, head, stop, saved, since}: Rollout): Promise<Outcome> {
  const volume = mkdtempSync(join(tmpdir(), 'deployed-'));
  try {
    let written: Map<number, number>;
    {
      await using before = await start(volume, base);
      if (before.client === null) throw new Error(`the base does not start: ${before.said()}`);
      written = await fill(before.client, {saved, since});
      if (stop === 'in order') await before.endInOrder();
    }
    await using after = await start(volume, head);
    if (after.client === null) return {keys: null, inTheirDatabases: false, said: after.said()};
    const held = await keysByDatabase(after.client);
    const keys = [...held.values()].reduce((sum, count) => sum + count, 0);
    const inTheirDatabases = [...held].every(([database, count]) => count <= (written.get(database) ?? 0));
    return {keys, inTheirDatabases, said: after.said()};
  } finally {
    rmSync(volume, {recursive: true, force: true});
  }
}

/** Their directories lie on the volume, whatever they are called, and exist. */
function placed(volume: string, text: string): string {
  const home = join(volume, 'home');
  mkdirSync(home, {recursive: true});
  return text.replace(/^dir (.*)$/gim, (_, path: string) => {
    const own = path.startsWith('/') ? join(volume, 'root', normalize(path)) : join(home, path);
    mkdirSync(own, {recursive: true});
    return `dir ${own}`;
  });
}

/** A cluster's bus listens 10,000 above its port. Both are below those that this machine gives to anybody who asks. */
let port = 11_000 + (process.pid % 100) * 100;

type Running = AsyncDisposable & {
  /** `null`: it has ended by itself. */
  client: Redis | null;
  said(): string;
  endInOrder(): Promise<void>;
};

/** Whose port is taken is given another one. */
async function start(volume: string, what: Started): Promise<Running> {
  for (let attempt = 1; ; attempt += 1) {
    const running = await startOnce(volume, what);
    if (attempt === 5 || running.client !== null || !/Address already in use/.test(running.said()))
      return running;
  }
}

async function startOnce(volume: string, {binary, text}: Started): Promise<Running> {
  const socket = join(volume, 's');
  rmSync(socket, {force: true});
  const file = join(volume, 'redis.conf');
  writeFileSync(file, placed(volume, text));
  const isCluster = /^cluster-enabled yes$/m.test(text);
  if (isCluster) port += 1;
  const own = ['--port', isCluster ? String(port) : '0', '--bind', '127.0.0.1', '--unixsocket', socket];
  const child = spawn(binary, [file, ...own], {cwd: join(volume, 'home')});
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', chunk => {
      said += String(chunk);
    });
  }
  const ended = new Promise<null>(resolve => child.on('close', () => resolve(null)));
  // Without a limit each connection that is closed keeps a timer of two seconds.
  const client = new Redis({
    path: socket,
    retryStrategy: () => 10,
    maxRetriesPerRequest: null,
    disconnectTimeout: 1,
  });
  client.on('error', () => {});
  const ready = client.ping().then(() => client);
  ready.catch(() => {});
  const end = async (signal: 'SIGTERM' | 'SIGKILL') => {
    child.kill(signal);
    // Who does not go when told to is killed, as a deploy does it.
    const timer = setTimeout(() => child.kill('SIGKILL'), WAIT_MS);
    await ended;
    clearTimeout(timer);
    client.disconnect();
  };
  const timer = setTimeout(() => child.kill('SIGKILL'), WAIT_MS);
  const answer = await Promise.race([ready, ended]);
  clearTimeout(timer);
  return {
    client: answer,
    said: () => said,
    endInOrder: () => end('SIGTERM'),
    [Symbol.asyncDispose]: () => end('SIGKILL'),
  };
}

/** Over the lowest and the highest database: `INFO keyspace` of what was written. */
async function fill(client: Redis, {saved, since}: {saved: number; since: number}) {
  const config = async (name: string) => ((await client.config('GET', name)) as string[])[1] ?? '';
  const isCluster = (await config('cluster-enabled')) === 'yes';
  if (isCluster) await ownAllSlots(client);
  if ((await config('save')) !== '') await client.config('SET', 'save', '3600 1000000');
  const highest = isCluster ? 0 : Number(await config('databases')) - 1;
  const write = async (name: string, count: number) => {
    for (let index = 0; index < count; index += 1) {
      if (highest > 0) await client.select(index % 2 === 0 ? 0 : highest);
      await client.set(`${name}:${index}`, 'value');
    }
  };
  await write('saved', saved);
  await client.bgsave();
  while (!/rdb_bgsave_in_progress:0/.test(await client.info('persistence'))) await pause();
  if (!/rdb_last_bgsave_status:ok/.test(await client.info('persistence')))
    throw new Error('BGSAVE has failed');
  await write('since', since);
  // While a sync runs Redis holds writes back, up to two seconds; a deploy waits longer before it kills.
  while (/aof_buffer_length:[1-9]/.test(await client.info('persistence'))) await pause();
  return await keysByDatabase(client);
}

async function ownAllSlots(client: Redis): Promise<void> {
  await client.call('CLUSTER', 'ADDSLOTS', ...Array.from({length: 16_384}, (_, slot) => String(slot)));
  while (!/cluster_state:ok/.test(String(await client.call('CLUSTER', 'INFO')))) await pause();
}

const pause = () => new Promise(resolve => setTimeout(resolve, 20));

async function keysByDatabase(client: Redis): Promise<Map<number, number>> {
  const text = await client.info('keyspace');
  return new Map(
    [...text.matchAll(/^db(\d+):keys=(\d+)/gm)].map(([, db, keys]) => [Number(db), Number(keys)]),
  );
}
