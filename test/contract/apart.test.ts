/**
 * What we digest apart is in the file as it is on the server: what a frozen server has loaded and saves again has the
 * same digests, on every server at hand, and counts are those that the server itself gives. `DIGEST_SEED=n` draws others.
 */
import {afterAll, describe, expect, test} from '@jest/globals';
import {inspect} from '../../src/inspect/inspect.ts';
import {canRead, lineOf, type Product} from '../../src/redis/server-line.ts';
import {scratch} from '../drills.ts';
import {LiveRedis} from '../live-redis.ts';
import {PlainApart} from '../plain-apart.ts';
import {RandomApart} from '../random-apart.ts';
import {type Command, seedOf} from '../random-dataset.ts';
import {binaries, skipMissing} from '../servers.ts';

const DATASETS = 60;
const firstSeed = seedOf('DIGEST_SEED');
const dir = scratch();
afterAll(() => dir.dispose());

skipMissing('what is digested apart');

async function apartOf(path: string) {
  const {dataset, error} = await inspect(path);
  expect(error).toBeUndefined();
  const {consumerGroups, functionCode, fieldExpiries} = dataset;
  return {consumerGroups, functionCode, fieldExpiries};
}

const run = (server: LiveRedis, commands: Command[]) =>
  Promise.all(commands.map(([name, ...args]) => server.redis.call(name, ...args).catch(() => null)));

describe.each(binaries)('%s', (_, {product, version, path}) => {
  const line = lineOf(product as Product, version);
  const isOld = line.major < 7;
  const fieldTtls = product === 'redis' ? line.major >= 8 : line.major >= 9;
  const start = (flags: string[] = []) => LiveRedis.start(flags, {binary: path, debug: !isOld});

  test(`what a frozen server saves again, of ${DATASETS} random datasets from seed ${firstSeed}`, async () => {
    await using producer = await start();
    await using frozen = await start(['--replicaof', '127.0.0.1', '0']);
    const seen = {pending: 0, fields: 0};
    for (let seed = firstSeed; seed < firstSeed + DATASETS; seed++) {
      await run(producer, [['FLUSHALL'], ...(isOld ? [] : [['FUNCTION', 'FLUSH'] as Command])]);
      await run(producer, new RandomApart(seed).commands({functions: !isOld, fieldTtls}));
      const file = dir.file(`${seed}.rdb`);
      await producer.saveTo(file);
      await frozen.load(file);
      await frozen.redis.save();
      const again = await apartOf(frozen.dump);
      const first = await apartOf(file);
      expect({seed, ...again}).toEqual({seed, ...first});
      seen.pending += first.consumerGroups!.pending;
      seen.fields += first.fieldExpiries!.fields;
    }
    expect(seen.pending).toBeGreaterThan(0);
    if (fieldTtls) expect(seen.fields).toBeGreaterThan(0);
  });

  test('digests and counts that follow from what the server itself answers', async () => {
    await using server = await start();
    for (let seed = firstSeed; seed < firstSeed + 15; seed++) {
      await run(server, [['FLUSHALL'], ...(isOld ? [] : [['FUNCTION', 'FLUSH'] as Command])]);
      await run(server, new RandomApart(seed).commands({functions: !isOld, fieldTtls, brief: false}));
      await server.redis.save();
      const {consumerGroups, functionCode, fieldExpiries} = await apartOf(server.dump);
      const plain = new PlainApart(server.redis);
      const groups = await plain.consumerGroups([0, 3, 9]);
      const fields = fieldTtls ? await plain.fieldExpiries([0, 3, 9]) : '0'.repeat(40);
      const {fields: count, ...streams} = plain.counts;
      expect({seed, ...consumerGroups}).toMatchObject({seed, ...streams, digest: {hex: groups}});
      expect({seed, ...fieldExpiries}).toMatchObject({seed, fields: count, digest: {hex: fields}});
      if (isOld) continue;
      const {names, code, libraries} = await plain.functions();
      expect({seed, ...functionCode}).toMatchObject({seed, libraries, names, digest: {hex: code}});
    }
  });
});

/** What the oldest server writes, every later one must read as the same. */
test(`what newer servers save again of an older one’s, of 10 random datasets from seed ${firstSeed}`, async () => {
  const lines = binaries.map(([, binary]) => ({
    ...binary,
    line: lineOf(binary.product as Product, binary.version),
  }));
  for (const writer of lines.filter(({line}) => line.product === 'redis' && line.major < 8)) {
    await using producer = await LiveRedis.start([], {binary: writer.path, debug: writer.line.major >= 7});
    const rdbVersion = writer.line.major < 7 ? 9 : 10;
    for (const {line, path} of lines.filter(({line}) => canRead(line, {magic: 'REDIS', rdbVersion}))) {
      const flags = ['--replicaof', '127.0.0.1', '0'];
      await using frozen = await LiveRedis.start(flags, {binary: path, debug: line.major >= 7});
      for (let seed = firstSeed; seed < firstSeed + 10; seed++) {
        await run(producer, [['FLUSHALL']]);
        await run(producer, new RandomApart(seed).commands({functions: false, fieldTtls: false}));
        const file = dir.file('older.rdb');
        await producer.saveTo(file);
        await frozen.load(file);
        await frozen.redis.save();
        const {consumerGroups} = await apartOf(frozen.dump);
        expect({seed, line, consumerGroups}).toEqual({
          seed,
          line,
          consumerGroups: (await apartOf(file)).consumerGroups,
        });
      }
    }
  }
});
