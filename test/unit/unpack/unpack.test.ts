import {chmod, mkdtemp, rename, rm, utimes, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, beforeEach, describe, expect, test} from '@jest/globals';
import {DrillError} from '../../../src/errors.ts';
import {silent} from '../../../src/progress.ts';
import {type Dump, unpack} from '../../../src/unpack/unpack.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'unit-'));
});
afterEach(() => rm(dir, {recursive: true, force: true}));

async function aFile(content: string | Uint8Array, name = 'dump.rdb'): Promise<string> {
  const path = join(dir, name);
  await writeFile(path, content);
  return path;
}

const deps = () => ({
  tempDir: dir,
  searchPath: process.env.PATH ?? '',
  env: () => undefined,
  progress: silent,
});

async function dumpOf(path: string, changed: object = {}): Promise<Dump> {
  const {dump, damage} = await unpack(path, {...deps(), ...changed});
  if (damage) throw new Error(damage.message);
  return dump;
}

const problem = (work: Promise<unknown>): Promise<string | undefined> =>
  work.then(
    () => undefined,
    error => (error instanceof DrillError ? error.code : `thrown: ${error}`),
  );

describe('a plain dump', () => {
  /** `printf 'REDIS0010' | sha256sum` and `sha256sum </dev/null`. */
  test.each([
    ['REDIS0010', '20e4e6f4b988498e910af72fa3a46f67bd25fff62fbe3404e19c3414d257c2db'],
    ['', 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
  ])('%j is hashed as sha256sum hashes it', async (content, sha256) => {
    const dump = await dumpOf(await aFile(content));
    expect(dump.sha256).toEqual({artifact: sha256, plain: sha256});
    expect(dump.sizeBytes).toBe(content.length);
  });

  test('stays where it is', async () => {
    const path = await aFile('REDIS0010');
    expect((await dumpOf(path)).path).toBe(path);
  });

  test('of several reads shows its progress up to the last byte', async () => {
    const bytes = Buffer.alloc(3 * 1024 * 1024 + 5, 1);
    const seen: number[] = [];
    const totals: number[] = [];
    const progress = {
      phase: (_name: string, total: number) => {
        totals.push(total);
        return {update: (done: number) => void seen.push(done), end: () => {}};
      },
    };
    await dumpOf(await aFile(bytes), {progress});
    expect(totals).toEqual([bytes.length]);
    expect(seen.length).toBeGreaterThan(1);
    expect(seen.at(-1)).toBe(bytes.length);
  });
});

test('a form that this version cannot unpack is refused by its name, and a person is told what to do', async () => {
  const path = await aFile(Buffer.concat([Buffer.from('377abcaf271c', 'hex'), Buffer.alloc(600)]));
  await expect(dumpOf(path)).rejects.toMatchObject({
    code: 'unpack/unsupported-form',
    message: expect.stringContaining('7z'),
    hint: expect.stringContaining('Unpack'),
  });
});

describe('a file that did not hold still', () => {
  const changes: [string, (path: string) => Promise<void>][] = [
    ['was written to', path => writeFile(path, 'REDIS0010, and more')],
    ['was written to without growing', path => utimes(path, 1, 1)],
    [
      'was replaced by the next backup',
      async path => {
        await writeFile(`${path}.new`, 'REDIS0010');
        await rename(`${path}.new`, path);
      },
    ],
    ['was removed', path => rm(path)],
  ];

  test.each(changes)('%s: noticed', async (_what, change) => {
    const path = await aFile('REDIS0010');
    const dump = await dumpOf(path);
    await change(path);
    expect(await problem(dump.assertUnchanged())).toBe('source/changed');
  });

  test('was only made readable: that changes nothing', async () => {
    const path = await aFile('REDIS0010');
    const dump = await dumpOf(path);
    await chmod(path, 0o644);
    expect(await problem(dump.assertUnchanged())).toBeUndefined();
  });
});

test('a file that vanished between the listing and the reading is unreadable, not our bug', async () => {
  expect(await problem(dumpOf(join(dir, 'gone.rdb')))).toBe('source/unreadable');
});

test('a drill that was cancelled reads no further', async () => {
  const path = await aFile('REDIS0010');
  expect(await problem(dumpOf(path, {signal: AbortSignal.abort()}))).toBe('cancelled');
});
