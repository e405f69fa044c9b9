import {describe, expect, test} from '@jest/globals';
import {
  aux,
  type Bytes,
  bytes,
  crc64,
  i64le,
  key,
  len,
  len64,
  listOf,
  OP,
  rdb,
  resealed,
  selectDb,
  str,
  u64le,
} from '../../rdb-builder.ts';
import {inspectBytes, RICH_DUMPS} from './dumps.ts';

const plainKey = key(0, 'secret:k', str('v'));
const errorOf = async (dump: Uint8Array, windowBytes?: number) =>
  (await inspectBytes(dump, windowBytes)).error;
const errorOfParts = (header: string, ...parts: Bytes[]) => errorOf(rdb(header, parts));

describe.each(RICH_DUMPS)('%s', (_, dump) => {
  test('cut at any byte is always found', async () => {
    const {unverified} = await inspectBytes(dump);
    const wrong: unknown[] = [];
    for (let size = 0; size < dump.length; size++) {
      const error = await errorOf(dump.slice(0, size), 64);
      const found =
        error?.rule === (size === 0 ? 'backup/empty-file' : 'backup/truncated') && error.offset <= size;
      // In a version that we may misread, eight zeros at the cut leave us without proof.
      const sure = error?.certain || (unverified && error?.message.includes('are zeros'));
      if (!found || !sure || error.message.includes('secret')) wrong.push({size, error});
    }
    expect(wrong).toEqual([]);
  });

  test('with any one bit flipped is always found', async () => {
    const wrong: unknown[] = [];
    for (let at = 0; at < dump.length; at++) {
      for (let bit = 0; bit < 8; bit++) {
        const damaged = Uint8Array.from(dump);
        damaged[at]! ^= 1 << bit;
        const error = await errorOf(damaged, 1024);
        if (error === undefined || error.message.includes('secret')) wrong.push({at, bit, error});
      }
    }
    expect(wrong).toEqual([]);
  });
});

describe('a dump that was cut says so with place and count', () => {
  const dump = rdb('REDIS0011', [
    selectDb(2),
    plainKey,
    key(4, 'secret:h', listOf(bytes(str('field'), str('value')))),
  ]);

  test.each([
    [
      'within a value',
      37,
      'read-object-value',
      'The dump is truncated: 5 bytes were expected at byte 35, the file ends at 37, while reading a hash in db 2 (1 key read so far). The last 8 bytes of the file are not the checksum of what precedes them: it was cut or damaged after it was written.',
    ],
    [
      'between two entries',
      23,
      'read-type',
      'The dump is truncated: 1 byte was expected at byte 23, the file ends at 23, where the next entry or the EOF opcode should be, in db 2 (1 key read so far).',
    ],
  ])('%s', async (_, size, doing, message) => {
    const error = await errorOf(dump.slice(0, size));
    expect(error).toMatchObject({rule: 'backup/truncated', doing, certain: true});
    expect(error!.message).toContain(message);
  });

  test('within the checksum', async () => {
    expect(await errorOf(dump.slice(0, -1))).toMatchObject({rule: 'backup/truncated', doing: 'check-sum'});
    expect(await errorOf(dump.slice(0, -8))).toMatchObject({rule: 'backup/truncated', doing: 'check-sum'});
  });

  test('within the header', async () => {
    expect(await errorOf(dump.slice(0, 4))).toMatchObject({
      rule: 'backup/truncated',
      doing: 'start',
      offset: 4,
      message: 'The dump is truncated: its header takes 9 bytes, the file ends at 4.',
    });
  });
});

describe('a claim of 2^63 ends at once, as truncated', () => {
  const huge = len64(2n ** 63n);
  test.each<[string, Bytes]>([
    ['a key', bytes([0], huge)],
    ['a string', key(0, 'secret:k', huge)],
    ['a list', key(1, 'secret:k', huge)],
    ['a set', key(2, 'secret:k', huge)],
    ['a hash', key(4, 'secret:k', huge)],
    ['a sorted set', key(5, 'secret:k', huge)],
    ['a stream', key(15, 'secret:k', huge)],
    [
      'a list of pending ids',
      key(
        15,
        'secret:k',
        bytes(len(0), len(0), len(0), len(0), listOf(bytes(str('g'), len(0), len(0), huge))),
      ),
    ],
    ['an AUX name', bytes([OP.aux], huge)],
    ['an AUX value', aux('redis-ver', huge)],
    ['a function', bytes([OP.function2], huge)],
  ])('of %s', async (_, part) => {
    const started = performance.now();
    expect((await errorOfParts('REDIS0011', part, plainKey))?.rule).toBe('backup/truncated');
    expect(performance.now() - started).toBeLessThan(5000);
  });
});

describe('bytes that no writer produces', () => {
  test.each<[string, Bytes, string]>([
    ['a length of unknown encoding', bytes([1], str('secret:k'), [0x82]), 'unknown length encoding 0x82'],
    ['a string of unknown encoding', bytes([0], str('secret:k'), [0xc9]), 'unknown string encoding 0xc9'],
    [
      'a quicklist node of unknown kind',
      key(18, 'secret:k', listOf(bytes([3], str('x')))),
      'unknown container 3',
    ],
    [
      'module data of unknown kind',
      bytes([7], str('secret:k'), len(0), [6, 0]),
      'unknown opcode 6 in module data',
    ],
    ['module AUX data without its opcode', bytes([OP.moduleAux], len(0), [1, 1, 0]), 'lacks its opcode 2'],
  ])('%s is corrupt: the server refuses it too', async (_, part, words) => {
    const error = await errorOfParts('REDIS0011', part);
    expect(error).toMatchObject({rule: 'backup/corrupt', certain: false});
    expect(error!.message).toContain(words);
  });

  test('an array element of unknown kind is corrupt', async () => {
    expect((await errorOfParts('REDIS0014', key(28, 'secret:k', bytes([1, 0, 0, 4]))))?.rule).toBe(
      'backup/corrupt',
    );
  });

  test('an update that is no command is corrupt', async () => {
    for (const command of [
      '+OK\r\n',
      '*x\r\n',
      '*1\nxxxxxxxxxxxxxxxxxxxx',
      '*99999999999999999999\r\n',
      '*1\r\n$-1\r\n',
    ]) {
      expect((await errorOfParts('VALKEY081', bytes([OP.update], command)))?.rule).toBe('backup/corrupt');
    }
  });
});

describe('the checksum', () => {
  test('that is zero was not computed: that is no error, and no proof', async () => {
    const inspection = await inspectBytes(rdb('REDIS0011', [plainKey], 'zeros'));
    expect(inspection).toMatchObject({checksum: 'absent', dataset: {keys: 1}});
    expect(inspection.error).toBeUndefined();
  });

  test.each(['REDIS0001', 'REDIS0004'])('does not exist in %s', async header => {
    const inspection = await inspectBytes(rdb(header, [plainKey], 'none'));
    expect(inspection.checksum).toBe('absent');
    expect(inspection.error).toBeUndefined();
  });

  test('that does not fit is damage, at its own offset', async () => {
    const dump = rdb('REDIS0011', [plainKey]);
    dump[dump.length - 1]! ^= 1;
    expect(await inspectBytes(dump)).toMatchObject({
      checksum: 'mismatch',
      dataset: {keys: 1},
      error: {rule: 'backup/checksum-mismatch', offset: dump.length - 8, doing: 'check-sum', certain: true},
    });
  });

  test('is held against the end of the file after a fault, and its verdict is told', async () => {
    const dump = rdb('REDIS0011', [plainKey, bytes([1], str('secret:k'), [0x82]), new Uint8Array(100)]);
    for (const windowBytes of [64, 100, 4096]) {
      const intact = await errorOf(dump, windowBytes);
      expect(intact).toMatchObject({rule: 'backup/corrupt', certain: false});
      expect(intact!.message).toContain('it is as it was written');
      const damaged = Uint8Array.from(dump);
      damaged[60]! ^= 1;
      const error = await errorOf(damaged, windowBytes);
      expect(error).toMatchObject({rule: 'backup/corrupt', certain: true});
      expect(error!.message).toContain('cut or damaged after it was written');
    }
  });
});

describe('bytes after the end', () => {
  test('are counted', async () => {
    const dump = rdb('REDIS0011', [plainKey]);
    expect(await inspectBytes(bytes(dump, 'garbage'))).toMatchObject({
      checksum: 'valid',
      error: {
        rule: 'backup/trailing-bytes',
        offset: dump.length,
        certain: true,
        message: expect.stringContaining('7 bytes follow'),
      },
    });
  });

  test('may be the commands of an append-only file', async () => {
    const error = await errorOf(bytes(rdb('REDIS0009', [plainKey]), '*1\r\n$4\r\nPING\r\n'));
    expect(error!.message).toContain('append-only file with an RDB preamble');
  });

  test('below RDB 5 may mean that a digit of the version is damaged', async () => {
    const dump = rdb('REDIS0011', [plainKey]);
    dump.set(Buffer.from('REDIS0001'));
    expect(await errorOf(dump)).toMatchObject({
      rule: 'backup/trailing-bytes',
      message: expect.stringMatching(/8 bytes follow.*a damaged digit of the version/),
    });
  });
});

test('what can grow without end is limited: databases', async () => {
  const many: number[] = [];
  for (let database = 0; database < 65_537; database++) {
    many.push(...selectDb(database), 0, 1, 0x6b, 1, 0x76);
  }
  expect(await errorOfParts('REDIS0011', many)).toMatchObject({
    rule: 'backup/unreadable-type',
    certain: false,
  });
});

test('what can grow without end is limited: modules', async () => {
  const many: number[] = [];
  for (let module = 0; module < 1025; module++)
    many.push(OP.moduleAux, ...len64(BigInt(module) << 10n), 2, 1, 0);
  expect(await errorOfParts('REDIS0011', many)).toMatchObject({
    rule: 'backup/unreadable-type',
    certain: false,
  });
});

test('a dump sealed anew after the damage is read to its end, or stopped for the damage', async () => {
  const dump = rdb('REDIS0011', [bytes([OP.expireMs], i64le(1), plainKey)]);
  expect(await errorOf(resealed(dump))).toBeUndefined();
  expect(u64le(crc64(dump.slice(0, -8)))).toEqual(dump.slice(-8));
});
