/** What README.md claims and shows, held against the program: its commands run, its config fits, its tables are whole. */
import {mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {afterAll, describe, expect, test} from '@jest/globals';
import {parse} from 'yaml';
import {configSchema} from '../../src/config/schema.ts';
import {EXIT} from '../../src/errors.ts';
import {scratch} from '../drills.ts';
import {containerTest, ROOT, SAMPLE} from '../servers.ts';
import {run} from './cli.ts';

const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');
const blocks = (language: string): string[] =>
  [...readme.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, 'g'))].map(([, text]) => text!);

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
  for (const line of blocks('text').join('\n').split('\n').filter(Boolean)) {
    // Which image was at hand differs from machine to machine.
    expect(stdout).toContain(line.startsWith('Server') ? 'Server    container of' : line);
  }
});

test('its commands work, on other paths', async () => {
  mkdirSync(dir.file('backups'));
  writeFileSync(dir.file('backups/dump.rdb'), readFileSync(SAMPLE));
  const commands = blocks('sh')[1]!.split('\n').filter(Boolean);
  expect(commands).toHaveLength(4);
  for (const command of commands) {
    const args = command.replace(/ *#.*/, '').replaceAll('/backups', dir.file('backups')).split(' ').slice(2);
    const server = args[0] === 'inspect' ? [] : ['--server', 'process'];
    const {exitCode, stderr} = await run([...args, ...server], {cwd: dir.path});
    expect({command, exitCode, stderr}).toEqual({command, exitCode: 0, stderr: ''});
  }
});

test('its config fits the schema, and a drill by it runs', async () => {
  const config = parse(blocks('yaml')[0]!);
  expect(configSchema.safeParse(config).success).toBe(true);
  config.backups[0].source = SAMPLE;
  config.backups[0].expect = {keys: {min: 300}, databases: {0: {keys: {'max-drop': '1%'}}}};
  config.backups[0].server = {kind: 'process'};
  writeFileSync(dir.file('restore-drill.yml'), JSON.stringify(config));
  expect((await run(['drill', 'sessions'], {cwd: dir.path})).exitCode).toBe(0);
});

test('its options are those of `drill --help`', async () => {
  const {stdout} = await run(['drill', '--help']);
  const options = (text: string) => [...new Set(text.match(/(?<=^(\||\s*).?)--[a-z-]+/gm) ?? [])].toSorted();
  const table = readme.split('\n').filter(line => line.startsWith('| `--'));
  const documented = table.map(line => /--[a-z-]+/.exec(line)![0]).toSorted();
  expect(documented).toEqual(options(stdout).filter(option => option !== '--help'));
});

describe('exit codes', () => {
  test('are those of the code', () => {
    const documented = [...readme.matchAll(/^\| (\d+) \| (?:passed|failed|not-run) \|/gm)].map(([, code]) =>
      Number(code),
    );
    expect(documented.toSorted((a, b) => a - b)).toEqual(Object.values(EXIT).toSorted((a, b) => a - b));
  });
});
