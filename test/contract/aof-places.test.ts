/**
 * An append-only file in every place where a server may run: loaded from a copy, whether the server sees our files or not;
 * the backup is as it was, and nothing is left behind.
 */
import {execFileSync, spawn} from 'node:child_process';
import {createHash} from 'node:crypto';
import {once} from 'node:events';
import {readdirSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {afterAll, beforeAll, describe, expect, test} from '@jest/globals';
import {AofDirectory, fill, makeAof, rewrite} from '../aof-sets.ts';
import {drillOf, scratch, testDeps} from '../drills.ts';
import {apart} from '../e2e/cli.ts';
import {containerTest, execTest} from '../servers.ts';

const dir = scratch();
afterAll(dir.dispose);
const needsExec = await execTest();

beforeAll(async () => {
  const prepare = async (redis: Parameters<typeof fill>[0]) => {
    await fill(redis);
    await rewrite(redis);
    await redis.set('after', '1');
  };
  await makeAof(dir.file('data'), {prepare});
  // A server would cut this file, and move a single one.
  new AofDirectory(dir.file('data')).append('incr', '*3\r\n$3\r\nset');
  execFileSync('tar', ['-cf', dir.file('data.tar'), '-C', dir.path, 'data']);
});

function bytesIn(directory: string): string {
  const hash = createHash('sha256');
  const files = readdirSync(directory, {recursive: true, withFileTypes: true}).filter(entry =>
    entry.isFile(),
  );
  for (const path of files.map(entry => join(entry.parentPath, entry.name)).toSorted()) {
    hash.update(`${path} ${readFileSync(path).toString('base64')}\n`);
  }
  return hash.digest('hex');
}

async function leavesAllAsItWas(server: string): Promise<void> {
  const tempDir = dir.file(`temp-${server}`);
  const before = bytesIn(dir.file('data'));
  const report = await drillOf(dir.file('data'), {server}, {...testDeps, tempDir});
  expect(report).toMatchObject({outcome: 'passed', server: {kind: server}, aof: {cutTail: {lostBytes: 11}}});
  expect(bytesIn(dir.file('data'))).toBe(before);
  expect(readdirSync(tempDir)).toEqual([]);
}

describe('the backup is as it was, and nothing is left', () => {
  test('by a local process', () => leavesAllAsItWas('process'));
  containerTest('by a container', () => leavesAllAsItWas('container'));
});

needsExec('a container whose files we cannot see gets its copy through the engine', async () => {
  const asked = {backup: '/mnt/here/dump.rdb', kind: 'container', tempDir: '/mnt/here'};
  const ours = [process.execPath, join(import.meta.dirname, 'one-drill.ts'), JSON.stringify(asked)];
  const [program, ...args] = [...apart(dir.file('data.tar')), ...ours];
  const child = spawn(program!, args, {stdio: ['ignore', 'ignore', 'pipe']});
  const [said, [exitCode]] = await Promise.all([child.stderr.toArray(), once(child, 'close')]);
  // It ends with 0 only where the drill has passed.
  expect({exitCode, said: said.join('')}).toEqual({exitCode: 0, said: ''});
});
