import {describe, expect, test} from '@jest/globals';
import {parseLine} from '../../../src/redis/server-line.ts';
import type {DumpHeader} from '../../../src/restore/choose-image.ts';
import {chooseImage} from '../../../src/restore/choose-image.ts';

const NO_SUCH_TAG = 'manifest unknown';
const OFFLINE = 'dial tcp: lookup registry.example: no such host';

type Stock = {here?: string[]; registry?: string[]; labelled?: Record<string, string>; failure?: string};

/** An engine with images at hand and images that can be pulled; `pulls` lists what was asked of the registry. */
function anEngine({here = [], registry = [], labelled = {}, failure = NO_SUCH_TAG}: Stock) {
  const pulls: string[] = [];
  return {
    pulls,
    hasImage: async (image: string) => here.includes(image),
    pull: async (image: string) => {
      pulls.push(image);
      return registry.includes(image) ? null : failure;
    },
    labelledImages: async () =>
      Object.entries(labelled).map(([image, line]) => ({image, line: parseLine(line)!})),
  };
}

const aHeader = (
  producer: string | null,
  rdbVersion: number,
  magic: 'REDIS' | 'VALKEY' = 'REDIS',
): DumpHeader => ({
  magic,
  rdbVersion,
  producer: producer === null ? null : parseLine(producer),
  highestDatabase: 0,
});

const choose = (engine: ReturnType<typeof anEngine>, header: DumpHeader, registry: string | null = null) =>
  chooseImage(engine, header, {registry, signal: undefined});

const REDIS_7_0 = aHeader('redis:7.0', 10);

describe('the line that wrote the backup', () => {
  test('is taken where it is at hand, without asking the registry', async () => {
    const engine = anEngine({here: ['redis:7.0', 'redis:8.0']});
    expect(await choose(engine, REDIS_7_0)).toEqual({
      image: 'redis:7.0',
      line: parseLine('redis:7.0'),
      because: 'the backup was written by redis:7.0',
    });
    expect(engine.pulls).toEqual([]);
  });

  test('is pulled before another line that is at hand is taken', async () => {
    const engine = anEngine({here: ['redis:7.2'], registry: ['redis:7.0']});
    expect(await choose(engine, REDIS_7_0)).toMatchObject({image: 'redis:7.0'});
  });

  test('comes from official images before labelled ones', async () => {
    const labelled = {'acme/redis:old': 'redis:7.0'};
    const pulled = await choose(anEngine({registry: ['redis:7.0'], labelled}), REDIS_7_0);
    expect(pulled).toMatchObject({image: 'redis:7.0'});
    const here = await choose(anEngine({here: ['redis:7.0'], labelled}), REDIS_7_0);
    expect(here).toMatchObject({image: 'redis:7.0'});
  });

  test('comes from a labelled image where there is no official one', async () => {
    const engine = anEngine({here: ['redis:7.2'], labelled: {'acme/redis:old': 'redis:7.0'}});
    expect(await choose(engine, REDIS_7_0)).toMatchObject({
      image: 'acme/redis:old',
      because: 'the backup was written by redis:7.0',
    });
  });

  test('is tried even where it is newer than all lines that we know', async () => {
    const engine = anEngine({registry: ['redis:9.4']});
    expect(await choose(engine, aHeader('redis:9.4', 20))).toMatchObject({image: 'redis:9.4'});
  });

  test('of Valkey comes from Valkey’s own repository', async () => {
    const engine = anEngine({registry: ['valkey/valkey:8.1']});
    expect(await choose(engine, aHeader('valkey:8.1', 11))).toMatchObject({image: 'valkey/valkey:8.1'});
  });
});

describe('another line', () => {
  test('is the nearest newer one of the same product, and the report says why', async () => {
    const engine = anEngine({registry: ['redis:8.0', 'redis:7.2', 'valkey/valkey:8.0', 'redis:7.4']});
    expect(await choose(engine, REDIS_7_0)).toMatchObject({
      image: 'redis:7.2',
      because: 'redis:7.0, which wrote the backup, is not to be had; redis:7.2 is the nearest that reads it',
    });
    expect(engine.pulls).toEqual(['redis:7.0', 'redis:7.2']);
  });

  test('that is at hand is taken before one is pulled', async () => {
    const engine = anEngine({here: ['redis:8.0'], registry: ['redis:7.2']});
    expect(await choose(engine, REDIS_7_0)).toMatchObject({
      image: 'redis:8.0',
      because: expect.stringContaining('is at hand and reads it'),
    });
  });

  test('is never one that cannot read the dump', async () => {
    const engine = anEngine({
      here: ['redis:6.2', 'redis:7.0'],
      labelled: {'acme/redis': 'redis:6.0', 'acme/valkey': 'valkey:8.1'},
    });
    const chosen = await choose(engine, aHeader('redis:7.4', 12));
    expect(chosen).toMatchObject({noneNewEnough: false});
  });

  test('of another product is taken when the product has none', async () => {
    const engine = anEngine({labelled: {'acme/valkey': 'valkey:8.0'}});
    expect(await choose(engine, REDIS_7_0)).toMatchObject({image: 'acme/valkey'});
  });

  test('of an own brew is taken when it reads the dump, though we know no such line', async () => {
    const engine = anEngine({labelled: {'acme/redict': 'redict:7.3'}});
    expect(await choose(engine, REDIS_7_0)).toMatchObject({image: 'acme/redict'});
  });

  test('is one that counts what it loads where the producer is older than any server of ours', async () => {
    const engine = anEngine({registry: ['redis:6.0', 'redis:6.2', 'redis:7.0', 'redis:8.0']});
    expect(await choose(engine, aHeader('redis:3.2', 7))).toMatchObject({
      image: 'redis:7.0',
      because: expect.stringContaining('does not name a line'),
    });
  });

  test('is one that counts what it loads where the dump names no producer', async () => {
    const engine = anEngine({registry: ['redis:6.2', 'redis:7.2']});
    expect(await choose(engine, aHeader(null, 9))).toMatchObject({image: 'redis:7.2'});
  });

  test('is Valkey’s where the magic is, though no producer is named', async () => {
    const engine = anEngine({registry: ['redis:8.10', 'valkey/valkey:9.0']});
    expect(await choose(engine, aHeader(null, 80, 'VALKEY'))).toMatchObject({image: 'valkey/valkey:9.0'});
  });

  test('of any kind may say no to a version below 1', async () => {
    const engine = anEngine({here: ['redis:8.0']});
    expect(await choose(engine, aHeader(null, 0))).toMatchObject({image: 'redis:8.0'});
  });
});

describe('a registry', () => {
  test('that is out of reach is asked once', async () => {
    const engine = anEngine({failure: OFFLINE});
    expect(await choose(engine, REDIS_7_0)).toEqual({
      noneNewEnough: false,
      because: `no image that reads RDB version 10: redis:7.0: ${OFFLINE}`,
      hint: expect.stringMatching(/server\.registry=HOST/),
    });
    expect(engine.pulls).toEqual(['redis:7.0']);
  });

  test('that is out of reach does not keep an image at hand from being taken', async () => {
    const engine = anEngine({here: ['redis:8.0'], failure: OFFLINE});
    expect(await choose(engine, REDIS_7_0)).toMatchObject({image: 'redis:8.0'});
  });

  test('that lacks an image is asked for the next', async () => {
    const engine = anEngine({registry: ['redis:8.0']});
    expect(await choose(engine, aHeader('redis:7.2', 11))).toMatchObject({image: 'redis:8.0'});
    expect(engine.pulls).toEqual(['redis:7.2', 'redis:7.4', 'redis:8.0']);
  });

  test('is a prefix of every official image', async () => {
    const engine = anEngine({registry: ['mirror.example/valkey/valkey:8.0']});
    const chosen = await choose(engine, aHeader('valkey:8.0', 11), 'mirror.example');
    expect(chosen).toMatchObject({image: 'mirror.example/valkey/valkey:8.0'});
    expect(engine.pulls).toEqual(['mirror.example/valkey/valkey:8.0']);
  });
});

test('a dump newer than every known server is told from images that cannot be had', async () => {
  expect(await choose(anEngine({}), aHeader(null, 99))).toEqual({
    noneNewEnough: true,
    because: 'no known server reads REDIS RDB version 99',
  });
  expect(await choose(anEngine({}), REDIS_7_0)).toMatchObject({noneNewEnough: false});
});
