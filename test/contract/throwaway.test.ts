/** What every throwaway server must do, whatever it runs in: each implementation goes through the same suite. */
import {readdirSync, readFileSync, writeFileSync} from 'node:fs';
import {afterAll, beforeAll, describe, expect, test} from '@jest/globals';
import {silent} from '../../src/progress.ts';
import {parseInfo, parseKeyspace} from '../../src/redis/info.ts';
import {awaitLoaded, refused} from '../../src/restore/loading.ts';
import {type ServerOptions, startServer} from '../../src/restore/start-server.ts';
import {EndedEarly, type Throwaway} from '../../src/restore/throwaway.ts';
import {scratch, testDeps} from '../drills.ts';
import {LiveRedis} from '../live-redis.ts';
import {containerTest, servers} from '../servers.ts';

const dir = scratch();
const temp = scratch();
/** Written by 7.0, RDB version 10, so 6.0 cannot take part; its own behaviour is held against the corpus. */
const dump = dir.file('expired.rdb');
const HEADER = {magic: 'REDIS', rdbVersion: 10, producer: null, highestDatabase: 15} as const;

beforeAll(async () => {
  await using live = await LiveRedis.start();
  await live.keepExpired();
  for (let n = 0; n < 20; n += 1) await live.redis.set(`brief:${n}`, 'x', 'PX', 1);
  await live.redis.set('lasting', 'x');
  await live.redis.select(15);
  await live.redis.set('far', 'x');
  await live.saveTo(dump);
});
afterAll(() => {
  dir.dispose();
  temp.dispose();
});

type Implementation = {name: string; it: typeof test.skip; options: ServerOptions};

const container = (image: string): ServerOptions => ({
  kind: 'container',
  image,
  registry: null,
  memoryBytes: null,
});
const implementations: Implementation[] = [
  {
    name: 'a local process',
    it: test as unknown as typeof test.skip,
    options: {...container('auto'), kind: 'process'},
  },
  ...servers.images
    .filter(({line}) => line !== 'redis:6.0')
    .map(({line, image}) => ({name: `a container of ${line}`, it: containerTest, options: container(image)})),
];

const deps = {...testDeps, tempDir: temp.path};
const start = (path: string, options: ServerOptions): Promise<Throwaway> =>
  startServer({kind: 'rdb', path}, HEADER, options, deps);
const leftBehind = () => readdirSync(temp.path);

describe.each(implementations)('$name', ({it, options}) => {
  it('loads the dump with its time frozen, takes no write, and is gone when it is let go', async () => {
    const before = readFileSync(dump);
    {
      await using server = await start(dump, options);
      const {load, server: description} = await awaitLoaded(server, {progress: silent});
      expect(load).toMatchObject({status: 'loaded', keysLoaded: 22, keysExpired: 0, emptyKeysSkipped: 0});
      expect(load.evidence.join('\n')).toMatch(/ready to accept connections/i);
      expect(description.version).toMatch(/^\d+\.\d+\.\d+$/);
      const keyspace = parseKeyspace(parseInfo(String(await server.client.call('INFO'))));
      expect(keyspace).toEqual({0: {keys: 21, expires: 20}, 15: {keys: 1, expires: 0}});
      expect(await server.client.call('DEBUG', 'DIGEST')).toMatch(/^[0-9a-f]{40}$/);
      await expect(server.client.call('SET', 'k', 'v')).rejects.toThrow(/READONLY/);
      expect(await server.ended()).toBeNull();
      expect(leftBehind()).toHaveLength(1);
    }
    expect(leftBehind()).toEqual([]);
    expect(readFileSync(dump).equals(before)).toBe(true);
  });

  it('that cannot load the dump has ended, and its log says why', async () => {
    const damaged = dir.file('damaged.rdb');
    writeFileSync(damaged, readFileSync(dump).subarray(0, 60));
    const refusal = await awaitRefusal(damaged, options);
    expect(refusal).toMatchObject({rule: 'restore/short-read'});
    expect(leftBehind()).toEqual([]);
  });
});

async function awaitRefusal(path: string, options: ServerOptions): Promise<unknown> {
  try {
    await using server = await start(path, options);
    return (await awaitLoaded(server, {progress: silent})).load.refusal;
  } catch (error) {
    if (error instanceof EndedEarly) return refused(error).load.refusal;
    throw error;
  }
}
