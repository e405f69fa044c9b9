/** Reports of lint as files: beside what is shown, and never where they would do harm. */
import {existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync} from 'node:fs';
import {afterAll, beforeAll, beforeEach, describe, expect, test} from '@jest/globals';
import type {Io} from '../../../src/commands.ts';
import {type DrillError, EXIT} from '../../../src/errors.ts';
import {lintCommand} from '../../../src/lint/lint-command.ts';
import type {LintFlags} from '../../../src/lint/lint-options.ts';
import {lintReportSchema} from '../../../src/lint/report/json.ts';
import {scratch} from '../../drills.ts';

const from = process.cwd();
const dir = scratch();
const elsewhere = scratch();
const said = {out: '', log: ''};

beforeAll(() => {
  process.chdir(dir.path);
  writeFileSync('before.conf', 'appendonly yes\nsave 900 1\n');
  writeFileSync('redis.conf', 'appendonly no\nsave 900 1\n');
});
beforeEach(() => {
  Object.assign(said, {out: '', log: ''});
});
afterAll(() => {
  process.chdir(from);
  for (const each of [dir, elsewhere]) each.dispose();
});

async function lint(flags: LintFlags, file = 'redis.conf'): Promise<number> {
  const io = {
    out: (text: string) => {
      said.out += text;
    },
    log: (text: string) => {
      said.log += text;
    },
    paint: (_: string, text: string) => text,
  };
  return await lintCommand([file], flags, io as unknown as Io);
}

const refusal = (flags: LintFlags, file?: string): Promise<DrillError> =>
  lint(flags, file).then(
    () => Promise.reject(new Error('it was not refused')),
    (error: DrillError) => error,
  );

test('all forms at once, beside the text, also of what fails', async () => {
  const reports = {reportJson: 'a.json', reportSarif: 'a.sarif', reportJunit: 'a.xml'};
  expect(await lint({base: 'before.conf', ...reports})).toBe(EXIT.failed);
  expect(said.out).toMatch(/^FAILED {2}/);
  expect(lintReportSchema.parse(JSON.parse(readFileSync('a.json', 'utf8'))).outcome).toBe('failed');
  expect(JSON.parse(readFileSync('a.sarif', 'utf8')).runs[0].results).toHaveLength(2);
  expect(readFileSync('a.xml', 'utf8')).toContain('failures="2"');
});

test('the reports of one run are no configurations to the next', async () => {
  const flags = {format: 'json', reportJson: 'a.json', reportSarif: 'a.sarif', reportJunit: 'a.xml'};
  await lint(flags, '.');
  const first = said.out;
  Object.assign(said, {out: ''});
  await lint(flags, '.');
  expect(said.out).toBe(first);
});

describe('one that cannot be written', () => {
  const reportJunit = 'nowhere/a.xml';

  test('does not turn what fails into something else', async () => {
    expect(await lint({base: 'before.conf', reportJunit, reportJson: 'b.json'})).toBe(EXIT.failed);
    expect(said.log).toBe('error: nowhere/a.xml cannot be written (ENOENT)\n');
    expect(existsSync('b.json')).toBe(true);
  });

  test('is no pass', async () => {
    expect((await refusal({reportJunit}, 'before.conf')).exitCode).toBe(EXIT.notHeld);
  });
});

describe('nothing is written', () => {
  test.each([
    ['over what is linted', {reportJson: 'redis.conf'}],
    ['over the base', {reportJson: 'before.conf', base: 'before.conf'}],
    ['over the config', {reportJson: 'own.yml', config: 'own.yml'}],
  ])('%s', async (_what, flags) => {
    writeFileSync('own.yml', 'version: 1\n');
    const before = readFileSync(flags.reportJson, 'utf8');
    expect((await refusal(flags)).code).toBe('usage/output-is-input');
    expect(readFileSync(flags.reportJson, 'utf8')).toBe(before);
  });

  test.each([
    [
      'a link that a pull request may have put there',
      'lint.sarif',
      () => symlinkSync(elsewhere.file('own'), 'lint.sarif'),
    ],
    ['a directory that is such a link', 'reports/a.sarif', () => symlinkSync(elsewhere.path, 'reports')],
    ['one that leads to a file of git', 'b.sarif', () => symlinkSync('.git/config', 'b.sarif')],
  ])('through %s', async (_what, reportSarif, place) => {
    mkdirSync('.git', {recursive: true});
    writeFileSync('.git/config', 'theirs');
    writeFileSync(elsewhere.file('own'), 'theirs');
    place();
    expect((await refusal({reportSarif})).message).toMatch(/leads through a link of the working directory$/);
    for (const path of ['.git/config', elsewhere.file('own')])
      expect(readFileSync(path, 'utf8')).toBe('theirs');
    expect(existsSync(elsewhere.file('a.sarif'))).toBe(false);
  });
});

test('outside of the working directory a link is of who runs this', async () => {
  symlinkSync(elsewhere.file('target.json'), elsewhere.file('link.json'));
  writeFileSync(elsewhere.file('target.json'), '');
  await lint({reportJson: elsewhere.file('link.json')});
  expect(readFileSync(elsewhere.file('target.json'), 'utf8')).toMatch(/^\{/);
});
