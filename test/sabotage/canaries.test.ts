/**
 * Canaries, and what became of them. Real servers; each test is titled by what happened to the canary. No report may
 * name a key: a canary is its place in the list.
 */
import {readFileSync, writeFileSync} from 'node:fs';
import {afterAll, beforeAll, describe, expect, test} from '@jest/globals';
import {readJob} from '../../src/config/config.ts';
import {drill} from '../../src/drill.ts';
import {recordCommand} from '../../src/recording.ts';
import {plain} from '../../src/report/text.ts';
import {failures, scratch, testDeps} from '../drills.ts';
import {LiveRedis} from '../live-redis.ts';

const dir = scratch();
afterAll(() => dir.dispose());

const BINARY = Buffer.from([0, 255, 34, 92, 10]);
const CANARIES = [
  {key: 'secret:canary'},
  {key: 'secret:hash', type: 'hash'},
  {key: {base64: BINARY.toString('base64')}, database: 3, length: 4},
  {key: 'secret:brief'},
  {key: '12345', digest: '87ae1ce1fe08a8bc40ee6c63ab8ba9a1c8fa2b33'},
];

function config(canaries: object[], expect?: string): string {
  const path = dir.file('restore-drill.yml');
  const entry = {
    name: 'data',
    source: 'x',
    server: {kind: 'process'},
    expect: {canaries, ...(expect && {file: expect})},
  };
  writeFileSync(path, `version: 1\nbackups:\n  - ${JSON.stringify(entry)}\n`);
  return path;
}

async function drilled(
  backup: string,
  canaries: object[] = CANARIES,
  {recorded = true, set = [] as string[]} = {},
) {
  const path = config(canaries, recorded ? dir.file('expected.json') : undefined);
  return drill(await readJob({backup, config: path, set}), testDeps);
}

async function recordIn(
  file: string,
  backup: string,
  canaries: object[],
): Promise<{exitCode: number; printed: string}> {
  const printed: string[] = [];
  const print = (text: string): void => void printed.push(text);
  const io = {deps: testDeps, paint: plain, out: print, log: print};
  const exitCode = await recordCommand({backup, config: config(canaries), expect: file}, io);
  return {exitCode, printed: printed.join('')};
}

describe('canaries', () => {
  let live: LiveRedis;

  beforeAll(async () => {
    live = await LiveRedis.start();
    const {redis} = live;
    await redis.call('DEBUG', 'SET-ACTIVE-EXPIRE', '0');
    await redis.set('secret:canary', 'alive');
    await redis.hset('secret:hash', 'a', '1', 'b', '2');
    await redis.set('12345', '67');
    await redis.zadd('secret:brief', 1.5, 'a', 2, 'b');
    await redis.pexpire('secret:brief', 1);
    await redis.select(3);
    await redis.rpush(BINARY, 'a', 'b', 'c', 'd');
    await redis.select(0);
    CANARIES[4]!.digest = String(await redis.call('DEBUG', 'DIGEST-VALUE', '12345'));
    await live.saveTo(dir.file('recorded.rdb'));
    expect(await recordIn(dir.file('expected.json'), dir.file('recorded.rdb'), CANARIES)).toMatchObject({
      exitCode: 0,
    });
  });
  afterAll(() => live[Symbol.asyncDispose]());

  async function changed(...commands: string[][]): Promise<string> {
    for (const [name, ...args] of commands) await live.redis.call(name!, ...args);
    await live.saveTo(dir.file('changed.rdb'));
    await live.redis.call('REPLICAOF', '127.0.0.1', '0');
    await live.load(dir.file('recorded.rdb'));
    await live.redis.call('DEBUG', 'SET-ACTIVE-EXPIRE', '0');
    await live.redis.call('REPLICAOF', 'NO', 'ONE');
    return dir.file('changed.rdb');
  }

  test('are green, one of them long expired, and proved by reader and server', async () => {
    const report = await drilled(dir.file('recorded.rdb'));
    expect(failures(report)).toEqual([]);
    const found = report.findings.filter(({rule}) => rule === 'expect/canary');
    expect(found.map(({status}) => status)).toEqual(CANARIES.map(() => 'pass'));
    const [line] = report.ledger.filter(({name}) => name.startsWith('canaries'));
    expect(line).toMatchObject({status: 'balanced'});
    expect(line!.left.value).toMatch(
      /^1: [0-9a-f]{16}, 2: [0-9a-f]{16}, 3: [0-9a-f]{16}, 4: [0-9a-f]{16}, 5: /,
    );
  });

  test('have no names in reports and in what is recorded', async () => {
    const report = await drilled(await changed(['DEL', 'secret:canary'], ['SET', 'secret:hash', 'x']));
    const written = JSON.stringify(report) + readFileSync(dir.file('expected.json'), 'utf8');
    expect(written).not.toMatch(/secret/);
    const [first] = report.findings;
    expect(first!.message).toMatch(/^canary \d /);
    expect(first!.origin).toMatch(/restore-drill\.yml:3$/);
  });

  test('one was deleted', async () => {
    const report = await drilled(await changed(['DEL', 'secret:canary']));
    expect(failures(report)).toContain('expect/canary-missing');
    expect(report.findings.filter(({rule}) => rule === 'expect/canary-missing')).toHaveLength(1);
  });

  test('one that had expired was deleted since', async () => {
    const tolerant = ['expect.keys.max-drop=50%'];
    const report = await drilled(await changed(['DEL', 'secret:brief']), CANARIES, {set: tolerant});
    expect(failures(report)).toEqual(['expect/canary-missing']);
  });

  test.each([
    ['another value', ['SET', 'secret:canary', 'a liar']],
    ['another length', ['APPEND', 'secret:canary', '!']],
    ['an expiry', ['EXPIRE', 'secret:canary', '100000']],
    ['another value than the config says', ['SET', '12345', '68']],
  ])('one has %s, within a tolerance for keys', async (_, command) => {
    const report = await drilled(await changed(command), CANARIES, {set: ['expect.keys.max-drop=5%']});
    expect(failures(report)).toEqual(['expect/canary-changed']);
  });

  test('one is of another type', async () => {
    const path = await changed(['DEL', 'secret:hash'], ['SADD', 'secret:hash', 'a', 'b']);
    const report = await drilled(path, CANARIES, {set: ['expect.keys.max-drop=5%']});
    expect(failures(report)).toEqual(['expect/canary-type']);
  });

  test('`digest: any` lets it change, and not vanish', async () => {
    const any = [{key: 'secret:canary', digest: 'any'}];
    const set = ['expect.keys.max-drop=50%'];
    expect((await drilled(await changed(['SET', 'secret:canary', 'other']), any, {set})).outcome).toBe(
      'passed',
    );
    expect(failures(await drilled(await changed(['DEL', 'secret:canary']), any, {set}))).toEqual([
      'expect/canary-missing',
    ]);
  });

  test('need nothing recorded, and no values read: depth quick', async () => {
    const options = {recorded: false, set: ['depth=quick']};
    expect((await drilled(dir.file('recorded.rdb'), CANARIES, options)).outcome).toBe('passed');
    const report = await drilled(await changed(['SET', '12345', '68']), CANARIES, options);
    expect(failures(report)).toEqual(['expect/canary-changed']);
  });

  test('in a database that nobody has', async () => {
    const report = await drilled(dir.file('recorded.rdb'), [{key: 'secret:canary', database: 4000}]);
    expect(failures(report)).toEqual(['expect/canary-missing']);
  });

  test('nothing is recorded while one is missing', async () => {
    const canaries = [{key: 'secret:nobody'}];
    const {exitCode, printed} = await recordIn(dir.file('none.json'), dir.file('recorded.rdb'), canaries);
    expect(exitCode).toBe(4);
    expect(printed).toMatch(/canary 1 is not there/);
    expect(printed).not.toMatch(/nobody/);
  });
});
