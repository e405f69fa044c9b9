/**
 * Every way we know to ruin a dump, and the finding that it must end with. Each test is titled by what happened to the
 * backup. Real servers throughout; what a server of its own cannot notice is noticed all the same.
 */

import {appendFileSync, copyFileSync, mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import {afterAll, beforeAll, describe, expect, test} from '@jest/globals';
import {drillOf, failures, scratch} from '../drills.ts';
import {LiveRedis} from '../live-redis.ts';
import {record} from '../record.ts';
import {containerTest, imageOf, SAMPLE} from '../servers.ts';

const dir = scratch();
const sample = readFileSync(SAMPLE);
afterAll(() => dir.dispose());

/** Writes a ruined copy of the sample. */
function ruined(name: string, ruin: (bytes: Buffer) => Buffer | string): string {
  const path = dir.file(name);
  writeFileSync(path, ruin(Buffer.from(sample)));
  return path;
}

/** Many drills of one kind: a local server starts in a tenth of the time that a container takes. */
const quickly = {server: 'process'};

describe('ends red', () => {
  test('cut at any of 60 places, from the first byte to the last but one', async () => {
    for (let n = 1; n <= 60; n += 1) {
      const length = Math.min(sample.length - 1, Math.max(1, Math.round((n * sample.length) / 60)));
      const report = await drillOf(
        ruined('cut.rdb', bytes => bytes.subarray(0, length)),
        quickly,
      );
      expect({length, outcome: report.outcome, first: failures(report)[0]}).toEqual({
        length,
        outcome: 'failed',
        first: length < 9 ? expect.stringMatching(/backup\/(not-rdb|truncated)/) : 'backup/truncated',
      });
    }
  });

  test('one flipped bit, at 80 places spread over the file', async () => {
    for (let n = 0; n < 80; n += 1) {
      const at = Math.floor((n * sample.length) / 80);
      const path = ruined('bit.rdb', bytes => {
        bytes[at]! ^= 1 << (n % 8);
        return bytes;
      });
      const report = await drillOf(path, quickly);
      expect({at, outcome: report.outcome, error: report.error?.code}).toEqual({
        at,
        outcome: 'failed',
        error: undefined,
      });
      expect(failures(report)[0]).toMatch(/^backup\//);
    }
  });

  test('every single flipped bit of the header, even where there is no server to ask', async () => {
    for (let bit = 0; bit < 9 * 8; bit += 1) {
      const path = ruined('header.rdb', bytes => {
        bytes[bit >> 3]! ^= 1 << (bit & 7);
        return bytes;
      });
      const report = await drillOf(path, {server: 'process'}, {searchPath: ''});
      expect({bit, outcome: report.outcome}).toEqual({bit, outcome: 'failed'});
    }
  });

  containerTest('checksum wrong', async () => {
    const path = ruined('checksum.rdb', bytes => {
      bytes[bytes.length - 1]! ^= 0xff;
      return bytes;
    });
    expect(failures(await drillOf(path))).toEqual(['backup/checksum-mismatch', 'restore/checksum-mismatch']);
  });

  test('zero bytes', async () => {
    expect(failures(await drillOf(ruined('empty.rdb', () => '')))).toEqual(['backup/empty-file']);
  });

  test.each([
    ['an HTML error page', '<!DOCTYPE html><html><body>404 Not Found</body></html>', /HTML/],
    ['a JSON error document', '{"error": "AccessDenied"}', /JSON/],
    ['plain text', 'ERR operation not permitted\n', /text/],
    ['nothing but zero bytes', Buffer.alloc(4096), /zero/],
  ])('%s instead of a dump', async (name, content, says) => {
    const report = await drillOf(ruined(`${name}.rdb`, () => content as Buffer | string));
    expect(failures(report)).toEqual(['backup/not-rdb']);
    expect(report.findings[0]!.message).toMatch(says);
  });

  test('the file is missing', async () => {
    expect(failures(await drillOf(dir.file('nothing-here.rdb')))).toEqual(['backup/missing']);
  });

  test('a directory with no backup in it, only what an interrupted save left behind', async () => {
    mkdirSync(dir.file('empty-dir'));
    copyFileSync(SAMPLE, dir.file('empty-dir/temp-1234.rdb'));
    writeFileSync(dir.file('empty-dir/notes.txt'), 'no backup here');
    expect(failures(await drillOf(dir.file('empty-dir')))).toEqual(['backup/none-found']);
  });

  test('a glob that matches nothing', async () => {
    expect(failures(await drillOf(dir.file('nightly-*.rdb')))).toEqual(['backup/none-found']);
  });

  containerTest('bytes after the end, as redis-cli --rdb leaves them over a longer file', async () => {
    const path = ruined('tail.rdb', bytes => bytes);
    appendFileSync(path, Buffer.alloc(100, 0x41));
    const report = await drillOf(path);
    expect(failures(report)).toEqual(['backup/trailing-bytes']);
    expect(report.load?.status).toBe('loaded');
  });

  containerTest('an RDB newer than the server that was asked for', async () => {
    const report = await drillOf(SAMPLE, {image: imageOf('redis:6.0')});
    expect(failures(report)).toEqual(['restore/version-unsupported']);
    expect(report.findings[0]!.hint).toMatch(/--image auto/);
  });

  containerTest('same content, but the wrong product was asked for: a Redis 8 dump into Valkey', async () => {
    const path = ruined('rdb12.rdb', bytes => {
      bytes.write('0012', 5, 'latin1');
      // Without a checksum the version is all that a server can object to.
      return Buffer.concat([bytes.subarray(0, -8), Buffer.alloc(8)]);
    });
    expect(failures(await drillOf(path, {image: imageOf('valkey:8.1')}))).toEqual([
      'restore/version-unsupported',
    ]);
  });
});

describe('ends red against what was recorded', () => {
  let live: LiveRedis;
  beforeAll(async () => {
    live = await LiveRedis.start();
    for (let n = 0; n < 100; n += 1) await live.redis.set(`key:${n}`, `value ${n}`);
    await live.redis.select(3);
    await live.redis.set('only', 'one');
    await live.redis.select(0);
    await live.saveTo(dir.file('recorded.rdb'));

    await record(dir.file('recorded.rdb'), dir.file('expected.json'));
  });
  afterAll(() => live[Symbol.asyncDispose]());
  const expected = {server: 'process', expect: dir.file('expected.json')};

  /** A backup of the same data after `change`; the change is undone by `undo`. */
  async function changed(change: () => Promise<unknown>, undo: () => Promise<unknown>): Promise<string> {
    await change();
    await live.saveTo(dir.file('changed.rdb'));
    await undo();
    return dir.file('changed.rdb');
  }

  test('one key fewer than recorded', async () => {
    const path = await changed(
      () => live.redis.del('key:7'),
      () => live.redis.set('key:7', 'value 7'),
    );
    const report = await drillOf(path, expected);
    expect(failures(report)).toContain('expect/keys-dropped');
    expect(report.findings[0]!.message).toMatch(/100 keys, 1 fewer than recorded \(101\)/);
  });

  test('one key more than recorded', async () => {
    const path = await changed(
      () => live.redis.set('new', '1'),
      () => live.redis.del('new'),
    );
    expect(failures(await drillOf(path, expected))).toContain('expect/keys-grown');
  });

  test('same counts, but one value changed', async () => {
    const path = await changed(
      () => live.redis.set('key:7', 'value 8'),
      () => live.redis.set('key:7', 'value 7'),
    );
    expect(failures(await drillOf(path, expected))).toEqual(['expect/group-digest', 'expect/digest']);
  });

  containerTest(
    'a changed value, on a server that digests in another dialect than the one that was recorded on',
    async () => {
      await live.redis.zadd('scores', 1.5, 'a');
      await live.saveTo(dir.file('scores.rdb'));
      await record(dir.file('scores.rdb'), dir.file('scores.json'));
      await live.redis.zadd('scores', 2.5, 'a');
      await live.saveTo(dir.file('scores-changed.rdb'));
      await live.redis.del('scores');
      const image = imageOf('redis:8.0');
      const changed = await drillOf(dir.file('scores-changed.rdb'), {image, expect: dir.file('scores.json')});
      expect(changed.outcome).toBe('failed');
      expect(failures(changed)).toContain('expect/digest');
      const same = await drillOf(dir.file('scores.rdb'), {image, expect: dir.file('scores.json')});
      expect(same.outcome).toBe('passed');
    },
  );

  test('same counts, but a key of another type', async () => {
    const path = await changed(
      async () => [await live.redis.del('key:7'), await live.redis.sadd('key:7', 'value 7')],
      async () => [await live.redis.del('key:7'), await live.redis.set('key:7', 'value 7')],
    );
    expect(failures(await drillOf(path, expected))).toEqual([
      'expect/types',
      'expect/group-types',
      'expect/digest',
    ]);
  });

  test('a key that lost its place: moved to another database', async () => {
    const path = await changed(
      () => live.redis.move('key:7', 3),
      async () => [await live.redis.select(3), await live.redis.move('key:7', 0), await live.redis.select(0)],
    );
    expect(failures(await drillOf(path, expected))).toEqual([
      'expect/keys-dropped',
      'expect/keys-grown',
      'expect/group-digest',
      'expect/digest',
    ]);
  });

  test('keys that got an expiry', async () => {
    const path = await changed(
      () => live.redis.expire('key:7', 100_000),
      () => live.redis.persist('key:7'),
    );
    expect(failures(await drillOf(path, expected))).toEqual([
      'expect/expires',
      'expect/expires',
      'expect/group-expires',
      'expect/expiry-times',
      'expect/digest',
    ]);
  });

  test('a loss, where only growth is tolerated', async () => {
    const path = await changed(
      () => live.redis.del('key:1'),
      () => live.redis.set('key:1', 'value 1'),
    );
    expect(failures(await drillOf(path, {...expected, set: ['expect.keys.max-growth=50%']}))).toEqual([
      'policy/keys-dropped',
    ]);
  });

  test('a function library is gone', async () => {
    await live.redis.call(
      'FUNCTION',
      'LOAD',
      "#!lua name=lib\nredis.register_function('f', function() return 1 end)",
    );
    await live.saveTo(dir.file('with-functions.rdb'));
    await live.redis.call('FUNCTION', 'FLUSH');

    await record(dir.file('with-functions.rdb'), dir.file('functions.json'));
    const report = await drillOf(dir.file('recorded.rdb'), {
      server: 'process',
      expect: dir.file('functions.json'),
    });
    expect(failures(report)).toEqual(['expect/functions']);
  });

  test('a drop beyond the tolerance, named by file and line', async () => {
    const path = await changed(
      () => live.redis.del('key:1', 'key:2', 'key:3'),
      async () => {
        for (const n of [1, 2, 3]) await live.redis.set(`key:${n}`, `value ${n}`);
      },
    );
    const tolerated = await drillOf(path, {...expected, set: ['expect.keys.max-drop=5%']});
    expect(tolerated.outcome).toBe('passed');
    const broken = await drillOf(path, {...expected, set: ['expect.keys.max-drop=1%']});
    expect(failures(broken)).toEqual(['policy/keys-dropped']);
    expect(broken.findings[0]!.origin).toBe('--set expect.keys.max-drop');
  });

  test('an empty database, loaded faithfully, where keys were recorded', async () => {
    await using empty = await LiveRedis.start();
    await empty.saveTo(dir.file('flushed.rdb'));
    const report = await drillOf(dir.file('flushed.rdb'), expected);
    expect(failures(report)).toContain('expect/keys-dropped');
  });

  test('fewer keys than expect.keys.min, with nothing recorded', async () => {
    const report = await drillOf(dir.file('recorded.rdb'), {
      server: 'process',
      set: ['expect.keys.min=1000'],
    });
    expect(failures(report)).toEqual(['policy/keys-min']);
  });
});
