import {execFileSync} from 'node:child_process';
import {mkdir, mkdtemp, rm, symlink, utimes, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, beforeEach, describe, expect, test} from '@jest/globals';
import {localBackups, localStore} from '../../../src/source/local.ts';
import {locate} from '../../../src/source/locate.ts';
import {LATEST} from '../../../src/source/select.ts';
import type {Load} from '../../../src/source/source-job.ts';
import {patient} from '../../store-of.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'unit-'));
});
afterEach(() => rm(dir, {recursive: true, force: true}));

/** `day`: of January 2025. */
async function aFile(name: string, {day = 1, content = 'REDIS0010'} = {}): Promise<string> {
  const path = join(dir, name);
  await mkdir(join(path, '..'), {recursive: true});
  await writeFile(path, content);
  const time = new Date(Date.UTC(2025, 0, day));
  await utimes(path, time, time);
  return path;
}

async function aSet(directory: string, day = 1): Promise<void> {
  await aFile(join(directory, 'a.aof.manifest'), {day, content: 'file a.aof.1.base.rdb seq 1 type b\n'});
  await aFile(join(directory, 'a.aof.1.base.rdb'), {day});
  await aFile(join(directory, 'a.aof.1.incr.aof'), {day: day + 1, content: '*1\r\n'});
}

async function found(spec: string, load: Load = 'auto') {
  await using store = localStore(spec, load);
  const located = await locate(store, LATEST, {patience: patient(), now: new Date(), random: 0});
  return located.found ? located : located.reason.rule;
}

const nameOf = async (spec: string, load?: Load) => {
  const located = await found(spec, load);
  return typeof located === 'string' ? located : located.backup.name;
};

describe('an append-only file in a data directory', () => {
  test('is what a server would load, whatever dump lies beside it; the newest of those is remembered', async () => {
    await aSet('appendonlydir');
    await aFile('old.rdb', {day: 3});
    const dump = await aFile('dump.rdb', {day: 9});
    expect(await found(dir)).toMatchObject({
      backup: {name: 'appendonlydir', sizeBytes: 48, modifiedAt: '2025-01-02T00:00:00.000Z'},
      entry: {path: join(dir, 'appendonlydir'), dumpBeside: dump},
    });
  });

  test.each([
    ['auto', 'appendonlydir'],
    ['aof', 'appendonlydir'],
    ['rdb', 'dump.rdb'],
  ] as const)('under load: %s it is %s', async (load, name) => {
    await aSet('appendonlydir');
    await aFile('dump.rdb', {day: 9});
    expect(await nameOf(dir, load)).toBe(name);
    const located = await found(dir, load);
    const beside = typeof located !== 'string' && located.entry.dumpBeside !== undefined;
    expect(beside).toBe(load === 'auto');
  });

  test('is not to be had where there is only a dump, and none but an AOF will do', async () => {
    await aFile('dump.rdb');
    expect(await nameOf(dir, 'aof')).toBe('backup/none-found');
  });

  test('is found without its manifest, so that the drill can say so', async () => {
    await aFile('appendonlydir/a.aof.1.base.rdb');
    expect(await nameOf(dir)).toBe('appendonlydir');
  });

  test('gives way to a newer archive, which is a backup of its own', async () => {
    await aSet('appendonlydir', 1);
    await aFile('nightly.tar.gz', {day: 5});
    expect(await nameOf(dir)).toBe('nightly.tar.gz');
  });

  test('is not looked for in any directory beside dumps, but in the usual one', async () => {
    await aSet('experiments', 20);
    await aFile('dump.rdb', {day: 3});
    expect(await nameOf(dir)).toBe('dump.rdb');
  });

  test('is found behind a link, as a server finds it', async () => {
    await aSet('elsewhere/appendonlydir');
    await symlink(join(dir, 'elsewhere', 'appendonlydir'), join(dir, 'appendonlydir'));
    await aFile('dump.rdb', {day: 3});
    expect(await nameOf(dir)).toBe('appendonlydir');
  });

  test.each([
    'a.aof.1.incr.aof',
    'a.aof.manifest',
  ])('is none where %s is a pipe, which is never opened', async name => {
    await aFile('dump.rdb');
    await mkdir(join(dir, 'appendonlydir'));
    for (const place of ['.', 'appendonlydir']) execFileSync('mkfifo', [join(dir, place, name)]);
    expect(await nameOf(dir)).toBe('dump.rdb');
  });

  test('of before 7.0 is a file', async () => {
    await aFile('appendonly.aof', {content: '*1\r\n'});
    await aFile('temp-rewriteaof-12.aof', {day: 9});
    await aFile('dump.rdb', {day: 9});
    expect(await nameOf(dir)).toBe('appendonly.aof');
  });
});

test('the directory itself, and its manifest, stand for all of it', async () => {
  await aSet('elsewhere');
  for (const spec of ['elsewhere', 'elsewhere/a.aof.manifest']) {
    expect(await found(join(dir, spec))).toMatchObject({entry: {path: join(dir, 'elsewhere')}});
  }
});

test('no part of it may be written over', async () => {
  await aSet('appendonlydir');
  const dump = await aFile('dump.rdb');
  const parts = ['a.aof.manifest', 'a.aof.1.base.rdb', 'a.aof.1.incr.aof'];
  expect(await localBackups(dir)).toEqual(
    expect.arrayContaining([dump, ...parts.map(name => join(dir, 'appendonlydir', name))]),
  );
});
