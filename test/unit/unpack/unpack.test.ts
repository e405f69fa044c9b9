import {createHash, randomBytes} from 'node:crypto';
import {appendFileSync} from 'node:fs';
import {chmod, mkdtemp, readdir, readFile, rename, rm, stat, utimes, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {gzipSync} from 'node:zlib';
import {afterEach, beforeEach, describe, expect, test} from '@jest/globals';
import {DrillError} from '../../../src/errors.ts';
import {silent} from '../../../src/progress.ts';
import {DEFAULT_LIMITS} from '../../../src/unpack/limits.ts';
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

describe('a packed dump', () => {
  const packed = gzipSync(Buffer.concat([Buffer.from('REDIS0010'), randomBytes(4 * 1024 * 1024)]));

  test('is unpacked into a file that only its owner reads, and that goes with its disposal', async () => {
    const path = await aFile(packed);
    const dump = await dumpOf(path);
    expect(dump.path).not.toBe(path);
    expect((await stat(dump.path)).mode & 0o777).toBe(0o400);
    expect(dump.sizeBytes).toBe((await readFile(dump.path)).length);
    await dump[Symbol.asyncDispose]();
    expect(await readdir(dir)).toEqual(['dump.rdb']);
  });

  test.each([
    ['cancelled on the way', () => ({signal: abortedSoon()}), 'cancelled'],
    ['for which the disk is too small at once', () => ({freeBytes: async () => 1}), 'capacity/disk'],
  ])('%s leaves nothing behind', async (_what, changed, code) => {
    const path = await aFile(packed);
    expect(await problem(dumpOf(path, changed()))).toBe(code);
    expect(await readdir(dir)).toEqual(['dump.rdb']);
  });

  test('that is damaged leaves nothing behind, and is hashed to its end all the same', async () => {
    const path = await aFile(packed.subarray(0, -100));
    const sha256 = createHash('sha256').update(packed.subarray(0, -100)).digest('hex');
    const checksum = {algorithm: 'sha256', hex: sha256, file: 'dump.rdb.sha256'} as const;
    const job = {keys: {}, limits: DEFAULT_LIMITS, checksums: [checksum]};
    const {damage, checksums} = await unpack(path, deps(), job);
    expect(damage?.rule).toBe('backup/truncated-packing');
    expect(checksums).toEqual([{...checksum, actual: sha256}]);
    expect(await readdir(dir)).toEqual(['dump.rdb']);
  });

  test('that somebody is still writing is not called damaged', async () => {
    const path = await aFile(packed.subarray(0, -100));
    const touching = {
      phase: () => ({update: () => {}, end: () => appendFileSync(path, 'more')}),
    };
    expect(await problem(dumpOf(path, {progress: touching}))).toBe('source/changed');
  });
});

/** After the first look at the signal. */
function abortedSoon(): AbortSignal {
  const abort = new AbortController();
  setImmediate(() => abort.abort());
  return abort.signal;
}

test('a drill that was cancelled reads no further', async () => {
  const path = await aFile('REDIS0010');
  expect(await problem(dumpOf(path, {signal: AbortSignal.abort()}))).toBe('cancelled');
});
