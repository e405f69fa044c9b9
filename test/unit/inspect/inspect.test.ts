import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, beforeAll, describe, expect, test} from '@jest/globals';
import {DrillError} from '../../../src/errors.ts';
import {inspect, readHeader} from '../../../src/inspect/inspect.ts';
import type {Progress} from '../../../src/progress.ts';
import {aux, bytes, key, len, len32, rdb, str} from '../../rdb-builder.ts';
import {REAL_DUMP} from './dumps.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'inspect-'));
});
afterAll(() => rmSync(folder, {recursive: true, force: true}));

function written(name: string, content: Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

async function errorCode(work: Promise<unknown>): Promise<string> {
  try {
    await work;
  } catch (thrown) {
    if (thrown instanceof DrillError) return thrown.code;
    throw thrown;
  }
  return 'none';
}

/** A valid dump of 24 MiB: three slices of the event loop. */
const largeDump = () => {
  const value = bytes(len32(1024 * 1024), Buffer.alloc(1024 * 1024, 'x'));
  return bytes(
    'REDIS0011',
    ...Array.from({length: 24}, () => key(0, 'secret:large', value)),
    [255],
    Buffer.alloc(8),
  );
};

describe('a file', () => {
  test('is inspected by its path', async () => {
    const path = written('rich.rdb', REAL_DUMP);
    expect(await inspect(path)).toMatchObject({
      sizeBytes: REAL_DUMP.length,
      checksum: 'valid',
      dataset: {keys: 22},
    });
  });

  test('that is damaged gives a value, with what was read so far', async () => {
    const inspection = await inspect(written('cut.rdb', REAL_DUMP.slice(0, -100)));
    expect(inspection.error?.rule).toBe('backup/truncated');
    expect(inspection.dataset.keys).toBeGreaterThan(10);
  });

  test('that is not there, or no regular file, is unreadable, and nothing waits for a pipe', async () => {
    const unreadable = 'source/unreadable';
    expect(await errorCode(inspect(join(folder, 'nowhere.rdb')))).toBe(unreadable);
    mkdirSync(join(folder, 'directory'));
    expect(await errorCode(inspect(join(folder, 'directory')))).toBe(unreadable);
    expect(await errorCode(readHeader(join(folder, 'nowhere.rdb')))).toBe(unreadable);
    expect(await errorCode(inspect('/dev/zero'))).toBe(unreadable);
  });

  const asRoot = process.getuid?.() === 0;
  (asRoot ? test.skip : test)(
    'that this user may not read is unreadable (skipped: root may read all)',
    async () => {
      const path = written('forbidden.rdb', REAL_DUMP);
      chmodSync(path, 0);
      expect(await errorCode(inspect(path))).toBe('source/unreadable');
    },
  );

  test('that grows or shrinks while it is read gives no verdict', async () => {
    const whileReading = (action: () => void): Progress => ({phase: () => ({update: action, end: () => {}})});
    const path = written('moving.rdb', largeDump());
    expect(await errorCode(inspect(path, {progress: whileReading(() => appendFileSync(path, 'x'))}))).toBe(
      'source/unreadable',
    );
    expect(await errorCode(inspect(path, {progress: whileReading(() => truncateSync(path, 1000))}))).toBe(
      'source/unreadable',
    );
  });
});

describe('a long inspection', () => {
  test('reports its progress in bytes, upwards and to the end', async () => {
    const path = written('large.rdb', largeDump());
    const updates: number[] = [];
    const phases: unknown[] = [];
    let ended = 0;
    const progress: Progress = {
      phase(...phase) {
        phases.push(phase);
        return {update: done => updates.push(done), end: () => ended++};
      },
    };
    const {sizeBytes} = await inspect(path, {progress});
    expect(phases).toEqual([['inspect', sizeBytes, 'bytes']]);
    expect(updates).toEqual(updates.toSorted((a, b) => a - b));
    expect(updates.length).toBeGreaterThanOrEqual(4);
    expect(updates.at(-1)).toBe(sizeBytes);
    expect(ended).toBe(1);
  });

  test('lets others have their turn, and ends when it is cancelled', async () => {
    const path = written('cancelled.rdb', largeDump());
    const controller = new AbortController();
    setImmediate(() => controller.abort());
    expect(await errorCode(inspect(path, {signal: controller.signal}))).toBe('cancelled');
    expect(await errorCode(inspect(path, {signal: AbortSignal.abort()}))).toBe('cancelled');
  });

  test('is cancelled after a fault too', async () => {
    const path = written('faulty.rdb', bytes('REDIS0011', [99], Buffer.alloc(24 * 1024 * 1024)));
    const controller = new AbortController();
    const progress: Progress = {
      phase: () => ({update: done => void (done > 16 * 1024 * 1024 && controller.abort()), end: () => {}}),
    };
    expect(await errorCode(inspect(path, {progress, signal: controller.signal}))).toBe('cancelled');
  });
});

describe('the header alone', () => {
  test('tells version and producer, also of a file that is damaged later on', async () => {
    const header = {
      magic: 'REDIS',
      rdbVersion: 10,
      unverified: false,
      producer: {product: 'redis', version: '7.0.15'},
      aofBase: false,
      usedMemoryBytes: 1_295_240,
    };
    expect(await readHeader(written('header.rdb', REAL_DUMP))).toEqual(header);
    expect(await readHeader(written('header-cut.rdb', REAL_DUMP.slice(0, 200)))).toEqual(header);
  });

  test('knows KeyDB by its first key, behind a value of any length', async () => {
    const value = bytes(len(1), 'x');
    const dump = rdb('REDIS0009', [
      aux('redis-ver', '6.3.4'),
      aux('mvcc-tstamp', '1'),
      key(0, 'secret:k', value),
    ]);
    expect((await readHeader(written('keydb.rdb', dump))).producer).toEqual({
      product: 'keydb',
      version: '6.3.4',
    });
  });

  test('of something else is null', async () => {
    expect(await readHeader(written('page.rdb', bytes('<html>')))).toMatchObject({
      magic: null,
      rdbVersion: null,
    });
    expect(await readHeader(written('empty.rdb', bytes()))).toMatchObject({magic: null});
  });

  test('takes no longer for a large file', async () => {
    const path = written(
      'large-header.rdb',
      bytes('REDIS0011', aux('redis-ver', '7.2.4'), str('x'), largeDump()),
    );
    const started = performance.now();
    await readHeader(path);
    expect(performance.now() - started).toBeLessThan(5000);
  });
});
