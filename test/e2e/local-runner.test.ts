/**
 * The Action's sources under GitHub's own local runner for JavaScript actions (@github/local-action), which puts its
 * own @actions/core in the place of the real one: what we ask of the toolkit is what the toolkit's makers expect.
 */
import {spawn} from 'node:child_process';
import {copyFileSync, readdirSync, readFileSync, writeFileSync} from 'node:fs';
import {join, relative} from 'node:path';
import {afterAll, beforeAll, expect, test} from '@jest/globals';
import {scratch} from '../drills.ts';
import {LiveRedis} from '../live-redis.ts';
import {ROOT, SAMPLE, SAMPLE_EXPECTATIONS} from '../servers.ts';

const dir = scratch();
afterAll(() => dir.dispose());

beforeAll(async () => {
  copyFileSync(SAMPLE, dir.file('dump.rdb'));
  const damaged = readFileSync(SAMPLE);
  damaged[damaged.length >> 1]! ^= 1;
  writeFileSync(dir.file('damaged.rdb'), damaged);
  await using live = await LiveRedis.start(['--rdbcompression', 'no']);
  await live.redis.call('DEBUG', 'POPULATE', '3000000', 'user', '20');
  await live.saveTo(dir.file('big.rdb'));
});

type Ran = {exitCode: number | null; outputs: Record<string, string>; log: string; summary: string};

/** `cancelWhen`: SIGINT to the action, as GitHub sends it, once the log matches. */
async function runLocally(inputs: Record<string, string>, cancelWhen?: RegExp): Promise<Ran> {
  const summaryPath = dir.file('summary.md');
  writeFileSync(summaryPath, '');
  const settings = {
    ...Object.fromEntries(
      Object.entries(inputs).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value]),
    ),
    GITHUB_EVENT_NAME: 'schedule',
    GITHUB_STEP_SUMMARY: summaryPath,
    RUNNER_TEMP: dir.path,
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  writeFileSync(dir.file('.env'), lines.join('\n'));
  writeFileSync(
    dir.file('post.mts'),
    `export {post as run} from ${JSON.stringify(join(ROOT, 'src/action.ts'))};\n`,
  );
  const child = spawn(
    join(ROOT, 'node_modules/.bin/local-action'),
    ['run', '.', 'src/action.ts', dir.file('.env'), '--post', relative(ROOT, dir.file('post.mts'))],
    {cwd: ROOT, detached: true, stdio: ['ignore', 'pipe', 'pipe'], env: {...process.env, NO_COLOR: '1'}},
  );
  let log = '';
  let cancelled = false;
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', chunk => {
      log += chunk;
      if (!cancelWhen?.test(log) || cancelled) return;
      cancelled = true;
      process.kill(youngestOf(child.pid!), 'SIGINT');
    });
  }
  const exitCode = await new Promise<number | null>(resolve => child.on('close', resolve));
  return {exitCode, outputs: outputsIn(log), log, summary: readFileSync(summaryPath, 'utf8')};
}

/** The action's own process: the last of npx, sh, tsx and node, who each wait for the next and pass signals on. */
function youngestOf(pid: number): number {
  const parents = readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .map(name => {
      const stat = ofProcess(name, 'stat');
      const [, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return {child: Number(name), parent: Number(parent)};
    });
  // esbuild, which tsx starts, is no one's runner.
  const next = parents.filter(({child, parent}) => parent === pid && isNode(child)).at(-1);
  return next ? youngestOf(next.child) : pid;
}

const isNode = (pid: number): boolean => !ofProcess(pid, 'cmdline').split('\0')[0]!.endsWith('esbuild');

/** Empty for one that has just ended. */
function ofProcess(pid: number | string, what: 'stat' | 'cmdline'): string {
  try {
    return readFileSync(`/proc/${pid}/${what}`, 'utf8');
  } catch {
    return '';
  }
}

/** The last value of each, as the runner's own commands name them. */
const outputsIn = (log: string): Record<string, string> =>
  Object.fromEntries(
    [...log.matchAll(/^::set-output name=([a-z-]+)::(.*)$/gm)].map(([, name, value]) => [name!, value!]),
  );

test('passed', async () => {
  const {outputs, log, summary} = await runLocally({
    backup: dir.file('dump.rdb'),
    expect: SAMPLE_EXPECTATIONS,
    server: 'process',
  });
  expect({outputs, log: log.slice(-4000)}).toMatchObject({outputs: {outcome: 'passed', keys: '370'}});
  expect(log).toMatch(/Action Outputs[\s\S]*'outcome'\s*│\s*'passed'/);
  expect(summary).toMatch(/^## ✅/);
});

test('failed', async () => {
  const {outputs, summary} = await runLocally({backup: dir.file('damaged.rdb'), server: 'process'});
  expect(outputs.outcome).toBe('failed');
  expect(summary).toMatch(/^## ❌/);
});

test('not-run: the image cannot be had', async () => {
  const {outputs, log} = await runLocally({backup: dir.file('dump.rdb'), image: '127.0.0.1:9/redis:7.0'});
  expect(outputs.outcome).toBe('not-run');
  expect(log).toMatch(/server\/unavailable/);
});

test('misconfigured', async () => {
  const {outputs, log} = await runLocally({backup: dir.file('dump.rdb'), server: 'cluster'});
  expect(outputs.outcome).toBe('not-run');
  expect(log).toMatch(/config\/invalid/);
});

test('cancelled', async () => {
  const {outputs, summary} = await runLocally(
    {backup: dir.file('big.rdb'), server: 'process'},
    /Restore drill/,
  );
  expect(outputs.outcome).toBe('not-run');
  expect(summary).toMatch(/cancelled/);
});
