/**
 * Which artifact of GitHub is drilled, and what is said where there is none or it may not be had. The stand-in that answers
 * is held against the client that GitHub itself publishes.
 */
import {randomBytes} from 'node:crypto';
import {readdirSync, readFileSync} from 'node:fs';
import {afterAll, afterEach, beforeAll, beforeEach, describe, expect, test} from '@jest/globals';
import {toDrillError} from '../../src/errors.ts';
import type {Access} from '../../src/source/source-job.ts';
import {scratch} from '../drills.ts';
import {randomFrom, seedOf} from '../random-dataset.ts';
import {SAMPLE} from '../servers.ts';
import {type Asked, fetched, outcome} from '../stores/fetched.ts';
import {GitHubStandIn, REPOSITORY, TOKEN} from '../stores/github.ts';
import {downloaded, uploadedZip} from '../stores/github-client.ts';

const temp = scratch();
const BYTES = randomBytes(200_003);
const day = (n: number): Date => new Date(Date.UTC(2026, 0, n));
let github: GitHubStandIn;
beforeAll(async () => {
  github = await GitHubStandIn.start();
});
afterAll(async () => {
  await github[Symbol.asyncDispose]();
  temp.dispose();
});
beforeEach(() => github.clear());
afterEach(() => {
  expect(github.leaked).toEqual([]);
  expect(readdirSync(temp.path)).toEqual([]);
});

const reach = (access: Access = {}, name = 'redis', env: Record<string, string> = {}) => ({
  spec: `github-artifact:${name}`,
  access,
  env: {
    GITHUB_REPOSITORY: REPOSITORY,
    GITHUB_TOKEN: TOKEN,
    GITHUB_API_URL: `http://127.0.0.1:${github.port}`,
    ...env,
  },
});
const came = (access?: Access, asked?: Asked) => outcome(reach(access), temp.path, BYTES, asked);
const OTHER = Buffer.from('another');

async function chosen(access?: Access, asked?: Asked) {
  const got = await fetched(reach(access), temp.path, asked);
  if (!('located' in got)) return {message: got.reason.message};
  const {backup, listed} = got.located;
  return {location: backup.location, doubts: listed.doubts, series: listed.series.length};
}

async function refusal(access?: Access, env?: Record<string, string>, asked?: Asked) {
  try {
    await fetched(reach(access, 'redis', env), temp.path, asked);
  } catch (error) {
    const {code, message, hint} = toDrillError(error);
    return {code, message, hint};
  }
  throw new Error('nothing was refused');
}

describe('the newest of a successful run is taken, and what was passed over for it is said', () => {
  test.each([
    ['that has expired', {expired: true}, 'expired'],
    ['of a run that failed', {run: {conclusion: 'failure'}}, 'of a run that was not successful'],
    [
      'of a run that goes on',
      {run: {status: 'in_progress', conclusion: null}},
      'of a run that was not successful',
    ],
    ['of a fork’s pull request', {fork: true}, 'of a fork'],
    ['of pull_request_target', {run: {event: 'pull_request_target'}}, 'of pull_request_target'],
    ['of a workflow that follows another', {run: {event: 'workflow_run'}}, 'of workflow_run'],
  ])('not one %s', async (_, upload, because) => {
    const id = github.upload({name: 'redis', bytes: BYTES, createdAt: day(2)});
    github.upload({name: 'redis', bytes: OTHER, createdAt: day(3), ...upload});
    github.upload({name: 'redis-old', bytes: OTHER, createdAt: day(4)});
    expect(await chosen()).toMatchObject({
      location: `https://github.com/acme/shop/actions/runs/${1000 + id}/artifacts/${id}`,
      doubts: [`1 newer passed over: ${because}`],
    });
    expect(await came()).toBe('whole');
    github.remove('redis');
    github.upload({name: 'redis', bytes: OTHER, createdAt: day(3), ...upload});
    expect(await came()).toBe('backup/missing');
    expect((await chosen()).message).toContain(`github-artifact:acme/shop/redis (1 passed over: ${because})`);
  });

  test('nor one whose run was deleted', async () => {
    github.upload({name: 'redis', bytes: BYTES, createdAt: day(2)});
    github.upload({name: 'redis', bytes: OTHER, createdAt: day(3), run: {id: 5}});
    github.removeRun(5);
    expect(await chosen()).toMatchObject({doubts: ['1 newer passed over: of a run that was deleted']});
  });

  test('what was refused before it is nobody’s business', async () => {
    github.upload({name: 'redis', bytes: OTHER, createdAt: day(1), run: {conclusion: 'failure'}});
    github.upload({name: 'redis', bytes: BYTES, createdAt: day(2)});
    expect(await chosen()).toMatchObject({doubts: []});
  });

  test.each([
    [{workflow: 'backup.yml'}, {run: {path: '.github/workflows/ci.yml@refs/heads/main'}}],
    [{branch: 'main'}, {run: {head_branch: 'try/it'}}],
    [{event: 'schedule'}, {run: {event: 'push'}}],
  ])('of %j only', async (access, upload) => {
    github.upload({name: 'redis', bytes: BYTES, createdAt: day(2)});
    github.upload({name: 'redis', bytes: OTHER, createdAt: day(3), ...upload});
    expect(await came(access)).toBe('whole');
    expect(await came()).toBe(`${OTHER.length} wrong bytes`);
  });

  test('an event that anybody can start is taken where it is asked for, but never a fork’s', async () => {
    github.upload({name: 'redis', bytes: BYTES, run: {event: 'workflow_run'}});
    expect(await came({event: 'workflow_run'})).toBe('whole');
    github.clear();
    github.upload({name: 'redis', bytes: BYTES, run: {event: 'pull_request'}, fork: true});
    expect(await came({event: 'pull_request'})).toBe('backup/missing');
  });

  test('that of an earlier job of this very run counts, though the run goes on', async () => {
    github.upload({name: 'redis', bytes: BYTES, run: {id: 77, status: 'in_progress', conclusion: null}});
    expect(await outcome(reach({}, 'redis', {GITHUB_RUN_ID: '77'}), temp.path, BYTES)).toBe('whole');
    expect(await outcome(reach({}, 'redis', {GITHUB_RUN_ID: '78'}), temp.path, BYTES)).toBe('backup/missing');
  });
});

describe('of many', () => {
  test('pages are turned, a month is looked at, and the one before the newest can be asked for', async () => {
    for (let n = 1; n <= 130; n += 1)
      github.upload({name: n % 2 ? 'redis' : 'logs', bytes: n === 127 ? BYTES : OTHER, createdAt: day(n)});
    expect(await came({}, {select: {pick: 'previous'}})).toBe('whole');
    expect(await chosen()).toMatchObject({series: 31});
    const pattern = reach({}, 'red*');
    github.asked.length = 0;
    expect(await outcome(pattern, temp.path, BYTES, {select: {pick: 'previous'}})).toBe('whole');
    expect(github.asked.filter(path => path.endsWith('/artifacts'))).toHaveLength(2);
    expect(github.asked.filter(path => path.includes('/runs/')).length).toBeLessThan(50);
  });

  test('runs without end are not asked for one by one', async () => {
    for (let n = 1; n <= 150; n += 1)
      github.upload({name: 'redis', bytes: OTHER, createdAt: day(n), run: {conclusion: 'failure'}});
    expect((await chosen()).message).toMatch(
      /of a run that was not successful; older ones were not looked at/,
    );
    expect(github.asked.length).toBeLessThan(112);
  });
});

describe('the bytes', () => {
  test('are those of the digest, or the drill is not held', async () => {
    github.upload({name: 'redis', bytes: BYTES, digest: `sha256:${'0'.repeat(64)}`});
    expect(await refusal()).toMatchObject({
      code: 'source/transfer',
      message: expect.stringMatching(/SHA256/),
    });
  });

  test('come without a digest, and from a storage without ranges', async () => {
    github.ranges = false;
    github.upload({name: 'redis', bytes: BYTES, digest: null});
    expect(await came()).toBe('whole');
  });

  test('are not there any more', async () => {
    github.upload({name: 'redis', bytes: BYTES});
    const meanwhile = async () => github.remove('redis');
    expect(await came({}, {meanwhile})).toBe('source/changed');
    github.upload({name: 'redis', bytes: BYTES});
    github.odd = path => (path.endsWith('/zip') ? {status: 410} : null);
    expect(await came()).toBe('source/changed');
  });

  test('are asked for again where an address was good for too short a time, or the storage is busy', async () => {
    github.upload({name: 'redis', bytes: BYTES});
    for (const status of [403, 503]) {
      let left = 2;
      github.odd = path => (path.startsWith('/blob/') && left-- > 0 ? {status} : null);
      expect(await came()).toBe('whole');
    }
  });

  test('come whole where the storage breaks off at 20 random places, each time going on from there', async () => {
    github.upload({name: 'redis', bytes: BYTES});
    const random = randomFrom(seedOf('CUT_SEED'));
    for (let n = 0; n < 20; n += 1) {
      github.asked.length = 0;
      const cuts = [1 + Math.floor(random() * (BYTES.length - 100)), 1, null];
      const planned = [...cuts];
      github.cut = () => cuts.shift() ?? null;
      expect([planned, await came()]).toEqual([planned, 'whole']);
      // One to look, three for the bytes, each with a new address.
      const of = (end: string) => github.asked.filter(path => path.includes(end)).length;
      expect([of('/zip'), of('storage ')]).toEqual([4, 4]);
    }
    expect(github.leaked).toEqual([]);
  });

  test('are given up where the storage breaks off before the first of them, every time', async () => {
    github.upload({name: 'redis', bytes: BYTES});
    github.cut = () => 0;
    expect(await came()).toBe('source/transfer');
  });

  test('do not come where the storage says that it is a page', async () => {
    github.upload({name: 'redis', bytes: BYTES});
    github.odd = path => (path.startsWith('/blob/') ? {status: 200, body: '<html>'} : null);
    expect(await came()).toBe('source/transfer');
  });
});

describe('who may not, or asks too often', () => {
  test.each([
    [401, /not valid/],
    [403, /may not read artifacts/],
    [404, /no such repository/],
  ])('a list answered %d is denied, with the permission to give', async (status, message) => {
    github.odd = () => ({status, body: '{"message": "Resource not accessible by integration"}'});
    expect(await refusal()).toEqual({
      code: 'source/denied',
      message: expect.stringMatching(message),
      hint: expect.stringMatching(/permissions: \{actions: read.*GITHUB_TOKEN.*store: \{token/),
    });
    expect(github.asked).toHaveLength(1);
  });

  test('no token at all is denied before anybody is asked', async () => {
    expect(await refusal({}, {GITHUB_TOKEN: ''})).toMatchObject({
      code: 'source/denied',
      message: /GITHUB_TOKEN/,
    });
    expect(github.asked).toEqual([]);
  });

  test.each([
    ['a second', 403, {'retry-after': '1'}],
    [
      'until its limit is lifted',
      403,
      {'x-ratelimit-remaining': '0', date: at(0), 'x-ratelimit-reset': unix(1)},
    ],
    [
      'until the limit is lifted',
      429,
      {'x-ratelimit-remaining': '0', date: at(0), 'x-ratelimit-reset': unix(1)},
    ],
  ])('told to wait %s, it waits', async (_, status, headers) => {
    github.upload({name: 'redis', bytes: BYTES});
    let left = 1;
    github.odd = () => (left-- > 0 ? {status, headers} : null);
    const before = performance.now();
    expect(await came()).toBe('whole');
    // Timers may be a millisecond early.
    expect(performance.now() - before).toBeGreaterThan(990);
  });

  test('told to wait longer than there is time, it says so at once', async () => {
    github.odd = () => ({status: 429, headers: {'retry-after': '3600'}});
    const message = expect.stringMatching(/rate limit is reached.*could not be fetched within 180 s/);
    expect(await refusal()).toMatchObject({code: 'source/transfer', message});
  });

  test('what is not GitHub’s API is not taken for it', async () => {
    github.odd = () => ({status: 200, body: '<html>Log in</html>'});
    expect(await refusal()).toMatchObject({
      code: 'source/unreachable',
      message: expect.stringMatching(/not GitHub’s/),
    });
  });

  test.each([
    ['github-artifact:a/b/c/d', {}],
    ['github-artifact:', {}],
    ['github-artifact:redis', {GITHUB_REPOSITORY: ''}],
    ['github-artifact:redis', {GITHUB_API_URL: 'http://ghes.example/api/v3'}],
  ])('%s with %j is a usage error', async (spec, env) => {
    expect(await outcome({...reach({}, '', env), spec}, temp.path, BYTES)).toBe('usage/invalid');
  });
});

/** By the clock of GitHub, which is not this machine's. */
function at(seconds: number): string {
  return new Date(Date.UTC(2031, 0, 1, 0, 0, seconds)).toUTCString();
}
function unix(seconds: number): string {
  return String(Date.UTC(2031, 0, 1, 0, 0, seconds) / 1000);
}

test('GitHub’s own client finds and unpacks in the stand-in what we do', async () => {
  const zip = uploadedZip(SAMPLE, 'dump.rdb');
  const id = github.upload({name: 'redis', bytes: zip, run: {id: 77}});
  const target = scratch();
  const apiUrl = `http://127.0.0.1:${github.port}`;
  const {artifact, listed, mismatch} = await downloaded('redis', {apiUrl, run: 77, path: target.path});
  expect({...artifact, listed, mismatch}).toMatchObject({id, size: zip.length, listed: 1, mismatch: false});
  expect(readFileSync(target.file('dump.rdb')).equals(readFileSync(SAMPLE))).toBe(true);
  target.dispose();
  expect(await outcome(reach(), temp.path, zip)).toBe('whole');
});
