/**
 * Lint as people use it: by its exit code, as a step of a workflow, in a pull request of a stranger, and as README.md and
 * docs/lint.md say.
 */
import {existsSync, readFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {afterAll, beforeAll, describe, expect, test} from '@jest/globals';
import {parse} from 'yaml';
import {EXIT} from '../../src/errors.ts';
import {lintReportSchema} from '../../src/lint/report/json.ts';
import {scratch} from '../drills.ts';
import {containerTest, imageOf, ROOT} from '../servers.ts';
import {run} from './cli.ts';
import {machineWith, mergedPullRequest, writeBelow} from './merged-pull-request.ts';
import {type Machine, runAction} from './run-action.ts';
import {runJob} from './workflow-runner.ts';

const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');
const dir = scratch();
afterAll(() => dir.dispose());

const BEFORE = 'appendonly yes\nsave 900 1\n';
const AFTER = '# ours\nappendonly no\nsave 900 1\n';

describe('on the command line', () => {
  const lint = (...args: string[]) => run(['lint', ...args], {cwd: dir.path});
  beforeAll(() => writeBelow(dir.path, {'before.conf': BEFORE, 'redis.conf': AFTER}));

  test('a file that holds passes', async () => {
    const {exitCode, stdout, stderr} = await lint('before.conf');
    expect([exitCode, stderr]).toEqual([EXIT.passed, '']);
    expect(stdout).toMatch(/^PASSED {2}no rule of severity error is broken: 1 configuration/);
  });

  test('a change that makes it worse fails, and one that makes it better does not', async () => {
    const {exitCode, stdout, stderr} = await lint('redis.conf', '--base', 'before.conf');
    expect([exitCode, stderr]).toEqual([EXIT.failed, '']);
    expect(stdout).toContain('redis.conf:2:1  error  worst-case loss goes from 1 s to 15 min');
    writeBelow(dir.path, {'better.conf': AFTER.replace('900 1', '60 1')});
    expect((await lint('better.conf', '--base', 'redis.conf')).exitCode).toBe(EXIT.passed);
  });

  test.each([
    ['a file that is not there', ['gone.conf']],
    ['a format that does not exist', ['redis.conf', '--format', 'xml']],
    ['no file', []],
  ])('%s is wrong usage, told without a stack trace', async (_what, args) => {
    const {exitCode, stdout, stderr} = await lint(...args);
    expect([exitCode, stdout]).toEqual([EXIT.usage, '']);
    expect(stderr).not.toMatch(/^ +at /m);
  });
});

describe('proved on real servers', () => {
  const lint = (args: string[], env: Record<string, string> = {}) =>
    run(['lint', ...args], {cwd: dir.path, env});
  const AT_MOMENTS = /(\d[\d.]*|nothing)( s)? of [\d.]+ s \(| {2,}/g;
  const shape = (text: string) => text.replace(AT_MOMENTS, whole => (whole.endsWith('(') ? 'X (' : '  '));
  beforeAll(() =>
    writeBelow(dir.path, {
      'before.conf': 'save 900 1\ndir /data\n',
      'redis.conf': 'save 900 1\nappendonly yes\ndir /data\n',
      'harmless.conf': 'save 900 1\ndir /data\nrdbcompression no\n',
    }),
  );

  containerTest('docs/lint.md shows what it prints', async () => {
    const args = ['redis.conf', '--base', 'before.conf', '--prove', '--image', imageOf('redis:7.0')];
    const {exitCode, stdout} = await lint(args);
    const [, shown] = read('docs/lint.md').split('## Proved, not only read')[1]!.split('```text\n');
    expect(shape(stdout)).toBe(shape(shown!.split('```')[0]!));
    expect(exitCode).toBe(EXIT.failed);
  });

  const nowhere = {DOCKER_HOST: 'unix:///nowhere.sock', PATH: dirname(process.execPath)};

  test('without an engine nothing is proved: not-run, with a hint', async () => {
    const {exitCode, stderr} = await lint(['harmless.conf', '--base', 'before.conf', '--prove'], nowhere);
    expect(exitCode).toBe(EXIT.notHeld);
    expect(stderr).toMatch(/no container to start a server in: .*\n.*hint: /i);
  });

  test('a report that is red without proof stays red', async () => {
    const {exitCode, stdout} = await lint(['redis.conf', '--base', 'before.conf', '--prove'], nowhere);
    expect(exitCode).toBe(EXIT.failed);
    expect(stdout).toContain('note  not proved: no container to start a server in');
  });

  test('an image is for proofs only', async () => {
    const {exitCode, stderr} = await lint(['redis.conf', '--image', 'redis:7.0']);
    expect(exitCode).toBe(EXIT.usage);
    expect(stderr).toContain('--prove');
  });

  test('what has not changed is not proved again, and needs no engine', async () => {
    writeBelow(dir.path, {'same.conf': '# a comment\nsave 900 1\ndir /data\n'});
    const {exitCode} = await lint(['same.conf', '--base', 'before.conf', '--prove'], nowhere);
    expect(exitCode).toBe(EXIT.passed);
  });

  containerTest('as a step', async () => {
    const machine = machineWith(dir.path, {
      'before.conf': 'appendonly yes\nsave ""\n',
      'redis.conf': 'appendonly yes\nsave ""\ndatabases 2\n',
    });
    const inputs = {
      files: 'redis.conf',
      base: 'before.conf',
      prove: 'true',
      image: imageOf('valkey:8.1'),
    };
    const {exitCode, outputs, summary} = await runAction({action: 'lint/action.yml', machine, inputs});
    expect(exitCode).toBe(EXIT.failed);
    expect(outputs.outcome).toBe('failed');
    expect(read('README.md')).toContain('rolls the change out over 1,000 keys, and says how many are left');
    expect(summary).toContain('1,000 of 1,000 keys, 500 of them in another database');
  });
});

test('README.md says what is true: from 1 second to 15 minutes, in every home that it names', async () => {
  const paragraph = read('README.md').split('\n### Lint\n')[1]!.split('\n### ')[0]!;
  expect(paragraph).toContain('turn 1 second of possible loss into 15 minutes');
  const homes = {
    'redis.conf': ['redis.conf', (aof: string) => `appendonly ${aof}\nsave 900 1\n`],
    'docker-compose': [
      'compose.yml',
      (aof: string) =>
        `services:\n  r:\n    image: redis:7.0\n    command: redis-server --appendonly ${aof} --save 900 1\n`,
    ],
    Kubernetes: [
      'map.yml',
      (aof: string) =>
        `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: r}\ndata:\n  redis.conf: |\n    appendonly ${aof}\n    save 900 1\n`,
    ],
    Helm: ['values.yaml', (aof: string) => `commonConfiguration: |-\n  appendonly ${aof}\n  save 900 1\n`],
    'CONFIG GET': [
      'live.txt',
      (aof: string) => `appendonly\n${aof}\nappendfsync\neverysec\nsave\n900 1\ndir\n/data\n`,
    ],
  } as const;
  for (const [home, [file, text]] of Object.entries(homes)) {
    expect(paragraph).toContain(home);
    const at = join(dir.path, 'homes', home);
    writeBelow(at, {[`before/${file}`]: text('yes'), [`after/${file}`]: text('no')});
    const {exitCode, stdout} = await run(
      ['lint', `after/${file}`, '--base', `before/${file}`, '--format', 'json'],
      {cwd: at},
    );
    const [one] = lintReportSchema.parse(JSON.parse(stdout)).configurations;
    const seconds = [one?.lossesBefore?.hostCrash?.seconds, one?.losses.hostCrash?.seconds];
    expect({home, exitCode, seconds}).toEqual({home, exitCode: EXIT.failed, seconds: [1, 900]});
    const left = {what: 'keys after a kill and restart', before: 'all', after: 'those of the last dump'};
    expect({home, changes: one?.changes}).toEqual({home, changes: expect.arrayContaining([left])});
  }
});

describe('as a step', () => {
  const machine = (files: Record<string, string>): Machine => machineWith(dir.path, files);
  const action = join(ROOT, 'lint/action.yml');
  const step = (files: Record<string, string>, inputs: Record<string, string>) =>
    runAction({action, machine: machine(files), inputs});

  test('it fails at the changed line, with a table of before and after, and outputs', async () => {
    const files = {'deploy/redis.conf': AFTER, 'base/redis.conf': BEFORE};
    const ran = await step(files, {files: './deploy/redis.conf', base: 'base/redis.conf'});
    expect([ran.exitCode, ran.outputs]).toEqual([
      EXIT.failed,
      {
        outcome: 'failed',
        findings: '{"error":2,"warning":0,"note":0}',
        'worst-case-loss': '900',
        'worst-case-loss-before': '1',
      },
    ]);
    const errors = ran.commands.filter(({command}) => command === 'error');
    expect(errors.map(({properties}) => properties)).toEqual([
      expect.objectContaining({title: 'lint/worst-case-loss', file: 'deploy/redis.conf', line: '2'}),
      expect.objectContaining({title: 'lint/aof-turned-off', file: 'deploy/redis.conf', line: '2'}),
    ]);
    expect(ran.summary).toMatch(/^## ❌ FAILED · the change makes it worse: 2 errors in 1 configuration\n/);
    expect(ran.summary).toMatch(/\| worst-case loss if the machine dies \| 1 s \| \*\*15 min\*\* \|/);
  });

  test('without a change it is green, and says what may be lost all the same', async () => {
    const ran = await step({'a/redis.conf': BEFORE, 'b/redis.conf': BEFORE}, {files: 'a', base: 'b'});
    expect([ran.exitCode, ran.outputs.outcome]).toEqual([EXIT.passed, 'passed']);
    expect(ran.commands.filter(({command}) => ['error', 'warning'].includes(command))).toEqual([]);
    expect(ran.summary).toMatch(/\| worst-case loss if the machine dies \| 1 s \| 1 s \|/);
  });

  test('no more annotations than GitHub shows, and the last says how many there are', async () => {
    const all = (text: string, side: string) =>
      Array.from({length: 12}, (_, at) => [`${side}/redis-${at}.conf`, `save 900 1\nrdbchecksum ${text}\n`]);
    const files = Object.fromEntries([...all('yes', 'before'), ...all('no', 'after')]);
    const ran = await step(files, {files: 'after', base: 'before'});
    const errors = ran.commands.filter(({command}) => command === 'error');
    expect(errors).toHaveLength(10);
    expect(errors.at(-1)!.properties.title).toBe('Lint: 3 more errors');
    expect(ran.summary.match(/lint\/checksum-off/g)).toHaveLength(12);
  });

  test('several files without a base, one a line', async () => {
    const ran = await step(
      {'a.conf': BEFORE, 'b.conf': 'save ""\nappendonly no\n'},
      {files: 'a.conf\nb.conf'},
    );
    expect(ran.outputs).toMatchObject({'worst-case-loss': 'everything', 'worst-case-loss-before': ''});
  });

  test.each([
    ['nothing named', {files: ''}, /no file is named/],
    ['nothing there', {files: 'gone.conf'}, /gone\.conf cannot be read/],
    ['nothing of ours', {files: '.'}, /no Redis or Valkey configuration/],
  ])('with %s it is red, and says so', async (_what, inputs, says) => {
    const ran = await step({'notes.md': 'nothing'}, inputs);
    expect([ran.exitCode, ran.outputs.outcome]).toEqual([EXIT.usage, 'not-run']);
    expect(ran.log).toMatch(says);
    expect(ran.summary).toMatch(says);
  });

  test('what a stranger wrote is no command of the runner, no markup, and is not executed', async () => {
    const conf = `appendonly no\nsave ""\ndir "/data/::set-output name=x::$(touch owned)<img src=x>"\n`;
    const script = '#!/bin/sh\ntouch owned\nredis-cli BGSAVE\ncp /data/dump.rdb /backup\n';
    const at = machine({
      'base/redis.conf': BEFORE,
      'head/redis.conf': conf,
      'head/backup.sh': script,
      'head/a\n::error::b/redis.conf': conf,
    });
    const ran = await runAction({action, machine: at, inputs: {files: 'head', base: 'base'}});
    expect(ran.exitCode).toBe(EXIT.failed);
    expect(ran.commands.map(({command}) => command)).not.toContain('set-output');
    expect(ran.commands.filter(({command, properties}) => command === 'error' && !properties.title)).toEqual(
      [],
    );
    expect(ran.summary).not.toContain('<img');
    expect(existsSync(join(at.workspace, 'owned'))).toBe(false);
  });
});

describe('pr-backup-config.yml', () => {
  const onPullRequest = (head: Record<string, string>) =>
    runJob({
      workflow: join(ROOT, 'examples/workflows/pr-backup-config.yml'),
      job: 'lint',
      machine: mergedPullRequest(dir.file(`pull-request-${Object.values(head).join('').length}`), {
        base: {'deploy/redis.conf': BEFORE},
        head,
      }),
      actions: {'OWNER/redis-restore-drill': ROOT},
      env: {GITHUB_EVENT_NAME: 'pull_request'},
    });

  test('is red where one line turns a second into a quarter of an hour', async () => {
    const ran = await onPullRequest({'deploy/redis.conf': AFTER});
    expect([ran.result, ran.steps.map(({outcome}) => outcome)]).toEqual([
      'failure',
      // The last is the post step of lint.
      ['success', 'success', 'failure', 'success'],
    ]);
    expect(ran.step('lint').outputs).toMatchObject({'worst-case-loss': '900', 'worst-case-loss-before': '1'});
    expect(ran.log).toContain('worst-case loss goes from 1 s to 15 min');
    expect(ran.step('lint').summary).toContain('`deploy/redis.conf:2:1`');
  });

  test('is green where the change makes nothing worse', async () => {
    const ran = await onPullRequest({'deploy/redis.conf': `${BEFORE}maxclients 500\n`});
    expect({result: ran.result, log: ran.log}).toMatchObject({result: 'success'});
    expect(ran.step('lint').outputs.outcome).toBe('passed');
  });
});

test('docs/lint.md has every output, and its step is that of the workflow', () => {
  const {outputs} = parse(read('lint/action.yml')) as {outputs: object};
  const docs = read('docs/lint.md');
  for (const name of Object.keys(outputs)) expect(docs).toContain(`| \`${name}\` |`);
  const [, shown] = /```yaml\n( {6}- uses: actions\/checkout[\s\S]*?)```/.exec(docs)!;
  const workflow = parse(read('examples/workflows/pr-backup-config.yml')) as {
    jobs: {lint: {steps: {uses?: string; run?: string; with?: object}[]}};
  };
  const bare = (steps: {uses?: string; run?: string; with?: object}[]) =>
    steps.map(({uses, run, with: given}) => ({uses: uses?.replace(/@.*/, ''), run, given}));
  expect(bare(parse(shown!))).toEqual(bare(workflow.jobs.lint.steps));
});
