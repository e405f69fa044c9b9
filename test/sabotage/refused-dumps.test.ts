/**
 * Dumps whose bytes are as they were written, checksum and all, and that servers refuse, crash on or would misread: made
 * by hand, as no server writes them. Each test is titled by what is wrong with the dump.
 */
import {readFileSync, statSync, utimesSync, writeFileSync} from 'node:fs';
import {afterAll, describe, expect, test} from '@jest/globals';
import {drillOf, failures, scratch} from '../drills.ts';
import {LiveRedis} from '../live-redis.ts';
import {listpack} from '../packed-builder.ts';
import {
  bytes,
  f64le,
  i64le,
  key,
  len,
  listOf,
  lzf,
  moduleId,
  OP,
  rdb,
  selectDb,
  str,
  strings,
} from '../rdb-builder.ts';
import {containerTest, imageOf, SAMPLE} from '../servers.ts';

const dir = scratch();
afterAll(() => dir.dispose());

function file(dump: Uint8Array, name = 'dump.rdb'): string {
  writeFileSync(dir.file(name), dump);
  return dir.file(name);
}

const rdb10 = (...parts: Uint8Array[]) => rdb('REDIS0010', [selectDb(0), ...parts]);
/** 1: a signed number. 0: the end. */
const moduleStream = bytes([1], len(5), [0]);

/** Its first length is not that of the string that it stands in. */
function listpackOfAnotherLength(): Uint8Array {
  const packed = Buffer.from(listpack(['field', 'value']));
  packed[0]! += 1;
  return packed;
}

/** An element in an encoding that there is not. */
function listpackOfNoEncoding(): Uint8Array {
  const packed = Buffer.from(listpack(['field', 'value']));
  packed[6] = 0xf5;
  return packed;
}

describe('ends red, in the server’s words', () => {
  test.each<[string, Uint8Array, RegExp]>([
    ['LZF that refers back behind its start', key(0, 'k', lzf([0, 0x78, 0xe0, 90, 200], 100)), /Invalid LZF/],
    ['a listpack that says another length', key(16, 'h', str(listpackOfAnotherLength())), /integrity check/],
    ['a set with one member twice', key(2, 's', strings('twice', 'twice')), /Duplicate set members/],
    ['a string in an unknown encoding', key(0, 'k', [0xc4]), /Unknown RDB string encoding type 4/],
    ['a value of an unknown type', key(33, 'k', str('v')), /Unknown RDB encoding type 33/],
    ['a score that is no number', key(5, 'z', listOf(bytes(str('m'), f64le(Number.NaN)))), /Zset with NAN/],
  ])('%s', async (_what, entry, words) => {
    const report = await drillOf(file(rdb10(entry)), {server: 'process'});
    expect({outcome: report.outcome, first: failures(report)[0]}).toEqual({
      outcome: 'failed',
      first: 'restore/corrupt',
    });
    expect(report.findings[0]!.message).toMatch(words);
  });

  test('the same key twice', async () => {
    const dump = rdb10(key(0, 'customer:4711', str('a')), key(0, 'customer:4711', str('b')));
    const report = await drillOf(file(dump), {server: 'process'});
    expect(failures(report)).toEqual(['restore/duplicate-key']);
    expect(JSON.stringify(report)).not.toContain('customer');
  });

  test('a value that the server loads and crashes on when it is read', async () => {
    const dump = rdb10(key(16, 'h', str(listpackOfNoEncoding())));
    expect(failures(await drillOf(file(dump), {server: 'process'}))[0]).toBe('restore/crashed');
  });

  test('values of a module that the server lacks: the server ends with 0', async () => {
    const dump = rdb10(key(7, 'doc', bytes(moduleId('ReJSON-RL', 3), moduleStream)));
    const report = await drillOf(file(dump), {server: 'process'});
    expect(failures(report)).toEqual(['restore/module-missing']);
    expect(report.findings[0]!.message).toMatch(/ReJSON-RL/);
  });

  test('data beside the keys of a module that the server lacks', async () => {
    const dump = rdb10(bytes([OP.moduleAux], moduleId('scdtype00'), [2, 1], moduleStream));
    const report = await drillOf(file(dump), {server: 'process'});
    expect(failures(report)).toEqual(['restore/module-missing']);
    expect(report.findings[0]!.message).toMatch(/scdtype00/);
  });

  test('a database beyond those that any drill’s server has', async () => {
    const dump = rdb('REDIS0010', [selectDb(100_000), key(0, 'k', str('v'))]);
    expect(failures(await drillOf(file(dump), {server: 'process'}))).toEqual(['restore/too-many-databases']);
  });

  test.each([
    ['that is no Lua', bytes([OP.function2], str('#!lua name=lib\nthis is no lua'))],
    [
      'as release candidates of 7.0 wrote it',
      bytes([OP.functionPreGa], str('lib'), str('LUA'), [0], str('code')),
    ],
  ])('a function library %s', async (_what, library) => {
    expect(failures(await drillOf(file(rdb10(library)), {server: 'process'}))).toEqual([
      'restore/functions-rejected',
    ]);
  });

  containerTest('of Valkey 9, for a Redis', async () => {
    const dump = file(rdb('VALKEY080', [selectDb(0), key(0, 'k', str('v'))]));
    expect(failures(await drillOf(dump, {image: imageOf('redis:8.0')}))).toEqual(['restore/wrong-signature']);
  });

  containerTest('of Valkey 9, for an older Valkey', async () => {
    const dump = file(rdb('VALKEY080', [selectDb(0), key(0, 'k', str('v'))]));
    expect(failures(await drillOf(dump, {image: imageOf('valkey:8.1')}))).toEqual([
      'restore/version-unsupported',
    ]);
  });

  containerTest('of Redis 8, for Valkey 9, with a type that only Redis has', async () => {
    const hash = bytes(i64le(99), listOf(bytes(len(5), str('field'), str('value'))));
    const dump = file(rdb('REDIS0012', [selectDb(0), key(24, 'h', hash)]));
    const report = await drillOf(dump, {image: imageOf('valkey:9')});
    expect(failures(report)).toEqual(['restore/version-unsupported']);
    expect(report.findings[0]!.message).toMatch(/RDB version 12/);
  });
});

describe('is no dump', () => {
  test('what DUMP gives for one key, or what a script piped into a file', async () => {
    await using live = await LiveRedis.start();
    await live.redis.set('key', 'value '.repeat(20));
    const payload = await live.redis.dumpBuffer('key');
    for (const content of [payload, Buffer.from(`${payload.toString('latin1')}\n`, 'latin1')]) {
      expect(failures(await drillOf(file(content), {server: 'process'}))).toEqual(['backup/not-rdb']);
    }
  });
});

test('the backup is the same before and after, whether it passes or fails: bytes, time, mode', async () => {
  const cut = readFileSync(SAMPLE).subarray(0, 20_000);
  for (const [outcome, content] of [
    ['passed', readFileSync(SAMPLE)],
    ['failed', cut],
  ] as const) {
    const path = file(content, `${outcome}.rdb`);
    utimesSync(path, new Date('2026-01-05'), new Date('2026-01-05'));
    const {mode, mtimeMs, ino} = statSync(path);
    expect((await drillOf(path, {server: 'process'})).outcome).toBe(outcome);
    expect(readFileSync(path).equals(content)).toBe(true);
    expect(statSync(path)).toMatchObject({mode, mtimeMs, ino});
  }
});
