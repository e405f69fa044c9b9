/** Our CRC32C against the published check value, and against the one that Google's client brings. */
import {randomBytes} from 'node:crypto';
import {CRC32C} from '@google-cloud/storage';
import {expect, test} from '@jest/globals';
import {Crc32c} from '../../../src/source/crc32c.ts';

const ours = (...pieces: Uint8Array[]): string => {
  const sum = new Crc32c();
  for (const piece of pieces) sum.update(piece);
  return sum.digest('hex');
};

test('is that of the published check, and of nothing', () => {
  // RFC 3720, appendix B.4: 32 bytes of zeros, of ones, and the usual nine digits.
  expect(ours(new Uint8Array(32))).toBe('8a9136aa');
  expect(ours(new Uint8Array(32).fill(0xff))).toBe('62a8ab43');
  expect(ours(Buffer.from('123456789'))).toBe('e3069283');
  expect(ours()).toBe('00000000');
});

test('is that of Google’s client, however the bytes are cut and wherever they lie in memory', () => {
  for (let length = 0; length < 200; length += 1) {
    const bytes = randomBytes(length + 3).subarray(3);
    const theirs = new CRC32C();
    theirs.update(bytes);
    const hex = Buffer.from(theirs.toString(), 'base64').toString('hex');
    const cut = length >> 1;
    expect([length, ours(bytes), ours(bytes.subarray(0, cut), bytes.subarray(cut))]).toEqual([
      length,
      hex,
      hex,
    ]);
  }
});
