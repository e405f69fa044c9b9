/**
 * What goes wrong within a kind of keys while the whole looks right: each test is titled by what happened to the backup.
 * Real servers throughout; recorded without any configuration, as most people will.
 */
import {readFileSync} from 'node:fs';
import {afterAll, beforeAll, describe, expect, test} from '@jest/globals';
import type {Expectations} from '../../src/judge/expectations.ts';
import type {DrillReport} from '../../src/report/drill-report.ts';
import {drillOf, failures, scratch} from '../drills.ts';
import {LiveRedis} from '../live-redis.ts';
import {record} from '../record.ts';

const dir = scratch();
let live: LiveRedis;
const TOLERANT = 'expect.keys.max-drop=20%';
/** Far enough for no test to last as long. */
const LATER = 4_000_000_000_000;

beforeAll(async () => {
  live = await LiveRedis.start();
  const {redis} = live;
  for (let n = 0; n < 100; n++) {
    await redis.hset(`user:${n}`, {name: `name ${n}`});
    await redis.set(`session:${n}`, 'x', 'PXAT', LATER + n);
  }
  for (let n = 0; n < 20; n++) await redis.set(`flag:${n}`, 'on');
  await redis.set('counter', '1');
  await live.saveTo(dir.file('recorded.rdb'));
  await record(dir.file('recorded.rdb'), dir.file('expected.json'));
});
afterAll(async () => {
  await live[Symbol.asyncDispose]();
  dir.dispose();
});

/** A drill of what the server holds after `change`, which is undone then. */
async function drillAfter(change: () => Promise<unknown>, set: string[] = []): Promise<DrillReport> {
  await change();
  await live.saveTo(dir.file('changed.rdb'));
  await live.load(dir.file('recorded.rdb'));
  return drillOf(dir.file('changed.rdb'), {server: 'process', expect: dir.file('expected.json'), set});
}

const messages = (report: DrillReport) =>
  report.findings.filter(({status}) => status === 'fail').map(({message}) => message);

test('recording takes the prefixes that many keys share, and no key by its name', () => {
  const text = readFileSync(dir.file('expected.json'), 'utf8');
  const {dataset} = JSON.parse(text) as Expectations;
  expect(Object.entries(dataset.groups!).map(([name, {keys, expires}]) => [name, keys, expires])).toEqual([
    ['flag:*', 20, 0],
    ['session:*', 100, 100],
    ['user:*', 100, 0],
  ]);
  expect(dataset.ungrouped!.keys).toBe(1);
  expect(text).not.toMatch(/counter|user:\d|name \d/);
});

describe('ends red', () => {
  test('keys of one group are lost, and the total is made up elsewhere', async () => {
    const swap = async () => {
      for (let n = 0; n < 10; n++) {
        await live.redis.del(`user:${n}`);
        await live.redis.hset(`stranger${n}`, {name: 'x'});
      }
    };
    const report = await drillAfter(swap);
    expect(failures(report)).toEqual([
      'expect/group-keys-dropped',
      'expect/group-keys-grown',
      'expect/group-types',
      'expect/digest',
    ]);
    expect(report.findings[0]).toMatchObject({
      message: 'group user:* holds 90 keys, 10 fewer than recorded (100)',
      origin: `${dir.file('expected.json')}: dataset.groups.user:*.keys`,
    });
    // The whole is as large as it was: only a rule for the group can tell.
    const set = [TOLERANT, 'expect.groups=[{match: "user:*", keys: {max-drop: 5%}}]'];
    const tolerant = await drillAfter(swap, set);
    expect(failures(tolerant)).toEqual(['expect/group-keys-dropped']);
    expect(messages(tolerant)).toEqual([
      'group user:* dropped by 10 keys (10.0%), from 100 to 90; 5% is allowed',
    ]);
    expect(tolerant.findings[0]!.origin).toBe('--set expect.groups');
  });

  test('a small group is gone, within what is tolerated of the whole', async () => {
    const flags = Array.from({length: 20}, (_, n) => `flag:${n}`);
    const report = await drillAfter(() => live.redis.del(...flags), [TOLERANT]);
    expect(failures(report)).toEqual(['expect/group-vanished']);
    expect(messages(report)).toEqual(['group flag:* held 20 keys when recorded and is gone']);
  });

  test('a value changed in a group that must be exact, while everything else may change', async () => {
    const set = [TOLERANT, 'expect.groups=[{match: "flag:*", digest: exact}]'];
    const report = await drillAfter(() => live.redis.set('flag:7', 'off'), set);
    expect(failures(report)).toEqual(['expect/group-digest']);
    expect(messages(report)[0]).toContain('group flag:*');
    const elsewhere = await drillAfter(() => live.redis.hset('user:7', {name: 'other'}), set);
    expect(elsewhere.outcome).toBe('passed');
  });

  test('the time to live of a group is another one, though as many keys expire', async () => {
    const longer = async () => {
      for (let n = 0; n < 100; n++) await live.redis.pexpireat(`session:${n}`, LATER + n + 8_000_000);
    };
    const report = await drillAfter(longer);
    expect(failures(report)).toEqual(['expect/group-expiry-times', 'expect/expiry-times']);
    expect(messages(report)[0]).toContain('group session:*');
  });

  test('TTLs of 1,000 seconds became 9,000', async () => {
    await using server = await LiveRedis.start();
    for (let n = 0; n < 50; n++) await server.redis.set(`cache:${n}`, 'x', 'EX', 1000);
    await server.saveTo(dir.file('short.rdb'));
    await record(dir.file('short.rdb'), dir.file('short.json'));
    for (let n = 0; n < 50; n++) await server.redis.expire(`cache:${n}`, 9000);
    await server.saveTo(dir.file('long.rdb'));
    const report = await drillOf(dir.file('long.rdb'), {server: 'process', expect: dir.file('short.json')});
    expect(failures(report)).toEqual(['expect/group-expiry-times', 'expect/expiry-times']);
    expect(messages(report)[0]).toContain('recorded 1h 50, now 1d 50');
  });

  test('keys that lost their expiry', async () => {
    const set = [TOLERANT, 'expect.groups=[{match: "session:*", ttl: all}]'];
    const persist = () => live.redis.persist('session:7');
    const report = await drillAfter(persist, set);
    expect(failures(report)).toEqual(['expect/group-ttl']);
    expect(messages(report)).toEqual(['99 of 100 keys of group session:* (99.0%) expire; asked for: all']);
    expect(failures(await drillAfter(persist))).toContain('expect/group-expires');
  });

  test('keys that got an expiry and must not have one', async () => {
    const set = [TOLERANT, 'expect.groups=[{match: "user:*", type: hash, ttl: none}]'];
    const report = await drillAfter(() => live.redis.expire('user:7', 100_000), set);
    expect(failures(report)).toEqual(['expect/group-ttl']);
  });

  test('a key of the wrong type in a group', async () => {
    const set = [TOLERANT, 'expect.groups=[{match: "user:*", type: hash}]'];
    const report = await drillAfter(
      async () => [await live.redis.del('user:7'), await live.redis.set('user:7', 'x')],
      set,
    );
    expect(failures(report)).toEqual(['expect/group-type']);
    expect(messages(report)).toEqual(['1 of 100 keys of group user:* are not of type hash: string 1']);
  });
});

describe('stays green', () => {
  test('the very backup, whatever its groups, with and without hashes in the place of prefixes', async () => {
    const recorded = dir.file('redacted.json');
    await record(dir.file('recorded.rdb'), recorded, {set: ['expect.redact=true']});
    const text = readFileSync(recorded, 'utf8');
    expect(text).not.toMatch(/user|session|flag/);
    const {dataset} = JSON.parse(text) as Expectations;
    expect(
      Object.values(dataset.groups!)
        .map(({keys}) => keys)
        .toSorted(),
    ).toEqual([100, 100, 20]);
    for (const redact of ['true', 'false']) {
      const set = [`expect.redact=${redact}`];
      const report = await drillOf(dir.file('recorded.rdb'), {server: 'process', expect: recorded, set});
      expect(report.outcome).toBe('passed');
      expect(report.findings.filter(({rule}) => rule === 'expect/group')).toHaveLength(4);
      expect(JSON.stringify(report)).not.toMatch(/user:|session:|flag:/);
    }
    const report = await drillOf(dir.file('recorded.rdb'), {
      server: 'process',
      expect: dir.file('expected.json'),
      set: ['expect.redact=true'],
    });
    expect(report.outcome).toBe('passed');
  });

  test('a group that shrinks and changes within its own tolerance, the rest being the same', async () => {
    const set = ['expect.groups=[{match: "session:*", keys: {max-drop: 10%, max-growth: 10%}}]'];
    const churn = async () => [
      await live.redis.del('session:1', 'session:2'),
      await live.redis.set('session:new', 'y'),
    ];
    expect((await drillAfter(churn, set)).outcome).toBe('passed');
    // But not when something else changes with it.
    const report = await drillAfter(async () => [await churn(), await live.redis.set('flag:1', 'off')], set);
    expect(failures(report)).toEqual(['expect/group-digest']);
  });

  test('redacted, a group that is gone is found to be gone', async () => {
    await record(dir.file('recorded.rdb'), dir.file('redacted.json'), {set: ['expect.redact=true']});
    await live.redis.del(...Array.from({length: 20}, (_, n) => `flag:${n}`));
    await live.saveTo(dir.file('no-flags.rdb'));
    await live.load(dir.file('recorded.rdb'));
    const report = await drillOf(dir.file('no-flags.rdb'), {
      server: 'process',
      expect: dir.file('redacted.json'),
      set: [TOLERANT],
    });
    expect(failures(report)).toEqual(['expect/group-vanished']);
    expect(report.findings[0]!.message).toMatch(/^group #[0-9a-f]{12}:\* held 20 keys/);
  });
});
