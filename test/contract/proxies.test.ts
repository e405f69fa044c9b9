/** Where a machine gets out only by a proxy, which HTTP_PROXY names: every store that speaks HTTP is reached by it, all bytes of a backup too. */
import {randomBytes} from 'node:crypto';
import {afterAll, beforeAll, describe, expect, test} from '@jest/globals';
import {scratch} from '../drills.ts';
import {skippedBecause} from '../servers.ts';
import {outcome} from '../stores/fetched.ts';
import {ForwardProxy} from '../stores/forward-proxy.ts';
import {PLACES, type RunningPlace} from '../stores/places.ts';

const SOME = randomBytes(300_001);
const temp = scratch();
afterAll(() => temp.dispose());

type It = typeof test.skip;

describe.each(PLACES.filter(({http}) => http))('$name', ({start, missing}) => {
  const it: It = missing === undefined ? (test as unknown as It) : skippedBecause(missing);
  let place: RunningPlace;
  let proxy: ForwardProxy;
  beforeAll(async () => {
    proxy = await ForwardProxy.start();
    if (missing === undefined) place = await start();
  });
  afterAll(async () => {
    delete process.env.HTTP_PROXY;
    await place?.[Symbol.asyncDispose]();
    await proxy[Symbol.asyncDispose]();
  });

  it('is reached by the proxy', async () => {
    await place.put('d1/dump.rdb', SOME);
    // SDKs look into the environment of their own process.
    process.env.HTTP_PROXY = proxy.url;
    expect(await outcome(place.reach('d1/dump.rdb'), temp.path, SOME)).toBe('whole');
    expect(proxy.bytes).toBeGreaterThanOrEqual(SOME.length);
    expect(proxy.strangers).toBe(0);
  });
});
