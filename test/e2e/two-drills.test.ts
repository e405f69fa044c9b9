/** Two drills at once on one machine, as two jobs on a self-hosted runner: each is right about its own backup, every time. */
import {readFileSync, writeFileSync} from 'node:fs';
import {afterAll, beforeAll, expect, test} from '@jest/globals';
import {reportSchema} from '../../src/report/drill-report.ts';
import {scratch} from '../drills.ts';
import {LiveRedis} from '../live-redis.ts';
import {SAMPLE, SAMPLE_EXPECTATIONS, servers} from '../servers.ts';
import {drillContainers, privateDirs, run} from './cli.ts';

const dir = scratch();
const temp = scratch();
const other = dir.file('other.rdb');
const damaged = dir.file('damaged.rdb');
const TIMES = 20;

beforeAll(async () => {
  await using live = await LiveRedis.start();
  await live.redis.call('DEBUG', 'POPULATE', '41', 'other');
  await live.saveTo(other);
  writeFileSync(damaged, readFileSync(SAMPLE).subarray(0, 20_000));
});
afterAll(() => {
  dir.dispose();
  temp.dispose();
});

type Case = {backup: string; expect?: string; right: {exitCode: number; keys: number | null}};
const CASES: Case[] = [
  {backup: SAMPLE, expect: SAMPLE_EXPECTATIONS, right: {exitCode: 0, keys: 370}},
  {backup: other, right: {exitCode: 0, keys: 41}},
  {backup: damaged, right: {exitCode: 4, keys: null}},
];
const KINDS = servers.engine ? ['container', 'process'] : ['process'];

async function holds({backup, expect: expected}: Case, kind: string, name: string): Promise<Case['right']> {
  const json = dir.file(`${name}.json`);
  const flags = ['--server', kind, '--report-json', json, ...(expected ? ['--expect', expected] : [])];
  const {exitCode} = await run(['drill', backup, ...flags], {env: {RUNNER_TEMP: temp.path}});
  const {census} = reportSchema.parse(JSON.parse(readFileSync(json, 'utf8')));
  return {exitCode: exitCode!, keys: census?.keys ?? null};
}

test(`${TIMES} times: both are right, and nothing is left`, async () => {
  for (let n = 0; n < TIMES; n += 1) {
    // Every backup beside every other, in every mixture of kinds, in turn.
    const pair = [
      {own: CASES[n % 3]!, kind: KINDS[n % KINDS.length]!},
      {own: CASES[(n + 1 + (n >> 2)) % 3]!, kind: KINDS[(n >> 1) % KINDS.length]!},
    ];
    const held = await Promise.all(pair.map(({own, kind}, index) => holds(own, kind, `drill-${index}`)));
    expect(held).toEqual(pair.map(({own}) => own.right));
  }
  if (servers.engine) expect(await drillContainers()).toEqual([]);
  expect(privateDirs(temp.path)).toEqual([]);
});
