/** What is too little memory for sure, and how much there is: as /proc and both versions of cgroups tell. */
import {mkdirSync, truncateSync, writeFileSync} from 'node:fs';
import {afterAll, describe, expect, test} from '@jest/globals';
import type {DumpHeader} from '../../../src/restore/choose-image.ts';
import {assertRoom, roomHere} from '../../../src/restore/memory.ts';
import {scratch} from '../../drills.ts';

const dir = scratch();
afterAll(() => dir.dispose());

const MB = 1_000_000;
const GB = 1000 * MB;

/** Sparse: it takes no room. */
function dumpOf(bytes: number) {
  const path = dir.file('dump.rdb');
  writeFileSync(path, '');
  truncateSync(path, bytes);
  return {kind: 'rdb', path} as const;
}
const header = (usedMemoryBytes: number | null): DumpHeader => ({
  magic: 'REDIS',
  rdbVersion: 10,
  producer: null,
  highestDatabase: 0,
  usedMemoryBytes,
});
const room = (bytes: number, asked = false) => ({bytes, of: 'the engine', asked});

describe('refused', () => {
  test('is less memory than the dump has bytes, whoever named it', async () => {
    for (const asked of [true, false]) {
      await expect(assertRoom(dumpOf(GB), header(null), room(700 * MB, asked))).rejects.toMatchObject({
        code: 'capacity/memory',
        message: expect.stringContaining('700.0 MB of memory (the engine), and the dump alone has 1.0 GB'),
      });
    }
  });

  test('is less than a quarter of what the producer used', async () => {
    await expect(assertRoom(dumpOf(MB), header(9 * GB), room(2 * GB))).rejects.toMatchObject({
      code: 'capacity/memory',
      facts: {availableBytes: 2 * GB, dumpBytes: MB, usedMemoryBytes: 9 * GB},
    });
  });
});

describe('begun', () => {
  test.each([
    ['with as much as the dump has', GB, (10 * GB) / 4, room(GB)],
    ['with less than the producer used, whose clients are in that', MB, 7 * GB, room(2 * GB)],
    ['with whatever somebody says that it takes', MB, 100 * GB, room(GB, true)],
    ['without knowing what the producer used', MB, null, room(10 * MB)],
  ])('%s', async (_what, dumpBytes, used, there) => {
    await expect(assertRoom(dumpOf(dumpBytes), header(used), there)).resolves.toBeUndefined();
  });

  test('of an append-only file, which may write one key over and over', async () => {
    await expect(
      assertRoom({kind: 'aof', files: [], multiPart: false}, header(null), room(MB)),
    ).resolves.toBeUndefined();
  });
});

describe('what there is here', () => {
  let machines = 0;
  function machine(files: Record<string, string>) {
    machines += 1;
    for (const [name, text] of Object.entries(files)) {
      const path = dir.file(`machine-${machines}/${name}`);
      mkdirSync(path.replace(/\/[^/]*$/, ''), {recursive: true});
      writeFileSync(path, text);
    }
    return roomHere({
      proc: dir.file(`machine-${machines}/proc`),
      cgroups: dir.file(`machine-${machines}/cgroup`),
    });
  }
  const MEMINFO = 'MemTotal:       16000000 kB\nMemAvailable:    8000000 kB\nSwapFree:        1000000 kB\n';
  const FREE = {bytes: 9_000_000 * 1024, of: 'available on this machine', asked: false};

  test('is what the machine has available, with swap', async () => {
    expect(await machine({'proc/meminfo': MEMINFO})).toEqual(FREE);
    expect(await machine({})).toBeNull();
  });

  test('is the lowest limit of cgroups, version 2, on the way up', async () => {
    const files = {'proc/meminfo': MEMINFO, 'proc/self/cgroup': '0::/a/b\n'};
    expect(
      await machine({...files, 'cgroup/a/memory.max': '1000000000\n', 'cgroup/a/b/memory.max': 'max\n'}),
    ).toMatchObject({
      bytes: 1_000_000_000,
      of: 'the limit of its cgroup',
    });
    expect(await machine({...files, 'cgroup/a/memory.max': 'max\n'})).toEqual(FREE);
  });

  test('is the limit of cgroups, version 1, also where a container sees a path of the machine around it', async () => {
    const files = {'proc/meminfo': MEMINFO, 'proc/self/cgroup': '4:cpu,memory:/docker/0123\n1:pids:/\n'};
    expect(await machine({...files, 'cgroup/memory/memory.limit_in_bytes': '2000000000\n'})).toMatchObject({
      bytes: 2_000_000_000,
    });
    const none = {...files, 'cgroup/memory/memory.limit_in_bytes': '9223372036854771712\n'};
    expect(await machine(none)).toEqual(FREE);
  });

  test('is something on the machine that runs this', async () => {
    expect((await roomHere())!.bytes).toBeGreaterThan(10 * MB);
  });
});
