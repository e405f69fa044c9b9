/** The Action in dist/, run as GitHub's runner runs it: what it tells the workflow in each outcome. */
import {copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {afterAll, describe, expect, test} from '@jest/globals';
import {reportSchema} from '../../src/report/drill-report.ts';
import {scratch} from '../drills.ts';
import {containerTest, imageOf, ROOT, SAMPLE, SAMPLE_EXPECTATIONS, servers} from '../servers.ts';
import {type ActionRun, machineIn, type Request, readActionFile, runAction} from './run-action.ts';

const dir = scratch();
afterAll(() => dir.dispose());

const ACTION = join(ROOT, 'action.yml');
const RECORD = join(ROOT, 'record', 'action.yml');
const machine = machineIn(dir.path);
const inWorkspace = (name: string): string => join(machine.workspace, name);

copyFileSync(SAMPLE, inWorkspace('dump.rdb'));
copyFileSync(SAMPLE_EXPECTATIONS, inWorkspace('expected.json'));
/** One bit in the middle. */
const damaged = readFileSync(SAMPLE);
damaged[damaged.length >> 1]! ^= 1;
writeFileSync(inWorkspace('damaged.rdb'), damaged);

const act = (inputs: Record<string, string>, more: Partial<Request> = {}): Promise<ActionRun> =>
  runAction({action: ACTION, machine, inputs, ...more});
const annotations = ({commands}: ActionRun) =>
  commands.filter(({command}) => ['error', 'warning', 'notice'].includes(command));

const IN_PROCESS = {server: 'process'};
const DIGEST = JSON.parse(readFileSync(SAMPLE_EXPECTATIONS, 'utf8')).dataset.digest.hex as string;

describe('a backup that passes', () => {
  containerTest(
    'all outputs, a green summary, nothing to complain about, a report until the job ends',
    async () => {
      const ran = await act({backup: 'dump.rdb', expect: 'expected.json'}, {post: false});
      expect({exitCode: ran.exitCode, outcome: ran.outcome}).toEqual({exitCode: 0, outcome: 'success'});
      expect(ran.outputs).toEqual({
        outcome: 'passed',
        keys: '370',
        digest: DIGEST,
        'restore-duration-ms': expect.stringMatching(/^[1-9]\d*$/),
        'backup-age-seconds': expect.stringMatching(/^[1-9]\d*$/),
        'report-path': expect.stringContaining(machine.temp),
        findings: '{"error":0,"warning":0,"note":0}',
      });
      const report = reportSchema.parse(JSON.parse(readFileSync(ran.outputs['report-path']!, 'utf8')));
      expect({outcome: report.outcome, kind: report.server?.kind}).toEqual({
        outcome: 'passed',
        kind: 'container',
      });
      expect(ran.summary).toMatch(/^## ✅ .*dump\.rdb/);
      expect(annotations(ran)).toEqual([]);
      expect(ran.stderr).toBe('');
      expect(ran.state).toMatchObject({run: expect.stringMatching(/^[0-9a-f]{16}$/), clean: 'true'});
    },
  );

  test('the report is taken away when the job ends, unless a place for it was named', async () => {
    const before = readdirSync(machine.temp);
    const own = await act({backup: 'dump.rdb', ...IN_PROCESS});
    expect({exitCode: own.post?.exitCode, there: existsSync(own.outputs['report-path']!)}).toEqual({
      exitCode: 0,
      there: false,
    });
    const named = await act({backup: 'dump.rdb', 'report-json': 'report.json', ...IN_PROCESS});
    expect(named.outputs['report-path']).toBe(inWorkspace('report.json'));
    expect(existsSync(inWorkspace('report.json'))).toBe(true);
    expect(readdirSync(machine.temp)).toEqual(before);
  });

  test('the config of the workspace is used, and `set` has one value a line', async () => {
    const config = 'version: 1\nbackups:\n  - {name: sessions, source: dump.rdb, server: {kind: process}}\n';
    writeFileSync(inWorkspace('restore-drill.yml'), config);
    const ran = await act({set: '\nexpect.keys.min=370\n\n  expect.databases.7.keys.min=1\n'});
    expect({outputs: ran.outputs.outcome, log: ran.log}).toEqual({
      outputs: 'passed',
      log: expect.stringContaining('dump.rdb restores'),
    });
    const other = await act({backup: 'sessions', set: 'expect.keys.min=371'});
    expect(other.outputs).toMatchObject({outcome: 'failed', keys: '370'});
    rmSync(inWorkspace('restore-drill.yml'));
  });
});

describe('a backup that fails', () => {
  test('the step fails with the finding in outputs, summary, annotation and log', async () => {
    const ran = await act({backup: 'damaged.rdb', ...IN_PROCESS}, {post: false});
    expect({exitCode: ran.exitCode, outcome: ran.outcome}).toEqual({exitCode: 4, outcome: 'failure'});
    expect(ran.outputs).toMatchObject({outcome: 'failed', keys: '', digest: ''});
    expect(JSON.parse(ran.outputs.findings!).error).toBeGreaterThan(0);
    expect(JSON.parse(readFileSync(ran.outputs['report-path']!, 'utf8')).outcome).toBe('failed');
    expect(ran.summary).toMatch(/^## ❌ .*damaged\.rdb/);
    expect(ran.summary).toContain('backup/checksum-mismatch');
    expect(annotations(ran)[0]).toMatchObject({
      command: 'error',
      message: expect.stringContaining('checksum'),
    });
    expect(ran.log).toContain('FAILED');
  });

  test('a finding that comes from a line of the config is shown at that line', async () => {
    const config = `version: 1
backups:
  - name: sessions
    source: dump.rdb
    server: {kind: process}
    expect:
      keys:
        min: 1000
`;
    writeFileSync(inWorkspace('drills.yml'), config);
    const ran = await act({config: 'drills.yml'});
    expect(ran.exitCode).toBe(4);
    expect(annotations(ran)).toContainEqual({
      command: 'error',
      properties: expect.objectContaining({file: 'drills.yml', line: '8'}),
      message: expect.stringContaining('370 keys'),
    });
  });

  test('there is no backup at all: failed, not skipped', async () => {
    const ran = await act({backup: 'backups/*.rdb', ...IN_PROCESS});
    expect({exitCode: ran.exitCode, outcome: ran.outputs.outcome}).toEqual({exitCode: 4, outcome: 'failed'});
    expect(ran.summary).toContain('backup/none-found');
  });
});

describe('a drill that cannot be held', () => {
  test('misconfigured: every problem at its own place, nothing started, exit 2', async () => {
    writeFileSync(
      inWorkspace('wrong.yml'),
      'version: 1\nbackups:\n  - name: a\n    source: dump.rdb\n    serve: x\n    expect: {keys: {min: -1}}\n',
    );
    const ran = await act({config: 'wrong.yml'}, {post: false});
    expect({exitCode: ran.exitCode, outcome: ran.outputs.outcome}).toEqual({exitCode: 2, outcome: 'not-run'});
    const places = annotations(ran).map(
      ({command, properties: {file, line}}) => `${command} ${file}:${line}`,
    );
    expect(places.toSorted()).toEqual(['error wrong.yml:5', 'error wrong.yml:6']);
    expect(ran.summary).toMatch(/^## ⚠️/);
    expect(JSON.parse(readFileSync(ran.outputs['report-path']!, 'utf8')).error.code).toBe('config/invalid');
  });

  test('no engine and no local server: not-run with the reason and what to do, exit 3', async () => {
    // An empty /run: no socket of any engine; and no PATH with a server on it.
    mkdirSync(join(dir.path, 'bin'), {recursive: true});
    const ran = await act(
      {backup: 'dump.rdb'},
      {
        env: {PATH: join(dir.path, 'bin'), DOCKER_HOST: undefined},
        program: [
          '/usr/bin/unshare',
          '--mount',
          '/bin/sh',
          '-c',
          '/bin/mount -t tmpfs tmpfs /run && exec "$@"',
          'sh',
        ],
      },
    );
    expect({exitCode: ran.exitCode, outcome: ran.outputs.outcome}).toEqual({exitCode: 3, outcome: 'not-run'});
    expect(annotations(ran)).toHaveLength(1);
    expect(annotations(ran)[0]!.message).toMatch(/no server to restore into[\s\S]*HINT/);
    expect(ran.summary).toContain('server/unavailable');
  });

  test('the report would be written over the backup: refused, and the backup is as it was', async () => {
    const ran = await act({backup: 'dump.rdb', 'report-json': 'dump.rdb'});
    expect({exitCode: ran.exitCode, outputs: ran.outputs}).toEqual({
      exitCode: 2,
      outputs: expect.not.objectContaining({'report-path': expect.anything()}),
    });
    expect(readFileSync(inWorkspace('dump.rdb')).equals(readFileSync(SAMPLE))).toBe(true);
  });

  test('a report that cannot be written fails the step, and does not hide the verdict', async () => {
    const ran = await act({backup: 'dump.rdb', 'report-json': 'no/such/dir/report.json', ...IN_PROCESS});
    expect({exitCode: ran.exitCode, outcome: ran.outputs.outcome}).toEqual({exitCode: 3, outcome: 'passed'});
    expect(annotations(ran).at(-1)).toMatchObject({command: 'error', properties: {title: 'capacity/disk'}});
  });

  test('an action that dies leaves not-run behind, never nothing', async () => {
    // A source that does not come, so that there is no end but that.
    const config = 'version: 1\nbackups:\n  - {name: never, source: {command: [sleep, "30"]}}\n';
    writeFileSync(inWorkspace('never.yml'), config);
    const ran = await act(
      {config: 'never.yml', ...IN_PROCESS},
      {
        signals: [{afterMs: 0, signal: 'SIGKILL'}],
        signalsFrom: async ({told, ended}) => {
          while (!ended() && !told().includes('not-run')) await sleep(5);
        },
      },
    );
    expect({outcome: ran.outcome, output: ran.outputs.outcome}).toEqual({
      outcome: 'failure',
      output: 'not-run',
    });
  });
});

describe('recording expectations', () => {
  test('writes them from a backup that passes; a drill by them passes', async () => {
    const recording = {action: RECORD, post: false};
    const ran = await act({backup: 'dump.rdb', expect: 'records/recorded.json', ...IN_PROCESS}, recording);
    expect(ran.outputs).toMatchObject({outcome: 'passed', keys: '370', digest: DIGEST});
    const promised = Object.keys(readActionFile(RECORD).outputs!);
    expect(Object.keys(ran.outputs).toSorted()).toEqual(promised.toSorted());
    expect(annotations(ran)).toMatchObject([
      {command: 'notice', message: expect.stringContaining('Recorded in records/recorded.json')},
    ]);
    const drilled = await act({backup: 'dump.rdb', expect: 'records/recorded.json', ...IN_PROCESS});
    expect(drilled.exitCode).toBe(0);
  });

  test('writes nothing from one that fails, or when it is not said where to', async () => {
    const failed = await act({backup: 'damaged.rdb', expect: 'never.json', ...IN_PROCESS}, {action: RECORD});
    expect({exitCode: failed.exitCode, outcome: failed.outputs.outcome}).toEqual({
      exitCode: 4,
      outcome: 'failed',
    });
    expect(existsSync(inWorkspace('never.json'))).toBe(false);
    const nowhere = await act({backup: 'dump.rdb'}, {action: RECORD});
    expect({exitCode: nowhere.exitCode, outcome: nowhere.outputs.outcome}).toEqual({
      exitCode: 2,
      outcome: 'not-run',
    });
    expect(annotations(nowhere)[0]!.message).toContain('the input expect is missing');
  });

  test('for a config that names expectations which are not there yet, or of an older form', async () => {
    const config =
      'version: 1\nbackups: [{name: a, source: dump.rdb, server: {kind: process}, expect: {file: first.json}}]\n';
    writeFileSync(inWorkspace('first.yml'), config);
    const inputs = {config: 'first.yml', expect: 'first.json'};
    expect((await act(inputs, {action: RECORD})).outputs.outcome).toBe('passed');
    writeFileSync(inWorkspace('first.json'), '{"schemaVersion": 0}');
    expect((await act(inputs, {action: RECORD})).outputs.outcome).toBe('passed');
    expect((await act({config: 'first.yml'})).outputs.outcome).toBe('passed');
  });

  test('that cannot be written is no pass, in any place', async () => {
    mkdirSync(inWorkspace('directory'));
    const inputs = {backup: 'dump.rdb', expect: 'directory', ...IN_PROCESS};
    const ran = await act(inputs, {action: RECORD});
    expect({exitCode: ran.exitCode, outcome: ran.outputs.outcome}).toEqual({exitCode: 3, outcome: 'not-run'});
    expect(ran.summary).not.toContain('✅');
    expect(annotations(ran).map(({message}) => message)).toEqual([
      expect.stringContaining('cannot be written'),
    ]);
  });
});

describe('runs that strangers can start', () => {
  const fork = {
    pull_request: {head: {repo: {full_name: 'mallory/x'}}, base: {repo: {full_name: 'octocat/backups'}}},
  };
  const own = {pull_request: {head: fork.pull_request.base, base: fork.pull_request.base}};
  const reaching = {backup: 'dump.rdb', set: 'decrypt.age.identity=env:AGE_IDENTITY', ...IN_PROCESS};

  test.each([
    ['pull_request', fork],
    ['pull_request_target', own],
  ])('%s: a config that names a secret is refused', async (name, event) => {
    const ran = await act(reaching, {env: {GITHUB_EVENT_NAME: name}, event, post: false});
    expect(ran.exitCode).toBe(2);
    const {error} = JSON.parse(readFileSync(ran.outputs['report-path']!, 'utf8'));
    expect(error).toMatchObject({
      code: 'config/untrusted',
      problems: [{origin: '--set decrypt.age.identity'}],
    });
  });

  test('a drill without secrets is held all the same', async () => {
    const ran = await act(
      {backup: 'dump.rdb', ...IN_PROCESS},
      {env: {GITHUB_EVENT_NAME: 'pull_request'}, event: fork},
    );
    expect(ran.outputs.outcome).toBe('passed');
  });
});

describe('text from outside is no command', () => {
  test('nor does what Node or a library warns of', async () => {
    const key = '    ? ["##[add-mask]passed ##[error]forged"]\n    : 1';
    writeFileSync(
      inWorkspace('hostile.yml'),
      `version: 1\nbackups:\n  - name: a\n    source: dump.rdb\n${key}\n`,
    );
    for (const inputs of [
      {config: 'hostile.yml'},
      {backup: 'dump.rdb', set: 'expect.keys.min=!no ##[error]forged'},
    ]) {
      const ran = await act(inputs, {post: false});
      expect({exitCode: ran.exitCode, stderr: ran.stderr}).toEqual({exitCode: 2, stderr: ''});
      expect(
        ran.commands.filter(({command, message}) => command === 'add-mask' || message === 'forged'),
      ).toEqual([]);
    }
  });

  test('a file name that looks like one sets no output, adds no mask, ends no group', async () => {
    const name = '\n::set-output name=outcome::passed\n##[add-mask]370\n::endgroup::\n.rdb';
    writeFileSync(inWorkspace(name.replaceAll('/', '')), damaged);
    const ran = await act({backup: '*endgroup*', ...IN_PROCESS});
    expect({exitCode: ran.exitCode, outcome: ran.outputs.outcome}).toEqual({exitCode: 4, outcome: 'failed'});
    const kinds = ran.commands.map(({command}) => command);
    expect(kinds.filter(kind => ['set-output', 'add-mask'].includes(kind))).toEqual([]);
    expect(kinds.filter(kind => kind === 'endgroup')).toHaveLength(1);
  });
});

test('with debug logging: phases, event and the whole report, and nothing of it without', async () => {
  const loud = await act({backup: 'dump.rdb', ...IN_PROCESS}, {env: {RUNNER_DEBUG: '1'}});
  const debugged = loud.commands.filter(({command}) => command === 'debug').map(({message}) => message);
  expect(debugged).toEqual(
    expect.arrayContaining([
      expect.stringMatching(/^inspect took \d+ ms$/),
      expect.stringMatching(/^event schedule/),
      expect.stringContaining('"schemaVersion":1'),
    ]),
  );
  expect((await act({backup: 'dump.rdb', ...IN_PROCESS})).log).not.toContain('schemaVersion');
});

containerTest('an image can be named, and memory by `set`', async () => {
  const ran = await act(
    {backup: 'dump.rdb', image: servers.engine ? imageOf('valkey:8.1') : '', set: 'server.memory=512mb'},
    {post: false},
  );
  expect(ran.outputs.outcome).toBe('passed');
  expect(JSON.parse(readFileSync(ran.outputs['report-path']!, 'utf8')).server.line).toBe('valkey:8.1');
});
