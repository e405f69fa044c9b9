/**
 * What networks and stores do to a transfer, done to every store that has a connection: the backup comes whole, or the
 * drill says that it could not be held. Never a verdict on a part of it, never a hang, nothing left on disk.
 */
import {randomBytes} from 'node:crypto';
import {readdirSync} from 'node:fs';
import {setTimeout as sleep} from 'node:timers/promises';
import {afterAll, afterEach, beforeAll, beforeEach, describe, expect, test} from '@jest/globals';
import {scratch} from '../drills.ts';
import {randomFrom, seedOf} from '../random-dataset.ts';
import {skippedBecause} from '../servers.ts';
import {type Asked, outcome} from '../stores/fetched.ts';
import {PLACES, type RunningPlace} from '../stores/places.ts';

const temp = scratch();
afterAll(() => temp.dispose());

type It = typeof test.skip;
const BYTES = randomBytes(1_200_017);

describe.each(PLACES.filter(({proxied}) => proxied))('$name', ({start, missing, http}) => {
  const it: It = missing === undefined ? (test as unknown as It) : skippedBecause(missing);
  const busy: It = http ? it : skippedBecause('it has no status codes');
  let place: RunningPlace;
  beforeAll(async () => {
    if (missing !== undefined) return;
    place = await start();
    await place.put('dump.rdb', BYTES);
  });
  afterAll(async () => {
    await place?.[Symbol.asyncDispose]();
  });
  beforeEach(() => place?.proxy?.reset());
  afterEach(() => expect(readdirSync(temp.path)).toEqual([]));
  const came = (asked?: Asked) => outcome(place.reach('dump.rdb'), temp.path, BYTES, asked);

  it('cut at 50 random points, it goes on where it broke off and comes whole', async () => {
    const random = randomFrom(seedOf('CUT_SEED'));
    const points = Array.from({length: 50}, () => Math.floor(random() * BYTES.length));
    for (const point of points) {
      place.proxy!.reset();
      place.proxy!.once({kind: 'cut', afterBytes: point});
      expect([point, await came(), place.proxy!.happened]).toEqual([point, 'whole', 1]);
    }
  });

  it('cut every time a little later, it comes whole all the same', async () => {
    place.proxy!.fault = () => ({kind: 'cut', afterBytes: 300_000});
    expect(await came()).toBe('whole');
  });

  it('cut every time before it gets anywhere, it is given up', async () => {
    place.proxy!.fault = () => ({kind: 'cut', afterBytes: 0});
    expect(await came()).toMatch(/^source\/(unreachable|transfer)$/);
  });

  it('stalled once, it goes on', async () => {
    place.proxy!.once({kind: 'stall', afterBytes: 600_000});
    expect([await came({limits: {stallMs: 2000}}), place.proxy!.happened]).toEqual(['whole', 1]);
  });

  it('stalled for ever, it ends with its deadline', async () => {
    place.proxy!.fault = () => ({kind: 'stall', afterBytes: 100_000});
    const before = performance.now();
    const limits = {stallMs: 120_000, deadlineMs: 1500};
    expect(await came({limits})).toBe('source/transfer');
    // Not after the stall.
    expect(performance.now() - before).toBeLessThan(60_000);
  });

  it('cancelled while it is stalled, it ends at once', async () => {
    place.proxy!.fault = () => ({kind: 'stall', afterBytes: 500_000});
    const stop = new AbortController();
    const limits = {stallMs: 120_000, deadlineMs: 240_000};
    const coming = came({signal: stop.signal, limits});
    while (place.proxy!.happened === 0) await sleep(5);
    const before = performance.now();
    stop.abort();
    expect(await coming).toBe('cancelled');
    expect(performance.now() - before).toBeLessThan(60_000);
  });

  for (const status of [408, 429, 500, 502, 503]) {
    busy(`answered ${status} three times, it comes the fourth`, async () => {
      place.proxy!.fault = connection => (connection < 3 ? {kind: 'answer', status} : null);
      expect(await came()).toBe('whole');
    });
  }

  busy('answered 503 for ever, the store is not reachable', async () => {
    place.proxy!.fault = () => ({kind: 'answer', status: 503});
    expect(await came()).toBe('source/unreachable');
  });

  busy('told to come back later, it comes back later', async () => {
    place.proxy!.fault = connection =>
      connection === 0 ? {kind: 'answer', status: 429, headers: ['retry-after: 1']} : null;
    const before = performance.now();
    expect(await came()).toBe('whole');
    // Timers may be a millisecond early.
    expect(performance.now() - before).toBeGreaterThan(990);
  });

  for (const status of [401, 403]) {
    busy(`answered ${status}, it is denied at once`, async () => {
      place.proxy!.fault = () => ({kind: 'answer', status});
      expect(await came()).toBe('source/denied');
      // S3 lists, asks for the head, and for one byte to learn why it was refused; a second try would be more.
      expect(place.proxy!.connections).toBeLessThanOrEqual(3);
    });
  }

  it('with nobody there, the store is not reachable', async () => {
    await place.proxy!.closed(async () => {
      expect(await came()).toBe('source/unreachable');
    });
  });
});

describe('a bit that flips on the way', () => {
  for (const {name, start, missing} of PLACES.filter(({name}) => /^(S3|Azure|Google)/.test(name))) {
    const it: It = missing === undefined ? (test as unknown as It) : skippedBecause(missing);
    it(`is noticed: ${name}`, async () => {
      await using place = await start();
      await place.put('dump.rdb', BYTES);
      const came = () => outcome(place.reach('dump.rdb'), temp.path, BYTES);
      place.proxy!.once({kind: 'flip', atBytes: [400_000]});
      expect([await came(), place.proxy!.happened]).toEqual(['whole', 1]);
      place.proxy!.reset();
      // Whether the second fetch has a connection of its own or not, it is hurt elsewhere than the first.
      place.proxy!.fault = connection => ({kind: 'flip', atBytes: [400_000 + connection * 1000, 1_700_000]});
      expect(await came()).toBe('source/transfer');
    });
  }
});
