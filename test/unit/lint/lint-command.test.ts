/** The command: its forms, its exit codes, and what it refuses. Everything in process, on real files. */
import {mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, beforeAll, expect, test} from '@jest/globals';
import type {Io} from '../../../src/commands.ts';
import type {DrillError} from '../../../src/errors.ts';
import {lintCommand} from '../../../src/lint/lint-command.ts';
import type {LintFlags} from '../../../src/lint/lint-options.ts';
import {lintReportSchema} from '../../../src/lint/report/json.ts';

const from = process.cwd();
let dir: string;

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'lint-command-'));
  process.chdir(dir);
  const write = (path: string, text: string) => writeFileSync(join(dir, path), text);
  for (const folder of ['base', 'head', 'empty']) mkdirSync(join(dir, folder));
  write('base/redis.conf', 'appendonly yes\nsave 900 1\n');
  write('head/redis.conf', '# ours\nappendonly no\nsave 900 1\n');
  for (const side of ['base', 'head'])
    write(`${side}/compose.yml`, 'services:\n  q:\n    image: valkey:9.1\n');
  write('empty/notes.md', 'nothing\n');
  write('odd,name:1.conf', 'appendonly maybe\n# redis\n');
  write('strict.yml', 'version: 1\nlint: {max-loss: 60s}\nbackups: []\n');
  write('wrong.yml', 'version: 1\nlint: {max-loss: soon, colour: red}\n');
  symlinkSync('/etc/hostname', join(dir, 'link.conf'));
  symlinkSync('/etc', join(dir, 'etc'));
});

afterAll(() => {
  process.chdir(from);
  rmSync(dir, {recursive: true, force: true});
});

async function run(files: string[], flags: LintFlags = {}) {
  let out = '';
  const io = {
    out: (text: string) => {
      out += text;
    },
    paint: (_: string, text: string) => text,
  } as unknown as Io;
  return {code: await lintCommand(files, flags, io), out};
}

const refusal = (files: string[], flags: LintFlags = {}): Promise<DrillError> =>
  run(files, flags).then(
    () => Promise.reject(new Error('it was not refused')),
    (error: DrillError) => error,
  );

test('text: the verdict, before and after, the findings at their lines', async () => {
  const {code, out} = await run(['head/redis.conf'], {base: 'base/redis.conf'});
  expect(code).toBe(4);
  expect(out).toContain('FAILED  the change makes it worse: 2 errors in 1 configuration');
  expect(out).toMatch(/worst-case loss if the machine dies +1 s +-> +15 min/);
  expect(out).toContain('head/redis.conf:2:1  error  worst-case loss goes from 1 s to 15 min');
});

test('docs/lint.md shows what is printed', async () => {
  writeFileSync('before.conf', 'appendonly yes\nsave 900 1\n');
  writeFileSync('redis.conf', 'appendonly no\nsave 900 1\n');
  const {out} = await run(['redis.conf'], {base: 'before.conf'});
  const docs = readFileSync(join(import.meta.dirname, '..', '..', '..', 'docs', 'lint.md'), 'utf8');
  expect(docs).toContain(`\`\`\`text\n${out}\`\`\``);
});

test('the same on both sides is silent', async () => {
  const {code, out} = await run(['base'], {base: 'base', format: 'github'});
  expect(code).toBe(0);
  expect(out).toBe('PASSED  the change makes nothing worse: 2 configurations\n');
});

test('a directory against a directory, by the paths of the head', async () => {
  const {code, out} = await run(['head'], {base: 'base', format: 'json'});
  expect(code).toBe(4);
  const report = lintReportSchema.parse(JSON.parse(out));
  expect(report.findings.map(({rule, file, line}) => `${rule} ${file}:${line}`)).toEqual([
    'lint/worst-case-loss head/redis.conf:2',
    'lint/aof-turned-off head/redis.conf:2',
  ]);
  expect(report.configurations.find(({file}) => file === 'head/redis.conf')).toMatchObject({
    losses: {hostCrash: {seconds: 900}, processCrash: {seconds: 900}},
    lossesBefore: {hostCrash: {seconds: 1}, processCrash: {seconds: 0}},
  });
});

test('a base that lies inside of what is linted is no part of it', async () => {
  mkdirSync('head/before', {recursive: true});
  writeFileSync('head/before/redis.conf', 'appendonly yes\nsave 900 1\n');
  const {out} = await run(['head'], {base: 'head/before', format: 'json'});
  rmSync('head/before', {recursive: true});
  expect(lintReportSchema.parse(JSON.parse(out)).configurations.map(({file}) => file)).toEqual([
    'head/compose.yml',
    'head/redis.conf',
  ]);
});

test('github: annotations that the runner reads, whatever a file is called', async () => {
  const {code, out} = await run(['odd,name:1.conf'], {format: 'github'});
  expect(code).toBe(4);
  expect(out).toContain(
    '::error file=odd%2Cname%3A1.conf,line=1,col=1,title=lint/refused-value::appendonly takes yes or no',
  );
});

test('sarif: a result for each finding, at its line', async () => {
  const {out} = await run(['head/redis.conf'], {base: 'base/redis.conf', format: 'sarif'});
  const [{tool, results}] = JSON.parse(out).runs;
  const ids = tool.driver.rules.map(({id}: {id: string}) => id);
  expect(results).toHaveLength(2);
  expect(results[0]).toMatchObject({
    ruleId: 'lint/worst-case-loss',
    ruleIndex: ids.indexOf('lint/worst-case-loss'),
    level: 'error',
    baselineState: 'new',
    locations: [
      {
        physicalLocation: {
          artifactLocation: {uri: 'head/redis.conf'},
          region: {startLine: 2, startColumn: 1},
        },
      },
    ],
  });
});

test('max-loss of the config', async () => {
  expect((await run(['head/redis.conf'])).code).toBe(0);
  const {code, out} = await run(['head/redis.conf'], {config: 'strict.yml'});
  expect(code).toBe(4);
  expect(out).toContain(
    'the worst-case loss is 15 min (save 900 1); 1 min is allowed [lint/worst-case-loss]',
  );
});

test('what proves nothing does not pass', async () => {
  expect((await refusal(['empty'])).message).toBe('no Redis or Valkey configuration in empty');
  expect((await refusal(['none.conf'])).exitCode).toBe(2);
  expect((await refusal(['link.conf'])).message).toContain('a link leads out of the working directory');
});

test('no link leads out, neither of a directory nor of the config', async () => {
  const out = /cannot be read \(a link leads out of the working directory\)$/;
  for (const file of ['etc', 'etc/hostname']) expect((await refusal([file])).message).toMatch(out);
  expect((await refusal(['head'], {base: 'etc'})).message).toMatch(out);
  expect(await refusal(['head'], {config: 'etc/hostname'})).toMatchObject({
    code: 'config/invalid',
    message: expect.stringMatching(out),
  });
});

test('wrong usage, and every problem of the config', async () => {
  expect((await refusal(['head'], {format: 'xml'})).message).toBe('--format: there is no format xml');
  expect((await refusal(['head', 'base'], {base: 'base'})).exitCode).toBe(2);
  const {message} = await refusal(['head'], {config: 'wrong.yml'});
  expect(message).toContain('lint.max-loss: write a duration');
  expect(message).toContain('lint.colour: unknown key');
});
