/**
 * Canaries on every server at hand: what our reader digests of a key is the server's DEBUG DIGEST-VALUE of it, in that
 * server's dialect, and a frozen server tells of keys whose time has passed. `DIGEST_SEED=n` draws others.
 */
import {dirname, join} from 'node:path';
import {describe, expect, test} from '@jest/globals';
import {askForCanaries} from '../../src/census/canaries.ts';
import type {CanaryKey} from '../../src/inspect/canaries/canary-schema.ts';
import {inspect} from '../../src/inspect/inspect.ts';
import {runToEnd} from '../../src/process.ts';
import {connectToSocket, type ServerClient} from '../../src/redis/client.ts';
import {digestDialect, lineOf, type Product} from '../../src/redis/server-line.ts';
import {connectByExec} from '../../src/restore/exec-client.ts';
import {LiveRedis} from '../live-redis.ts';
import {type Command, RandomDataset, seedOf} from '../random-dataset.ts';
import {binaries, skipMissing} from '../servers.ts';

const DATASETS = 20;
const firstSeed = seedOf('DIGEST_SEED');
const FROZEN = ['--replicaof', '127.0.0.1', '0'];

skipMissing('canaries on real servers');

/** The keys that these commands name, and one of the same name in a database that has none. */
function keysOf(commands: Command[]): CanaryKey[] {
  const keys = new Map<string, CanaryKey>();
  let database = 0;
  for (const [name, key] of commands) {
    if (name === 'SELECT') database = Number(key);
    else keys.set(`${database}:${Buffer.from(key!).toString('hex')}`, {database, key: Buffer.from(key!)});
  }
  const [first] = keys.values();
  return [...keys.values(), {...first!, database: 15}];
}

const socketOf = (live: LiveRedis): string => join(dirname(live.dump), 's.sock');
const ask = (client: ServerClient, canaries: CanaryKey[], dialect: string) =>
  askForCanaries(client, canaries, {
    databases: new Set(Array.from({length: 16}, (_, i) => String(i))),
    dialect,
  });

describe.each(binaries)('%s', (_, {product, version, path}) => {
  const line = lineOf(product as Product, version);
  const dialect = digestDialect(line);
  const isOld = line.major < 7;
  const start = (flags: string[] = []) => LiveRedis.start(flags, {binary: path, debug: !isOld});

  test(`every key of ${DATASETS} random datasets from seed ${firstSeed}, half of them expired`, async () => {
    await using producer = await start();
    await using frozen = await start(FROZEN);
    await producer.redis.call('DEBUG', 'SET-ACTIVE-EXPIRE', '0');
    const client = await connectToSocket(socketOf(frozen));
    const seen = {present: 0, missing: 0};
    for (let seed = firstSeed; seed < firstSeed + DATASETS; seed++) {
      const dataset = new RandomDataset(seed);
      // The settings of the drill's own server: what it turns into listpacks, our reader knows.
      const settings = [...dataset.settings(isOld), ...RandomDataset.defaults(isOld)];
      const commands = dataset.commands({fieldTtls: false});
      const canaries = keysOf(commands);
      const brief = canaries.slice(0, -1).filter((_, i) => i % 2 === 0);
      const expiries = brief.flatMap(({database, key}): Command[] => [
        ['SELECT', String(database)],
        ['PEXPIRE', key as Buffer, '1'],
      ]);
      await Promise.all(
        [['FLUSHALL'] as Command, ...settings, ...commands, ...expiries].map(([name, ...args]) =>
          producer.redis.call(name, ...args).catch(() => null),
        ),
      );
      await producer.redis.save();
      await frozen.load(producer.dump);
      const {canaries: found} = await inspect(producer.dump, {canaries});
      const asked = await ask(client, canaries, dialect);
      const ours = found!.map(({present, byDialect}) => ({present, hex: byDialect?.[dialect]}));
      expect({seed, canaries: ours}).toEqual({
        seed,
        canaries: asked.map(({present, digest}) => ({present, hex: digest?.hex})),
      });
      for (const {present} of ours) seen[present ? 'present' : 'missing']++;
      const {canaries: quick} = await inspect(producer.dump, {canaries, depth: 'quick'});
      expect({seed, quick}).toEqual({seed, quick: found});
    }
    client.close();
    expect(seen.present).toBeGreaterThan(DATASETS);
    expect(seen.missing).toBeGreaterThanOrEqual(DATASETS);
  });

  test('by the image’s own CLI: a key of any bytes, and one that has expired', async () => {
    const exec = ([program, ...args]: string[]) =>
      runToEnd(program!, args).catch(error => ({exitCode: 127, stdout: '', stderr: String(error)}));
    await using producer = await start();
    await producer.redis.call('DEBUG', 'SET-ACTIVE-EXPIRE', '0');
    const any = Buffer.from(Array.from({length: 256}, (_, byte) => byte));
    const keys = [any, Buffer.from('plain:key'), Buffer.from('-n'), Buffer.from('é "\\ \n'), Buffer.from('')];
    await producer.redis.select(5);
    for (const key of keys) await producer.redis.set(key, `value of ${key.length}`, 'PX', 1);
    await producer.redis.save();
    await using frozen = await start(FROZEN);
    await frozen.load(producer.dump);
    const client = await connectByExec(exec, socketOf(frozen));
    const canaries = keys.map(key => ({database: 5, key}));
    const {canaries: found} = await inspect(producer.dump, {canaries});
    const asked = await ask(client, [...canaries, {database: 4, key: any}], dialect);
    expect(asked.map(({digest}) => digest?.hex)).toEqual([
      ...found!.map(it => it.byDialect![dialect]),
      undefined,
    ]);
    expect(asked.at(-1)).toEqual({present: false, digest: null});
  });

  const noDebug = isOld ? ['--rename-command', 'DEBUG', ''] : ['--enable-debug-command', 'no'];
  test('without DEBUG the server tells at least which are there, expired or not', async () => {
    await using producer = await start();
    await producer.redis.call('DEBUG', 'SET-ACTIVE-EXPIRE', '0');
    await producer.redis.set('here', '1', 'PX', 1);
    await producer.redis.save();
    const flags = ['--dir', dirname(producer.dump), '--dbfilename', 'dump.rdb', ...FROZEN, ...noDebug];
    await using frozen = await LiveRedis.start(flags, {binary: path, debug: false});
    const client = await connectToSocket(socketOf(frozen));
    const canaries = ['here', 'not here'].map(key => ({database: 0, key: Buffer.from(key)}));
    expect(await ask(client, canaries, dialect)).toEqual([
      {present: true, digest: null, because: expect.stringMatching(/DEBUG DIGEST-VALUE/)},
      {present: false, digest: null, because: expect.stringMatching(/DEBUG DIGEST-VALUE/)},
    ]);
    client.close();
  });
});
