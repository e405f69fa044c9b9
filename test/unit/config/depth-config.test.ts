import {mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, beforeEach, expect, test} from '@jest/globals';
import {readJob} from '../../../src/config/config.ts';

const back = process.cwd();
beforeEach(async () => {
  process.chdir(await mkdtemp(join(tmpdir(), 'unit-')));
  await writeFile('quick.yml', config('depth: quick'));
  await writeFile('exact.yml', config('expect: {digest: exact}'));
});
afterEach(async () => {
  const dir = process.cwd();
  process.chdir(back);
  await rm(dir, {recursive: true, force: true});
});

const config = (line: string) =>
  `version: 1\nbackups:\n  - name: sessions\n    source: dump.rdb\n    ${line}\n`;

test('full, unless config, --set or --depth say otherwise, the last of them first', async () => {
  expect((await readJob({backup: 'dump.rdb'})).depth).toBe('full');
  expect((await readJob({config: 'quick.yml'})).depth).toBe('quick');
  expect((await readJob({config: 'quick.yml', depth: 'full'})).depth).toBe('full');
  expect((await readJob({backup: 'dump.rdb', set: ['depth=quick']})).depth).toBe('quick');
});

test('another depth is none', async () => {
  await expect(readJob({backup: 'dump.rdb', depth: 'deep'})).rejects.toThrow(/^--depth: depth: /);
});

test('quick contradicts a digest that is asked for: both places are named', async () => {
  await expect(readJob({config: 'exact.yml', depth: 'quick'})).rejects.toThrow(
    '--depth: depth: quick takes no digest, and expect.digest: exact asks for one (exact.yml:5)',
  );
});

test('what is recorded is recorded in full, whatever depth the nightly drills have', async () => {
  expect((await readJob({config: 'quick.yml', unjudged: true})).depth).toBe('full');
  await expect(readJob({config: 'quick.yml', unjudged: true, set: ['depth=quick']})).rejects.toThrow(
    '--set depth: depth: expectations are always recorded with full',
  );
});

test('values are proved by DEBUG DIGEST unless SAVE is asked for, and recorded by nothing else', async () => {
  expect((await readJob({backup: 'dump.rdb'})).proof).toBe('debug-digest');
  expect((await readJob({backup: 'dump.rdb', proof: 'save'})).proof).toBe('save');
  expect((await readJob({backup: 'dump.rdb', set: ['proof=save']})).proof).toBe('save');
  await expect(readJob({backup: 'dump.rdb', proof: 'none'})).rejects.toThrow(/^--proof: proof: /);
  await expect(readJob({config: 'quick.yml', unjudged: true, set: ['proof=save']})).rejects.toThrow(
    '--set proof: proof: expectations are always recorded with debug-digest',
  );
});
