/** The gate and GitHub: what it reads of a workflow's runs and their artifacts, and how records are held against runs. */
import {mkdirSync, writeFileSync} from 'node:fs';
import {dirname} from 'node:path';
import {afterAll, afterEach, beforeAll, describe, expect, test} from '@jest/globals';
import type {GateFlags} from '../../src/gate/gate-flags.ts';
import {holdGate} from '../../src/gate/hold-gate.ts';
import {directoryShelf} from '../../src/history/directory.ts';
import type {HistoryRecord} from '../../src/history/record.ts';
import {nameOf} from '../../src/history/record-name.ts';
import {historyOn} from '../../src/history/store.ts';
import {scratch} from '../drills.ts';
import {GitHubStandIn, REPOSITORY, TOKEN} from '../stores/github.ts';
import {uploadedZip} from '../stores/github-client.ts';
import {aRecord, hoursAgo, NOW} from '../unit/gate/situations.ts';

const dir = scratch();
let github: GitHubStandIn;
beforeAll(async () => {
  github = await GitHubStandIn.start();
});
afterEach(() => github.clear());
afterAll(async () => {
  await github[Symbol.asyncDispose]();
  dir.dispose();
});

const SHA = '009b8a3a9ccbb128af87f9b1c0f4c62e8a304f6d';
const PATH = '.github/workflows/nightly-drill.yml';
type Run = Parameters<GitHubStandIn['run']>[0];

/** Ended so many hours ago. */
const runAt = (id: number, hours: number, told: Partial<Run> = {}): Run => ({
  ...{id, path: PATH, head_sha: SHA, event: 'schedule', status: 'completed', conclusion: 'success'},
  ...{created_at: hoursAgo(hours + 0.2), updated_at: hoursAgo(hours)},
  ...told,
});
const recordIn = (runId: number, told: Parameters<typeof aRecord>[0] = {}): HistoryRecord =>
  aRecord({...told, heldBy: {runId: String(runId), sha: SHA}});

/** As actions/upload-artifact packs the directory of a history with one record in it. */
function zipOf(record: HistoryRecord, text = JSON.stringify(record)): Buffer {
  const {directory, file} = nameOf(record);
  const path = dir.file(`records/${file}`);
  mkdirSync(dirname(path), {recursive: true});
  writeFileSync(path, text);
  return uploadedZip(path, `${directory}/${file}`);
}

const NAME = 'restore-drill-history';
function drilled(
  id: number,
  hours: number,
  told: Parameters<typeof aRecord>[0] = {},
  run: Partial<Run> = {},
) {
  const bytes = zipOf(recordIn(id, {hours, ...told}));
  return github.upload({name: `${NAME}-${told.backup ?? 'sessions'}`, bytes, run: runAt(id, hours, run)});
}

const DEMANDED = {workflow: 'nightly-drill.yml', maxAge: '26h', require: 'sessions'};
async function gate(flags: GateFlags = DEMANDED, env: Record<string, string> = {GITHUB_TOKEN: TOKEN}) {
  const environment = {
    GITHUB_REPOSITORY: REPOSITORY,
    GITHUB_API_URL: `http://127.0.0.1:${github.port}`,
    ...env,
  };
  const named = (name: string) => environment[name as keyof typeof environment];
  const {report} = await holdGate(flags, {env: named, now: () => NOW});
  const closing = report.findings.filter(({status, severity}) => status === 'fail' && severity === 'error');
  return {...report, closing: [...new Set(closing.map(({rule}) => rule))]};
}

describe('without a history it reads the runs of the workflow', () => {
  test('and opens on a record in the artifact of the newest', async () => {
    drilled(1, 32, {outcome: 'failed'}, {conclusion: 'failure'});
    drilled(2, 8);
    expect(await gate()).toMatchObject({
      outcome: 'open',
      source: 'runs of nightly-drill.yml on main in acme/shop',
      gated: [{backup: 'sessions', passes: true, drill: {runId: '2'}}],
    });
    expect(github.leaked).toEqual([]);
  });

  test('asks for no more runs than it needs', async () => {
    drilled(1, 32);
    drilled(2, 8);
    await gate();
    expect(github.asked.filter(path => path.endsWith('/artifacts'))).toEqual([
      `api /repos/${REPOSITORY}/actions/runs/2/artifacts`,
    ]);
  });

  test('stays shut when the newest failed, whatever its record says', async () => {
    drilled(2, 8, {}, {conclusion: 'failure'});
    expect(await gate()).toMatchObject({outcome: 'closed', closing: ['gate/run']});
  });

  test('stays shut when the newest was cancelled before it left anything', async () => {
    drilled(1, 8);
    github.run(runAt(2, 1, {conclusion: 'cancelled'}));
    expect(await gate()).toMatchObject({outcome: 'closed', closing: ['gate/run']});
  });

  test('does not mind one that is under way', async () => {
    drilled(1, 8);
    github.run(runAt(2, 0, {status: 'in_progress', conclusion: null}));
    expect((await gate()).outcome).toBe('open');
  });

  test('believes the run that asks, which has not ended', async () => {
    drilled(7, 1, {}, {status: 'in_progress', conclusion: null});
    expect((await gate()).closing).toEqual(['gate/drill-missing']);
    const asking = {GITHUB_TOKEN: TOKEN, GITHUB_RUN_ID: '7'};
    expect((await gate(DEMANDED, asking)).outcome).toBe('open');
  });

  test('stays shut when a job was skipped: the run was a success and left no record', async () => {
    github.run(runAt(2, 8));
    expect(await gate()).toMatchObject({outcome: 'closed', closing: ['gate/drill-missing']});
  });

  test('says that there was no drill for 9 days, and that GitHub has disabled the schedule', async () => {
    drilled(1, 9 * 24);
    github.state = 'disabled_inactivity';
    const {closing, findings} = await gate();
    expect(closing).toEqual(['gate/drill-age', 'gate/schedule']);
    const said = findings.find(({rule}) => rule === 'gate/schedule')!.message;
    expect(said).toMatch(/no drill for 9 days.*disabled_inactivity/);
  });

  test('counts no record of another run that lies in an artifact', async () => {
    github.upload({name: NAME, bytes: zipOf(recordIn(1)), run: runAt(2, 8)});
    expect(await gate()).toMatchObject({closing: ['gate/drill-missing']});
  });

  test('looks at no fork that has a branch of the same name', async () => {
    drilled(1, 8);
    github.run(runAt(2, 1, {conclusion: 'failure', event: 'pull_request'}), true);
    expect((await gate()).outcome).toBe('open');
  });

  test('does not forget a backup that is drilled no more', async () => {
    drilled(1, 72, {backup: 'orders'});
    drilled(2, 8);
    const {outcome, findings} = await gate({...DEMANDED, require: undefined});
    expect(outcome).toBe('closed');
    expect(findings.find(({status}) => status === 'fail')).toMatchObject({
      rule: 'gate/drill-age',
      message: 'orders: no drill for 3 days; 26 h is allowed',
    });
  });

  test('stays shut on a record that cannot be read', async () => {
    const record = recordIn(2);
    github.upload({name: NAME, bytes: zipOf(record, '{"schemaVersion": 1'), run: runAt(2, 8)});
    expect((await gate()).closing).toEqual(['gate/drill-missing', 'gate/unreadable']);
  });
});

describe('a history is held against the runs that it names', () => {
  let at: string;
  let histories = 0;
  async function history(...records: HistoryRecord[]): Promise<GateFlags> {
    at = dir.file(`history-${++histories}`);
    for (const record of records) await historyOn(directoryShelf(at)).append(record);
    return {...DEMANDED, history: at};
  }

  test('and opens where GitHub confirms them', async () => {
    github.run(runAt(1, 8));
    expect(await gate(await history(recordIn(1)))).toMatchObject({outcome: 'open', source: at});
  });

  test.each<[string, Partial<Run>]>([
    ['another commit', {head_sha: '0'.repeat(40)}],
    ['another branch', {head_branch: 'feature'}],
    ['another workflow', {path: '.github/workflows/ci.yml'}],
    ['another time', {created_at: hoursAgo(50), updated_at: hoursAgo(49)}],
  ])('and stays shut where the run is of %s', async (_what, told) => {
    github.run(runAt(1, 8, told));
    github.run(runAt(2, 9));
    expect((await gate(await history(recordIn(1)))).closing).toContain('gate/forged');
  });

  test('and stays shut where there is no such run', async () => {
    github.run(runAt(2, 9));
    expect((await gate(await history(recordIn(1)))).closing).toContain('gate/forged');
  });

  test('asks for no run of records that are too old to open anything', async () => {
    github.run(runAt(9, 8));
    const old = Array.from({length: 12}, (_, night) => recordIn(night + 10, {hours: 32 + 24 * night}));
    await gate(await history(recordIn(9), ...old));
    expect(github.asked.filter(path => /\/runs\/\d+$/.test(path))).toHaveLength(1);
  });

  test('without a workflow it is taken at its word, and that is said', async () => {
    const {outcome, findings} = await gate({...(await history(recordIn(1))), workflow: undefined}, {});
    expect(outcome).toBe('open');
    expect(findings.map(({rule}) => rule)).toContain('gate/unverified');
    expect(github.asked).toEqual([]);
  });
});

describe('a gate that cannot read does not open', () => {
  test.each<[string, () => Record<string, string>, string]>([
    ['there is no token', () => ({}), 'source/denied'],
    ['the token is wrong', () => ({GITHUB_TOKEN: 'wrong'}), 'source/denied'],
    [
      'the token may not read runs',
      () => {
        github.odd = () => ({status: 403});
        return {GITHUB_TOKEN: TOKEN};
      },
      'source/denied',
    ],
  ])('%s', async (_what, env, code) => {
    drilled(1, 8);
    expect(await gate(DEMANDED, env())).toMatchObject({outcome: 'not-run', error: {code}, gated: []});
  });

  test('GitHub knows no such workflow', async () => {
    drilled(1, 8);
    const error = {code: 'source/denied', message: expect.stringContaining('there is no such workflow')};
    expect(await gate({...DEMANDED, workflow: 'weekly.yml'})).toMatchObject({outcome: 'not-run', error});
  });

  test('the artifact is not what was uploaded', async () => {
    github.upload({
      name: NAME,
      bytes: zipOf(recordIn(1)),
      digest: `sha256:${'0'.repeat(64)}`,
      run: runAt(1, 8),
    });
    expect(await gate()).toMatchObject({outcome: 'not-run', error: {code: 'source/transfer'}});
  });

  test.each<[string, (zip: Buffer) => Buffer]>([
    ['is cut short', zip => zip.subarray(0, zip.length - 30)],
    ['is no zip', () => Buffer.from('{}')],
  ])('the artifact %s', async (_what, damage) => {
    github.upload({name: NAME, bytes: damage(zipOf(recordIn(1))), run: runAt(1, 8)});
    expect(await gate()).toMatchObject({outcome: 'not-run', error: {code: 'history/unavailable'}});
  });
});
