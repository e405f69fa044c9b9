import {mkdir, mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {basename, join} from 'node:path';
import {afterEach, beforeEach, describe, expect, test} from '@jest/globals';
import {isSideFile} from '../../../src/source/backup-name.ts';
import {locatedIn} from '../../store-of.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'unit-'));
});
afterEach(() => rm(dir, {recursive: true, force: true}));

const SHA256 = 'ab'.repeat(32);
const OTHER = '12'.repeat(32);
const MD5 = 'cd'.repeat(16);

async function beside(files: Record<string, string>) {
  for (const [name, text] of Object.entries(files)) await writeFile(join(dir, name), text);
  await writeFile(join(dir, 'dump.rdb.gz'), 'any');
  const located = await locatedIn(join(dir, 'dump.rdb.gz'));
  return located.found ? located.checksums : [];
}

test.each([
  ['as sha256sum writes it', {'dump.rdb.gz.sha256': `${SHA256}  dump.rdb.gz\n`}],
  ['of a binary file', {'dump.rdb.gz.sha256': `${SHA256} *dump.rdb.gz\r\n`}],
  ['bare, in capitals', {'dump.rdb.gz.sha256sum': SHA256.toUpperCase()}],
  ['with the path that it had elsewhere', {'dump.rdb.gz.sha256': `${SHA256}  /tmp/out.gz\n`}],
  ['as BSD writes it', {'dump.rdb.gz.sha256': `SHA256 (dump.rdb.gz) = ${SHA256}\n`}],
  ['as OpenSSL 3 writes it', {'dump.rdb.gz.sha256': `SHA2-256(dump.rdb.gz)= ${SHA256}\n`}],
  [
    'before that of the same name elsewhere',
    {SHA256SUMS: `${SHA256}  dump.rdb.gz\n${OTHER}  old/dump.rdb.gz\n`},
  ],
  [
    'behind that of the same name elsewhere',
    {SHA256SUMS: `${OTHER}  old/dump.rdb.gz\n${SHA256}  ./dump.rdb.gz\n`},
  ],
  ['appended every night', {SHA256SUMS: `${OTHER}  dump.rdb.gz\n${SHA256}  dump.rdb.gz\n`}],
  ['appended with its path', {SHA256SUMS: `${OTHER}  /b/dump.rdb.gz\n${SHA256}  /b/dump.rdb.gz\n`}],
  ['in a list', {SHA256SUMS: `${'0'.repeat(64)}  dump.rdb\n${SHA256}  ./dump.rdb.gz\n`}],
])('%s', async (_how, files: Record<string, string>) => {
  const [file] = Object.keys(files);
  expect(await beside(files)).toEqual([{algorithm: 'sha256', hex: SHA256, file}]);
});

test('all that there are', async () => {
  const found = await beside({'dump.rdb.gz.md5': MD5, 'dump.rdb.gz.sha256': SHA256});
  expect(found.map(({algorithm}) => algorithm)).toEqual(['md5', 'sha256']);
});

describe('of the files of an append-only file', () => {
  const PART = 'a.aof.1.incr.aof';

  async function ofSet(files: Record<string, string>) {
    const set = join(dir, 'appendonlydir');
    await mkdir(set);
    for (const name of ['a.aof.manifest', PART]) await writeFile(join(set, name), 'any');
    for (const [name, text] of Object.entries(files)) await writeFile(join(dir, name), text);
    const located = await locatedIn(set);
    return located.found ? located.checksums : [];
  }

  test.each([
    ['in a list in its directory', 'appendonlydir/SHA256SUMS', `${OTHER}  b\n${SHA256}  ${PART}\n`],
    ['beside the very file', `appendonlydir/${PART}.sha256`, `${SHA256}\n`],
    ['in a list beside its directory', 'SHA256SUMS', `${SHA256}  appendonlydir/${PART}\n`],
    ['in a file named after its directory', 'appendonlydir.sha256', `${SHA256}  appendonlydir/${PART}\n`],
  ])('one is found %s', async (_where, file, text) => {
    expect(await ofSet({[file]: text})).toEqual([
      {algorithm: 'sha256', hex: SHA256, file: basename(file), of: PART},
    ]);
  });

  test('none is told by what is named after its directory and names none of them', async () => {
    const none = {algorithm: 'sha256', hex: null, file: 'appendonlydir.sha256'};
    expect(await ofSet({'appendonlydir.sha256': SHA256, SHA256SUMS: `${SHA256}  dump.rdb\n`})).toEqual([
      none,
    ]);
  });
});

test.each([
  ['no file', {}],
  ['a list of other files', {SHA256SUMS: `${SHA256}  dump.rdb\n`}],
  [
    'a list of the same name elsewhere, twice',
    {SHA256SUMS: `${SHA256}  a/dump.rdb.gz\n${OTHER}  b/dump.rdb.gz\n`},
  ],
  ['a list without names', {SHA256SUMS: `${SHA256}\n`}],
])('nothing is told by %s', async (_what, files: Record<string, string>) => {
  expect(await beside(files)).toEqual([]);
});

test.each([
  ['text', 'to be done\n'],
  ['a checksum of another length', `${MD5}  dump.rdb.gz\n`],
  ['nothing', ''],
])('a checksum file of the backup that holds %s is told as one without', async (_what, text) => {
  const file = 'dump.rdb.gz.sha256';
  expect(await beside({[file]: text})).toEqual([{algorithm: 'sha256', hex: null, file}]);
});

test.each([
  'a.sha256',
  'a.md5sum',
  'SHA256SUMS',
  'sha512sums.txt',
  'a.rdb.gz.sha1.txt',
  'a.rdb.expect.json',
])('%s is no backup', name => {
  expect(isSideFile(name)).toBe(true);
});
test.each(['dump.rdb', 'sha256.rdb', 'expect.json.rdb', 'MD5SUMS.rdb'])('%s may be one', name => {
  expect(isSideFile(name)).toBe(false);
});
