/** What must not turn a drill red, and what must not be taken for a backup that can be drilled. Real servers throughout. */
import {copyFileSync, mkdirSync, utimesSync, writeFileSync} from 'node:fs';
import {afterAll, describe, expect, test} from '@jest/globals';
import {drillOf, scratch} from '../drills.ts';
import {LiveRedis} from '../live-redis.ts';
import {record} from '../record.ts';
import {containerTest, SAMPLE, SAMPLE_EXPECTATIONS} from '../servers.ts';

const dir = scratch();
afterAll(() => dir.dispose());

describe('is not taken for what it is not', () => {
  test('a checksum and a recording beside the newest dump', async () => {
    mkdirSync(dir.file('with-sidecars'));
    copyFileSync(SAMPLE, dir.file('with-sidecars/dump.rdb'));
    for (const name of ['dump.rdb.sha256', 'dump.rdb.json', '.dump.rdb.Xy12', 'dump.rdb.4711.tmp']) {
      writeFileSync(dir.file(`with-sidecars/${name}`), 'no dump');
    }
    const report = await drillOf(dir.file('with-sidecars'), {server: 'process'});
    expect({outcome: report.outcome, name: report.backup?.name}).toEqual({
      outcome: 'passed',
      name: 'dump.rdb',
    });
  });
});

describe('stays green', () => {
  containerTest('the sample against its expectations: most keys with an expiry, some long past', async () => {
    const report = await drillOf(SAMPLE, {expect: SAMPLE_EXPECTATIONS});
    expect(report.outcome).toBe('passed');
    expect(report.load!.keysExpired).toBe(0);
    expect(report.census!.keys).toBe(report.inspection!.dataset.keys);
    expect(report.ledger.filter(({status}) => status === 'unbalanced')).toEqual([]);
    expect(report.findings).toContainEqual(expect.objectContaining({rule: 'expect/digest', status: 'pass'}));
  });

  test('a backup whose every key has expired since, drilled against what was recorded before', async () => {
    await using live = await LiveRedis.start();
    await live.keepExpired();
    for (let n = 0; n < 50; n += 1) await live.redis.set(`brief:${n}`, 'x', 'PX', 1500);
    await live.saveTo(dir.file('brief.rdb'));

    await record(dir.file('brief.rdb'), dir.file('brief.json'));
    await new Promise(resolve => setTimeout(resolve, 1600));
    const report = await drillOf(dir.file('brief.rdb'), {server: 'process', expect: dir.file('brief.json')});
    expect(report.outcome).toBe('passed');
    expect(report.census!.keys).toBe(50);
  });

  test('an old dump with empty keys, which servers skip, against its own recording', async () => {
    // db 0: `h`, a hash without fields; `k`, a string. RDB version 9, no checksum.
    const bytes = [0xfe, 0, 4, 1, 0x68, 0, 0, 1, 0x6b, 1, 0x76, 0xff, 0, 0, 0, 0, 0, 0, 0, 0];
    writeFileSync(dir.file('empty-keys.rdb'), Buffer.concat([Buffer.from('REDIS0009'), Buffer.from(bytes)]));
    await record(dir.file('empty-keys.rdb'), dir.file('empty-keys.json'));
    const report = await drillOf(dir.file('empty-keys.rdb'), {
      server: 'process',
      expect: dir.file('empty-keys.json'),
    });
    expect(report).toMatchObject({outcome: 'passed', load: {keysLoaded: 1, emptyKeysSkipped: 1}});
  });

  test('a functions-only dump: no key, and yet not empty', async () => {
    await using live = await LiveRedis.start();
    await live.redis.call(
      'FUNCTION',
      'LOAD',
      "#!lua name=lib\nredis.register_function('f', function() return 1 end)",
    );
    await live.saveTo(dir.file('functions-only.rdb'));
    const report = await drillOf(dir.file('functions-only.rdb'), {server: 'process'});
    expect(report.outcome).toBe('passed');
    expect(report.census).toMatchObject({keys: 0, functions: 1});
  });

  test('a dump without a checksum: green, with a warning that integrity is unproven', async () => {
    await using live = await LiveRedis.start(['--rdbchecksum', 'no']);
    await live.redis.set('k', 'v');
    await live.saveTo(dir.file('no-checksum.rdb'));
    const report = await drillOf(dir.file('no-checksum.rdb'), {server: 'process'});
    expect(report.outcome).toBe('passed');
    expect(report.findings[0]).toMatchObject({
      rule: 'backup/checksum-absent',
      severity: 'warning',
      status: 'fail',
    });
  });

  test('a key in database 1023 and a dump that needs more databases than Redis has by default', async () => {
    await using live = await LiveRedis.start(['--databases', '5000']);
    await live.redis.select(1023);
    await live.redis.set('k', 'v');
    await live.redis.select(4999);
    await live.redis.set('k', 'v');
    await live.saveTo(dir.file('databases.rdb'));
    const report = await drillOf(dir.file('databases.rdb'), {server: 'process'});
    expect(report.outcome).toBe('passed');
  });

  test('the newest dump of a directory is the one that is drilled', async () => {
    mkdirSync(dir.file('nightly'));
    writeFileSync(dir.file('nightly/monday.rdb'), 'damaged, but not the newest');
    utimesSync(dir.file('nightly/monday.rdb'), new Date('2026-01-05'), new Date('2026-01-05'));
    copyFileSync(SAMPLE, dir.file('nightly/tuesday.rdb'));
    const report = await drillOf(dir.file('nightly'), {server: 'process'});
    expect({outcome: report.outcome, name: report.backup?.name}).toEqual({
      outcome: 'passed',
      name: 'tuesday.rdb',
    });
  });
});
