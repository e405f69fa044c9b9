/**
 * What our reader says of groups of keys is what servers say of the same keys: counts are those of KEYS; the digest is
 * DEBUG DIGEST where nothing else is left; groups that share no key XOR to the digest of their database; and expiry
 * times are those that PEXPIRETIME answers. `GROUPS_SEED=n` draws others.
 */
import {createHash} from 'node:crypto';
import {afterAll, describe, expect, test} from '@jest/globals';
import {inspect} from '../../src/inspect/inspect.ts';
import {digestDialect, lineOf, type Product} from '../../src/redis/server-line.ts';
import {scratch} from '../drills.ts';
import {LiveRedis} from '../live-redis.ts';
import {type Command, RandomDataset, seedOf} from '../random-dataset.ts';
import {binaries, skipMissing} from '../servers.ts';

const seed = seedOf('GROUPS_SEED');
const DATASETS = 5;

skipMissing('groups against real servers');

/** Some share keys; names begin with a number and a colon and go on with anything, or with one of the kinds below. */
const PATTERNS = ['1*:*', '*', '?:*', '[0-4]*', '*[a-z]*', 'user:*', '*:1*', 'nothing:*'];
const KINDS = ['user', 'session', 'cart'];

const sha1 = (...parts: Uint8Array[]) => createHash('sha1').update(Buffer.concat(parts)).digest();
const xor = (a: Uint8Array, b: Uint8Array): Uint8Array => Buffer.from(a.map((byte, i) => byte ^ b[i]!));
/** Of a server whose keys are all in database 0, the XOR of them: DEBUG DIGEST begins with the database's number. */
const unfolded = (hex: string) => xor(Buffer.from(hex, 'hex'), sha1(sha1(Buffer.alloc(4))));

async function fillKinds({redis}: LiveRedis): Promise<void> {
  for (let n = 0; n < 60; n++) {
    const name = `${KINDS[n % 3]}:${n}`;
    await redis.set(name, `value ${n}`);
    if (n % 4 === 0) await redis.pexpire(name, 10_000_000 + n);
  }
}

/** Names of the keys that a pattern matches, by database. */
async function namesOf({redis}: LiveRedis, pattern: string): Promise<Buffer[][]> {
  const found: Buffer[][] = [];
  for (let database = 0; database < 16; database++) {
    await redis.select(database);
    found[database] = await redis.keysBuffer(pattern);
  }
  return found;
}

async function keepOnly(server: LiveRedis, pattern: string): Promise<void> {
  const kept = await namesOf(server, pattern);
  for (const [database, names] of (await namesOf(server, '*')).entries()) {
    const keep = new Set(kept[database]!.map(name => name.toString('hex')));
    const gone = names.filter(name => !keep.has(name.toString('hex')));
    await server.redis.select(database);
    if (gone.length > 0) await server.redis.del(...gone);
  }
}

const dir = scratch();
afterAll(() => dir.dispose());

describe.each(binaries)('%s', (_, {product, version, path}) => {
  const line = lineOf(product as Product, version);
  const isOld = line.major < 7;
  /** Scores of sorted sets are digested as in what is recorded. */
  const isCanonical = digestDialect(line) === '7.2';
  const start = () => LiveRedis.start([], {binary: path, debug: !isOld});
  const dump = () => dir.file(`${product}-${version}.rdb`);

  test(`counts and digests of ${DATASETS} datasets from seed ${seed}`, async () => {
    await using server = await start();
    for (let drawn = seed; drawn < seed + DATASETS; drawn++) {
      const dataset = new RandomDataset(drawn);
      const commands: Command[] = [
        ['FLUSHALL'],
        ...dataset.settings(isOld),
        ...dataset.commands({fieldTtls: false}),
      ];
      const usable = commands.filter(([command]) => isCanonical || command !== 'ZADD');
      await Promise.all(usable.map(([command, ...args]) => server.redis.call(command, ...args)));
      await fillKinds(server);
      await server.saveTo(dump());
      const {dataset: ours, error} = await inspect(dump(), {groups: {patterns: PATTERNS, redact: false}});
      expect({drawn, error}).toEqual({drawn, error: undefined});
      for (const pattern of PATTERNS) {
        const {keys, digest} = ours.groups![pattern]!;
        const theirs = (await namesOf(server, pattern)).flat().length;
        await keepOnly(server, pattern);
        const hex = await server.digest();
        expect({drawn, pattern, keys, hex: digest!.hex}).toEqual({drawn, pattern, keys: theirs, hex});
        await server.load(dump());
      }
    }
  });

  test('groups that share no key XOR, with the rest, to what the server says of their database', async () => {
    await using server = await start();
    await fillKinds(server);
    await server.saveTo(dump());
    const {dataset} = await inspect(dump(), {groups: {patterns: ['user:*', 'session:*'], redact: false}});
    const parts = [...Object.values(dataset.groups!), dataset.ungrouped!];
    expect(parts.map(({keys, expires}) => ({keys, expires}))).toEqual([
      {keys: 20, expires: 5},
      {keys: 20, expires: 5},
      {keys: 20, expires: 5},
    ]);
    const sum = parts.map(({digest}) => unfolded(digest!.hex)).reduce(xor);
    expect(Buffer.from(sum).toString('hex')).toBe(dataset.databases['0']!.digest!.hex);
    expect(sum).toEqual(unfolded(await server.digest()));
  });

  const answersTimes = isOld ? test.skip : test;
  answersTimes('expiry times, as PEXPIRETIME has them (skipped: redis:6.0 has no such command)', async () => {
    await using server = await start();
    await fillKinds(server);
    await server.saveTo(dump());
    const {dataset} = await inspect(dump(), {groups: {patterns: ['user:*'], redact: false}});
    let keys: Uint8Array = Buffer.alloc(20);
    for (const name of await server.redis.keysBuffer('user:*')) {
      const time = BigInt(await server.redis.pexpiretime(name));
      if (time < 0n) continue;
      const bytes = Buffer.alloc(8);
      bytes.writeBigInt64LE(time);
      keys = xor(keys, sha1(xor(sha1(name), sha1(bytes))));
    }
    const {digest, left} = dataset.groups!['user:*']!.expiryTimes!;
    expect(unfolded(digest!.hex)).toEqual(keys);
    expect(left).toEqual({'1d': 5});
  });
});
