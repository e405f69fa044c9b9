import {describe, expect, test} from '@jest/globals';
import type {ServerClient} from '../../../src/redis/client.ts';
import {whenReachable} from '../../../src/restore/reach.ts';
import {EndedEarly, type Throwaway} from '../../../src/restore/throwaway.ts';
import {aServer} from '../../builders.ts';

const client: ServerClient = {call: async () => 'PONG', callIn: async () => null, close: () => {}};
const running: Pick<Throwaway, 'description' | 'log' | 'ended'> = {
  description: aServer(),
  log: async () => ['Fatal error loading the DB'],
  ended: async () => null,
};

/** Refuses the first few times. */
function refusing(refusals: number): () => Promise<ServerClient> {
  let tries = 0;
  return async () => {
    tries += 1;
    if (tries <= refusals) throw new Error('ENOENT');
    return client;
  };
}

describe('a server that was started', () => {
  test('is tried until it answers', async () => {
    expect(await whenReachable(refusing(7), running, undefined)).toBe(client);
  });

  test('that ended instead is told with its log', async () => {
    const ended = {exitCode: 0, outOfMemory: false};
    const dead = {...running, ended: async () => ended};
    await expect(whenReachable(refusing(1000), dead, undefined)).rejects.toMatchObject({
      ended,
      log: ['Fatal error loading the DB'],
    });
    await expect(whenReachable(refusing(1000), dead, undefined)).rejects.toBeInstanceOf(EndedEarly);
  });

  test('that hangs in its own crash report is not waited for', async () => {
    const log = ['=== REDIS BUG REPORT START: Cut & paste starting from here ==='];
    const hanging = {...running, log: async () => log};
    await expect(whenReachable(refusing(Infinity), hanging, undefined)).rejects.toMatchObject({log});
  }, 20_000);

  test('is not waited for by a drill that was cancelled', async () => {
    const abort = new AbortController();
    setTimeout(() => abort.abort(), 30);
    await expect(whenReachable(refusing(100_000), running, abort.signal)).rejects.toMatchObject({
      code: 'cancelled',
    });
  });
});
