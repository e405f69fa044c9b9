import {createHash} from 'node:crypto';
import {mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, beforeEach, describe, expect, test} from '@jest/globals';
import {inspectAof} from '../../../../src/inspect/aof/inspect-aof.ts';
import {aofServerNeeds} from '../../../../src/inspect/aof/server-needs.ts';
import {aofFiles, hashOfSet} from '../../../../src/unpack/aof-files.ts';
import {command} from '../../../aof-sets.ts';
import {aux, key, rdb, selectDb, str} from '../../../rdb-builder.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'unit-'));
});
afterEach(() => rm(dir, {recursive: true, force: true}));

type Content = Record<string, string | Uint8Array>;

async function inspected(content: Content) {
  const found = [];
  for (const [name, bytes] of Object.entries(content)) {
    const path = join(dir, name);
    await writeFile(path, bytes);
    found.push({name, path, sizeBytes: bytes.length, sha256: ''});
  }
  return inspectAof(aofFiles(found));
}

const rules = ({problems}: Awaited<ReturnType<typeof inspected>>) =>
  problems.map(({rule, severity}) => `${severity} ${rule}`);

const COMMANDS = command('SELECT', '4') + command('SET', 'key', 'value');
const dump = (field: string, version: string) =>
  rdb('REDIS0010', [aux('redis-ver', version), aux(field, '1'), selectDb(2), key(0, 'a', str('b'))]);
const BASE = dump('aof-base', '7.0.15');
const PARTS = {'a.aof.1.base.rdb': BASE, 'a.aof.1.incr.aof': COMMANDS};
const MANIFEST = 'file a.aof.1.base.rdb seq 1 type b\nfile a.aof.1.incr.aof seq 1 type i\n';

describe('an AOF of one file', () => {
  test('of commands', async () => {
    const aof = await inspected({'appendonly.aof': COMMANDS});
    expect(aof).toMatchObject({layout: 'single-file', base: null, highestDatabase: 4, problems: []});
    expect(aof.parts).toEqual([
      {
        name: 'appendonly.aof',
        role: 'single',
        seq: null,
        sizeBytes: COMMANDS.length,
        format: 'commands',
        commands: 2,
        transactions: 0,
      },
    ]);
  });

  test('that begins with a dump', async () => {
    const preamble = dump('aof-preamble', '6.2.0');
    const aof = await inspected({'appendonly.aof': Buffer.concat([preamble, Buffer.from(COMMANDS)])});
    expect(aof).toMatchObject({
      base: {dataset: {keys: 1}, checksum: 'valid'},
      commands: {select: 1, set: 1},
      problems: [],
    });
  });

  test('of nothing but a dump is one of before 7.0, and else the base of more', async () => {
    expect(rules(await inspected({'backup.rdb': dump('aof-preamble', '6.2.0')}))).toEqual([]);
    expect(rules(await inspected({'backup.rdb': BASE}))).toEqual(['error aof/manifest-missing']);
  });
});

describe('an AOF of several files', () => {
  test('is read in the order of its manifest', async () => {
    const aof = await inspected({...PARTS, 'a.aof.manifest': MANIFEST});
    expect(aof).toMatchObject({layout: 'multi-part', problems: [], highestDatabase: 4});
    expect(aof.parts.map(({role, format}) => [role, format])).toEqual([
      ['base', 'dump'],
      ['incremental', 'commands'],
    ]);
  });

  test('tells every problem, and the first error by itself', async () => {
    const aof = await inspected({
      'a.aof.manifest': MANIFEST,
      'a.aof.1.base.rdb': BASE.subarray(0, -9),
      'a.aof.1.incr.aof': '',
      'a.aof.2.incr.aof': COMMANDS,
      'notes.txt': 'none of it',
    });
    expect(rules(aof)).toEqual([
      'error aof/file-not-listed',
      'note aof/empty-part',
      'error backup/truncated',
    ]);
    expect(aof.error).toEqual(aof.problems[0]);
    expect(aof.notListed).toEqual(['a.aof.2.incr.aof', 'notes.txt']);
  });

  test('two manifests are none', async () => {
    const aof = await inspected({...PARTS, 'a.aof.manifest': MANIFEST, 'b.aof.manifest': MANIFEST});
    expect(rules(aof)).toEqual(['error aof/manifest-invalid']);
    expect(aof.parts).toEqual([]);
  });

  test('a base of commands may be empty where a dump may not', async () => {
    const manifest = MANIFEST.replace('base.rdb', 'base.aof');
    const aof = await inspected({
      'a.aof.manifest': manifest,
      'a.aof.1.base.aof': '',
      'a.aof.1.incr.aof': COMMANDS,
    });
    expect(rules(aof)).toEqual(['warning aof/empty-part']);
  });
});

describe('what it asks of a server', () => {
  test.each([
    ['commands of any time', {'a.aof': COMMANDS}, 1],
    ['annotations', {'a.aof': `#TS:1700000000\r\n${COMMANDS}`}, 10],
    ['functions', {'a.aof': command('FUNCTION', 'LOAD', 'x')}, 10],
    ['expiries of hash fields', {'a.aof': command('HPEXPIREAT', 'h', '1', 'FIELDS', '1', 'f')}, 12],
    ['parts', {...PARTS, 'a.aof.manifest': MANIFEST}, 10],
  ])('for %s', async (_, content, rdbVersion) => {
    expect(aofServerNeeds(await inspected(content as Content))).toMatchObject({magic: 'REDIS', rdbVersion});
  });
});

test('the hash of a set is that of the lines that sha256sum prints, in the byte order of the names', () => {
  const file = (name: string, sha256: string) => ({name, path: '', sizeBytes: 1, sha256});
  const [a, b] = ['aa'.repeat(32), 'bb'.repeat(32)];
  // printf '%s  %s\n' aa… B bb… a | sha256sum
  expect(hashOfSet(aofFiles([file('a', b), file('B', a)]))).toBe(
    createHash('sha256').update(`${a}  B\n${b}  a\n`).digest('hex'),
  );
  expect(hashOfSet(aofFiles([file('a', b)]))).toBe(b);
});
