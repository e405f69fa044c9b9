/** What comes of an archive: an append-only file, a dump, or a question that nobody can answer. */

import {execFileSync} from 'node:child_process';
import {cpSync, mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {afterAll, describe, expect, test} from '@jest/globals';
import type {Load} from '../../../src/source/source-job.ts';
import {unpack} from '../../../src/unpack/unpack.ts';
import {command} from '../../aof-sets.ts';
import {scratch, testDeps} from '../../drills.ts';
import {SAMPLE} from '../../servers.ts';

const dir = scratch();
afterAll(dir.dispose);
let archives = 0;

/** Entries in this order. */
async function unpacked(content: Record<string, string>, load: Load = 'auto') {
  archives += 1;
  const folder = dir.file(`folder-${archives}`);
  for (const [name, text] of Object.entries(content)) {
    mkdirSync(join(folder, name, '..'), {recursive: true});
    if (text === SAMPLE) cpSync(SAMPLE, join(folder, name));
    else writeFileSync(join(folder, name), text);
  }
  const tar = dir.file(`${archives}.tar`);
  execFileSync('tar', ['-cf', tar, '-C', folder, ...Object.keys(content)]);
  const job = {keys: {}, limits: {maxRatio: 100, maxSizeBytes: 1e9, maxEntries: 100}, checksums: [], load};
  const {dump, damage} = await unpack(tar, testDeps, job);
  if (!dump) return {rule: damage.rule};
  await using held = dump;
  const dumped = held.dumpBeside ? readFileSync(held.dumpBeside).equals(readFileSync(SAMPLE)) : null;
  return {files: held.aof?.files.map(({name}) => name) ?? null, dumped};
}

const COMMANDS = command('SELECT', '0');
const PARTS = {'db/aof/a.aof.1.incr.aof': COMMANDS, 'db/aof/a.aof.1.base.aof': COMMANDS};
const MANIFEST = {
  'db/aof/a.aof.manifest': 'file a.aof.1.base.aof seq 1 type b\nfile a.aof.1.incr.aof seq 1 type i\n',
};
const NAMES = ['a.aof.1.base.aof', 'a.aof.1.incr.aof', 'a.aof.manifest'];

describe('an archive', () => {
  test('with an AOF in whatever order and path, and other files', async () => {
    expect(await unpacked({...PARTS, 'notes.txt': 'hello', ...MANIFEST})).toEqual({
      files: NAMES,
      dumped: null,
    });
  });

  test('with a dump beside it', async () => {
    const content = {'db/dump.rdb': SAMPLE, ...MANIFEST, ...PARTS};
    expect(await unpacked(content)).toEqual({files: NAMES, dumped: true});
    expect(await unpacked(content, 'aof')).toEqual({files: NAMES, dumped: null});
    expect(await unpacked(content, 'rdb')).toEqual({files: null, dumped: null});
  });

  test('whose manifest calls its base what it likes', async () => {
    const manifest = 'file dump.rdb seq 1 type b\nfile a.aof.1.incr.aof seq 1 type i\n';
    const content = {
      'aof/dump.rdb': SAMPLE,
      'aof/a.aof.manifest': manifest,
      'aof/a.aof.1.incr.aof': COMMANDS,
    };
    expect(await unpacked(content)).toEqual({
      files: ['a.aof.1.incr.aof', 'a.aof.manifest', 'dump.rdb'],
      dumped: null,
    });
  });

  test('without the manifest gives the parts, so that the drill can say so', async () => {
    expect(await unpacked(PARTS)).toEqual({files: NAMES.slice(0, 2), dumped: null});
  });

  test('with a single file, however it is called', async () => {
    expect(await unpacked({'backup-of-monday': COMMANDS})).toEqual({
      files: ['backup-of-monday'],
      dumped: null,
    });
  });

  test.each([
    ['two sets', {...MANIFEST, ...PARTS, 'other/b.aof.manifest': 'file b.aof.1.base.rdb seq 1 type b\n'}],
    ['two single files', {'a/appendonly.aof': COMMANDS, 'a/other.aof': COMMANDS}],
    ['two dumps', {'a.rdb': SAMPLE, 'b.rdb': SAMPLE}],
  ])('with %s is a question', async (_, content) => {
    await expect(unpacked(content)).rejects.toMatchObject({code: 'unpack/several-dumps'});
  });
});
