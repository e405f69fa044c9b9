/** What README.md claims and shows, held against the program: its commands run, its config fits, its tables are whole. */
import {mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {afterAll, describe, expect, test} from '@jest/globals';
import {parse} from 'yaml';
import {configSchema} from '../../src/config/schema.ts';
import {EXIT} from '../../src/errors.ts';
import {scratch} from '../drills.ts';
import {containerTest, ROOT, SAMPLE, SAMPLE_EXPECTATIONS} from '../servers.ts';
import {complaints, run} from './cli.ts';
import {machineIn, runAction} from './run-action.ts';

const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');
const blocks = (language: string): string[] =>
  [...readme.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, 'g'))].map(([, text]) => text!);

type Step = {uses: string; with: Record<string, string>};

const action = (path: string) => parse(readFileSync(join(ROOT, path), 'utf8'));

const dir = scratch();
afterAll(() => dir.dispose());

test('the first lines are the two commands, and package.json has them', () => {
  const commands = blocks('sh')[0]!
    .split('\n')
    .map(line => line.replace(/ *#.*/, ''));
  expect(commands).toEqual(['npm run demo', 'npm test', '']);
  const {scripts} = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>;
  };
  expect(Object.keys(scripts)).toEqual(expect.arrayContaining(['predemo', 'demo', 'pretest', 'test']));
});

containerTest('the drills that it shows are what the demo prints', async () => {
  const {stdout} = await run(['demo']);
  const drills = blocks('text').filter(text => !text.includes('the backup itself'));
  for (const line of drills.join('\n').split('\n').filter(Boolean)) {
    // Which image was at hand differs from machine to machine.
    expect(stdout).toContain(line.startsWith('Server') ? 'Server    container of' : line);
  }
});

test('the sabotage that it shows is what the command prints', async () => {
  const {exitCode, stdout} = await run([
    ...['sabotage', SAMPLE, '--expect', SAMPLE_EXPECTATIONS, '--server', 'process'],
  ]);
  expect(exitCode).toBe(0);
  const shown = blocks('text').find(text => text.includes('the backup itself'))!;
  for (const line of shown.split('\n').filter(Boolean)) expect(stdout.split('\n')).toContain(line);
});

test('its commands work, on other paths', async () => {
  mkdirSync(dir.file('backups'));
  writeFileSync(dir.file('backups/dump.rdb'), readFileSync(SAMPLE));
  const commands = blocks('sh')[1]!.split('\n').filter(Boolean);
  expect(commands).toHaveLength(5);
  for (const command of commands) {
    const args = command.replace(/ *#.*/, '').replaceAll('/backups', dir.file('backups')).split(' ').slice(2);
    const server = args[0] === 'inspect' ? [] : ['--server', 'process'];
    const {exitCode, stderr} = await run([...args, ...server], {cwd: dir.path});
    expect({command, exitCode, said: complaints(stderr)}).toEqual({command, exitCode: 0, said: ''});
  }
});

test('its config runs as it is, but for places, the age of the sample and a server of this machine', async () => {
  const home = join(dir.path, 'configured');
  mkdirSync(join(home, 'backups'), {recursive: true});
  mkdirSync(join(home, '.restore-drill'));
  writeFileSync(join(home, 'backups/sessions-2026-01-31.rdb'), readFileSync(SAMPLE));
  writeFileSync(join(home, 'backups/others.rdb'), 'of no use: it does not match the pattern');
  writeFileSync(join(home, '.restore-drill/sessions.json'), readFileSync(SAMPLE_EXPECTATIONS));
  const config = parse(blocks('yaml').find(text => text.startsWith('version: 1'))!);
  expect(configSchema.safeParse(config).success).toBe(true);
  Object.assign(config.backups[0], {source: 'backups/', 'max-age': '99999d', server: {kind: 'process'}});
  writeFileSync(join(home, 'restore-drill.yml'), JSON.stringify(config));
  const {exitCode, stdout} = await run(['drill', 'sessions'], {cwd: home});
  expect({exitCode, stdout}).toEqual({exitCode: 0, stdout: expect.stringContaining('holds 370 keys')});
});

test('its options are those of every command: inputs, or named in the text', async () => {
  const optionsOf = async (command: string) =>
    [...(await run([command, '--help'])).stdout.matchAll(/^ {2}(?:-\w, )?--([a-z-]+)/gm)]
      .map(([, option]) => option!)
      .filter(option => option !== 'help');
  expect((await optionsOf('drill')).toSorted()).toEqual(
    rows('Inputs')
      .filter(input => input !== 'backup')
      .toSorted(),
  );
  const ofRecord = Object.keys(action('record/action.yml').inputs).filter(input => input !== 'backup');
  expect((await optionsOf('record')).toSorted()).toEqual(ofRecord.toSorted());
  const others = ['record', 'inspect', 'sabotage'].map(optionsOf);
  const documented = (option: string) =>
    rows('Inputs').includes(option) || new RegExp(`--${option}\\b`).test(readme);
  expect((await Promise.all(others)).flat().filter(option => !documented(option))).toEqual([]);
});

/** First cells of the table below a heading. */
const rows = (heading: string): string[] => {
  const section = readme.split(`\n## ${heading}\n`)[1]!.split('\n## ')[0]!;
  return [...section.matchAll(/^\| `([a-z-]+)` \|/gm)].map(([, cell]) => cell!);
};

test('its inputs and outputs are those of action.yml', () => {
  const {inputs, outputs} = action('action.yml');
  expect(rows('Inputs')).toEqual(expect.arrayContaining(Object.keys(inputs)));
  expect(rows('Inputs')).toHaveLength(Object.keys(inputs).length);
  expect(rows('Outputs')).toEqual(Object.keys(outputs));
});

test('its workflow and its recording run, with the backup downloaded', async () => {
  const machine = machineIn(dir.file('machine'));
  mkdirSync(join(machine.workspace, 'backups'));
  mkdirSync(join(machine.workspace, '.restore-drill'));
  writeFileSync(join(machine.workspace, 'backups', 'dump.rdb'), readFileSync(SAMPLE));
  const [drilling] = Object.values<{steps: Step[]}>(parse(blocks('yaml')[0]!).jobs)[0]!.steps.slice(-1);
  const [recording] = parse(blocks('yaml').find(text => text.includes('/record@'))!) as [Step];
  expect([drilling!.uses, recording.uses].map(uses => uses.replace(/@.*/, ''))).toEqual([
    'OWNER/redis-restore-drill',
    'OWNER/redis-restore-drill/record',
  ]);
  for (const [path, step] of [
    ['record/action.yml', recording],
    ['action.yml', drilling!],
  ] as const) {
    const {set} = step.with;
    // The sample grows older than a night.
    const inputs = {...step.with, server: 'process', ...(set && {set: set.replace(/=26h$/, '=99999d')})};
    const ran = await runAction({action: join(ROOT, path), machine, inputs});
    expect({path, outcome: ran.outputs.outcome}).toEqual({path, outcome: 'passed'});
  }
});

describe('exit codes', () => {
  test('are those of the code', () => {
    const documented = [...readme.matchAll(/^\| (\d+) \| (?:passed|failed|not-run) \|/gm)].map(([, code]) =>
      Number(code),
    );
    expect(documented.toSorted((a, b) => a - b)).toEqual(Object.values(EXIT).toSorted((a, b) => a - b));
  });
});
