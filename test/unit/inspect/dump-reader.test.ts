import {describe, expect, test} from '@jest/globals';
import {DumpReader} from '../../../src/inspect/dump-reader.ts';
import {Fault} from '../../../src/inspect/fault.ts';
import {Kernel} from '../../../src/inspect/kernel.ts';
import {fc} from '../../property.ts';
import {bytes, inMemory, int8, int16, int32, len, len32, len64, lzf, str} from '../../rdb-builder.ts';

const reader = (content: Uint8Array, windowBytes = 64) =>
  new DumpReader(inMemory(content), new Kernel(), windowBytes);
const text = (content: Uint8Array, maxBytes = 100): string | null => {
  const value = reader(content).string(maxBytes);
  return value === null ? null : Buffer.from(value).toString();
};

function faultOf(action: () => unknown): Fault {
  try {
    action();
  } catch (thrown) {
    if (thrown instanceof Fault) return thrown;
    throw thrown;
  }
  throw new Error('no fault');
}

describe('a length', () => {
  test.each([
    ['6 bits', bytes([0x3f]), 63],
    ['14 bits, high ones first', bytes([0x7f, 0xfe]), 16382],
    ['32 bits, big-endian', len32(0x01020304), 0x01020304],
    ['32 bits with the highest set', len32(0xffffffff), 0xffffffff],
    ['64 bits, big-endian', len64(0x1_0000_0002n), 0x1_0000_0002],
    ['64 bits, all set (unknown entries-read of a stream group)', len64(2n ** 64n - 1n), 2 ** 64],
  ])('of %s', (_, content, value) => {
    const dump = reader(content);
    expect(dump.length()).toBe(value);
    expect(dump.remaining).toBe(0);
  });

  test('may take more bytes than it needs', () => {
    expect(reader(len64(5n)).length()).toBe(5);
    expect(reader(len32(5)).length()).toBe(5);
  });

  test.each([0x82, 0x83, 0xbf])('never begins with byte %i', first => {
    expect(faultOf(() => reader(bytes([first, 0, 0, 0, 0, 0, 0, 0, 0])).length())).toMatchObject({
      kind: 'malformed',
      offset: 0,
    });
  });

  test('that is marked as an encoded string is its low 6 bits, as servers read it', () => {
    expect(reader(bytes([0xc0])).length()).toBe(0);
    expect(reader(bytes([0xff])).length()).toBe(63);
  });

  test('keeps every bit where it is an id', () => {
    expect(reader(len64(0x81_45e2_5238_df91_2cn)).exactLength()).toBe(0x81_45e2_5238_df91_2cn);
    expect(reader(len(77)).exactLength()).toBe(77n);
  });
});

describe('a string', () => {
  test.each([
    ['plain', str('hello'), 'hello'],
    ['empty', str(''), ''],
    ['longer than the window', str('0123456789'.repeat(9)), '0123456789'.repeat(9)],
    ['an 8-bit integer', int8(-7), '-7'],
    ['a 16-bit integer', int16(-1000), '-1000'],
    ['a 32-bit integer', int32(2_000_000_000), '2000000000'],
    ['LZF: literals, then an overlapping copy', lzf([0x00, 0x61, 0xe0, 0x02, 0x00], 12), 'a'.repeat(12)],
  ])('%s', (_, content, value) => {
    expect(text(content)).toBe(value);
    const dump = reader(content);
    dump.skipString();
    expect(dump.remaining).toBe(0);
  });

  test.each([
    ['plain', str('x'.repeat(65))],
    ['LZF', lzf([0x00, 0x61, 0xe0, 0x38, 0x00], 66)],
    ['LZF that claims to be huge', bytes([0xc3], len(5), len64(2n ** 62n), [0, 0x61, 0xe0, 0, 0])],
  ])('%s above the limit is passed over, not kept', (_, content) => {
    const dump = reader(content);
    expect(dump.string(64)).toBeNull();
    expect(dump.remaining).toBe(0);
  });

  test.each([
    ['a copy from before the start', lzf([0x20, 0x00], 3)],
    ['a copy without its offset', lzf([0x00, 0x61, 0x20], 4)],
    ['literals that are not there', lzf([0x05, 0x61], 6)],
    ['more bytes than announced', lzf([0x01, 0x61, 0x61], 1)],
    ['fewer bytes than announced', lzf([0x01, 0x61, 0x61], 3)],
  ])('LZF with %s is malformed', (_, content) => {
    expect(faultOf(() => text(content)).kind).toBe('malformed');
  });

  test.each([0xc4, 0xd0, 0xff])('of the unknown encoding %i is malformed', first => {
    expect(faultOf(() => reader(bytes([first, 0])).skipString())).toMatchObject({
      kind: 'malformed',
      offset: 0,
    });
    expect(faultOf(() => text(bytes([first, 0])))).toMatchObject({kind: 'malformed', offset: 0});
  });
});

describe('a claim beyond the end of the file', () => {
  test.each([
    ['a string of 2^63 bytes', len64(2n ** 63n), (dump: DumpReader) => dump.skipString()],
    ['a string of 2^63 bytes to keep', len64(2n ** 63n), (dump: DumpReader) => dump.string(64)],
    ['a string within the limit', bytes(len(60), 'abc'), (dump: DumpReader) => dump.string(64)],
    ['LZF of 2^63 bytes', bytes([0xc3], len64(2n ** 63n), [5]), (dump: DumpReader) => dump.skipString()],
    ['a count of 2^63 elements', len64(2n ** 63n), (dump: DumpReader) => dump.count()],
  ])('%s ends at once', (_, content, read) => {
    expect(faultOf(() => read(reader(content))).kind).toBe('short');
  });

  test('says where the file ends and what was wanted', () => {
    expect(faultOf(() => reader(bytes(len(60), 'abc')).skipString()).message).toBe(
      '60 bytes were expected at byte 1, the file ends at 4',
    );
  });
});

test('whatever the window, the same bytes are read in the same order', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({minLength: 1, maxLength: 300}),
      fc.array(fc.record({skip: fc.boolean(), count: fc.integer({min: 1, max: 16})})),
      fc.integer({min: 64, max: 100}),
      (content, steps, windowBytes) => {
        const dump = reader(content, windowBytes);
        for (const {skip, count} of steps) {
          if (count > dump.remaining) break;
          const at = dump.offset;
          if (skip) dump.skip(count);
          else expect(dump.bytes(count)).toEqual(content.slice(at, at + count));
          expect(dump.offset).toBe(at + count);
        }
      },
    ),
  );
});
