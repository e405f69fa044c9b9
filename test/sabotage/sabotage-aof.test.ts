/** `restore-drill sabotage` of append-only files: every damaged copy is red, warned of, or what only expectations tell. */
import {execFileSync} from 'node:child_process';
import {createHash} from 'node:crypto';
import {mkdirSync, readdirSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {afterAll, beforeAll, describe, expect, test} from '@jest/globals';
import type {Redis} from 'ioredis';
import {plain} from '../../src/report/text.ts';
import {sabotageCommand} from '../../src/sabotage/sabotage-command.ts';
import {type Attempt, sabotageSchema} from '../../src/sabotage/sabotage-report.ts';
import {AofDirectory, command, fill, makeAof, rewrite} from '../aof-sets.ts';
import {scratch, testDeps} from '../drills.ts';
import {packedTest} from '../packed-test.ts';
import {record} from '../record.ts';

const dir = scratch();
afterAll(() => dir.dispose());

/** A base that is a dump, then commands of every kind. */
async function grown(redis: Redis): Promise<void> {
  await fill(redis);
  await rewrite(redis);
  for (let n = 0; n < 30; n += 1) await redis.set(`later:${n}`, `value ${n}`);
}

beforeAll(async () => {
  await makeAof(dir.file('data'), {prepare: grown});
  await record(dir.file('data'), dir.file('expected.json'));
});

const filesOf = (path: string): string[] =>
  readdirSync(path, {recursive: true, withFileTypes: true})
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath, entry.name))
    .toSorted();
const hashesOf = (paths: string[]) =>
  paths.map(path => [path, createHash('sha256').update(readFileSync(path)).digest('hex')]);

type Asked = {backup: string; expect?: string; set?: string[]};

async function sabotaged(asked: Asked, original = [asked.backup]) {
  const before = hashesOf(original);
  const printed: string[] = [];
  const print = (text: string): void => void printed.push(text);
  const tempDir = dir.file('temp');
  const reportJson = dir.file('report.json');
  const io = {deps: {...testDeps, tempDir}, paint: plain, out: print, log: print};
  const exitCode = await sabotageCommand({server: 'process', reportJson, ...asked}, io);
  expect(hashesOf(original)).toEqual(before);
  expect(readdirSync(tempDir)).toEqual([]);
  const {attempts} = sabotageSchema.parse(JSON.parse(readFileSync(reportJson, 'utf8')));
  const named = (result: Attempt['result']) =>
    attempts.filter(attempt => attempt.result === result).map(({damage}) => damage);
  return {exitCode, attempts, named, text: printed.join('')};
}

const ruleOf = (attempts: Attempt[], damage: string) =>
  attempts.find(attempt => attempt.damage === damage)?.rule;

describe('a data directory', () => {
  test('against what was recorded of it: everything is noticed', async () => {
    const backup = dir.file('data');
    const asked = {backup, expect: dir.file('expected.json')};
    const {exitCode, attempts, named, text} = await sabotaged(asked, filesOf(backup));
    expect({exitCode, missed: named('missed'), beyond: named('beyond')}).toEqual({
      exitCode: 0,
      missed: [],
      beyond: [],
    });
    // Servers do not mind it in a manifest; everything else is noticed by what was recorded.
    expect(named('warned')).toEqual(['the manifest: sent as text: CR before each LF']);
    expect(ruleOf(attempts, 'the manifest: not there at all')).toBe('aof/manifest-missing');
    expect(ruleOf(attempts, 'the manifest: empty: no byte in it')).toBe('aof/manifest-invalid');
    expect(ruleOf(attempts, 'the base: not there at all')).toBe('aof/file-missing');
    expect(ruleOf(attempts, 'the base: empty: no byte in it')).toBe('aof/empty-part');
    expect(ruleOf(attempts, 'the base: one bit flipped, 60 % into its dump')).toMatch(/^backup\//);
    expect(ruleOf(attempts, 'the last file: not there at all')).toBe('aof/file-missing');
    expect(ruleOf(attempts, 'the last file: garbage between two commands')).toBe('aof/corrupt');
    expect(ruleOf(attempts, 'the last file: a command that no server knows')).toMatch(/^restore\//);
    expect(ruleOf(attempts, 'the last file: sent as text: CR before each LF')).toBe('aof/corrupt');
    expect(text).toMatch(/^ {2}green {3}the backup itself\n/);
  });

  test('with nothing expected of it: a cut tail is a warning, lost and changed commands take expectations', async () => {
    const manifest = new AofDirectory(dir.file('data')).file('manifest');
    const {exitCode, attempts, named} = await sabotaged({backup: manifest}, filesOf(dir.file('data')));
    expect({exitCode, missed: named('missed')}).toEqual({exitCode: 0, missed: []});
    expect(named('beyond')).toEqual([
      'the last file: empty: no byte in it',
      'the last file: cut between two commands, about halfway',
      'the last file: one bit flipped in a command’s first argument',
    ]);
    expect(ruleOf(attempts, 'the last file: cut in the middle of a command, about halfway')).toBe(
      'aof/cut-tail',
    );
    expect(named('warned')).toContain('the last file: cut in the middle of a command, about halfway');
  });

  test('where the policy forgives no cut tail, one is red', async () => {
    const backup = join(dir.file('data'), 'appendonlydir');
    const {named} = await sabotaged({backup, set: ['expect.cut-tail=fail']}, filesOf(backup));
    expect(named('red')).toContain('the last file: cut by its last byte');
    expect(named('red')).toContain('the last file: cut in the middle of a command, about halfway');
  });
});

test('several incremental files: one that is not the last may lack nothing', async () => {
  const backup = dir.file('several');
  mkdirSync(backup);
  const commands = (from: number) =>
    [0, 1, 2, 3].map(n => command('SET', `key:${from + n}`, 'value')).join('');
  const files = ['1.base.aof', '1.incr.aof', '2.incr.aof'].map(name => `appendonly.aof.${name}`);
  for (const [n, name] of files.entries())
    writeFileSync(join(backup, name), command('SELECT', '0') + commands(10 * n));
  const lines = files.map((name, n) => `file ${name} seq ${Math.max(1, n)} type ${n === 0 ? 'b' : 'i'}\n`);
  writeFileSync(join(backup, 'appendonly.aof.manifest'), lines.join(''));
  const {exitCode, attempts, named} = await sabotaged({backup}, filesOf(backup));
  expect({exitCode, missed: named('missed')}).toEqual({exitCode: 0, missed: []});
  for (const what of ['the base', 'file 1']) {
    expect(ruleOf(attempts, `${what}: cut in the middle of a command, about halfway`)).toBe('aof/truncated');
    expect(ruleOf(attempts, `${what}: cut by its last byte`)).toBe('aof/truncated');
  }
});

test('a single file: not there, cut, changed', async () => {
  const backup = dir.file('appendonly.aof');
  const lines = Array.from({length: 40}, (_, n) => command('SET', `key:${n}`, `value ${n}`));
  writeFileSync(backup, command('SELECT', '0') + lines.join(''));
  const {exitCode, attempts, named} = await sabotaged({backup});
  expect({exitCode, missed: named('missed')}).toEqual({exitCode: 0, missed: []});
  expect(ruleOf(attempts, 'not there at all')).toBe('backup/missing');
  expect(ruleOf(attempts, 'empty: no byte in it')).toBe('aof/empty');
  expect(named('beyond')).toHaveLength(2);
});

describe('an archive', () => {
  packedTest('is damaged as it is stored, and the set in it, against what was recorded', async () => {
    const backup = dir.file('aof.tar.gz');
    execFileSync('tar', ['-czf', backup, '-C', dir.path, 'data']);
    const {exitCode, attempts, named, text} = await sabotaged({backup, expect: dir.file('expected.json')});
    expect({exitCode, missed: named('missed'), beyond: named('beyond')}).toEqual({
      exitCode: 0,
      missed: [],
      beyond: [],
    });
    expect(ruleOf(attempts, 'cut to half of its size')).toMatch(/^backup\//);
    const inside = attempts.filter(({of}) => of === 'aof');
    expect(ruleOf(inside, 'not there at all')).toBe('backup/no-dump-inside');
    expect(ruleOf(inside, 'the manifest: not there at all')).toBe('aof/manifest-missing');
    expect(ruleOf(inside, 'the base: one bit flipped, 60 % into its dump')).toMatch(/^backup\//);
    expect(ruleOf(inside, 'the last file: not there at all')).toBe('aof/file-missing');
    expect(ruleOf(inside, 'the last file: garbage between two commands')).toBe('aof/corrupt');
    expect(ruleOf(inside, 'the last file: cut between two commands, about halfway')).toMatch(/^expect\//);
    expect(text).toMatch(/red +the AOF in it: the base: empty: no byte in it/);
  });

  packedTest('of one layer around a single file: the file in it too', async () => {
    const backup = dir.file('appendonly.aof.gz');
    const lines = Array.from({length: 40}, (_, n) => command('SET', `key:${n}`, `value ${n}`));
    const aof = command('SELECT', '0') + lines.join('');
    writeFileSync(backup, execFileSync('gzip', ['-c'], {input: aof}));
    const {exitCode, attempts, named} = await sabotaged({backup});
    expect({exitCode, missed: named('missed')}).toEqual({exitCode: 0, missed: []});
    const inside = attempts.filter(({of}) => of === 'aof');
    expect(ruleOf(inside, 'not there at all')).toMatch(/^backup\//);
    expect(ruleOf(inside, 'garbage between two commands')).toBe('aof/corrupt');
  });
});
