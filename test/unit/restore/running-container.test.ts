import {mkdtemp, readFile, rm, stat, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {PassThrough, Readable} from 'node:stream';
import {afterEach, beforeEach, describe, expect, test} from '@jest/globals';
import {dumpTar} from '../../../src/restore/dump-tar.ts';
import {NotShared, RunningContainer} from '../../../src/restore/running-container.ts';

type State = {Running: boolean; Status: string; ExitCode: number; OOMKilled: boolean};
const RUNNING: State = {Running: true, Status: 'running', ExitCode: 0, OOMKilled: false};
const EXITED: State = {Running: false, Status: 'exited', ExitCode: 1, OOMKilled: false};
const gone = () => Object.assign(new Error('connect ECONNREFUSED'), {code: 'ECONNREFUSED'});
const answer = (statusCode: number) => Object.assign(new Error(`answered ${statusCode}`), {statusCode});

/** An engine's container, by what it answers. */
function aContainer({
  state = () => RUNNING,
  removed = () => {},
  seen = () => '',
  archive = () => new PassThrough(),
  signal,
}: {
  state?: () => State;
  removed?: () => void;
  seen?: (path: string) => string;
  archive?: () => Readable;
  signal?: AbortSignal;
} = {}) {
  const never = new PassThrough();
  const engine = {
    inspect: async () => ({State: state()}),
    kill: async () => {},
    remove: async () => removed(),
    infoArchive: async ({path}: {path: string}) => ({
      headers: {'x-docker-container-path-stat': Buffer.from(seen(path)).toString('base64')},
      destroy: () => {},
    }),
    getArchive: async () => archive(),
    exec: async () => ({start: async () => never, inspect: async () => ({ExitCode: 0})}),
    modem: {demuxStream: () => {}},
  };
  return new RunningContainer(engine, signal);
}

describe('the log', () => {
  test('is whole where the server has ended', async () => {
    const container = aContainer({state: () => EXITED});
    const stream = new PassThrough();
    container.follow(stream);
    stream.end('one\ntwo\n');
    const timers = () => process.getActiveResourcesInfo().filter(kind => kind === 'Timeout').length;
    const before = timers();
    expect(await container.log()).toEqual(['one', 'two']);
    // A limit that goes on would keep the process of a drill that failed from ending, for seconds.
    expect(timers()).toBeLessThanOrEqual(before);
  });

  test('that breaks off under a running server is an error: what it lacks would be taken for an empty load', async () => {
    const container = aContainer();
    const stream = new PassThrough();
    container.follow(stream);
    stream.end('one\n');
    await new Promise(resolve => stream.on('close', resolve));
    await expect(container.log()).rejects.toMatchObject({code: 'server/unreachable'});
  });

  test('that ends a moment before the server is seen to have ended is whole', async () => {
    let looks = 0;
    const container = aContainer({state: () => (++looks > 3 ? EXITED : RUNNING)});
    const stream = new PassThrough();
    container.follow(stream);
    stream.end('last words\n');
    await new Promise(resolve => stream.on('close', resolve));
    expect(await container.log()).toEqual(['last words']);
  });
});

describe('files are shared', () => {
  let temp: string;
  let file: string;
  beforeEach(async () => {
    temp = await mkdtemp(join(tmpdir(), 'unit-'));
    file = join(temp, 'dump.rdb');
    await writeFile(file, 'REDIS0010');
  });
  afterEach(() => rm(temp, {recursive: true, force: true}));

  const sees = async (change: {size?: number; mtime?: string}) => {
    const {size, mtime} = await stat(file);
    return aContainer({seen: () => JSON.stringify({size, mtime: mtime.toISOString(), ...change})});
  };
  const files = () => [{inside: '/drill-dump/dump.rdb', ours: file}];

  test('where the engine sees the same size and time', async () => {
    await (await sees({})).assertShared(files());
  });

  test('not where either differs, or the engine knows nothing of it', async () => {
    for (const container of [
      await sees({size: 10}),
      await sees({mtime: '2001-01-01T00:00:00Z'}),
      aContainer({seen: () => 'nonsense'}),
    ])
      await expect(container.assertShared(files())).rejects.toBeInstanceOf(NotShared);
  });
});

describe('an engine', () => {
  test('that goes away is an error, never an ended server; its container is not missed afterwards', async () => {
    const fails = () => {
      throw gone();
    };
    const container = aContainer({state: fails, removed: fails});
    await expect(container.ended()).rejects.toMatchObject({code: 'server/unreachable'});
    await container.remove();
  });

  test('that cannot remove a container is an error; one that has removed it already is none', async () => {
    const refuses = (status: number) =>
      aContainer({
        removed: () => {
          throw answer(status);
        },
      });
    await expect(refuses(500).remove()).rejects.toMatchObject({code: 'server/unreachable'});
    for (const status of [404, 409]) await refuses(status).remove();
  });

  test('is not waited for when the drill is cancelled', async () => {
    const abort = new AbortController();
    const container = aContainer({signal: abort.signal});
    abort.abort();
    await expect(container.ended()).rejects.toMatchObject({code: 'cancelled'});
  });

  test('may never tell that a command ended with its container: it is looked at meanwhile', async () => {
    let running = true;
    const container = aContainer({state: () => (running ? RUNNING : EXITED)});
    const asking = container.exec(['redis-cli', 'PING']);
    running = false;
    await expect(asking).rejects.toThrow('the server ended before it answered');
  });
});

describe('what the server saved is handed over', () => {
  let temp: string;
  let original: string;
  const bytes = Buffer.alloc(300_000, 'REDIS');
  beforeEach(async () => {
    temp = await mkdtemp(join(tmpdir(), 'unit-'));
    original = join(temp, 'original.rdb');
    await writeFile(original, bytes);
  });
  afterEach(() => rm(temp, {recursive: true, force: true}));

  const archived = () =>
    dumpTar({path: original, file: 'dump.rdb'}, {directory: 'd', uid: 1, gid: 1, entries: []}, undefined);
  const copied = (archive: () => Readable, signal?: AbortSignal) =>
    aContainer({archive, ...(signal && {signal})}).copyOut('/d/dump.rdb', join(temp, 'copy.rdb'));

  test('byte for byte', async () => {
    const tar = await archived();
    expect((await readFile(await copied(() => tar))).equals(bytes)).toBe(true);
  });

  test('or not at all: an engine that breaks off, or has nothing to give, is an error', async () => {
    const whole = Buffer.concat(await (await archived()).toArray());
    const breaks = async function* () {
      yield whole.subarray(0, 100_000);
      throw gone();
    };
    for (const tar of [
      Readable.from(breaks()),
      Readable.from([whole.subarray(0, 100_000)]),
      Readable.from([]),
    ])
      await expect(copied(() => tar)).rejects.toMatchObject({code: 'server/unreachable'});
  });

  test('and is not waited for when the drill is cancelled', async () => {
    const abort = new AbortController();
    const stuck = new PassThrough({signal: abort.signal});
    const copying = copied(() => stuck, abort.signal);
    setImmediate(() => abort.abort());
    await expect(copying).rejects.toMatchObject({code: 'cancelled'});
  });
});
