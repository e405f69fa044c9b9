/** A dump that grows piece by piece is read as it comes; whatever else happens to it, the track is lost and nothing is said. */
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, beforeEach, describe, expect, test} from '@jest/globals';
import {LostTrack, openGrowing} from '../../../src/inspect/growing-dump.ts';
import {inspect, inspectWritten} from '../../../src/inspect/inspect.ts';
import {inspectSource} from '../../../src/inspect/inspect-source.ts';
import {key, rdb, selectDb, str} from '../../rdb-builder.ts';

const root = mkdtempSync(join(tmpdir(), 'growing-'));
afterAll(() => rmSync(root, {recursive: true}));

const keys = Array.from({length: 40_000}, (_, at) => key(0, `key:${at}`, str('x'.repeat(60))));
const all = Buffer.concat(keys);
const dump = rdb('REDIS0009', [selectDb(0), all]);
const half = dump.length >> 1;
const DISTANCE = 1_200_000;
let temporary: string;
let path: string;
let writing: PromiseWithResolvers<string>;

beforeEach(() => {
  const directory = mkdtempSync(join(root, 'server-'));
  temporary = join(directory, 'temp-17.rdb');
  path = join(directory, 'dump.rdb');
  writing = Promise.withResolvers();
});

function finish(): void {
  renameSync(temporary, path);
  writing.resolve(path);
}

test('it is read while it grows, and to its end when it is whole', async () => {
  writeFileSync(temporary, dump.subarray(0, half));
  using file = await openGrowing(path, writing.promise, DISTANCE);
  let furthest = 0;
  let settled = false;
  const update = (done: number) => {
    furthest = done;
  };
  const phase = () => ({update, end: () => {}});
  const reading = inspectSource(file, {progress: {phase}}).finally(() => {
    settled = true;
  });
  while (furthest === 0) await new Promise(resolve => setTimeout(resolve, 5));
  expect({settled, early: furthest < half}).toEqual({settled: false, early: true});
  for (let at = half; at < dump.length; at += 400_000) {
    appendFileSync(temporary, dump.subarray(at, at + 400_000));
    await new Promise(resolve => setTimeout(resolve, 5));
  }
  expect(settled).toBe(false);
  finish();
  expect(await reading).toEqual(await inspect(path));
});

describe('the track is lost', () => {
  async function lost(meanwhile: () => void): Promise<void> {
    writeFileSync(temporary, dump.subarray(0, half));
    using file = await openGrowing(path, writing.promise, DISTANCE);
    const reading = inspectSource(file);
    meanwhile();
    await expect(reading).rejects.toThrow(LostTrack);
  }

  test('when another file has the name in the end', async () => {
    await lost(() => {
      appendFileSync(temporary, dump.subarray(half));
      writeFileSync(path, dump);
      writing.resolve(path);
    });
  });

  test('when no file has it', async () => {
    await lost(() => writing.resolve(path));
  });

  test('when the server fails', async () => {
    await lost(() => writing.reject(new Error('died')));
  });

  test('when a value is longer than the distance', async () => {
    const giant = rdb('REDIS0009', [selectDb(0), key(0, 'giant', str('x'.repeat(4_000_000)))], 'zeros');
    writeFileSync(temporary, giant.subarray(0, half));
    using file = await openGrowing(path, writing.promise, DISTANCE);
    await expect(inspectSource(file)).rejects.toThrow(LostTrack);
    writing.resolve(path);
  });

  test.each([
    ['a link', () => symlinkSync('/dev/zero', temporary)],
    ['a directory', () => mkdirSync(temporary)],
  ])('when %s bears the name that it is written under', async (_, make) => {
    make();
    await expect(openGrowing(path, writing.promise, 0)).rejects.toThrow(LostTrack);
    writing.resolve(path);
  });

  test('when it was written before there was much of it', async () => {
    writeFileSync(temporary, dump.subarray(0, 100));
    const opening = openGrowing(path, writing.promise, DISTANCE);
    finish();
    await expect(opening).rejects.toThrow(LostTrack);
  });
});

describe('what a server writes', () => {
  const large = rdb('REDIS0009', [selectDb(0), ...Array.from({length: 9}, () => all)], 'zeros');

  test('is read when it is finished, where it was cut short on the way: then it is damaged', async () => {
    const short = large.subarray(0, large.length - 5);
    writeFileSync(temporary, short.subarray(0, 20_000_000));
    const reading = inspectWritten(writing.promise, path, {});
    await new Promise(resolve => setTimeout(resolve, 30));
    appendFileSync(temporary, short.subarray(20_000_000));
    finish();
    expect((await reading).error).toMatchObject({rule: 'backup/truncated'});
  });

  test('throws what kept the server from it', async () => {
    writeFileSync(temporary, large.subarray(0, 20_000_000));
    const reading = inspectWritten(writing.promise, path, {});
    setTimeout(() => writing.reject(new Error('no room')), 30);
    await expect(reading).rejects.toThrow('no room');
  });

  test('is not followed any further once the drill is cancelled', async () => {
    writeFileSync(temporary, large.subarray(0, 20_000_000));
    const stop = new AbortController();
    stop.signal.addEventListener('abort', () => writing.reject(new Error('cancelled')));
    const reading = inspectWritten(writing.promise, path, {signal: stop.signal});
    setTimeout(() => stop.abort(), 30);
    await expect(reading).rejects.toThrow('ancelled');
  });
});
