/** What every store must do, whatever it speaks: each goes through the same suite, against a server that nobody here wrote. */
import {createHash, randomBytes} from 'node:crypto';
import {readdirSync} from 'node:fs';
import {afterAll, afterEach, beforeAll, beforeEach, describe, expect, test} from '@jest/globals';
import {scratch} from '../drills.ts';
import {skippedBecause} from '../servers.ts';
import {fetched, outcome, refusal} from '../stores/fetched.ts';
import {PLACES, type RunningPlace} from '../stores/places.ts';

const temp = scratch();
afterAll(() => temp.dispose());

type It = typeof test.skip;
const day = (n: number): Date => new Date(Date.UTC(2026, 0, n));
/** More than one read, and no multiple of anything. */
const SOME = randomBytes(300_001);

describe.each(PLACES)('$name', ({name, start, missing, lists, versions, neighbours, login}) => {
  const it: It = missing === undefined ? (test as unknown as It) : skippedBecause(missing);
  const having = (what: boolean, word: string): It => (what ? it : skippedBecause(`it has no ${word}`));
  const listing = having(lists, 'listing');
  let place: RunningPlace;
  let folder = 0;
  /** Each test has a directory of its own. */
  const at = (name: string): string => `d${folder}/${name}`;
  beforeAll(async () => {
    if (missing === undefined) place = await start();
  });
  afterAll(async () => {
    await place?.[Symbol.asyncDispose]();
  });
  beforeEach(() => {
    folder += 1;
    place?.proxy?.reset();
  });
  afterEach(() => expect(readdirSync(temp.path)).toEqual([]));

  it('brings one backup, byte for byte', async () => {
    await place.put(at('dump.rdb'), SOME, day(3));
    const got = await fetched(place.reach(at('dump.rdb')), temp.path);
    if (!('bytes' in got)) throw new Error(got.reason.message);
    expect(got.bytes.equals(SOME)).toBe(true);
    expect(got.located.backup.location).not.toMatch(/open.sesame|S3RVER|@/);
  });

  it('brings an empty one', async () => {
    await place.put(at('dump.rdb'), Buffer.alloc(0));
    expect(await outcome(place.reach(at('dump.rdb')), temp.path, Buffer.alloc(0))).toBe('whole');
  });

  it('brings one whose name holds what names may hold', async () => {
    const name = at('dump #1 50%+ä&=é~.rdb');
    await place.put(name, SOME);
    expect(await outcome(place.reach(name), temp.path, SOME)).toBe('whole');
  });

  listing('brings the newest of several', async () => {
    await place.put(at('dump-2026-01-01.rdb'), Buffer.from('old'), day(1));
    await new Promise(resolve => setTimeout(resolve, 1100));
    await place.put(at('dump-2026-01-02.rdb'), SOME, day(2));
    await place.put(at('dump-2026-01-02.rdb.sha256'), Buffer.from('none'), day(3));
    const reached = place.reach(at(''));
    expect(await outcome(reached, temp.path, SOME)).toBe('whole');
    expect(await outcome(reached, temp.path, SOME, {select: {by: 'name'}})).toBe('whole');
    expect(await outcome(reached, temp.path, Buffer.from('old'), {select: {pick: 'previous'}})).toBe('whole');
    expect(await outcome(place.reach(at('*-02.rdb')), temp.path, SOME)).toBe('whole');
  });

  listing('finds no backup where there is none', async () => {
    expect(await outcome(place.reach(at('nowhere-*.rdb')), temp.path, SOME)).toBe('backup/none-found');
    expect(await outcome(place.reach(at('dump.rdb')), temp.path, SOME)).toBe('backup/missing');
  });

  if (/^(S3|Azure|Google)/.test(name)) {
    it('has no verdict on what would be in a bucket that is not there', async () => {
      for (const path of [at('dump.rdb'), at(''), at('*.rdb')]) {
        const {spec, ...reached} = place.reach(path);
        const elsewhere = {...reached, spec: String(spec).replace('//backups/', '//nowhere/')};
        expect(await refusal(elsewhere, temp.path)).toMatchObject({
          code: 'source/unreachable',
          message: expect.stringMatching(/there is no such (bucket|container)/),
        });
      }
    });
  }

  having(neighbours, 'neighbours')('finds the checksum beside it', async () => {
    const hex = createHash('sha256').update(SOME).digest('hex');
    await place.put(at('dump.rdb'), SOME);
    await place.put(at('dump.rdb.sha256'), Buffer.from(`${hex}  dump.rdb\n`));
    await place.put(at('SHA256SUMS'), Buffer.from(`${hex}  dump.rdb\n`));
    const got = await fetched(place.reach(at('dump.rdb')), temp.path);
    expect('located' in got && got.located.checksums.map(({file}) => file)).toEqual([
      'dump.rdb.sha256',
      'SHA256SUMS',
    ]);
  });

  having(neighbours, 'neighbours')('brings along what is expected of it', async () => {
    await place.put(at('dump.rdb'), SOME);
    const before = await fetched(place.reach(at('dump.rdb')), temp.path);
    expect('located' in before && before.located.beside).toEqual({expectations: null});
    await place.put(at('dump.rdb.expect.json'), Buffer.from('{"größe": 1}\n'));
    const got = await fetched(place.reach(at('dump.rdb')), temp.path);
    expect('located' in got && got.located.beside.expectations).toEqual({
      file: 'dump.rdb.expect.json',
      location: expect.stringMatching(/dump\.rdb\.expect\.json$/),
      text: '{"größe": 1}\n',
    });
  });

  having(versions, 'versions')('says so where it is replaced or removed before its end', async () => {
    const other = randomBytes(SOME.length);
    await place.put(at('dump.rdb'), SOME, day(1));
    const replace = {meanwhile: () => place.put(at('dump.rdb'), other, day(2))};
    expect(await outcome(place.reach(at('dump.rdb')), temp.path, SOME, replace)).toBe('source/changed');
    const remove = {meanwhile: () => place.remove(at('dump.rdb'))};
    expect(await outcome(place.reach(at('dump.rdb')), temp.path, SOME, remove)).toBe('source/changed');
  });

  it('ends at once where it is cancelled', async () => {
    await place.put(at('dump.rdb'), SOME);
    const signal = AbortSignal.abort();
    expect(await outcome(place.reach(at('dump.rdb')), temp.path, SOME, {signal})).toBe('cancelled');
  });

  having(login, 'login')('keeps out who has no permission', async () => {
    await place.put(at('dump.rdb'), SOME);
    expect(await outcome(place.stranger!(at('dump.rdb')), temp.path, SOME)).toBe('source/denied');
  });
});
