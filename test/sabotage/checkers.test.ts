/** What the server's own checker adds to a drill that fails: real checkers, of images and beside a local server. */
import {cpSync, readFileSync, symlinkSync, writeFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {afterAll, describe, expect, test} from '@jest/globals';
import type {DrillReport} from '../../src/report/drill-report.ts';
import {renderText} from '../../src/report/text.ts';
import {drillOf, failures, scratch} from '../drills.ts';
import {LiveRedis} from '../live-redis.ts';
import {containerTest, imageOf, SAMPLE, servers} from '../servers.ts';

const dir = scratch();
afterAll(() => dir.dispose());

const checked = ({findings}: DrillReport) => findings.filter(({rule}) => rule === 'checker/rdb');

writeFileSync(dir.file('cut.rdb'), readFileSync(SAMPLE).subarray(0, 20_000));

for (const {line, image} of servers.images) {
  containerTest(`a dump that is cut, and the checker of ${line}`, async () => {
    const report = await drillOf(dir.file('cut.rdb'), {image});
    expect(failures(report)[0]).toBe('backup/truncated');
    expect(report.checker).toMatchObject({
      program: line.startsWith('valkey') ? 'valkey-check-rdb' : 'redis-check-rdb',
      status: 'damaged',
    });
    const [finding] = checked(report);
    expect(finding).toMatchObject({status: 'fail', severity: 'note'});
    if (line === 'redis:6.0') expect(finding!.message).toContain("Can't handle RDB format version 10");
    else
      expect(finding!.message).toMatch(
        /Unexpected EOF.* at byte 19947 \(read-object-value, hash-listpack\); 256 keys read/,
      );
  });
}

test('a local server’s checker says the same, and no key’s name', async () => {
  await using live = await LiveRedis.start();
  for (const n of [1, 2]) await live.redis.set(`SECRET:${n}`, 'x'.repeat(300));
  await live.redis.rpush('SECRET:list', ...Array.from({length: 100}, (_, n) => `SECRET:${n}`));
  await live.saveTo(dir.file('secret.rdb'));
  const bytes = readFileSync(dir.file('secret.rdb'));
  writeFileSync(dir.file('secret.rdb'), bytes.subarray(0, bytes.length - 40));
  const report = await drillOf(dir.file('secret.rdb'), {server: 'process'});
  expect(checked(report)).toMatchObject([{status: 'fail', severity: 'note'}]);
  expect(report.checker!.offset).toBeGreaterThan(0);
  expect(JSON.stringify(report) + renderText(report)).not.toContain('SECRET');
});

test('of damage that a server loads over, the checker says that nothing is wrong', async () => {
  writeFileSync(dir.file('trailing.rdb'), Buffer.concat([readFileSync(SAMPLE), Buffer.from('more')]));
  const report = await drillOf(dir.file('trailing.rdb'), {server: 'process'});
  expect(failures(report)).toEqual(['backup/trailing-bytes']);
  expect(checked(report)).toMatchObject([{status: 'pass', severity: 'note'}]);
});

describe('an append-only file with damage in its middle', () => {
  const damaged = async () => {
    await using live = await LiveRedis.start(['--appendonly', 'yes']);
    for (let n = 0; n < 20; n += 1) await live.redis.set(`SECRET:${n}`, 'x'.repeat(50));
    cpSync(join(dirname(live.dump), 'appendonlydir'), dir.file('appendonlydir'), {recursive: true});
    const part = dir.file('appendonlydir/appendonly.aof.1.incr.aof');
    const bytes = readFileSync(part);
    bytes.write('#', bytes.indexOf('$3', bytes.length >> 1));
    writeFileSync(part, bytes);
    return dir.file('appendonlydir');
  };
  const told = (report: DrillReport) => {
    expect(report.outcome).toBe('failed');
    const findings = report.findings.filter(({rule}) => rule === 'checker/aof');
    expect(findings).toMatchObject([{status: 'fail', severity: 'note'}]);
    expect(findings[0]!.message).toMatch(/^redis-check-aof: whole up to byte \d+ of \d+$/);
    expect(JSON.stringify(report)).not.toContain('SECRET');
  };

  test('beside a local server', async () => told(await drillOf(await damaged(), {server: 'process'})));
  containerTest('in a container', async () =>
    told(await drillOf(await damaged(), {image: imageOf('redis:7.0')})),
  );
});

test('where there is none it is skipped, and the verdict stands', async () => {
  const local = servers.binaries.find(({product}) => product === 'redis')!;
  symlinkSync(local.path, dir.file('redis-server'));
  const report = await drillOf(dir.file('cut.rdb'), {server: 'process'}, {searchPath: dir.path});
  expect(report.outcome).toBe('failed');
  expect(checked(report)).toMatchObject([
    {status: 'skipped', message: 'redis-check-rdb was not run: it is not beside the server'},
  ]);
});

test('a healthy backup is not checked twice', async () => {
  const report = await drillOf(SAMPLE, {server: 'process'});
  expect(report.checker).toBeUndefined();
  expect(checked(report)).toEqual([]);
});
