/** The steps of docs/expectations.md that record anew and propose the change, run as GitHub's runner runs them, with git and a stand-in for gh. */
import {execFileSync} from 'node:child_process';
import {chmodSync, mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {afterAll, beforeAll, expect, test} from '@jest/globals';
import {parse, stringify} from 'yaml';
import {scratch} from '../drills.ts';
import {LiveRedis} from '../live-redis.ts';
import {ROOT} from '../servers.ts';
import {machineIn} from './run-action.ts';
import {runJob} from './workflow-runner.ts';

const dir = scratch();
afterAll(() => dir.dispose());

const machine = machineIn(dir.path);
const inWorkspace = (name: string) => join(machine.workspace, name);
const git = (...args: string[]) =>
  execFileSync('git', ['-c', 'user.name=test', '-c', 'user.email=test@example.com', ...args], {
    cwd: machine.workspace,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });

/** What the page shows, in a job, on a server of this machine. */
function workflow(): string {
  const blocks = [
    ...readFileSync(join(ROOT, 'docs/expectations.md'), 'utf8').matchAll(/```yaml\n([\s\S]*?)```/g),
  ];
  const steps = parse(blocks.map(([, text]) => text!).find(text => text.includes('update: true'))!);
  Object.assign(steps[0].with, {server: 'process'});
  Object.assign(steps[1], {name: 'Propose'});
  const path = dir.file('propose.yml');
  writeFileSync(
    path,
    stringify({
      name: 'propose',
      on: 'workflow_dispatch',
      permissions: {},
      jobs: {propose: {'runs-on': 'ubuntu-latest', steps}},
    }),
  );
  return path;
}

const run = () =>
  runJob({
    workflow: workflow(),
    job: 'propose',
    machine,
    actions: {'OWNER/redis-restore-drill': ROOT},
    programs: dir.file('programs'),
  });

let live: LiveRedis;
beforeAll(async () => {
  live = await LiveRedis.start();
  for (let n = 0; n < 20; n++) await live.redis.set(`user:${n}`, n);
  mkdirSync(inWorkspace('backups'));
  await live.saveTo(inWorkspace('backups/dump.rdb'));
  mkdirSync(dir.file('programs'));
  writeFileSync(dir.file('programs/gh'), `#!/bin/sh\necho "$@" >> ${dir.file('asked')}\n`);
  chmodSync(dir.file('programs/gh'), 0o755);
  execFileSync('git', ['init', '--quiet', '--bare', dir.file('origin.git')]);
  git('init', '--quiet', '--initial-branch', 'main');
  git('remote', 'add', 'origin', dir.file('origin.git'));
  writeFileSync(inWorkspace('.gitignore'), 'backups/\n');
  git('add', '.gitignore');
  git('commit', '--quiet', '--message', 'first');
});
afterAll(async () => live[Symbol.asyncDispose]());

test('what is recorded for the first time is proposed', async () => {
  const ran = await run();
  expect({result: ran.result, outputs: ran.step('record').outputs}).toEqual({
    result: 'success',
    outputs: expect.objectContaining({
      outcome: 'passed',
      changed: 'true',
      expectations: inWorkspace('.restore-drill/sessions.json'),
    }),
  });
  expect(git('ls-remote', 'origin')).toMatch(/refs\/heads\/expectations-\d+\n/);
  expect(readFileSync(dir.file('asked'), 'utf8')).toBe('pr create --fill\n');
});

test('where nothing changed nothing is proposed, though the backup is a new one', async () => {
  git('switch', '--quiet', '--create', 'next');
  await live.saveTo(inWorkspace('backups/dump.rdb'));
  const ran = await run();
  expect([ran.result, ran.step('record').outputs.changed]).toEqual(['success', 'false']);
  expect(git('status', '--porcelain')).toBe('');
  expect(readFileSync(dir.file('asked'), 'utf8')).toBe('pr create --fill\n');
});

test('what changed is in the summary, in counts', async () => {
  for (let n = 20; n < 25; n++) await live.redis.set(`user:${n}`, n);
  await live.saveTo(inWorkspace('backups/dump.rdb'));
  git('push', '--quiet', 'origin', '--delete', ...branches());
  git('branch', '--quiet', '--delete', '--force', ...branches());
  const ran = await run();
  expect(ran.result).toBe('success');
  const {summary, log} = ran.step('record');
  expect(summary).toMatch(/### What the recording changes[\s\S]*- keys: 20, now 25 \(\+5\)/);
  expect(log).toContain('group user:*: keys: 20, now 25 (+5)');
  expect(summary + log).not.toMatch(/user:\d/);
  const changed = git('diff', '--stat', 'next', 'HEAD').trim().split('\n');
  expect(changed).toHaveLength(2);
});

test('a backup that fails proposes nothing', async () => {
  writeFileSync(
    inWorkspace('backups/dump.rdb'),
    readFileSync(inWorkspace('backups/dump.rdb')).subarray(0, -20),
  );
  const ran = await run();
  expect([ran.result, ran.step('record').outputs.changed, ran.step('record').outputs.expectations]).toEqual([
    'failure',
    'false',
    undefined,
  ]);
  expect(git('status', '--porcelain')).toBe('');
});

/** Those that an earlier test has proposed: a run of the workflow has an id of its own, a test has not. */
const branches = (): string[] =>
  git('branch', '--list', 'expectations-*', '--format', '%(refname:short)').trim().split('\n');
