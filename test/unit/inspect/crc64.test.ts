import {describe, expect, test} from '@jest/globals';
import fc from 'fast-check';
import {Crc64} from '../../../src/inspect/crc64.ts';
import {crc64, u64le} from '../../rdb-builder.ts';

const digits = Buffer.from('123456789');

describe('the checksum', () => {
  test('of "123456789" is the vector in crc64.c of Redis', () => {
    const crc = new Crc64();
    crc.update(digits, 0, digits.length);
    expect(crc.equals(u64le(0xe9c6d914c4b8d9can))).toBe(true);
    expect(crc.equals(u64le(0xe9c6d914c4b8d9cbn))).toBe(false);
    expect(crc.equals(u64le(0x69c6d914c4b8d9can))).toBe(false);
  });

  test('of nothing is zero', () => {
    expect(new Crc64().equals(new Uint8Array(8))).toBe(true);
  });

  test('does not depend on how the bytes are cut, and equals the one computed bit by bit', () => {
    fc.assert(
      fc.property(fc.uint8Array({maxLength: 200}), fc.array(fc.nat(200)), (data, cuts) => {
        const crc = new Crc64();
        let from = 0;
        for (const cut of [...cuts.filter(cut => cut < data.length).sort((a, b) => a - b), data.length]) {
          crc.update(data, from, cut);
          from = cut;
        }
        expect(crc.equals(u64le(crc64(data)))).toBe(true);
      }),
    );
  });
});
