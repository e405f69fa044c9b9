/**
 * The workflows, run as GitHub would run them with the action of this commit: green where all is well, red for each
 * reason that they exist for. The stores and services of others are small programs with the same words.
 */
import {chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {afterAll, beforeAll, beforeEach, describe, expect, test} from '@jest/globals';
import {gateReportSchema} from '../../src/gate/gate-report.ts';
import type {HistoryRecord} from '../../src/history/record.ts';
import {reportSchema} from '../../src/report/drill-report.ts';
import {failures, scratch} from '../drills.ts';
import {LiveRedis} from '../live-redis.ts';
import {ROOT, SAMPLE} from '../servers.ts';
import {GitHubStandIn, TOKEN} from '../stores/github.ts';
import {uploadedZip} from '../stores/github-client.ts';
import {PLACES, type RunningPlace} from '../stores/places.ts';
import {GH} from './gh.ts';
import {copyRepositoryTo} from './own-copy.ts';
import {type Machine, machineIn} from './run-action.ts';
import {type JobRequest, type JobResult, runJob} from './workflow-runner.ts';

const dir = scratch();
afterAll(() => dir.dispose());

let machines = 0;
/** A machine of its own for each job. `files` lie in its workspace. */
function machine(files: Record<string, string | Buffer> = {}): Machine {
  machines++;
  const made = machineIn(dir.file(`machine-${machines}`));
  for (const [name, content] of Object.entries(files)) write(join(made.workspace, name), content);
  return made;
}

function write(path: string, content: string | Buffer): void {
  mkdirSync(dirname(path), {recursive: true});
  writeFileSync(path, content);
  if (/\.sh$|\/programs\//.test(path)) chmodSync(path, 0o755);
}

/** Names of the steps that failed the job; those after them are skipped. */
const unsuccessful = ({steps}: JobResult): string[] =>
  steps.filter(({conclusion}) => conclusion === 'failure').map(({name}) => name);

const reportIn = ({artifacts}: JobResult) => {
  const [name] = readdirSync(artifacts['restore-drill-report']!);
  return reportSchema.parse(
    JSON.parse(readFileSync(join(artifacts['restore-drill-report']!, name!), 'utf8')),
  );
};

describe('own-drill.yml', () => {
  const ownDrill = (own: Machine) =>
    runJob({
      workflow: join(own.workspace, '.github/workflows/own-drill.yml'),
      job: 'own-drill',
      machine: own,
    });
  function checkedOut(): Machine {
    const own = machine();
    copyRepositoryTo(own.workspace);
    return own;
  }

  test('is green: the good sample passes, and the bad ones fail for the right reason', async () => {
    const ran = await ownDrill(checkedOut());
    expect([ran.result, unsuccessful(ran)]).toEqual(['success', []]);
    expect(['good', 'truncated', 'flipped', 'dropped'].map(id => ran.step(id).outcome)).toEqual([
      'success',
      'failure',
      'failure',
      'failure',
    ]);
    // Each action that ran has had its post step, and has left nothing behind.
    expect(ran.steps.filter(({id}) => id.startsWith('post-'))).toHaveLength(6);
    expect(ran.left).toEqual([]);
  });

  test('is red when the sample is damaged', async () => {
    const own = checkedOut();
    writeFileSync(join(own.workspace, 'examples/sample/dump.rdb'), readFileSync(SAMPLE).subarray(0, 30_000));
    const ran = await ownDrill(own);
    expect([ran.result, unsuccessful(ran)]).toEqual(['failure', ['A good backup']]);
  });

  test('is red when the action passes whatever it is given', async () => {
    const own = checkedOut();
    const blind =
      "process.env.INPUT_BACKUP = 'examples/sample/dump.rdb'; require('./index.cjs').action().then(({run}) => run());";
    writeFileSync(join(own.workspace, 'dist/action.cjs'), blind);
    const ran = await ownDrill(own);
    expect([ran.result, unsuccessful(ran)]).toEqual(['failure', ['It failed as truncated']]);
  });
});

describe('check-dist.yml', () => {
  /** What npm would do takes a minute, and `npm test` does it anyway. */
  async function checkDist(build: string): Promise<JobResult> {
    const own = machine();
    copyRepositoryTo(own.workspace);
    const workflow = join(own.workspace, '.github/workflows/check-dist.yml');
    const replace = {Install: 'test ! -e dist', Build: `git restore dist\n${build}`};
    return runJob({workflow, job: 'check-dist', machine: own, replace});
  }

  test('is green when the build gives what is committed', async () => {
    const ran = await checkDist('true');
    expect([ran.result, ran.artifacts]).toEqual(['success', {}]);
  });

  test.each([
    ['another byte', 'echo >>dist/index.cjs'],
    ['a file more', 'touch dist/999.index.js'],
    ['a file less', 'rm dist/licenses.txt'],
  ])('is red when it gives %s, and keeps what was built', async (_what, build) => {
    const ran = await checkDist(build);
    expect([ran.result, unsuccessful(ran)]).toEqual(['failure', ['It is what was committed']]);
    expect(existsSync(join(ran.artifacts.dist!, 'dist/cli.cjs'))).toBe(true);
  });
});

describe('ci.yml', () => {
  const gate = (needs: NonNullable<JobRequest['needs']>) =>
    runJob({workflow: join(ROOT, '.github/workflows/ci.yml'), job: 'all-green', machine: machine(), needs});

  test('the gate opens when every job is a success', async () => {
    expect((await gate({test: 'success', 'check-dist': 'success'})).result).toBe('success');
  });

  test.each(['failure', 'cancelled', 'skipped'] as const)('it stays shut when one is %s', async result => {
    expect((await gate({test: 'success', 'check-dist': result})).result).toBe('failure');
  });

  test('it stays shut when it waits for nothing', async () => {
    expect((await gate({})).result).toBe('failure');
  });
});

describe('workflows to copy', () => {
  const example = (name: string) => join(ROOT, 'examples', 'workflows', name);
  const actions = {'OWNER/redis-restore-drill': ROOT};
  const programs = dir.file('programs');
  const issues = dir.file('issues');
  let store: RunningPlace;
  const shared = {
    ...{actions, programs, env: {ISSUES: issues} as Record<string, string>},
    vars: {BACKUP_BUCKET: 'backups', BACKUP_PREFIX: 'redis/', BACKUP_ROLE: 'role', BACKUP_REGION: 'region'},
  };
  let backup: Buffer;
  let recording: JobResult;
  let recorded: Buffer;

  beforeAll(async () => {
    store = await PLACES.find(({name}) => name === 'S3, by s3rver')!.start();
    // What configure-aws-credentials leaves behind for the steps after it, and where the store of this test is.
    const {AWS_ACCESS_KEY_ID = '', AWS_SECRET_ACCESS_KEY = ''} = process.env;
    const {endpoint = ''} = store.reach('').access!;
    const login = {AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION: 'us-east-1'};
    Object.assign(shared.env, login, {AWS_ENDPOINT_URL_S3: endpoint});
    await store.put('redis/2026-01-30.rdb', Buffer.from('an older one, of no use\n'));
    await store.put('redis/notes.txt', Buffer.from('no backup\n'));
    write(join(programs, 'gh'), GH);
    await using live = await LiveRedis.start();
    for (let user = 0; user < 50; user++) await live.redis.set(`user:${user}`, user);
    await live.saveTo(dir.file('dump.rdb'));
    backup = readFileSync(dir.file('dump.rdb'));
    await putIntoStore(backup);
    recording = await record();
    recorded = readFileSync(join(recording.artifacts.expected!, 'expected.json'));
  });
  afterAll(async () => store[Symbol.asyncDispose]());

  const record = () =>
    runJob({
      ...{...shared, workflow: example('record-expectations.yml'), job: 'record', machine: machine()},
      inputs: {key: 'redis/2026-01-31.rdb'},
    });
  /** `left`: the history of an earlier night. */
  const nightly = (left = '') =>
    runJob({
      ...{...shared, workflow: example('nightly-drill.yml'), job: 'drill'},
      machine: machine({'.restore-drill/expected.json': recorded}),
      env: {...shared.env, LEFT: left},
    });
  const historyOf = ({artifacts}: JobResult) => join(artifacts['restore-drill-history']!, 'history');
  const recordsIn = (history: string) =>
    readdirSync(join(history, 'production'))
      .toSorted()
      .map(name => JSON.parse(readFileSync(join(history, 'production', name), 'utf8')) as HistoryRecord);
  const tell = (result: 'success' | 'failure' | 'cancelled') =>
    runJob({
      ...{...shared, workflow: example('nightly-drill.yml'), job: 'tell', machine: machine()},
      needs: {drill: result},
    });
  const putIntoStore = (content: Buffer) => store.put('redis/2026-01-31.rdb', content);

  test('record-expectations.yml leaves what the backup holds as an artifact', () => {
    expect([recording.result, unsuccessful(recording)]).toEqual(['success', []]);
    expect(JSON.parse(recorded.toString())).toMatchObject({dataset: {keys: 50}});
  });

  test('record-expectations.yml records nothing of a backup that fails', async () => {
    await putIntoStore(backup.subarray(0, -20));
    const ran = await record();
    expect([ran.result, unsuccessful(ran), ran.artifacts]).toEqual([
      'failure',
      ['Drill it, and record what it holds'],
      {},
    ]);
  });

  test('nightly-drill.yml is green on the newest backup, and keeps the report', async () => {
    await putIntoStore(backup);
    const ran = await nightly();
    expect([ran.result, unsuccessful(ran)]).toEqual(['success', []]);
    expect(reportIn(ran)).toMatchObject({outcome: 'passed', census: {keys: 50}});
    expect(ran.step('drill').summary).not.toBe('');
  });

  test('nightly-drill.yml hands the history on from night to night', async () => {
    await putIntoStore(backup);
    const first = historyOf(await nightly());
    await putIntoStore(backup.subarray(0, -20));
    const second = historyOf(await nightly(first));
    expect(recordsIn(second).map(({outcome}) => outcome)).toEqual(['passed', 'failed']);
    expect(recordsIn(second)[0]).toMatchObject({
      backup: 'production',
      heldBy: {repository: 'octocat/backups'},
    });
  });

  test('nightly-drill.yml is red on a truncated one, and keeps the report', async () => {
    await putIntoStore(backup.subarray(0, -20));
    const ran = await nightly();
    expect([ran.result, unsuccessful(ran)]).toEqual(['failure', ['Restore it']]);
    expect(reportIn(ran).outcome).toBe('failed');
    expect(failures(reportIn(ran))).toContain('backup/truncated');
  });

  test('nightly-drill.yml is red on one that is two days old, though it restores', async () => {
    await putIntoStore(twoDaysOlder(backup));
    const ran = await nightly();
    expect([ran.result, unsuccessful(ran)]).toEqual(['failure', ['Restore it']]);
    expect(failures(reportIn(ran))).toEqual(expect.arrayContaining(['policy/backup-age']));
    expect(reportIn(ran).ledger.every(({status}) => status !== 'unbalanced')).toBe(true);
  });

  test('nightly-drill.yml is red when there is no backup at all', async () => {
    const ran = await runJob({
      ...{...shared, workflow: example('nightly-drill.yml'), job: 'drill'},
      machine: machine({'.restore-drill/expected.json': recorded}),
      vars: {...shared.vars, BACKUP_PREFIX: 'another/'},
    });
    expect([ran.result, unsuccessful(ran)]).toEqual(['failure', ['Restore it']]);
    expect(failures(reportIn(ran))).toEqual(['backup/none-found']);
  });

  test('nightly-drill.yml opens one issue, and adds to it', async () => {
    expect((await tell('success')).result).toBe('skipped');
    expect(existsSync(`${issues}.asked`)).toBe(false);
    expect((await tell('failure')).result).toBe('success');
    expect((await tell('cancelled')).result).toBe('success');
    expect(readFileSync(issues, 'utf8')).toBe('created\ncommented 7\n');
    expect(readFileSync(`${issues}.asked`, 'utf8')).toMatch(/ended as failure: https:.*\/runs\/\d+/);
  });

  describe('release-gate.yml', () => {
    let github: GitHubStandIn;
    beforeAll(async () => {
      github = await GitHubStandIn.start('octocat/backups');
    });
    afterAll(async () => github[Symbol.asyncDispose]());
    beforeEach(() => github.clear());

    /** The night, as GitHub has it afterwards. */
    function remember(night: JobResult): void {
      const [record] = readdirSync(join(historyOf(night), 'production'));
      const name = `production/${record}`;
      const {runId, sha} = recordsIn(historyOf(night))[0]!.heldBy!;
      const at = (minutes: number) => new Date(Date.now() + minutes * 60_000).toISOString();
      github.upload({
        name: 'restore-drill-history',
        bytes: uploadedZip(join(historyOf(night), name), name),
        run: {
          ...{id: Number(runId), head_sha: sha, path: '.github/workflows/nightly-drill.yml'},
          ...{conclusion: night.result, created_at: at(-5), updated_at: at(0)},
        },
      });
    }
    async function release(servers = 'redis:7.0') {
      const env = {
        GITHUB_API_URL: `http://127.0.0.1:${github.port}`,
        GITHUB_RUN_ID: '99',
        GITHUB_EVENT_NAME: 'push',
      };
      const workflow = {
        actions,
        programs,
        env,
        vars: {RELEASE_SERVERS: servers},
        workflow: example('release-gate.yml'),
        token: TOKEN,
      };
      const gate = await runJob({...workflow, job: 'gate', machine: machine()});
      const deploy = machine({'deploy/release.sh': '#!/bin/sh\necho deployed "$1"\n'});
      const done = await runJob({...workflow, job: 'release', machine: deploy, needs: {gate: gate.result}});
      const decision = JSON.parse(
        readFileSync(join(gate.artifacts['release-gate']!, 'release-gate.json'), 'utf8'),
      );
      const {findings, error} = gateReportSchema.parse(decision);
      const closing = findings.filter(({status, severity}) => status === 'fail' && severity === 'error');
      const because = [...new Set([...closing.map(({rule}) => rule), ...(error ? [error.code] : [])])];
      return {gate, because, outcome: gate.step('gate').outputs.outcome, deployed: done.result};
    }

    test('lets a release out after a green night, on the server that was drilled', async () => {
      await putIntoStore(backup);
      remember(await nightly());
      const {gate, ...decided} = await release();
      expect({...decided, log: gate.log}).toMatchObject({outcome: 'open', because: [], deployed: 'success'});
      expect(gate.step('gate').summary).toMatch(/^## ✅ Open/);
      expect(gate.log).not.toContain(TOKEN);
    });

    test('does not, where the one to roll back to was never drilled', async () => {
      await putIntoStore(backup);
      remember(await nightly());
      const {outcome, because, deployed} = await release('redis:7.0, redis:6.2');
      expect([outcome, because, deployed]).toEqual(['closed', ['gate/server'], 'skipped']);
    });

    test('does not after a red night', async () => {
      await putIntoStore(backup.subarray(0, -20));
      remember(await nightly());
      const {gate, outcome, because, deployed} = await release();
      expect([outcome, deployed]).toEqual(['closed', 'skipped']);
      expect(because).toContain('gate/drill-outcome');
      expect(gate.step('gate').summary).toMatch(/^## ⛔ Closed/);
      expect(gate.log).toContain('##[error]production');
    });

    test('does not where nothing is known, or nothing can be asked', async () => {
      github.run({id: 7, path: '.github/workflows/nightly-drill.yml'});
      expect(await release()).toMatchObject({outcome: 'closed', deployed: 'skipped'});
      github.odd = () => ({status: 403});
      const shut = {outcome: 'not-run', because: ['source/denied'], deployed: 'skipped'};
      expect(await release()).toMatchObject(shut);
    });
  });

  describe('pull-request.yml', () => {
    /** Redis without a container: the image is not to be had everywhere. */
    const start = `mkdir -p data backups
redis-server deploy/redis.conf --dir "$PWD/data" --port 0 --unixsocket "$RUNNER_TEMP/r.sock" --daemonize yes --pidfile "$PWD/redis.pid"
for attempt in {1..50}; do redis-cli -s "$RUNNER_TEMP/r.sock" PING && exit; sleep 0.1; done
exit 1`;
    const fill = `redis-cli -s "$RUNNER_TEMP/r.sock" EVAL 'for i = 1, 1000 do redis.call("SET", "key:" .. i, i) end' 0`;
    /** A script that believes in the save points of redis.conf. */
    const script = `#!/bin/bash
for attempt in {1..25}; do test -e "$1/dump.rdb" && break; sleep 0.2; done
find "$1" -name '*.rdb' -exec cp {} "$2" ';'
`;

    async function onPullRequest(conf: string): Promise<JobResult> {
      const at = machine({'deploy/redis.conf': conf, 'deploy/backup.sh': script});
      try {
        const workflow = example('pull-request.yml');
        return await runJob({...shared, workflow, job: 'drill', machine: at, replace: {start, fill}});
      } finally {
        process.kill(Number(readFileSync(join(at.workspace, 'redis.pid'), 'utf8')));
      }
    }

    test('is green when the configuration makes a backup', async () => {
      const ran = await onPullRequest('save 1 1\n');
      expect([ran.result, unsuccessful(ran)]).toEqual(['success', []]);
      expect(reportIn(ran)).toMatchObject({outcome: 'passed', census: {keys: 1000}});
    });

    test('is red when one line of it turns backups off', async () => {
      const ran = await onPullRequest('save ""\n');
      expect([ran.result, unsuccessful(ran)]).toEqual(['failure', ['Restore the newest file in backups']]);
      expect(failures(reportIn(ran))).toContain('backup/none-found');
    });
  });
});

/** The time that the producer wrote into the dump, and no checksum, which would no longer fit. */
function twoDaysOlder(dump: Buffer): Buffer {
  const copy = Buffer.from(dump);
  // `ctime`, then 0xc2: 32 bits, little-endian.
  const at = copy.indexOf('ctime\xc2', 0, 'latin1') + 'ctime\xc2'.length;
  copy.writeInt32LE(copy.readInt32LE(at) - 2 * 86_400, at);
  return copy.fill(0, copy.length - 8);
}
