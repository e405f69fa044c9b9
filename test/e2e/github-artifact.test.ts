/** dist/ as an Action and as a command drills an artifact that GitHub's own packer made, from the stand-in for GitHub. */
import {readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {afterAll, beforeAll, beforeEach, describe, expect, test} from '@jest/globals';
import {parse} from 'yaml';
import {EXIT} from '../../src/errors.ts';
import type {DrillReport} from '../../src/report/drill-report.ts';
import {scratch} from '../drills.ts';
import {ROOT, SAMPLE} from '../servers.ts';
import {GitHubStandIn, REPOSITORY, TOKEN} from '../stores/github.ts';
import {uploadedZip} from '../stores/github-client.ts';
import {run} from './cli.ts';
import {machineIn, runAction} from './run-action.ts';

const dir = scratch();
let github: GitHubStandIn;
let zip: Buffer;
beforeAll(async () => {
  github = await GitHubStandIn.start();
  zip = uploadedZip(SAMPLE, 'backups/dump.rdb');
});
afterAll(async () => {
  await github[Symbol.asyncDispose]();
  dir.dispose();
});
beforeEach(() => github.clear());

const environment = (token = TOKEN) => ({
  GITHUB_TOKEN: token,
  GITHUB_REPOSITORY: REPOSITORY,
  GITHUB_API_URL: `http://127.0.0.1:${github.port}`,
  PATH: process.env.PATH!,
});

describe('the workflow of docs/sources.md', () => {
  const page = readFileSync(join(ROOT, 'docs', 'sources.md'), 'utf8');
  const [, text] = /```yaml\n(permissions:\n {2}actions: read[\s\S]*?)```/.exec(page)!;
  const workflow = parse(text!) as {
    permissions: object;
    jobs: {drill: {steps: {env: object; with: Record<string, string>}[]}};
  };
  const [step] = workflow.jobs.drill.steps;
  const acted = (env: Record<string, string>) =>
    runAction({
      action: join(ROOT, 'action.yml'),
      machine: machineIn(scratch().path),
      // The sample is older than a night.
      inputs: {...step!.with, set: step!.with.set!.replace('26h', '9999d'), server: 'process'},
      env,
    });

  test('drills the newest artifact, with no token in the log', async () => {
    expect(Object.keys(step!.env)).toEqual(['GITHUB_TOKEN']);
    expect(workflow.permissions).toEqual({actions: 'read', contents: 'read'});
    github.upload({name: 'redis-backup', bytes: zip});
    const {exitCode, outputs, log} = await acted(environment());
    expect([exitCode, outputs.outcome, outputs.keys]).toEqual([EXIT.passed, 'passed', '370']);
    expect(log).not.toContain(TOKEN);
    expect(github.leaked).toEqual([]);
  });

  test('is not held without the permission, and says which it needs', async () => {
    github.odd = () => ({status: 403});
    const {exitCode, outputs, log} = await acted(environment());
    expect([exitCode, outputs.outcome]).toEqual([EXIT.notHeld, 'not-run']);
    expect(log).toMatch(/permissions: \{actions: read/);
  });

  test('asks nobody in a run that a stranger started', async () => {
    github.upload({name: 'redis-backup', bytes: zip});
    const {exitCode, log} = await acted({...environment(), GITHUB_EVENT_NAME: 'pull_request_target'});
    expect([exitCode, github.asked]).toEqual([EXIT.usage, []]);
    expect(log).toMatch(/settings of a store are refused here/);
  });

  test('fails where only a fork, or a failed run, has such an artifact', async () => {
    github.upload({name: 'redis-backup', bytes: zip, fork: true});
    github.upload({name: 'redis-backup', bytes: zip, run: {conclusion: 'failure'}});
    const {exitCode, outputs, log} = await acted(environment());
    expect([exitCode, outputs.outcome]).toEqual([EXIT.failed, 'failed']);
    expect(log).toMatch(/1 passed over: of a fork/);
  });
});

test('the command drills what is damaged inside its zip to a failure, and reports where it came from', async () => {
  const cut = dir.file('cut.rdb');
  writeFileSync(cut, readFileSync(SAMPLE).subarray(0, 900));
  const id = github.upload({name: 'redis-backup', bytes: uploadedZip(cut, 'dump.rdb')});
  const source = `github-artifact:${REPOSITORY}/redis-backup`;
  const {exitCode, stdout, stderr} = await run(
    ['drill', source, '--server', 'process', '--report-json', 'report.json'],
    {cwd: dir.path, env: environment()},
  );
  expect({exitCode, said: stdout + stderr}).toMatchObject({exitCode: EXIT.failed});
  const {backup, findings} = JSON.parse(readFileSync(dir.file('report.json'), 'utf8')) as DrillReport;
  expect(backup!.location).toBe(`https://github.com/acme/shop/actions/runs/${1000 + id}/artifacts/${id}`);
  expect(findings.filter(({status}) => status === 'fail').map(({rule}) => rule)).toContain(
    'backup/truncated',
  );
});
