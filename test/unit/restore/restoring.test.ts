import {describe, expect, test} from '@jest/globals';
import {cancelled, unlessAborted} from '../../../src/errors.ts';
import type {Restored} from '../../../src/restore/loading.ts';
import {Restoring} from '../../../src/restore/restoring.ts';
import type {Throwaway} from '../../../src/restore/throwaway.ts';
import {aLoad, aServer} from '../../builders.ts';

const RESTORED: Restored = {server: aServer(), load: aLoad(), line: null};

/** A server that counts how often it is let go of. */
function aThrowaway(dispose = async () => {}) {
  let disposals = 0;
  const server: Throwaway = {
    description: aServer(),
    client: {call: async () => 'OK', callIn: async () => null, close: () => {}},
    log: async () => [],
    ended: async () => null,
    save: async () => '',
    [Symbol.asyncDispose]: async () => {
      disposals += 1;
      await dispose();
    },
  };
  return {server, disposals: () => disposals};
}

/** Loads until it is told to stop. */
const endless = (_server: Throwaway, signal: AbortSignal) =>
  unlessAborted(new Promise<Restored>(() => {}), signal);
const atOnce = async () => RESTORED;

test('goes on by itself, is met later, and is gone afterwards', async () => {
  const {server, disposals} = aThrowaway();
  {
    await using restoring = new Restoring({start: async () => server, load: atOnce}, undefined);
    expect(await restoring.loaded()).toEqual({server, restored: RESTORED});
    expect(disposals()).toBe(0);
  }
  expect(disposals()).toBe(1);
});

describe('let go of before it is met', () => {
  test('while the server starts: it is taken away as soon as it is there', async () => {
    const {server, disposals} = aThrowaway();
    const starting = Promise.withResolvers<Throwaway>();
    const restoring = new Restoring({start: () => starting.promise, load: endless}, undefined);
    const gone = restoring[Symbol.asyncDispose]();
    starting.resolve(server);
    await gone;
    expect(disposals()).toBe(1);
    await expect(restoring.loaded()).rejects.toMatchObject({code: 'cancelled'});
  });

  test('while the server loads: nobody goes on asking it', async () => {
    const {server, disposals} = aThrowaway();
    const restoring = new Restoring({start: async () => server, load: endless}, undefined);
    await restoring[Symbol.asyncDispose]();
    expect(disposals()).toBe(1);
  });

  test('when it had failed: nothing is left to be told, and nothing to be taken away', async () => {
    const start = async () => Promise.reject(new Error('no server'));
    await new Restoring({start, load: atOnce}, undefined)[Symbol.asyncDispose]();
  });
});

describe('what went wrong is told where it is met', () => {
  test('of the start', async () => {
    const start = async () => Promise.reject(new Error('no server'));
    await using restoring = new Restoring({start, load: atOnce}, undefined);
    // Unmet rejections would end the process.
    await new Promise(resolve => setImmediate(resolve));
    await expect(restoring.loaded()).rejects.toThrow('no server');
  });

  test('of the load, and the server is taken away all the same', async () => {
    const {server, disposals} = aThrowaway();
    {
      const load = async () => Promise.reject(new Error('stalled'));
      await using restoring = new Restoring({start: async () => server, load}, undefined);
      await expect(restoring.loaded()).rejects.toThrow('stalled');
    }
    expect(disposals()).toBe(1);
  });

  test('of the removal once, to whoever let go first', async () => {
    const {server, disposals} = aThrowaway(async () => Promise.reject(new Error('not removed')));
    const restoring = new Restoring({start: async () => server, load: atOnce}, undefined);
    await expect(restoring[Symbol.asyncDispose]()).rejects.toThrow('not removed');
    await restoring[Symbol.asyncDispose]();
    expect(disposals()).toBe(1);
  });
});

test('a cancelled drill stops waiting for the load', async () => {
  const cancel = new AbortController();
  const {server, disposals} = aThrowaway();
  {
    await using restoring = new Restoring({start: async () => server, load: endless}, cancel.signal);
    const met = expect(restoring.loaded()).rejects.toMatchObject({code: cancelled().code});
    cancel.abort();
    await met;
  }
  expect(disposals()).toBe(1);
});
