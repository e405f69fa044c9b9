/** The gate as people call it: after real drills, by its exit code, and as README.md and docs/gate.md say. */
import {readdirSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {afterAll, beforeAll, expect, test} from '@jest/globals';
import {parse} from 'yaml';
import {EXIT} from '../../src/errors.ts';
import {GATE_OPTIONS, inputOf} from '../../src/gate/gate-options.ts';
import {gateReportSchema} from '../../src/gate/gate-report.ts';
import {scratch} from '../drills.ts';
import {ROOT, SAMPLE} from '../servers.ts';
import {GitHubStandIn, REPOSITORY, TOKEN} from '../stores/github.ts';
import {run} from './cli.ts';
import {machineIn, runAction} from './run-action.ts';

const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');
const dir = scratch();
const CONFIG = `version: 1
history: records
backups:
  - {name: sessions, source: ${SAMPLE}, server: {kind: process}}
  - {name: orders, source: orders.rdb, server: {kind: process}}
`;
const cli = (...args: string[]) => run(args, {cwd: dir.path, env: {GITHUB_TOKEN: '', GITHUB_REPOSITORY: ''}});
const gate = (...flags: string[]) => cli('gate', '--max-age', '26h', ...flags);

beforeAll(async () => {
  writeFileSync(dir.file('restore-drill.yml'), CONFIG);
  writeFileSync(dir.file('orders.rdb'), readFileSync(SAMPLE).subarray(0, 900));
  expect((await cli('drill', 'sessions')).exitCode).toBe(EXIT.passed);
  expect((await cli('drill', 'orders')).exitCode).toBe(EXIT.failed);
  // Older than the shortest age that a test allows, whichever is run first.
  await sleep(1100);
});
afterAll(() => dir.dispose());

test('is open for a backup whose drill passed, and writes why', async () => {
  const {exitCode, stdout, stderr} = await gate('--require', 'sessions', '--report-json', 'gate.json');
  expect([exitCode, stderr]).toEqual([EXIT.passed, '']);
  expect(stdout).toMatch(/^OPEN {2}1 required backup proved by 1 drill\n/);
  expect(stdout).toMatch(/SKIPPED the history was taken at its word/);
  const report = gateReportSchema.parse(JSON.parse(readFileSync(dir.file('gate.json'), 'utf8')));
  expect(report).toMatchObject({
    outcome: 'open',
    source: 'records',
    gated: [{backup: 'sessions', passes: true}],
  });
});

test('is closed where one that the config lists failed, by that alone', async () => {
  const {exitCode, stdout} = await gate();
  expect(exitCode).toBe(EXIT.failed);
  expect(stdout).toMatch(/^CLOSED {2}orders on redis:[\d.]+: its newest drill failed \(backup\/truncated/);
  expect(stdout).toMatch(/\+ sessions on redis:[\d.]+: passed at/);
});

test.each([
  ['too old', ['--require', 'sessions', '--max-age', '1s'], /no drill for \d+ (s|min); 1 s is allowed/],
  ['on another server', ['--require', 'sessions', '--server', 'redis:99'], /never drilled on redis:99/],
  [
    'of an old backup',
    ['--require', 'sessions', '--max-backup-age', '1s'],
    /the backup that was drilled was/,
  ],
  ['not there', ['--require', 'carts'], /carts: there is no drill of it/],
  ['in another history', ['--require', 'sessions', '--history', 'empty'], /there is no drill of it/],
  ['not even named', ['--config', 'restore-drill.yml', '--history', 'empty'], /sessions: there is no drill/],
])('is closed where the drill is %s', async (_what, flags, says) => {
  const {exitCode, stdout} = await gate(...flags);
  expect([exitCode, stdout]).toEqual([EXIT.failed, expect.stringMatching(says)]);
});

test.each([
  [
    'without a token',
    ['--workflow', 'n.yml', '--repository', 'a/b'],
    EXIT.notHeld,
    /GITHUB_TOKEN is not set/,
  ],
  ['of what is no history', ['--history', 'restore-drill.yml'], EXIT.usage, /is a file, not a directory/],
  ['with a wrong age', ['--max-age', 'soon'], EXIT.usage, /--max-age: write a duration/],
  ['with a flag that is none', ['--older-than', '3d'], EXIT.usage, /unknown option/],
  ['over its own config', ['--report-json', 'restore-drill.yml'], EXIT.usage, /would be written over/],
])('does not open %s', async (_what, flags, code, says) => {
  const {exitCode, stdout, stderr} = await gate(...flags);
  expect([exitCode, stdout + stderr]).toEqual([code, expect.stringMatching(says)]);
  expect(stdout).not.toMatch(/^OPEN/);
});

test('a record that was cut short by hand closes it', async () => {
  const [name] = readdirSync(dir.file('records/sessions'));
  const later = name!.replace(/^\d{4}/, '2999');
  writeFileSync(dir.file(`records/sessions/${later}`), '{"schemaVersion":1,');
  expect((await gate('--require', 'sessions')).stdout).toMatch(/^CLOSED .*cannot be read/);
});

test('the step that the documents show has inputs that exist, and stays shut when GitHub knows of no drill', async () => {
  const [, shown] = /```yaml\n( {6}- uses: OWNER\/redis-restore-drill\/gate@v0[\s\S]*?)```/.exec(
    read('README.md'),
  )!;
  const [step] = parse(shown!) as [{with: Record<string, string>}];
  expect(read('docs/gate.md')).toContain(shown!.trimEnd());
  await using github = await GitHubStandIn.start();
  github.run({id: 1, path: `.github/workflows/${step.with.workflow}`});
  const env = {
    GITHUB_TOKEN: TOKEN,
    GITHUB_REPOSITORY: REPOSITORY,
    GITHUB_API_URL: `http://127.0.0.1:${github.port}`,
  };
  const action = join(ROOT, 'gate/action.yml');
  const machine = machineIn(dir.file('machine'));
  const {exitCode, outputs, log} = await runAction({action, machine, inputs: step.with, env});
  expect([exitCode, outputs.outcome]).toEqual([EXIT.failed, 'closed']);
  expect(log).not.toMatch(/Unexpected input/);
  expect(log).toMatch(/gate\/nothing-required/);
});

test('docs/gate.md has every flag', () => {
  const table = read('docs/gate.md')
    .split('\n')
    .filter(line => /^\| `[a-z]/.test(line));
  const documented = table.flatMap(line =>
    [...line.split(' | ')[0]!.matchAll(/`([a-z-]+)`/g)].map(([, name]) => name!),
  );
  expect(documented).toEqual(expect.arrayContaining(GATE_OPTIONS.map(inputOf)));
});
