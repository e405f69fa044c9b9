import {describe, expect, test} from '@jest/globals';
import {aux, type Bytes, bytes, key, rdb, str} from '../../rdb-builder.ts';
import {inspectBytes} from './dumps.ts';

const plainKey = key(0, 'secret:k', str('v'));
const errorOf = async (dump: Uint8Array) => (await inspectBytes(dump)).error;
const errorOfParts = (header: string, ...parts: Bytes[]) => errorOf(rdb(header, parts));

const broken = (dump: Uint8Array) => bytes(dump.slice(0, -8), new Uint8Array(8).fill(1));

describe('unknown types and opcodes', () => {
  const unknown = bytes([100], str('secret:k'), str('v'));

  test.each(['REDIS0001', 'REDIS0004'])('are corrupt in %s', async header => {
    expect(await errorOf(rdb(header, [unknown], 'none'))).toMatchObject({
      rule: 'backup/corrupt',
      certain: true,
    });
  });

  test.each([
    'REDIS0005',
    'REDIS0009',
    'REDIS0013',
    'VALKEY080',
  ])('in %s, whose types we know, are corrupt if the file was damaged, and a writer’s own if it was not', async header => {
    const dump = rdb(header, [plainKey, unknown]);
    expect(await errorOf(broken(dump))).toMatchObject({rule: 'backup/corrupt', certain: true});
    expect(await errorOf(dump)).toMatchObject({rule: 'backup/unreadable-type', certain: false});
    expect(await errorOf(rdb(header, [unknown], 'zeros'))).toMatchObject({
      rule: 'backup/corrupt',
      certain: true,
    });
  });

  test.each([
    'REDIS0014',
    'REDIS0015',
    'REDIS0016',
    'REDIS0099',
    'VALKEY081',
    'VALKEY100',
    'VALKEY011',
  ])('in %s are for a reader that knows more, unless the file is not as it was written', async header => {
    const dump = rdb(header, [plainKey, unknown]);
    expect(await errorOf(broken(dump))).toMatchObject({rule: 'backup/corrupt', certain: true});
    for (const file of [dump, rdb(header, [unknown], 'zeros')]) {
      expect(await errorOf(file)).toMatchObject({rule: 'backup/unreadable-type', certain: false});
    }
  });

  test.each([29, 31, 33])('type %i occurs in no file', async type => {
    expect((await errorOfParts('REDIS0015', key(type, 'secret:k', str('v'))))?.rule).toBe(
      'backup/unreadable-type',
    );
  });

  test('a module value of a release candidate cannot be passed; in a damaged file it is damage', async () => {
    const dump = rdb('REDIS0009', [key(6, 'secret:k', bytes([0]))]);
    expect(await errorOf(dump)).toMatchObject({rule: 'backup/unreadable-type', certain: false});
    expect(await errorOf(broken(dump))).toMatchObject({rule: 'backup/corrupt', certain: true});
  });

  test('Dragonfly’s are refused, not guessed, even where Redis 8.10 has the same number', async () => {
    for (const code of [30, 31, 32, 201, 220]) {
      const parts = [aux('redis-ver', '7.4.0'), aux('df-ver', 'df-v1.30.0'), key(code, 'secret:k', str('v'))];
      const error = await errorOf(rdb('REDIS0009', parts, 'zeros'));
      expect(error).toMatchObject({rule: 'backup/unreadable-type', certain: false});
      expect(error!.message).toContain('Dragonfly');
      const older = rdb('REDIS0009', [parts[0]!, parts[2]!], 'zeros');
      expect(await errorOf(older)).toMatchObject({rule: 'backup/unreadable-type', certain: false});
    }
  });

  test('a CRON key of KeyDB is refused', async () => {
    const error = await errorOfParts('REDIS0009', aux('mvcc-tstamp', '1'), key(64, 'secret:k', str('v')));
    expect(error).toMatchObject({rule: 'backup/unreadable-type', certain: false});
    expect(error!.message).toContain('KeyDB');
  });
});
