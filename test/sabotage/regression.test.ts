/**
 * Night after night without any expectations: the last good drill is what the next backup is compared with. Each test is
 * titled by what happened to the backup. Real servers, and a history in a directory.
 */
import {mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import {afterAll, beforeAll, describe, expect, test} from '@jest/globals';
import {holdDrill} from '../../src/commands.ts';
import type {DrillReport} from '../../src/report/drill-report.ts';
import {renderText} from '../../src/report/text.ts';
import {failures, scratch, testDeps} from '../drills.ts';
import {LiveRedis} from '../live-redis.ts';
import {record} from '../record.ts';

const dir = scratch();
let live: LiveRedis;
let nights = 0;
/** Far enough for no test to last as long. */
const LATER = 4_000_000_000_000;
const library = (name: string, does = 'return 1') =>
  `#!lua name=${name}\nredis.register_function('${name}', function() ${does} end)`;

beforeAll(async () => {
  live = await LiveRedis.start();
  const {redis} = live;
  for (let n = 0; n < 200; n++) await redis.hset(`user:${n}`, {name: `name ${n}`});
  for (let n = 0; n < 20; n++) await redis.set(`flag:${n}`, 'on');
  await redis.select(3);
  for (let n = 0; n < 30; n++) await redis.rpush(`queue:${n}`, 'job');
  await redis.select(0);
  for (let n = 0; n < 40; n++) await redis.set(`session:${n}`, 'x', 'PXAT', LATER);
  await redis.call('FUNCTION', 'LOAD', library('one'));
  await redis.call('FUNCTION', 'LOAD', library('two'));
  await live.saveTo(dir.file('whole.rdb'));
});
afterAll(async () => {
  await live[Symbol.asyncDispose]();
  dir.dispose();
});

/** A history of its own for each test, with the whole backup as its first good drill. */
async function afterAGoodNight(): Promise<
  (change?: () => Promise<unknown>, set?: string[]) => Promise<DrillReport>
> {
  nights += 1;
  const place = `night-${nights}`;
  mkdirSync(dir.file(place));
  const drillOf = async (set: string[] = []) => {
    const flags = {
      backup: dir.file(`${place}/dump.rdb`),
      history: dir.file(`${place}/history`),
      server: 'process',
      set,
    };
    return (await holdDrill(flags, testDeps)).report;
  };
  const whole = readFileSync(dir.file('whole.rdb'));
  writeFileSync(dir.file(`${place}/dump.rdb`), whole);
  const first = await drillOf();
  expect({outcome: first.outcome, baseline: first.baseline}).toEqual({
    outcome: 'passed',
    baseline: undefined,
  });
  return async (change, set) => {
    await change?.();
    await live.saveTo(dir.file(`${place}/dump.rdb`));
    await live.load(dir.file('whole.rdb'));
    return drillOf(set);
  };
}

const names = (prefix: string, count: number) => Array.from({length: count}, (_, n) => `${prefix}${n}`);
const warnings = (report: DrillReport) =>
  report.findings
    .filter(
      ({status, severity, rule}) =>
        status === 'fail' && severity === 'warning' && !rule.startsWith('backup/'),
    )
    .map(({rule}) => rule);

describe('the next night', () => {
  test('values change and some keys come and go: green, and compared', async () => {
    const drill = await afterAGoodNight();
    const report = await drill(async () => [
      await live.redis.hset('user:1', {name: 'other'}),
      await live.redis.del('user:2'),
      await live.redis.set('flag:new', 'on'),
    ]);
    expect({outcome: report.outcome, warnings: warnings(report)}).toEqual({outcome: 'passed', warnings: []});
    expect(report.baseline).toMatchObject({from: 'history', keys: 290, sameBytes: false});
    expect(renderText(report)).toMatch(/^Compared +with the drill of [-0-9T:.]+Z, the last good one$/m);
  });

  test('a tenth of one kind of keys is lost and more', async () => {
    const drill = await afterAGoodNight();
    const report = await drill(() => live.redis.del(...names('user:', 21)));
    expect(failures(report)).toEqual(['expect/group-keys-dropped']);
    expect(report.findings[0]).toMatchObject({
      message: 'group user:* dropped by 21 keys (10.5%), from 200 to 179; 10% is allowed',
      origin: 'default max-drop',
    });
  });

  test('some of them are lost: a warning', async () => {
    const drill = await afterAGoodNight();
    const report = await drill(() => live.redis.del(...names('user:', 12)));
    expect(report.outcome).toBe('passed');
    expect(warnings(report)).toEqual([
      'policy/keys-dropped',
      'policy/keys-dropped',
      'expect/group-keys-dropped',
    ]);
  });

  test('a database is gone', async () => {
    const drill = await afterAGoodNight();
    const report = await drill(async () => {
      await live.redis.select(3);
      await live.redis.flushdb();
      await live.redis.select(0);
    });
    expect(failures(report)).toEqual(
      expect.arrayContaining(['expect/database-vanished', 'expect/group-vanished']),
    );
  });

  test('a small kind of keys is gone: red until it is back, and named in no log by a key', async () => {
    const drill = await afterAGoodNight();
    const gone = () => live.redis.del(...names('flag:', 20));
    expect(failures(await drill(gone))).toEqual(['expect/group-vanished']);
    const second = await drill(gone);
    expect(failures(second)).toEqual(['expect/group-vanished']);
    expect(renderText(second)).not.toMatch(/flag:\d/);
    expect((await drill()).outcome).toBe('passed');
  });

  test('it is right that it is gone: one drill that says so is the next baseline', async () => {
    const drill = await afterAGoodNight();
    const gone = () => live.redis.del(...names('flag:', 20));
    const allowed = ['expect.groups=[{match: "flag:*", keys: {max-drop: 100%, warn-drop: 100%}}]'];
    expect((await drill(gone, allowed)).outcome).toBe('passed');
    const next = await drill(async () => [await gone(), await live.redis.set('user:more', 'x')]);
    expect({outcome: next.outcome, keys: next.baseline?.keys}).toEqual({outcome: 'passed', keys: 270});
  });

  test('it was ignored, with a reason: shown as ignored', async () => {
    const drill = await afterAGoodNight();
    const gone = () => live.redis.del(...names('flag:', 20));
    const ignore = (until: string) => [
      `ignore=[{rule: expect/group-vanished, reason: "moved, OPS-12", until: ${until}}]`,
    ];
    const report = await drill(gone, ignore('9999-12-31'));
    expect(report.outcome).toBe('passed');
    expect(report.findings[0]).toMatchObject({
      rule: 'policy/keys-dropped',
      severity: 'warning',
    });
    expect(report.findings).toContainEqual(
      expect.objectContaining({
        rule: 'expect/group-vanished',
        status: 'ignored',
        ignored: expect.objectContaining({reason: 'moved, OPS-12'}),
      }),
    );
    const other = await afterAGoodNight();
    expect(failures(await other(gone, ignore('2020-01-31')))).toEqual([
      'expect/group-vanished',
      'policy/ignore-expired',
    ]);
  });

  test('a function library is gone: red; one that has other code, or is new: green', async () => {
    const drill = await afterAGoodNight();
    expect(failures(await drill(() => live.redis.call('FUNCTION', 'DELETE', 'two')))).toEqual([
      'expect/functions',
    ]);
    const deployed = await drill(async () => {
      await live.redis.call('FUNCTION', 'LOAD', 'REPLACE', library('two', 'return 2'));
      await live.redis.call('FUNCTION', 'LOAD', library('three'));
    });
    expect({outcome: deployed.outcome, functions: deployed.census?.functions}).toEqual({
      outcome: 'passed',
      functions: 3,
    });
  });

  test('all sessions lost their expiry: a warning, or red where the config says how many may', async () => {
    const drill = await afterAGoodNight();
    const persist = () => Promise.all(names('session:', 40).map(key => live.redis.persist(key)));
    const strict = ['expect.groups=[{match: "session:*", ttl: {max-change: 5%}}]'];
    const failed = await drill(persist, strict);
    expect(failures(failed)).toEqual(['expect/group-ttl']);
    expect(failed.findings[0]!.message).toMatch(
      /^0\.0% of the keys of group session:\* expire, before it were 100\.0%/,
    );
    const warned = await drill(persist);
    expect({outcome: warned.outcome, warnings: warnings(warned)}).toEqual({
      outcome: 'passed',
      warnings: expect.arrayContaining(['policy/ttl', 'expect/group-ttl']),
    });
  });

  test('users are written as strings: a warning of the type, red where the config limits it', async () => {
    const drill = await afterAGoodNight();
    const rewrite = async () => {
      for (const key of names('user:', 30)) {
        await live.redis.del(key);
        await live.redis.set(key, 'x');
      }
    };
    expect(failures(await drill(rewrite, ['expect.types.hash.keys.max-drop=5%']))).toEqual([
      'policy/keys-dropped',
    ]);
    const warned = await drill(rewrite);
    expect([warned.outcome, ...warnings(warned)]).toEqual(['passed', 'policy/keys-dropped']);
  });

  test('no new backup was made: equal, and that it proves nothing is said', async () => {
    const place = 'unchanged';
    mkdirSync(dir.file(place));
    writeFileSync(dir.file(`${place}/dump.rdb`), readFileSync(dir.file('whole.rdb')));
    const flags = {
      backup: dir.file(`${place}/dump.rdb`),
      history: dir.file(`${place}/history`),
      server: 'process',
    };
    await holdDrill(flags, testDeps);
    const {report} = await holdDrill(flags, testDeps);
    expect(report).toMatchObject({outcome: 'passed', baseline: {sameBytes: true}});
    expect(report.findings.map(({rule}) => rule)).toContain('expect/same-backup');
  });
});

describe('what comes before the history', () => {
  test('expectations beside the backup: a contract', async () => {
    const drill = await afterAGoodNight();
    const beside = dir.file(`night-${nights}/dump.rdb.expect.json`);
    await record(dir.file('whole.rdb'), beside);
    const report = await drill(() => live.redis.del('user:1'));
    expect(report.baseline).toMatchObject({from: 'beside', name: 'dump.rdb.expect.json beside the backup'});
    expect(failures(report)).toContain('expect/keys-dropped');
    writeFileSync(beside, 'of no use');
    const unusable = await drill();
    expect(unusable).toMatchObject({outcome: 'not-run', error: {code: 'verdict/unproven'}});
  });
});

test('budgets: a backup that is larger, slower or fatter than there is room for', async () => {
  const flags = {
    backup: dir.file('whole.rdb'),
    server: 'process',
    set: ['budget={restore: 1h, memory: 1kb, size: 100}'],
  };
  const {report} = await holdDrill(flags, testDeps);
  expect(failures(report)).toEqual(['policy/file-size', 'policy/memory']);
  expect(report.findings.find(({rule}) => rule === 'policy/restore-duration')).toMatchObject({
    status: 'pass',
  });
  expect(report.findings[0]!.origin).toBe('--set budget');
});
