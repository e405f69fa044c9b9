import {execFileSync} from 'node:child_process';
import {chmod, mkdir, mkdtemp, rm, symlink, utimes, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {pathToFileURL} from 'node:url';
import {afterEach, beforeEach, describe, expect, test} from '@jest/globals';
import {locatedIn} from '../../store-of.ts';

const NOBODY = 65_534;

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'unit-'));
  await chmod(dir, 0o755);
});
afterEach(() => rm(dir, {recursive: true, force: true}));

/** `day`: of January 2025. */
async function aFile(name: string, {day = 1, content = 'REDIS0010'} = {}): Promise<string> {
  const path = join(dir, name);
  await mkdir(join(path, '..'), {recursive: true});
  await writeFile(path, content);
  const time = new Date(Date.UTC(2025, 0, day));
  await utimes(path, time, time);
  return path;
}

/** The name of what was found, or the rule that says that nothing was. */
async function found(spec: string): Promise<string> {
  const located = await locatedIn(spec);
  return located.found ? located.backup.name : located.reason.rule;
}

const problem = (spec: string) =>
  locatedIn(spec).then(
    () => undefined,
    error => error.code,
  );

/** Root may read everything; so the question is asked as nobody. */
async function asNobody<T>(work: () => Promise<T>): Promise<T> {
  if (process.geteuid!() !== 0) return await work();
  process.seteuid!(NOBODY);
  try {
    return await work();
  } finally {
    process.seteuid!(0);
  }
}

describe('a file', () => {
  test('is described as it lies there', async () => {
    const path = await aFile('dump.rdb', {day: 3});
    expect(await locatedIn(path)).toMatchObject({
      found: true,
      entry: {path},
      checksums: [],
      backup: {name: 'dump.rdb', location: path, sizeBytes: 9, modifiedAt: '2025-01-03T00:00:00.000Z'},
    });
  });

  test('may be named by a file: URI', async () => {
    expect(await found(pathToFileURL(await aFile('with space.rdb')).href)).toBe('with space.rdb');
  });

  test('may be named by a symbolic link', async () => {
    await symlink(await aFile('2025-01-01.rdb'), join(dir, 'latest.rdb'));
    expect(await found(join(dir, 'latest.rdb'))).toBe('latest.rdb');
  });

  test('whose name looks like a pattern is that file', async () => {
    await aFile('dump1.rdb', {day: 9});
    expect(await found(await aFile('dump[1].rdb'))).toBe('dump[1].rdb');
  });

  test('of any content is a backup: what it is worth is for inspect to say', async () => {
    expect(await found(await aFile('empty.rdb', {content: ''}))).toBe('empty.rdb');
  });
});

describe('a directory', () => {
  test('gives its newest dump', async () => {
    await aFile('b.rdb', {day: 2});
    await aFile('c.rdb', {day: 3});
    await aFile('a.rdb', {day: 1});
    expect(await found(dir)).toBe('c.rdb');
  });

  test('gives the later name where two are equally new, so that the choice is stable', async () => {
    await aFile('dump-2.rdb');
    await aFile('dump-1.rdb');
    expect(await found(dir)).toBe('dump-2.rdb');
  });

  test('leaves out what an interrupted save left behind', async () => {
    await aFile('dump.rdb', {day: 1});
    await aFile('temp-4711.rdb', {day: 5});
    await aFile('temp-rewriteaof-4711.aof', {day: 5});
    expect(await found(dir)).toBe('dump.rdb');
  });

  test.each([
    '.dump.rdb.Xw3sTq',
    '.dump.rdb',
    'dump.rdb.part',
    'dump.rdb.tmp',
    'dump.rdb~',
  ])('leaves out %s, which is hidden or still on its way', async name => {
    await aFile('dump.rdb', {day: 1});
    const path = await aFile(name, {day: 5});
    expect([await found(dir), await found(path)]).toEqual(['dump.rdb', name]);
  });

  test('is not put off by links that lead nowhere', async () => {
    await aFile('dump.rdb');
    for (const name of ['latest.rdb', 'appendonly.aof', 'appendonlydir'])
      await symlink('nowhere', join(dir, name));
    await symlink('loop', join(dir, 'loop'));
    expect(await found(dir)).toBe('dump.rdb');
  });

  test('knows a dump by its first bytes where its name says nothing', async () => {
    await aFile('backup-of-tuesday', {day: 2});
    await aFile('backup-of-wednesday', {day: 3, content: 'VALKEY080'});
    await aFile('notes.txt', {day: 9, content: 'about REDIS'});
    expect(await found(dir)).toBe('backup-of-wednesday');
  });

  test('gives a packed newest dump too, rather than an older one that can be read', async () => {
    await aFile('dump.rdb', {day: 1});
    await aFile('dump.rdb.gz', {day: 2, content: '\x1f\x8b\x08'});
    expect(await found(dir)).toBe('dump.rdb.gz');
  });

  test('gives a damaged newest dump too, rather than an older sound one', async () => {
    await aFile('old.rdb', {day: 1});
    await aFile('new.rdb', {day: 2, content: ''});
    expect(await found(dir)).toBe('new.rdb');
  });

  test('passes over directories and pipes', async () => {
    await mkdir(join(dir, 'sub.rdb'));
    execFileSync('mkfifo', [join(dir, 'pipe.rdb')]);
    expect(await found(dir)).toBe('backup/none-found');
  });

  test('without a dump has none: that is a finding, not an error', async () => {
    await aFile('notes.txt', {content: 'nothing'});
    const located = await locatedIn(dir);
    expect(located).toMatchObject({found: false, reason: {rule: 'backup/none-found'}});
    expect(await found(dir)).toBe('backup/none-found');
  });
});

describe('a pattern', () => {
  test('gives its newest match', async () => {
    await aFile('sessions-1.rdb', {day: 1});
    await aFile('sessions-2.rdb', {day: 2});
    await aFile('users-3.rdb', {day: 3});
    expect(await found(join(dir, 'sessions-*.rdb'))).toBe('sessions-2.rdb');
  });

  test('may stand for directories', async () => {
    await aFile('monday/dump.rdb', {day: 1});
    await aFile('tuesday/redis/dump.rdb', {day: 2});
    expect(await locatedIn(join(dir, '*/dump.rdb'))).toMatchObject({
      entry: {name: 'monday/dump.rdb', path: join(dir, 'monday/dump.rdb')},
    });
    expect(await locatedIn(join(dir, '**/dump.rdb'))).toMatchObject({
      entry: {path: join(dir, 'tuesday/redis/dump.rdb')},
    });
  });

  test('leaves out what an interrupted save left behind', async () => {
    await aFile('temp-1.rdb', {day: 3});
    await aFile('dump.rdb', {day: 1});
    expect(await found(join(dir, '*.rdb'))).toBe('dump.rdb');
  });

  test('that matches nothing finds no backup', async () => {
    expect(await found(join(dir, '*.rdb'))).toBe('backup/none-found');
  });
});

describe('a backup that is not there is a finding', () => {
  test.each(['dump.rdb', 'no/such/directory/dump.rdb'])('%s', async name => {
    expect(await found(join(dir, name))).toBe('backup/missing');
  });

  test('even where a file stands in the place of its directory', async () => {
    expect(await found(join(await aFile('file'), 'dump.rdb'))).toBe('backup/missing');
  });
});

describe('what cannot be found out is an error', () => {
  test('a file without permission', async () => {
    const path = await aFile('dump.rdb');
    await chmod(path, 0o000);
    expect(await asNobody(() => problem(path))).toBe('source/unreadable');
    expect(await asNobody(() => problem(dir))).toBe('source/unreadable');
  });

  test('a directory without permission', async () => {
    await aFile('closed/dump.rdb');
    const closed = join(dir, 'closed');
    await chmod(closed, 0o000);
    const problems = await asNobody(() => Promise.all([problem(closed), problem(join(closed, 'dump.rdb'))]));
    await chmod(closed, 0o700);
    expect(problems).toEqual(['source/unreadable', 'source/unreadable']);
  });

  test('a pipe, which cannot be read twice', async () => {
    execFileSync('mkfifo', [join(dir, 'dump.rdb')]);
    expect(await problem(join(dir, 'dump.rdb'))).toBe('source/unreadable');
  });

  test('a device', async () => {
    expect(await problem('/dev/null')).toBe('source/unreadable');
  });
});

test.each([
  'ftp://example.com/dump.rdb',
  'redis://x',
  'file://elsewhere/dump.rdb',
])('%s is named as out of reach, not looked for as a file', async spec => {
  expect(await problem(spec)).toBe('usage/invalid');
});
