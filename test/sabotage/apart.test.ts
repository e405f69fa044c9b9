/**
 * What DEBUG DIGEST does not see, ruined: the data is all there, and yet it is another dataset. Real servers; each test is
 * titled by what happened between the recording and the backup.
 */
import {readFileSync, writeFileSync} from 'node:fs';
import {afterAll, beforeAll, describe, expect, test} from '@jest/globals';
import {drillOf, failures, scratch} from '../drills.ts';
import {LiveRedis} from '../live-redis.ts';
import {record} from '../record.ts';
import {containerTest, imageOf, servers, skippedBecause} from '../servers.ts';

const dir = scratch();
afterAll(() => dir.dispose());

const library = (answer: number, name = 'lib') =>
  `#!lua name=${name}\nredis.register_function('f', function() return ${answer} end)`;

describe('ends red', () => {
  let live: LiveRedis;
  const expected = {server: 'process', expect: dir.file('expected.json')};

  beforeAll(async () => {
    live = await LiveRedis.start();
    const {redis} = live;
    for (let n = 1; n <= 9; n++) await redis.xadd('jobs', `${n}-1`, 'n', n);
    await redis.xgroup('CREATE', 'jobs', 'workers', 0);
    await redis.xgroup('CREATE', 'jobs', 'audit', '5-1');
    await redis.xreadgroup('GROUP', 'workers', 'ada', 'COUNT', 4, 'STREAMS', 'jobs', '>');
    await redis.xreadgroup('GROUP', 'workers', 'bob', 'COUNT', 2, 'STREAMS', 'jobs', '>');
    await redis.call('FUNCTION', 'LOAD', library(1));
    await live.saveTo(dir.file('recorded.rdb'));
    await record(dir.file('recorded.rdb'), dir.file('expected.json'));
  });
  afterAll(() => live[Symbol.asyncDispose]());

  /** A backup after these commands; the next test begins anew. */
  async function changed(...commands: string[][]): Promise<string> {
    for (const [name, ...args] of commands) await live.redis.call(name!, ...args);
    await live.saveTo(dir.file('changed.rdb'));
    await live.load(dir.file('recorded.rdb'));
    return dir.file('changed.rdb');
  }

  test.each([
    ['a consumer group was destroyed', ['XGROUP', 'DESTROY', 'jobs', 'audit']],
    ['a pending entry was acknowledged', ['XACK', 'jobs', 'workers', '1-1']],
    ['a consumer is new', ['XGROUP', 'CREATECONSUMER', 'jobs', 'workers', 'new']],
    ['a pending entry has another owner', ['XCLAIM', 'jobs', 'workers', 'bob', '0', '1-1', 'JUSTID']],
    [
      'a pending entry was delivered once more',
      ['XREADGROUP', 'GROUP', 'workers', 'ada', 'COUNT', '1', 'STREAMS', 'jobs', '0'],
    ],
    ['a group was set back', ['XGROUP', 'SETID', 'jobs', 'audit', '0']],
    ['a stream has another last id', ['XSETID', 'jobs', '77-7']],
  ])('%s', async (_, command) => {
    expect(failures(await drillOf(await changed(command), expected))).toEqual(['expect/consumer-groups']);
  });

  test('a group was renamed: as many as recorded, and not the same', async () => {
    const path = await changed(
      ['XGROUP', 'DESTROY', 'jobs', 'audit'],
      ['XGROUP', 'CREATE', 'jobs', 'audits', '5-1'],
    );
    const report = await drillOf(path, expected);
    expect(failures(report)).toEqual(['expect/consumer-groups']);
    expect(report.findings[0]!.message).toMatch(
      /as many as recorded \(1 streams, 2 groups, 2 consumers, 6 pending\)/,
    );
    expect(JSON.stringify(report)).not.toMatch(/audit|jobs|workers/);
  });

  test('the body of a function was replaced', async () => {
    const report = await drillOf(await changed(['FUNCTION', 'LOAD', 'REPLACE', library(2)]), expected);
    expect(failures(report)).toEqual(['expect/functions-code']);
    expect(report.findings[0]!.message).toMatch(/the code of a library/);
  });

  test('a function library was replaced by one of another name', async () => {
    const path = await changed(['FUNCTION', 'FLUSH'], ['FUNCTION', 'LOAD', library(1, 'other')]);
    const report = await drillOf(path, expected);
    expect(failures(report)).toEqual(['expect/functions-code']);
    expect(report.findings[0]!.message).toMatch(/libraries of other names/);
  });

  describe('unless the policy says otherwise', () => {
    const touched = () =>
      changed(['XACK', 'jobs', 'workers', '1-1'], ['FUNCTION', 'LOAD', 'REPLACE', library(3)]);

    test('a tolerance for keys relaxes groups, but not functions', async () => {
      const set = ['expect.keys.max-drop=5%'];
      expect(failures(await drillOf(await touched(), {...expected, set}))).toEqual(['expect/functions-code']);
    });

    test('`digest: any` and `functions: any` relax both', async () => {
      const set = ['expect.digest=any', 'expect.functions=any'];
      const report = await drillOf(await touched(), {...expected, set});
      expect(report.outcome).toBe('passed');
      const skips = report.findings.filter(({status}) => status === 'skipped').map(({rule}) => rule);
      expect(skips).toEqual(expect.arrayContaining(['expect/consumer-groups', 'expect/functions-code']));
    });

    test('`functions: any` allows for a library that is gone, too', async () => {
      const path = await changed(['FUNCTION', 'FLUSH']);
      expect(failures(await drillOf(path, expected))).toEqual(['expect/functions']);
      expect((await drillOf(path, {...expected, set: ['expect.functions=any']})).outcome).toBe('passed');
    });
  });

  test('and stays green on the recorded one, whose ledger has a line about code', async () => {
    const report = await drillOf(dir.file('recorded.rdb'), expected);
    expect(report.outcome).toBe('passed');
    const [line] = report.ledger.filter(({name}) => name.startsWith('code of the functions'));
    expect(line).toMatchObject({status: 'balanced', left: {value: expect.stringMatching(/^[0-9a-f]{40}$/)}});
  });

  test('and stays green with expectations of an earlier version, saying what was not compared', async () => {
    const old = JSON.parse(readFileSync(dir.file('expected.json'), 'utf8'));
    delete old.dataset.consumerGroups;
    delete old.dataset.functionCode;
    delete old.dataset.fieldExpiries;
    writeFileSync(dir.file('old.json'), JSON.stringify(old));
    const report = await drillOf(dir.file('recorded.rdb'), {server: 'process', expect: dir.file('old.json')});
    expect(report.outcome).toBe('passed');
    expect(report.findings).toContainEqual(
      expect.objectContaining({
        rule: 'expect/consumer-groups',
        status: 'skipped',
        message: expect.stringMatching(/earlier version/),
      }),
    );
  });
});

const eight = servers.binaries.find(
  ({product, version}) => product === 'redis' && version.startsWith('8.0.'),
);
const onEight = eight ? containerTest : skippedBecause('no redis:8.0 binary');

onEight(
  'ends red when the expiry of a hash field changed, and green when it did not, long after',
  async () => {
    await using live = await LiveRedis.start([], {binary: eight!.path});
    await live.keepExpired();
    await live.redis.hset('session', 'token', 'a', 'user', 'b', 'brief', 'c');
    const expiry = (ms: number, field: string) =>
      live.redis.call('HPEXPIREAT', 'session', String(ms), 'FIELDS', '1', field);
    await expiry(4_000_000_000_000, 'token');
    await expiry(Date.now() + 1000, 'brief');
    await live.saveTo(dir.file('fields.rdb'));
    const image = imageOf('redis:8.0');
    await expiry(4_000_000_000_001, 'token');
    await live.saveTo(dir.file('fields-changed.rdb'));
    await record(dir.file('fields.rdb'), dir.file('fields.json'), {image});

    await new Promise(resolve => setTimeout(resolve, 1000));
    const same = await drillOf(dir.file('fields.rdb'), {image, expect: dir.file('fields.json')});
    expect({outcome: same.outcome, fields: same.inspection!.dataset.fieldExpiries!.fields}).toEqual({
      outcome: 'passed',
      fields: 2,
    });
    const other = await drillOf(dir.file('fields-changed.rdb'), {image, expect: dir.file('fields.json')});
    expect(failures(other)).toEqual(['expect/field-expiries']);
  },
);
