import {describe, expect, test} from '@jest/globals';
import type {DrillCode} from '../../../src/errors.ts';
import {silent} from '../../../src/progress.ts';
import {awaitLoaded, refused} from '../../../src/restore/loading.ts';
import {type Ended, EndedEarly, type Throwaway} from '../../../src/restore/throwaway.ts';
import {aServer} from '../../builders.ts';

const LOADED_7_0 = [
  'Loading RDB produced by version 7.0.15',
  'Done loading RDB, keys loaded: 3, keys expired: 0.',
  'DB loaded from disk: 0.002 seconds',
  'Ready to accept connections',
];

const info = (fields: Record<string, string | number>) =>
  Object.entries(fields)
    .map(([field, value]) => `${field}:${value}`)
    .join('\r\n');

const READY = {redis_version: '7.0.15', loading: 0};

type Fake = {
  /** What INFO answers, one after the other; the last one again and again. `null`: the connection is broken. */
  answers?: (Record<string, string | number> | null)[];
  log?: string[];
  ended?: Ended | null;
};

function aThrowaway({answers = [READY], log = LOADED_7_0, ended = null}: Fake): Throwaway {
  let asked = 0;
  return {
    description: aServer({line: null, version: null}),
    client: {
      call: async command => {
        if (command !== 'INFO') throw new Error(`not asked for: ${command}`);
        const answer = answers[Math.min(asked, answers.length - 1)]!;
        asked += 1;
        if (answer === null) throw new Error('Connection is closed.');
        return info(answer);
      },
      callIn: () => Promise.reject(new Error('not asked for')),
      close: () => {},
    },
    log: async () => log,
    ended: async () => (answers[Math.min(asked, answers.length) - 1] === null ? ended : null),
    save: async () => {
      throw new Error('not asked for: SAVE');
    },
    [Symbol.asyncDispose]: async () => {},
  };
}

const load = (fake: Fake, signal?: AbortSignal) => awaitLoaded(aThrowaway(fake), {progress: silent, signal});
const code = async (promise: Promise<unknown>): Promise<DrillCode | undefined> =>
  promise.then(
    () => undefined,
    error => error.code,
  );

describe('a server that loaded the dump', () => {
  test('says who it is, and its log proves it', async () => {
    const {load: loaded, server, line} = await load({});
    expect(loaded).toMatchObject({status: 'loaded', keysLoaded: 3, keysExpired: 0, loadMs: 2});
    expect(loaded.evidence).toEqual(LOADED_7_0);
    expect(server).toMatchObject({line: 'redis:7.0', version: '7.0.15'});
    expect(line).toEqual({product: 'redis', major: 7, minor: 0});
  });

  test('is waited for while it loads, and its progress is passed on', async () => {
    const loading = {redis_version: '7.0.15', loading: 1, loading_loaded_bytes: 10};
    const percents: number[] = [];
    let ends = 0;
    const progress = {
      phase: () => ({
        update: (done: number) => void percents.push(done),
        end: () => {
          ends += 1;
        },
      }),
    };
    const answers = [{...loading, loading_loaded_perc: 25.5}, {...loading, loading_loaded_perc: 80}, READY];
    const {load: loaded} = await awaitLoaded(aThrowaway({answers}), {progress});
    expect(loaded.status).toBe('loaded');
    expect(percents).toEqual([25.5, 80]);
    expect(ends).toBe(1);
  });

  test('counts better in INFO than in its log', async () => {
    const answers = [{...READY, rdb_last_load_keys_loaded: 5, rdb_last_load_keys_expired: 1}];
    expect((await load({answers})).load).toMatchObject({keysLoaded: 5, keysExpired: 1});
  });

  test('and counts nothing (6.0) is believed by its log, with the counts left open', async () => {
    const answers = [{redis_version: '6.0.16', loading: 0}];
    const log = ['DB loaded from disk: 0.000 seconds', 'Ready to accept connections'];
    expect((await load({answers, log})).load).toMatchObject({
      status: 'loaded',
      keysLoaded: null,
      keysExpired: null,
      emptyKeysSkipped: null,
    });
  });

  test('is asked again when the first question came too early', async () => {
    expect((await load({answers: [null, READY]})).load.status).toBe('loaded');
  });
});

describe('a server that is ready without a sign of having loaded anything', () => {
  test('is silent and empty, however ready', async () => {
    const {load: loaded} = await load({log: ['Server initialized', 'Ready to accept connections']});
    expect(loaded.status).toBe('silent-empty');
  });

  test('is silent and empty, even where it loaded an append-only file', async () => {
    const log = ['DB loaded from append only file: 0.000 seconds', 'Ready to accept connections'];
    expect((await load({log})).load.status).toBe('silent-empty');
  });

  test('is silent and empty, even where INFO counts loaded keys', async () => {
    const answers = [{...READY, rdb_last_load_keys_loaded: 0, rdb_last_load_keys_expired: 0}];
    expect((await load({answers, log: ['Ready to accept connections']})).load.status).toBe('silent-empty');
  });
});

describe('a server that ended', () => {
  const CORRUPT = [
    '1:M 01 Jan 2026 00:00:00.000 # Internal error in RDB reading offset 0, function at rdb.c:1 -> RDB CRC error',
  ];

  test.each([
    0,
    1,
    134,
    null,
  ])('with exit code %p after it read a damaged dump refused it', async exitCode => {
    const fake = {answers: [null], log: CORRUPT, ended: {exitCode, outOfMemory: false}};
    const {load: loaded, server} = await load(fake);
    expect(loaded).toMatchObject({
      status: 'refused',
      keysLoaded: null,
      refusal: {rule: 'restore/checksum-mismatch'},
    });
    expect(server.line).toBeNull();
  });

  test('in the middle of loading refused it too', async () => {
    const answers = [{redis_version: '7.0.15', loading: 1}, null];
    const fake = {answers, log: CORRUPT, ended: {exitCode: 1, outOfMemory: false}};
    expect((await load(fake)).load.status).toBe('refused');
  });

  test.each([
    ['killed by the kernel', {exitCode: null, outOfMemory: true}, []],
    ['killed in its container', {exitCode: 137, outOfMemory: false}, []],
    [
      'for want of memory',
      {exitCode: 1, outOfMemory: false},
      ['Guru Meditation: Redis aborting for OUT OF MEMORY. Allocating 9 bytes!'],
    ],
  ])('%s says nothing about the backup', async (_what, ended, log) => {
    expect(await code(load({answers: [null], log, ended}))).toBe('capacity/memory');
  });

  test('for a reason of its own says nothing about the backup', async () => {
    const log = ["Can't chdir to '/drill': Permission denied"];
    const fake = {answers: [null], log, ended: {exitCode: 1, outOfMemory: false}};
    expect(await code(load(fake))).toBe('server/unavailable');
  });

  test('without a word says nothing about the backup', () => {
    const ended = {exitCode: 0, outOfMemory: false};
    expect(() => refused(new EndedEarly(aServer(), [], ended))).toThrow('it did not say why');
  });
});

test('a drill that is cancelled stops waiting', async () => {
  const abort = new AbortController();
  setTimeout(() => abort.abort(), 20);
  const answers = [{redis_version: '7.0.15', loading: 1}];
  expect(await code(load({answers}, abort.signal))).toBe('cancelled');
});
