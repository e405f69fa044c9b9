/**
 * Backups with values of a real module, RediSearch of Debian's packages, and the vector sets that Redis 8 brings: red
 * where the module is missing or its values are damaged, green where it is there; what only it can digest is said.
 */
import {execFileSync} from 'node:child_process';
import {chmodSync, copyFileSync, mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import {basename, join} from 'node:path';
import {afterAll, beforeAll, describe, expect, test} from '@jest/globals';
import {getContainerRuntimeClient} from 'testcontainers';
import type {DrillReport} from '../../src/report/drill-report.ts';
import {AOF_ON, copyData, dirOf} from '../aof-sets.ts';
import {drillOf, failures, scratch} from '../drills.ts';
import {LiveRedis} from '../live-redis.ts';
import {record} from '../record.ts';
import {containerTest, imageOf, servers, skippedBecause} from '../servers.ts';
import {unpackedServers} from '../unpacked-server.ts';

const dir = scratch();
afterAll(() => dir.dispose());

const {module = {reason: 'setup has not seen to it'}} = servers;
const moduleTest = 'path' in module ? test : skippedBecause(`RediSearch cannot be had: ${module.reason}`);
const moduleInContainer = 'path' in module ? containerTest : moduleTest;

/** Whichever stands first in the dump. */
const OF_REDISEARCH = /values of the module type (ft_index0|ft_invidx|numericdx)/;
const OF_VECTORS = /values of the module type vectorset/;

function expectGreenButForModules(report: DrillReport, line: string, because: RegExp): void {
  expect({outcome: report.outcome, failed: failures(report)}).toEqual({outcome: 'passed', failed: []});
  expect(report.ledger.filter(({status}) => status === 'unbalanced')).toEqual([]);
  const skipped = report.ledger.filter(({status}) => status === 'skipped');
  expect(skipped).toMatchObject([{name: line, because: expect.stringMatching(because)}]);
}

const MODULE_FILE = 'redisearch.so';

/** An index over three documents: hashes, and values of three types of the module. */
async function index({redis}: LiveRedis): Promise<void> {
  await redis.call('FT.CREATE', 'books', 'SCHEMA', 'title', 'TEXT', 'year', 'NUMERIC');
  for (const [n, title] of ['one', 'two', 'three'].entries())
    await redis.call('FT.ADD', 'books', `book:${n}`, '1.0', 'FIELDS', 'title', title, 'year', `${2000 + n}`);
}

/** A search path with a server that loads the module: as an entrypoint would have it. */
function withModule(): {searchPath: string} {
  const bin = dir.file('with-module');
  const server = servers.binaries.find(
    ({path}) => basename(path) === 'redis-server' && !path.includes('/run/'),
  )!;
  mkdirSync(bin, {recursive: true});
  const lines = [
    '#!/bin/sh',
    `[ "$1" = --version ] && exec ${server.path} --version`,
    `exec ${server.path} "$@" --loadmodule ${dir.file(MODULE_FILE)}`,
  ];
  writeFileSync(`${bin}/redis-server`, `${lines.join('\n')}\n`, {mode: 0o755});
  return {searchPath: bin};
}

beforeAll(async () => {
  if (!('path' in module)) return;
  copyFileSync(module.path, dir.file(MODULE_FILE));
  chmodSync(dir.file(MODULE_FILE), 0o755);
  await using live = await LiveRedis.start([...AOF_ON, '--loadmodule', dir.file(MODULE_FILE)]);
  await index(live);
  await live.saveTo(dir.file('books.rdb'));
  copyData(await dirOf(live.redis), dir.file('books'));
  await live.redis.del('nm:books/year');
  await live.saveTo(dir.file('no-year.rdb'));
});

const missing = (what: RegExp) =>
  expect.objectContaining({
    rule: 'restore/module-missing',
    message: expect.stringMatching(what),
  });

describe('ends red where the module is missing', () => {
  moduleTest('a dump, though the server ends with 0 of its checker', async () => {
    const report = await drillOf(dir.file('books.rdb'), {server: 'process'});
    expect(failures(report)).toEqual(['restore/module-missing']);
    expect(report.findings).toContainEqual(missing(OF_REDISEARCH));
    expect(report.inspection!.modules).toEqual({ft_index0: 1, ft_invidx: 3, numericdx: 1});
  });

  moduleTest('an append-only file: its commands are unknown', async () => {
    const report = await drillOf(join(dir.file('books'), 'appendonlydir'), {server: 'process'});
    expect(failures(report)).toEqual(['restore/unknown-command']);
  });

  moduleInContainer('in a container of an image without it', async () => {
    const report = await drillOf(dir.file('books.rdb'), {image: imageOf('redis:7.0')});
    expect(failures(report)).toEqual(['restore/module-missing']);
  });
});

describe('ends red where the module is there and its values are not as they were', () => {
  moduleTest.each([
    ['cut among them', (whole: Buffer) => whole.subarray(0, whole.indexOf('books') + 20)],
    [
      'with a bit flipped in one',
      (whole: Buffer) => {
        whole[whole.indexOf('books') + 12]! ^= 1;
        return whole;
      },
    ],
  ])('%s', async (_title, ruin) => {
    writeFileSync(dir.file('ruined.rdb'), ruin(readFileSync(dir.file('books.rdb'))));
    const report = await drillOf(dir.file('ruined.rdb'), {server: 'process'}, withModule());
    expect(failures(report)[0]).toMatch(/^backup\/(truncated|corrupt|checksum-mismatch)$/);
  });
});

describe('stays green where the module is there, and says what only it can digest', () => {
  moduleTest('a dump', async () => {
    const report = await drillOf(dir.file('books.rdb'), {server: 'process'}, withModule());
    expectGreenButForModules(report, 'digest of the file = DEBUG DIGEST', OF_REDISEARCH);
    expect(report.census!.keys).toBe(8);
  });

  moduleTest('an append-only file', async () => {
    const backup = join(dir.file('books'), 'appendonlydir');
    const report = await drillOf(backup, {server: 'process'}, withModule());
    expectGreenButForModules(report, 'digest of what the server saved = DEBUG DIGEST', OF_REDISEARCH);
  });

  moduleInContainer(
    'by an image that brings it, against what was recorded; fewer indexes are red',
    async () => {
      await using made = await imageWithModule();
      const image = made.name;
      const expected = dir.file('books.json');
      await record(dir.file('books.rdb'), expected, {image});
      const same = await drillOf(dir.file('books.rdb'), {image, expect: expected});
      expect({outcome: same.outcome, failed: failures(same)}).toEqual({outcome: 'passed', failed: []});
      const fewer = await drillOf(dir.file('no-year.rdb'), {image, expect: expected});
      expect(failures(fewer)).toContain('expect/modules');
    },
  );
});

/** What a Dockerfile of three lines would make; no builder is asked, as those want to pull. */
async function imageWithModule() {
  const {dockerode} = (await getContainerRuntimeClient()).container;
  const container = await dockerode.createContainer({Image: imageOf('redis:7.0')});
  const name = `restore-drill-test/redisearch-${process.pid}:latest`;
  try {
    const tar = execFileSync('tar', ['-c', '-C', dir.path, MODULE_FILE], {maxBuffer: 2 ** 30});
    await container.putArchive(tar, {path: '/data'});
    const entrypoint = JSON.stringify(['redis-server', '--loadmodule', `/data/${MODULE_FILE}`]);
    await container.commit({repo: name.split(':')[0]!, tag: 'latest', changes: `ENTRYPOINT ${entrypoint}`});
  } finally {
    await container.remove();
  }
  return {name, [Symbol.asyncDispose]: async () => void (await dockerode.getImage(name).remove())};
}

describe('vector sets, which Redis 8 keeps as values of a module of its own', () => {
  const all = unpackedServers(dir);
  const eight = all.find(([, {line}]) => line.product === 'redis' && line.major === 8 && line.minor < 6)?.[1];
  const redict = all.find(([, {line}]) => line.product === 'redict')?.[1];
  const without = eight ? 'redict:7.3' : 'redis:8.0';
  const vectorTest = eight && redict ? test : skippedBecause(`${without} cannot be had`);

  vectorTest('are red on a server of the same format that lacks them, and green on their own', async () => {
    {
      await using live = await LiveRedis.start([], {binary: eight!.binary});
      await live.redis.call('VADD', 'vectors', 'VALUES', '3', '0.1', '0.2', '0.3', 'element');
      await live.redis.set('k', 'v');
      await live.saveTo(dir.file('vectors.rdb'));
    }
    const red = await drillOf(dir.file('vectors.rdb'), redict!.asked, redict!.deps);
    expect(failures(red)).toEqual(['restore/module-missing']);
    expect(red.findings).toContainEqual(missing(OF_VECTORS));
    const green = await drillOf(dir.file('vectors.rdb'), eight!.asked, eight!.deps);
    expectGreenButForModules(green, 'digest of the file = DEBUG DIGEST', OF_VECTORS);
  });
});
