/**
 * An append-only file in every place where a server may run: loaded from a copy, whether the server sees our files or not;
 * the backup is as it was, and nothing is left behind.
 */
import {execFileSync, spawn} from 'node:child_process';
import {createHash} from 'node:crypto';
import {once} from 'node:events';
import {readdirSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {afterAll, beforeAll, describe, expect, test} from '@jest/globals';
import {type DrillReport, reportSchema} from '../../src/report/drill-report.ts';
import {AofDirectory, fill, makeAof, rewrite} from '../aof-sets.ts';
import {drillOf, failures, scratch, testDeps} from '../drills.ts';
import {apart} from '../e2e/cli.ts';
import {containerTest, execTest} from '../servers.ts';

const dir = scratch();
const HERE = dir.file('here');
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

describe('a container whose files we cannot see gets its copy through the engine', () => {
  /** Of an archive on a file system that the engine does not have. */
  async function drilledApart(conf: string[] = []): Promise<DrillReport> {
    writeFileSync(dir.file('redis.conf'), `${conf.join('\n')}\n`);
    const set = conf.length > 0 ? [`server.config=${dir.file('redis.conf')}`] : [];
    const asked = {backup: `${HERE}/dump.rdb`, kind: 'container', tempDir: HERE, set};
    const ours = [process.execPath, join(import.meta.dirname, 'one-drill.ts'), JSON.stringify(asked)];
    const [program, ...args] = [...apart(dir.file('data.tar'), HERE), ...ours];
    const child = spawn(program!, args, {stdio: ['ignore', 'pipe', 'ignore']});
    const [said] = await Promise.all([child.stdout.toArray(), once(child, 'close')]);
    const [, report = ''] = Buffer.concat(said).toString().split('\n');
    return reportSchema.parse(JSON.parse(report));
  }

  needsExec('frozen', async () => {
    const report = await drilledApart();
    expect({outcome: report.outcome, via: report.server!.via}).toEqual({outcome: 'passed', via: 'exec'});
  });

  needsExec('and once more as production would', async () => {
    const report = await drilledApart(['appendonly yes', 'appendfsync everysec']);
    expect({outcome: report.outcome, failed: failures(report)}).toEqual({outcome: 'passed', failed: []});
    const {server, census, aof} = report.production!;
    expect({via: server!.via, keys: census!.keys, ignored: aof!.ignored}).toEqual({
      via: 'exec',
      keys: report.census!.keys,
      ignored: null,
    });
  });

  needsExec('which passes it over, and is asked again', async () => {
    const report = await drilledApart(['appendonly no']);
    expect(failures(report)).toEqual(['production/aof-off']);
    expect(report.production).toMatchObject({server: {via: 'exec'}, census: {keys: report.census!.keys}});
  });
});
