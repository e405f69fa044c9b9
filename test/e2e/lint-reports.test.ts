/** What a step of lint leaves besides its annotations and its page: reports for other steps, a comment on the pull request. */
import {existsSync, readFileSync, symlinkSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {afterAll, afterEach, beforeAll, describe, expect, test} from '@jest/globals';
import {EXIT} from '../../src/errors.ts';
import {lintReportSchema} from '../../src/lint/report/json.ts';
import {scratch} from '../drills.ts';
import {ROOT} from '../servers.ts';
import {GitHubStandIn, TOKEN} from '../stores/github.ts';
import {machineWith, mergedPullRequest} from './merged-pull-request.ts';
import {type Machine, runAction} from './run-action.ts';
import {runJob} from './workflow-runner.ts';

const dir = scratch();
afterAll(() => dir.dispose());

const BEFORE = 'appendonly yes\nsave 900 1\n';
const AFTER = '# ours\nappendonly no\nsave 900 1\n';
const action = join(ROOT, 'lint/action.yml');

const machine = (files: Record<string, string>): Machine => machineWith(dir.path, files);

describe('reports as files', () => {
  const named = (at: Machine) => ({
    'report-json': join(at.temp, 'lint.json'),
    'report-sarif': join(at.temp, 'lint.sarif'),
    'report-junit': 'lint.xml',
  });
  const VERSION = {GITHUB_ACTION_REPOSITORY: 'OWNER/redis-restore-drill', GITHUB_ACTION_REF: 'v0'};

  test('all of them are written where the change makes it worse, and the step fails all the same', async () => {
    const at = machine({'deploy/redis.conf': AFTER, 'base/redis.conf': BEFORE});
    const inputs = {files: 'deploy/redis.conf', base: 'base/redis.conf', ...named(at)};
    const ran = await runAction({action, machine: at, inputs, env: VERSION});
    expect([ran.exitCode, ran.outputs.outcome]).toEqual([EXIT.failed, 'failed']);
    const read = (path: string) => readFileSync(path, 'utf8');
    expect(lintReportSchema.parse(JSON.parse(read(inputs['report-json']))).outcome).toBe('failed');
    const [{tool, results}] = JSON.parse(read(inputs['report-sarif'])).runs;
    expect(results.map(({ruleId}: {ruleId: string}) => ruleId)).toEqual([
      'lint/worst-case-loss',
      'lint/aof-turned-off',
    ]);
    // At the very version that has run.
    expect(tool.driver.rules[0].helpUri).toMatch(
      /^https:\/\/github\.com\/OWNER\/redis-restore-drill\/blob\/v0\/docs\/lint\.md#lint/,
    );
    expect(read(join(at.workspace, 'lint.xml'))).toContain('<failure message="worst-case loss goes from');
  });

  test('none is written where nothing could be linted: code scanning would take its alerts for mended', async () => {
    const at = machine({'notes.md': 'nothing'});
    const inputs = {files: '.', ...named(at)};
    expect((await runAction({action, machine: at, inputs})).outputs.outcome).toBe('not-run');
    expect(existsSync(inputs['report-sarif'])).toBe(false);
  });

  test('a pull request cannot lead them elsewhere', async () => {
    const at = machine({'redis.conf': BEFORE});
    writeFileSync(join(at.home, '.npmrc'), 'theirs');
    symlinkSync(join(at.home, '.npmrc'), join(at.workspace, 'lint.sarif'));
    const ran = await runAction({action, machine: at, inputs: {files: '.', 'report-sarif': 'lint.sarif'}});
    expect([ran.exitCode, ran.outputs.outcome]).toEqual([EXIT.usage, 'not-run']);
    expect(ran.log).toMatch(/lint\.sarif leads through a link of the working directory/);
    expect(readFileSync(join(at.home, '.npmrc'), 'utf8')).toBe('theirs');
  });

  test('one that cannot be written fails a step that would have passed', async () => {
    const at = machine({'redis.conf': BEFORE});
    const ran = await runAction({action, machine: at, inputs: {files: '.', 'report-junit': 'gone/lint.xml'}});
    expect([ran.exitCode, ran.outputs.outcome]).toEqual([EXIT.notHeld, 'passed']);
    expect(ran.log).toMatch(/gone\/lint\.xml cannot be written/);
  });
});

let github: GitHubStandIn;
beforeAll(async () => {
  github = await GitHubStandIn.start('octocat/backups');
});
afterEach(() => github.clear());
afterAll(() => github[Symbol.asyncDispose]());

const repo = {full_name: 'octocat/backups'};
const event = {pull_request: {number: 7, head: {sha: 'a'.repeat(40), repo}, base: {repo}}};

describe('a comment on the pull request', () => {
  const FILES = {'head/redis.conf': AFTER, 'base/redis.conf': BEFORE};
  async function step(
    files: Record<string, string>,
    inputs: Record<string, string> = {},
    from: object = event,
  ) {
    return await runAction({
      action,
      machine: machine(files),
      inputs: {files: 'head', base: 'base', comment: 'true', ...inputs},
      env: {
        GITHUB_EVENT_NAME: 'pull_request',
        GITHUB_API_URL: `http://127.0.0.1:${github.port}`,
        GITHUB_TOKEN: TOKEN,
      },
      event: from,
    });
  }
  const notes = ({commands}: Awaited<ReturnType<typeof step>>) =>
    commands.filter(({properties}) => properties.title === 'Lint: comment').map(({command}) => command);

  test('has the page of the job summary, and is kept up to date', async () => {
    const worse = await step(FILES);
    expect([worse.exitCode, worse.outputs.outcome]).toEqual([EXIT.failed, 'failed']);
    const [made] = github.comments.on();
    expect(made!.body).toContain(worse.summary.trim());
    const mended = await step({...FILES, 'head/redis.conf': BEFORE});
    expect([mended.exitCode, notes(mended)]).toEqual([EXIT.passed, []]);
    expect(github.comments.on()).toEqual([
      {...made, body: expect.stringContaining('✅ PASSED · the change makes nothing worse')},
    ]);
  });

  test('is not made for what was there before', async () => {
    const sin = `${BEFORE}rdbchecksum no\n`;
    expect((await step({'head/redis.conf': sin, 'base/redis.conf': sin})).exitCode).toBe(EXIT.passed);
    expect(github.comments.on()).toEqual([]);
  });

  test('says that nothing could be linted where an older page says something else, and nowhere else', async () => {
    await step(FILES);
    await step({'head/notes.md': 'nothing', 'base/redis.conf': BEFORE});
    expect(github.comments.on()).toMatchObject([{body: expect.stringContaining('⚠️ Not linted')}]);
    github.comments.clear();
    const ran = await step({'head/notes.md': 'nothing', 'base/redis.conf': BEFORE});
    expect([ran.exitCode, github.comments.on()]).toEqual([EXIT.usage, []]);
  });

  test('is none without being asked for', async () => {
    for (const comment of ['', 'false']) await step(FILES, {comment});
    expect(github.asked).toEqual([]);
    const ran = await step(FILES, {comment: 'yes please'});
    expect([ran.exitCode, ran.outputs.outcome]).toEqual([EXIT.usage, 'not-run']);
  });

  test('changes no outcome where it cannot be made: of a fork, and where GitHub answers nothing', async () => {
    github.comments.readOnly = true;
    const fork = {
      pull_request: {
        ...event.pull_request,
        head: {sha: 'a'.repeat(40), repo: {full_name: 'stranger/backups'}},
      },
    };
    const forked = await step(FILES, {}, fork);
    expect([forked.exitCode, forked.outputs.outcome, notes(forked)]).toEqual([
      EXIT.failed,
      'failed',
      ['notice'],
    ]);
    const green = await step({...FILES, 'head/redis.conf': 'appendonly yes\nsave 60 1\n'});
    expect([green.exitCode, green.outputs.outcome, notes(green)]).toEqual([
      EXIT.passed,
      'passed',
      ['warning'],
    ]);
  });

  test('what a stranger wrote mentions nobody in it, links nowhere, and ends no comment of ours', async () => {
    const evil =
      'dir "/data/--> @octocat #1 <b>x</b> [here](https://evil.test) https://evil.test"\nappendonly no\nsave 900 1\n';
    await step({'head/redis.conf': evil, 'base/redis.conf': BEFORE});
    const [{body} = {body: ''}] = github.comments.on();
    expect(body).toContain('evil.test');
    const outside = body.replace(/`[^`\n]*`/g, '');
    expect(outside).not.toMatch(/@octocat|<b>|\]\(https:\/\/evil|https:\/\/evil|[^&]#1/);
  });

  test('is bounded, however much there is to say', async () => {
    const many = (text: string, side: string) =>
      Array.from({length: 900}, (_, at) => [`${side}/redis-${at}.conf`, `save 900 1\nrdbchecksum ${text}\n`]);
    const files = Object.fromEntries([...many('yes', 'base'), ...many('no', 'head')]);
    expect(notes(await step(files))).toEqual([]);
    const [{body} = {body: ''}] = github.comments.on();
    expect(body.length).toBeLessThanOrEqual(65_536);
    expect(body).toMatch(/findings are left out here/);
  });
});

describe('config-alerts.yml', () => {
  const job = (name: string, head: Record<string, string>, eventName: string) =>
    runJob({
      workflow: join(ROOT, 'examples/workflows/config-alerts.yml'),
      job: 'lint',
      machine: mergedPullRequest(dir.file(name), {base: {'deploy/redis.conf': BEFORE}, head}),
      actions: {'OWNER/redis-restore-drill': ROOT},
      env: {GITHUB_EVENT_NAME: eventName, GITHUB_API_URL: `http://127.0.0.1:${github.port}`},
      event: eventName === 'pull_request' ? event : {},
      token: TOKEN,
    });
  const alertsIn = ({artifacts}: Awaited<ReturnType<typeof job>>) =>
    JSON.parse(readFileSync(join(artifacts['code-scanning']!, 'lint.sarif'), 'utf8')).runs[0].results.map(
      ({ruleId}: {ruleId: string}) => ruleId,
    );

  test('on a pull request that makes it worse it is red, comments, and opens alerts', async () => {
    const ran = await job('worse', {'deploy/redis.conf': AFTER}, 'pull_request');
    expect(ran.steps.filter(({outcome}) => outcome === 'failure').map(({id}) => id)).toEqual(['lint']);
    expect(alertsIn(ran)).toEqual(['lint/worst-case-loss', 'lint/aof-turned-off']);
    expect(existsSync(join(ran.artifacts['lint-report']!, 'lint.json'))).toBe(true);
    expect(github.comments.on()).toMatchObject([{body: expect.stringContaining('from 1 s to 15 min')}]);
  });

  test('on the default branch it is judged by itself, without a comment', async () => {
    const ran = await job('pushed', {'deploy/redis.conf': `${BEFORE}rdbchecksum no\n`}, 'push');
    expect([ran.result, alertsIn(ran)]).toEqual(['success', ['lint/checksum-off']]);
    expect(github.comments.on()).toEqual([]);
  });

  test('where nothing could be linted no alert is closed', async () => {
    const ran = await job('unusable', {'restore-drill.yml': 'lint: {max-loss: soon}\n'}, 'pull_request');
    expect([ran.result, ran.step('lint').outputs.outcome]).toEqual(['failure', 'not-run']);
    expect(ran.artifacts).toEqual({});
  });
});
