/**
 * Append-only files in every form that servers write and backup jobs copy, of every server that the tests have: green, and
 * the digest that the live server had when the copy was taken.
 */
import {execFileSync} from 'node:child_process';
import {cpSync, readdirSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {afterAll, beforeAll, describe, expect, test} from '@jest/globals';
import type {Redis} from 'ioredis';
import type {DrillReport} from '../../src/report/drill-report.ts';
import {AOF_ON, AofDirectory, copyData, dirOf, fill, makeAof, rewrite} from '../aof-sets.ts';
import {drillOf, failures, scratch} from '../drills.ts';
import {LiveRedis} from '../live-redis.ts';
import {packedTest} from '../packed-test.ts';
import {KEY_SETTINGS, keysOf, Packer, type PackName} from '../packers.ts';
import {record} from '../record.ts';
import {containerTest, servers} from '../servers.ts';
import {processesOnly, unpackedServer} from '../unpacked-server.ts';

const dir = scratch();
afterAll(dir.dispose);

async function rewritten(redis: Redis): Promise<void> {
  await fill(redis);
  await rewrite(redis);
  await redis.set('after', '1');
}

type Variant = {flags?: string[]; prepare?: (redis: Redis) => Promise<void>; since7?: true};

const PURE = ['--aof-use-rdb-preamble', 'no'];
const VARIANTS: Record<string, Variant> = {
  'as it grew since the first start': {flags: PURE},
  'after a rewrite, a dump at its beginning': {
    prepare: async redis => {
      await fill(redis);
      await rewrite(redis);
      await redis.multi().set('after', '1').del('user:1').exec();
    },
  },
  'after a rewrite to commands': {
    flags: PURE,
    prepare: async redis => {
      await fill(redis);
      await rewrite(redis);
      await redis.set('after', '1');
    },
  },
  'with annotations of time': {flags: ['--aof-timestamp-enabled', 'yes'], since7: true},
  'with history files that nobody removed': {
    flags: ['--aof-disable-auto-gc', 'yes'],
    since7: true,
    prepare: async redis => {
      await fill(redis);
      await rewrite(redis);
      await redis.set('after', '1');
      await rewrite(redis);
    },
  },
  'with keys that have expired since': {
    prepare: async redis => {
      await redis.call('DEBUG', 'SET-ACTIVE-EXPIRE', '0');
      for (let n = 0; n < 30; n += 1) await redis.set(`brief:${n}`, 'x', 'PX', 1500);
      await rewrite(redis);
      for (let n = 30; n < 60; n += 1) await redis.set(`brief:${n}`, 'x', 'PX', 1500);
    },
  },
  'with functions, before and after a rewrite': {
    since7: true,
    prepare: async redis => {
      const library = (name: string) =>
        `#!lua name=${name}\nredis.register_function('${name}', function() return 1 end)`;
      await redis.call('FUNCTION', 'LOAD', library('before'));
      await rewrite(redis);
      await redis.call('FUNCTION', 'LOAD', library('after'));
      await redis.set('k', 'v');
    },
  },
  'of a database without a key': {prepare: async () => {}, since7: true},
};

function expectGreen(report: DrillReport, digest: string): void {
  expect(failures(report)).toEqual([]);
  expect(report.outcome).toBe('passed');
  expect(report.census!.digest!.hex).toBe(digest);
  expect(report.ledger.filter(({status}) => status === 'unbalanced')).toEqual([]);
  const unproven = report.ledger.filter(
    ({name, status}) => status !== 'balanced' && /digest|code|sum/.test(name),
  );
  expect(unproven).toEqual([]);
}

const lines: {line: string; version: string; image?: string}[] = [...servers.images, ...processesOnly];

for (const server of lines) {
  const {line, image} = server;
  describe(`written by ${line}`, () => {
    const unpacked = unpackedServer(server, dir);
    const since7 = !line.endsWith(':6.0');
    const {asked, deps} = unpacked ?? {asked: {image: image!}, deps: {}};
    const start = (flags: string[]) =>
      LiveRedis.start([...AOF_ON, ...flags], {...(unpacked && {binary: unpacked.binary}), debug: since7});
    const variants = Object.entries(VARIANTS).filter(([, variant]) => since7 || !variant.since7);

    test.each(variants)('%s', async (title, {flags = [], prepare = fill}) => {
      await using live = await start(flags);
      await prepare(live.redis);
      const digest = await live.digest();
      copyData(await dirOf(live.redis), dir.file('data'));
      if (title.includes('expired')) await sleep(1600);
      const report = await drillOf(dir.file('data'), asked, deps);
      expectGreen(report, digest);
      if (title.includes('annotations')) expect(report.aof!.annotatedUntil).toMatch(/^20\d\d-/);
      if (title.includes('history')) expect(report.aof!.history).toHaveLength(4);
    });

    if (image === undefined) return;
    containerTest(
      'in a container of that line, packed as tar.gz, against what was recorded of the plain one',
      async () => {
        await using live = await start([]);
        await rewritten(live.redis);
        const digest = await live.digest();
        copyData(await dirOf(live.redis), dir.file('data'));
        const archive = dir.file('backup.tar.gz');
        execFileSync('tar', ['-czf', archive, '-C', dir.path, 'data']);
        if (line === 'redis:7.0') await record(dir.file('data'), dir.file('aof.json'));
        const expected = line === 'redis:7.0' ? {expect: dir.file('aof.json')} : {};
        const report = await drillOf(archive, {image, ...expected});
        expectGreen(report, digest);
        expect(report.backup!.packing).toEqual(expect.arrayContaining(['gzip data', 'a tar archive']));
      },
    );
  });
}

describe('whatever it is packed in', () => {
  let packer: Packer;
  let digest: string;
  beforeAll(async () => {
    packer = new Packer(dir.path);
    ({digest} = await makeAof(dir.file('to-pack'), {prepare: rewritten}));
  });
  afterAll(() => packer.dispose());
  const drillPacked = (path: string) =>
    drillOf(path, {server: 'process', set: KEY_SETTINGS}, {env: keysOf(packer)});

  const NESTED: PackName[][] = [
    ['gzip', 'age'],
    ['zstd', 'openssl'],
    ['xz', 'gpg'],
    ['bzip2', 'age in text'],
    ['lz4', 'gpg in text, signed'],
    ['zip', 'openssl in text'],
    ['tar', 'gzip', 'gpg with a passphrase'],
  ];
  packedTest.each(NESTED.map(names => [names.join(' in '), names] as const))(
    'a set in a tar in %s',
    async (_title, names) => {
      const tar = packer.path('backup.tar');
      execFileSync('tar', ['-cf', tar, '-C', dir.path, 'to-pack/appendonlydir']);
      expectGreen(await drillPacked(packer.pack(tar, ...names)), digest);
    },
  );

  packedTest.each(NESTED.map(names => [names.join(' in '), names] as const))(
    'a single file in %s',
    async (_title, names) => {
      const single = packer.path('appendonly.aof');
      const set = new AofDirectory(dir.file('to-pack'));
      const parts = [set.file('base'), set.file('incr')].map(path => readFileSync(path));
      writeFileSync(single, Buffer.concat(parts));
      expectGreen(await drillPacked(packer.pack(single, ...names)), digest);
    },
  );
});

describe('however it was copied', () => {
  test('a cp while the server writes: whole, or with a tail that is told', async () => {
    await using live = await LiveRedis.start(AOF_ON);
    await fill(live.redis);
    const data = await dirOf(live.redis);
    let writing = true;
    let n = 0;
    const writer = (async () => {
      for (; writing; n += 1) await live.redis.multi().set(`live:${n}`, 'x'.repeat(500)).incr('count').exec();
    })();
    try {
      for (let copy = 0; copy < 5; copy += 1) {
        await sleep(50);
        execFileSync('cp', ['-r', join(data, 'appendonlydir'), dir.file(`copy-${copy}`)]);
      }
    } finally {
      writing = false;
      await writer;
    }
    for (let copy = 0; copy < 5; copy += 1) {
      const report = await drillOf(dir.file(`copy-${copy}`), {server: 'process'});
      expect(failures(report)).toEqual([]);
      expect(report.outcome).toBe('passed');
      expect(report.census!.keys).toBeGreaterThan(56);
    }
  });

  test('as the directory of the AOF, its manifest, a zip of either, and a file of the old form inside a directory', async () => {
    await using live = await LiveRedis.start(AOF_ON);
    await fill(live.redis);
    const digest = await live.digest();
    copyData(await dirOf(live.redis), dir.file('data'));
    const aof = join(dir.file('data'), 'appendonlydir');
    const manifest = join(aof, readdirSync(aof).find(name => name.endsWith('.manifest'))!);
    execFileSync('zip', ['-qr', dir.file('aof.zip'), 'data/appendonlydir'], {cwd: dir.path});
    for (const path of [aof, manifest, dir.file('aof.zip')]) {
      expectGreen(await drillOf(path, {server: 'process'}), digest);
    }
    const single = join(aof, readdirSync(aof).find(name => name.endsWith('.incr.aof'))!);
    execFileSync('mkdir', ['-p', dir.file('old')]);
    cpSync(single, dir.file('old/appendonly.aof'));
    execFileSync('gzip', ['-kf', dir.file('old/appendonly.aof')]);
    for (const path of ['old', 'old/appendonly.aof', 'old/appendonly.aof.gz']) {
      expectGreen(await drillOf(dir.file(path), {server: 'process'}), digest);
    }
  });
});
