/** `budget` and `ignore` in restore-drill.yml, and what is said of what cannot be meant. */
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, expect, test} from '@jest/globals';
import {readJob} from '../../../src/config/config.ts';
import type {DrillError} from '../../../src/errors.ts';

const directory = mkdtempSync(join(tmpdir(), 'policy-config-'));
afterAll(() => rmSync(directory, {recursive: true, force: true}));
const config = join(directory, 'restore-drill.yml');

/** Below the one backup of a config; the first line is the file’s fifth. */
function jobOf(lines: string[], set: string[] = []) {
  const head = ['version: 1', 'backups:', '  - name: sessions', '    source: /backups/'];
  writeFileSync(config, `${[...head, ...lines.map(line => `    ${line}`)].join('\n')}\n`);
  return readJob({config, set});
}
const problemsOf = (lines: string[], set?: string[]): Promise<string> =>
  jobOf(lines, set).then(
    () => 'none',
    (error: DrillError) => error.message.replaceAll(`${directory}/`, ''),
  );

test('a budget is of bytes and milliseconds, each with its line', async () => {
  const {policy} = await jobOf(['budget:', '  restore: 10m', '  memory: 4gb', '  size: 100']);
  expect(policy.budget).toEqual({
    restore: {most: 600_000, origin: `${config}:6`},
    memory: {most: 4 * 1024 ** 3, origin: `${config}:7`},
    size: {most: 100, origin: `${config}:8`},
  });
});

test('an ignore knows its line', async () => {
  const {policy} = await jobOf([
    'ignore:',
    '  - rule: backup/size',
    '    reason: it is small at weekends',
    '    until: 2027-01-31',
  ]);
  expect(policy.ignores).toEqual([
    {rule: 'backup/size', reason: 'it is small at weekends', until: '2027-01-31', origin: `${config}:6`},
  ]);
});

test('both may be set for one run', async () => {
  const {policy} = await jobOf(
    [],
    ['budget.restore=90s', 'ignore=[{rule: policy/memory, reason: small machine}]'],
  );
  expect(policy.budget).toEqual({restore: {most: 90_000, origin: '--set budget.restore'}});
  expect(policy.ignores).toMatchObject([{rule: 'policy/memory', origin: '--set ignore'}]);
});

test.each<[string[], string]>([
  [['budget: {restore: 10}'], 'restore-drill.yml:5: budget.restore: '],
  [['budget: {restore: soon}'], 'write a duration such as 90s'],
  [['budget: {memory: lots}'], 'restore-drill.yml:5: budget.memory: write a size such as 512mb or 4gb'],
  [['budget: {memory: 0}'], 'budget.memory'],
  [['budget: {time: 10m}'], 'budget.time: unknown key'],
  [
    ['ignore: [{rule: policy/memroy, reason: x}]'],
    'there is no rule policy/memroy; did you mean policy/memory?',
  ],
  [
    ['ignore:', '  - {rule: ledger/digest, reason: x}'],
    'restore-drill.yml:6: ignore.0.rule: ledger/digest is never ignored',
  ],
  [['ignore: [{rule: policy/memory}]'], 'ignore.0.reason'],
  [['ignore: [{rule: policy/memory, reason: x, until: tomorrow}]'], 'write a day such as 2027-01-31'],
  [['ignore: [{rule: policy/memory, reason: x, for: me}]'], 'ignore.0.for: unknown key'],
  [['expect: {types: {map: {keys: {min: 1}}}}'], 'expect.types'],
  [['expect: {functions: some}'], 'expect.functions'],
])('%j: %s', async (lines, words) => {
  expect(await problemsOf(lines)).toContain(words);
});
