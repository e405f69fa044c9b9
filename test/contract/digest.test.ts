/**
 * Our digest of a dump is the server's DEBUG DIGEST of what it has loaded from it: on every server at hand, for datasets
 * drawn at random. `DIGEST_SEED=n` draws others.
 */
import {describe, expect, test} from '@jest/globals';
import {inspect} from '../../src/inspect/inspect.ts';
import {drawLedger} from '../../src/judge/ledger.ts';
import {compareLines, digestDialect, lineOf, type Product} from '../../src/redis/server-line.ts';
import {aCensus, aLoad} from '../builders.ts';
import {LiveRedis} from '../live-redis.ts';
import {type Command, RandomDataset, seedOf} from '../random-dataset.ts';
import {binaries, skipMissing} from '../servers.ts';

/** Of each server: a thousand a run. */
const DATASETS = Math.ceil(1000 / binaries.length);
/** Of which what is saved again is read too. */
const SAVED = 20;
const firstSeed = seedOf('DIGEST_SEED');

skipMissing('digests against real servers');

function tried([, {product, version, path}]: (typeof binaries)[number]) {
  const line = lineOf(product as Product, version);
  const dialect = digestDialect(line);
  const isOld = line.major < 7;
  const fieldTtls = product === 'redis' ? line.major >= 8 : line.major >= 9;
  const deduplicates = product === 'redis' && compareLines(line, {...line, major: 8, minor: 6}) >= 0;
  const start = () => LiveRedis.start([], {binary: path, debug: !isOld});

  /** What the server holds, as a dump; loaded again as a drill's server would, with its digest then. */
  async function digests(server: LiveRedis): Promise<{ours: string | undefined; theirs: string}> {
    await server.redis.save();
    for (const [name, ...args] of RandomDataset.defaults(isOld)) await server.redis.call(name, ...args);
    await server.redis.call('DEBUG', 'RELOAD', 'NOSAVE');
    const {digests, error} = await inspect(server.dump);
    expect(error).toBeUndefined();
    return {ours: digests?.byDialect[dialect], theirs: await server.digest()};
  }
  return {dialect, isOld, fieldTtls, deduplicates, start, digests};
}

describe.each(binaries)('%s', (...binary) => {
  const {dialect, isOld, fieldTtls, deduplicates, start, digests} = tried(binary);

  test(`${DATASETS} random datasets from seed ${firstSeed}`, async () => {
    await using server = await start();
    for (let seed = firstSeed; seed < firstSeed + DATASETS; seed++) {
      const dataset = new RandomDataset(seed);
      const commands: Command[] = [
        ['FLUSHALL'],
        ...dataset.settings(isOld),
        ...dataset.commands({fieldTtls}),
      ];
      await Promise.all(commands.map(([name, ...args]) => server.redis.call(name, ...args)));
      const {ours, theirs} = await digests(server);
      expect({seed, digest: ours}).toEqual({seed, digest: theirs});
    }
  });

  test('what it saves after loading has the digest of what it loaded (proof: save)', async () => {
    await using server = await start();
    for (let seed = firstSeed; seed < firstSeed + SAVED; seed++) {
      const dataset = new RandomDataset(seed);
      const commands: Command[] = [
        ['FLUSHALL'],
        ...dataset.settings(isOld),
        ...dataset.commands({fieldTtls}),
      ];
      await Promise.all(commands.map(([name, ...args]) => server.redis.call(name, ...args)));
      await server.redis.save();
      const inspection = await inspect(server.dump);
      for (const [name, ...args] of RandomDataset.defaults(isOld)) await server.redis.call(name, ...args);
      await server.redis.call('DEBUG', 'RELOAD', 'NOSAVE');
      await server.redis.save();
      const saved = await inspect(server.dump);
      const line = drawLedger({inspection, saved, proof: 'save', load: aLoad(), census: aCensus()}).ledger.at(
        -1,
      );
      expect({seed, status: line?.status, ...line?.right}).toMatchObject({
        seed,
        status: 'balanced',
        ...line?.left,
        source: expect.any(String),
      });
    }
  });

  test('a hundred thousand scores of any bits', async () => {
    await using server = await start();
    const dataset = new RandomDataset(firstSeed);
    for (let batch = 0; batch < 50; batch++) {
      const pairs = Array.from({length: 2000}, (_, i) => [dataset.anyScore(), `m${batch}:${i}`]);
      await server.redis.call('ZADD', 'scores', ...pairs.flat());
    }
    const {ours, theirs} = await digests(server);
    expect(ours).toBe(theirs);
  });

  (deduplicates ? test : test.skip)(
    'a stream that remembers what it was sent (skipped: no redis:8.6)',
    async () => {
      await using server = await start();
      const {redis} = server;
      for (let n = 0; n < 5; n++)
        await redis.call('XADD', 's', 'IDMP', `producer ${n % 2}`, `id ${n}`, '*', 'field', `${n}`);
      await redis.call('XADD', 's', 'IDMPAUTO', 'producer', '*', 'field', 'value');
      await redis.call('XCFGSET', 's', 'IDMP-DURATION', '60', 'IDMP-MAXSIZE', '10');
      const {ours, theirs} = await digests(server);
      expect(ours).toBe(theirs);
    },
  );

  (fieldTtls ? test : test.skip)(
    'fields that have expired and fields that will (skipped: no field expiries here)',
    async () => {
      await using server = await start();
      const {redis} = server;
      await redis.call('DEBUG', 'SET-ACTIVE-EXPIRE', '0');
      await redis.call('HSET', 'h', 'a', '1', 'b', '2', 'c', '3');
      await redis.call('HPEXPIRE', 'h', '1', 'FIELDS', '1', 'a');
      await redis.call('HEXPIRE', 'h', '1000', 'FIELDS', '1', 'b');
      await redis.save();
      await redis.call('REPLICAOF', '127.0.0.1', '0');
      await redis.call('DEBUG', 'RELOAD', 'NOSAVE');
      await new Promise(resolve => setTimeout(resolve, 20));
      const {digests, hashesWithFieldExpiry} = await inspect(server.dump);
      expect(hashesWithFieldExpiry).toBe(1);
      expect(digests?.byDialect[dialect]).toBe(await server.digest());
    },
  );
});

/** What is large takes seconds: by one server of each dialect. */
const speakers = new Map(binaries.map(binary => [tried(binary).dialect, binary]));

describe.each([...speakers])('of the dialect %s', (_, binary) => {
  const {start, digests} = tried(binary);

  test('a set of a million, a list of a million, a string of 64 MB', async () => {
    await using server = await start();
    const {redis} = server;
    const fill = "for i = 1, 1000000, 4000 do local t = {} for j = 1, 4000 do t[j] = 'e' .. i + j end";
    await redis.call(
      'EVAL',
      `${fill} redis.call('SADD', KEYS[1], unpack(t)) redis.call('RPUSH', KEYS[2], unpack(t)) end`,
      '2',
      'set',
      'list',
    );
    await redis.call('SETRANGE', 'string', String(64 * 1024 * 1024), 'end');
    const {ours, theirs} = await digests(server);
    expect(ours).toBe(theirs);
  });
});
