/** One backup on several real servers, in containers: which can load it and which cannot. */
import {afterAll, beforeAll, describe, expect, test} from '@jest/globals';
import {type DrillReport, reportSchema} from '../../src/report/drill-report.ts';
import {renderMarkdown} from '../../src/report/markdown.ts';
import {renderText} from '../../src/report/text.ts';
import {drillOf, failures, scratch} from '../drills.ts';
import {LiveRedis} from '../live-redis.ts';
import {containerTest, imageOf, servers} from '../servers.ts';

const dir = scratch();
afterAll(() => dir.dispose());

/** Written by a server of that line. */
async function writtenBy(line: string): Promise<string | null> {
  const [product, version] = line.split(':');
  const found = servers.binaries.find(
    one => one.product === product && one.version.startsWith(`${version}.`),
  );
  if (!found) return null;
  const file = dir.file(`${line.replace(':', '-')}.rdb`);
  await using live = await LiveRedis.start([], {binary: found.path, debug: version !== '6.0'});
  for (let user = 0; user < 30; user++)
    await live.redis.hset(`user:${user}`, 'name', `n${user}`, 'visits', user);
  await live.redis.zadd('ranks', 1.5, 'a', 0.1, 'b', 3, 'c');
  await live.redis.set('session', 'x', 'EX', 3600);
  await live.saveTo(file);
  return file;
}

const of = (line: string, optional = false) => ({image: imageOf(line), optional});
const on = (backup: string, ...matrix: {image: string; optional: boolean}[]) =>
  drillOf(backup, {set: [`server.matrix=${JSON.stringify(matrix)}`]});
const outcomes = ({matrix}: DrillReport) => matrix!.map(({outcome}) => outcome);

describe('a backup of Redis 8.0', () => {
  let backup: string | null;
  beforeAll(async () => {
    backup = await writtenBy('redis:8.0');
  });

  containerTest('does not restore on 7.0, nor on Valkey 9, and the drill fails by that', async () => {
    if (!backup) throw new Error('no binary of redis:8.0 to write it');
    const report = await on(backup, of('redis:8.0'), of('redis:7.0'), of('valkey:9'));
    expect(reportSchema.parse(report)).toEqual(report);
    expect([report.outcome, report.server?.line]).toEqual(['failed', 'redis:8.0']);
    const [own, older, other] = report.matrix!;
    expect(outcomes(report)).toEqual(['passed', 'failed', 'failed']);
    expect(own!.ledger.every(({status}) => status === 'balanced')).toBe(true);
    expect(older!.load).toMatchObject({status: 'refused', refusal: {rule: 'restore/version-unsupported'}});
    expect(failures(report)[0]).toBe('restore/on-server');
    expect(report.findings[0]!.message).toMatch(/does not restore on .*redis:7\.0: .*RDB version 12/);
    // Newer than what Valkey shares with Redis.
    expect(other).toMatchObject({outcome: 'failed', census: null});
  });

  containerTest('passes where those that refuse it are optional, and says so', async () => {
    const report = await on(backup!, of('redis:7.0', true), of('redis:8.0'));
    expect([report.outcome, outcomes(report), failures(report)]).toEqual([
      'passed',
      ['passed', 'failed'],
      [],
    ]);
    const [finding] = report.findings.filter(({rule}) => rule === 'restore/on-server');
    expect([finding!.status, finding!.severity]).toEqual(['fail', 'note']);
    expect(renderText(report)).toMatch(/FAILS {3}.*redis:7\.0.*, optional: .*RDB version 12/);
  });

  containerTest('has no verdict where a server that has to load it cannot be had', async () => {
    const none = {image: 'localhost:1/redis:7.4', optional: false};
    const report = await on(backup!, of('redis:8.0'), none);
    expect([report.outcome, report.error?.code, outcomes(report)]).toEqual([
      'not-run',
      'server/unavailable',
      ['passed', 'not-run'],
    ]);
    const first = await on(backup!, none, of('redis:8.0'));
    expect([first.outcome, first.error?.code, outcomes(first)]).toEqual([
      'not-run',
      'server/unavailable',
      ['not-run', 'passed'],
    ]);
    expect((await on(backup!, of('redis:8.0'), {...none, optional: true})).outcome).toBe('passed');
  });
});

describe('a backup of Redis 6.0', () => {
  containerTest('restores on every server, with the digest in the dialect of each', async () => {
    const backup = await writtenBy('redis:6.0');
    if (!backup) throw new Error('no binary of redis:6.0 to write it');
    const all = servers.images.map(({line}) => of(line));
    const report = await on(backup, ...all);
    expect(outcomes(report)).toEqual(all.map(() => 'passed'));
    expect(report.outcome).toBe('passed');
    const dialects = new Map(report.matrix!.map(({server, census}) => [server!.line, census!.digest!]));
    expect(new Set([...dialects.values()].map(({dialect}) => dialect)).size).toBeGreaterThan(1);
    for (const {ledger, server, census} of report.matrix!) {
      const digests = ledger.find(({name}) => name === 'digest of the file = DEBUG DIGEST')!;
      expect([server!.line, digests.status, digests.right.value]).toEqual([
        server!.line,
        'balanced',
        census!.digest!.hex,
      ]);
    }
    // Inspected once, on however many servers.
    expect(report.inspection!.dataset.keys).toBe(32);
    const markdown = renderMarkdown(report, {maxBytes: 100_000});
    for (const {image} of all) expect(markdown).toContain(image);
  });
});

describe('a config refuses', () => {
  test.each([
    ['[redis:7, redis:7]', /twice/],
    ['[{image: redis:7, optional: true}]', /has to load/],
    ['[https://host/x]', /not an image reference/],
    ['[]', /server\.matrix/],
  ])('server.matrix: %s', async (matrix, message) => {
    await expect(drillOf('x.rdb', {set: [`server.matrix=${matrix}`]})).rejects.toThrow(message);
  });

  test('a matrix beside an image, or of local processes', async () => {
    const set = ['server.matrix=[redis:7.4]'];
    await expect(drillOf('x.rdb', {set, image: 'redis:7'})).rejects.toThrow(/leave server.image out/);
    await expect(drillOf('x.rdb', {set, server: 'process'})).rejects.toThrow(/server.matrix/);
  });
});
