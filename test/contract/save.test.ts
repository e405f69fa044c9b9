/**
 * What a throwaway server SAVEs, whatever it runs in and however it is reached: our reader finds in it just what it finds
 * in the dump, keys whose time has passed included; the dump is not touched, and nothing is left behind.
 */
import {spawn} from 'node:child_process';
import {randomBytes} from 'node:crypto';
import {chmodSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {afterAll, describe, expect, test} from '@jest/globals';
import type {Dataset} from '../../src/inspect/inspection.ts';
import type {ServerDescription} from '../../src/restore/throwaway.ts';
import {scratch} from '../drills.ts';
import {apart} from '../e2e/cli.ts';
import {bytes, f64le, i64le, int8, key, listOf, OP, rdb, selectDb, str, strings} from '../rdb-builder.ts';
import {containerTest, execTest, servers} from '../servers.ts';

const dir = scratch();
const HERE = dir.file('here');
afterAll(() => dir.dispose());
const needsExec = await execTest();

/** Types of RDB 9 that every server reads: string, list, set, hash, sorted set with its scores in binary. */
const dump = dir.file('old.rdb');
const passed = bytes([OP.expireMs], i64le(1_000_000));
const scores = listOf(bytes(str('one'), f64le(1)), bytes(str('some'), f64le(0.1)));
writeFileSync(
  dump,
  rdb('REDIS0009', [
    selectDb(0),
    key(0, 'text', str('value')),
    key(0, 'number', int8(7)),
    passed,
    key(0, 'passed', str('long ago')),
    selectDb(15),
    key(1, 'list', strings('a', 'b', 'c')),
    key(2, 'set', strings('1', 'x')),
    passed,
    key(4, 'hash', bytes([1], str('field'), str('value'))),
    key(5, 'zset', scores),
  ]),
);
chmodSync(dump, 0o644);

/** Of more bytes than we stay behind a server that writes. */
const largeDump = dir.file('large.rdb');
const LARGE_KEYS = 6_000;
const VALUE_BYTES = 10_000;
/** No server makes a value of this smaller. */
const noise = randomBytes(LARGE_KEYS + VALUE_BYTES);
const manyKeys = Array.from({length: LARGE_KEYS}, (_, at) =>
  key(0, `key:${at}`, str(noise.subarray(at, at + VALUE_BYTES))),
);
writeFileSync(largeDump, rdb('REDIS0009', [selectDb(0), Buffer.concat(manyKeys)], 'zeros'));
chmodSync(largeDump, 0o644);

type Seen = {dataset: Dataset; digests: Record<string, string>; checksum: string; error?: string};
type Saved = {
  server: ServerDescription;
  file: Seen;
  saved: Seen;
  meanwhile: boolean;
  unchanged: boolean;
  left: string[];
};
type Way = {kind: 'container' | 'process'; image?: string; via?: 'socket' | 'exec'; large?: boolean};

async function save({kind, image = 'auto', via = 'socket', large = false}: Way): Promise<Saved> {
  const far = via === 'exec';
  const options = {kind, image, registry: null, memoryBytes: null};
  const asked = {
    dump: far ? `${HERE}/dump.rdb` : large ? largeDump : dump,
    tempDir: far ? HERE : dir.path,
    options,
    slowly: large,
  };
  const ours = [process.execPath, join(import.meta.dirname, 'one-save.ts'), JSON.stringify(asked)];
  const [program, ...args] = far ? [...apart(dump, HERE), ...ours] : ours;
  const child = spawn(program!, args);
  const [out, err] = await Promise.all([child.stdout, child.stderr].map(stream => stream.toArray()));
  if (out!.length === 0) throw new Error(err!.join(''));
  return JSON.parse(out!.join(''));
}

function expectSame({file, saved, unchanged, left}: Saved): void {
  expect(file).toMatchObject({checksum: 'valid', dataset: {keys: 7, expires: 2}});
  expect(saved).toMatchObject({checksum: 'valid', dataset: file.dataset});
  expect({unchanged, left}).toEqual({unchanged: true, left: []});
}

describe.each(servers.images)('a container of $line', ({line, image}) => {
  containerTest('saves where we can read it', async () => {
    const came = await save({kind: 'container', image});
    expect(came.server).toMatchObject({line, via: 'socket'});
    expectSame(came);
  });

  needsExec('whose files we cannot see hands over what it saved', async () => {
    const came = await save({kind: 'container', image, via: 'exec'});
    expect(came.server).toMatchObject({line, via: 'exec'});
    expectSame(came);
  });
});

test('a local process saves where we can read it', async () => {
  const came = await save({kind: 'process'});
  expect(came.server).toMatchObject({kind: 'process', via: 'socket'});
  expectSame(came);
});

function expectFollowed({file, saved, meanwhile, left}: Saved): void {
  expect(file).toMatchObject({checksum: 'absent', dataset: {keys: LARGE_KEYS}});
  expect(saved).toMatchObject({checksum: 'valid', dataset: file.dataset});
  // Of strings every dialect tells the same.
  expect(new Set(Object.values(saved.digests))).toEqual(new Set([file.digests['7.2']]));
  expect({meanwhile, left}).toEqual({meanwhile: true, left: []});
}

describe.each(servers.images)('what a container of $line writes', ({image}) => {
  containerTest('is read while it is written', async () => {
    expectFollowed(await save({kind: 'container', image, large: true}));
  });
});

test('what a local process writes is read while it is written', async () => {
  expectFollowed(await save({kind: 'process', large: true}));
});
