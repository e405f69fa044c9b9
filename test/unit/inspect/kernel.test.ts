import {createHash} from 'node:crypto';
import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {describe, expect, test} from '@jest/globals';
import {kernelSource} from '../../../scripts/wasm.mjs';
import {Tape} from '../../../src/inspect/digest/tape.ts';
import {borrowKernel, Kernel, LAYOUT} from '../../../src/inspect/kernel.ts';
import {powersOfTen} from '../../../src/inspect/powers-of-ten.ts';
import {fc} from '../../property.ts';
import {crc64} from '../../rdb-builder.ts';

const kernel = new Kernel();

test('src/inspect/kernel-bytes.ts is what wasm/ compiles to (npm run wasm)', async () => {
  const committed = join(import.meta.dirname, '../../../src/inspect/kernel-bytes.ts');
  expect(readFileSync(committed, 'utf8')).toBe(await kernelSource());
});

test('a kernel that nobody uses is used again, one that is in use is not', () => {
  using first = borrowKernel();
  const {kernel: second} = (() => {
    using other = borrowKernel();
    return other;
  })();
  using third = borrowKernel();
  expect(second).not.toBe(first.kernel);
  expect(third.kernel).toBe(second);
});

describe('the checksum', () => {
  const of = (data: Uint8Array, start = 0n) => {
    kernel.bytes.set(data, LAYOUT.window);
    return BigInt.asUintN(64, kernel.call.crc64(start, LAYOUT.window, LAYOUT.window + data.length));
  };

  test('of "123456789" is the vector in crc64.c of Redis, of nothing it is zero', () => {
    expect(of(Buffer.from('123456789'))).toBe(0xe9c6d914c4b8d9can);
    expect(of(new Uint8Array())).toBe(0n);
  });

  test('does not depend on how the bytes are cut, and equals the one computed bit by bit', () => {
    fc.assert(
      fc.property(fc.uint8Array({maxLength: 200}), fc.nat(200), (data, cut) => {
        expect(of(data.subarray(cut), of(data.subarray(0, cut)))).toBe(crc64(data));
      }),
    );
  });
});

describe('SHA-1', () => {
  const sha1 = (data: Uint8Array) => createHash('sha1').update(data).digest('hex');
  const hex = (digest: Uint8Array) => Buffer.from(digest).toString('hex');

  test('of messages of every length, many at a time, is node:crypto’s', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({maxLength: 300}), {maxLength: 30}), messages => {
        const tape = new Tape(kernel);
        let at = LAYOUT.window;
        const texts = messages.map(message => {
          kernel.bytes.set(message, at);
          at += message.length + 1;
          return tape.text(at - message.length - 1, message.length);
        });
        expect(texts.map(text => hex(tape.digest(text)))).toEqual(messages.map(sha1));
      }),
    );
  });

  test('of all lengths around the ends of blocks', () => {
    const tape = new Tape(kernel);
    kernel.bytes.subarray(LAYOUT.window, LAYOUT.window + 300).fill(0x61);
    const lengths = Array.from({length: 300}, (_, i) => i);
    const texts = lengths.map(length => tape.text(LAYOUT.window, length));
    expect(texts.map(text => hex(tape.digest(text)))).toEqual(
      lengths.map(length => sha1(Buffer.alloc(length, 'a'))),
    );
  });

  test('of numbers is that of their digits', () => {
    const tape = new Tape(kernel);
    const edges = [0, 9, 10, 99, 100, 2 ** 31 - 1, 2 ** 31, 2 ** 53 - 1];
    for (const number of [...edges, ...edges.map(edge => -edge), 2n ** 64n - 1n, -(2n ** 63n)]) {
      const text = String(number === 0 ? 0 : number);
      expect([text, hex(tape.digest(tape.integer(number === 0 ? 0 : number)))]).toEqual([
        text,
        sha1(Buffer.from(text)),
      ]);
    }
  });
});

describe('powers of ten', () => {
  test('are rounded to 64 bits, the highest of which is set', () => {
    const powers = powersOfTen();
    expect(powers).toHaveLength(87);
    for (const {fraction} of powers) expect(fraction >> 63n).toBe(1n);
    // 10^-348, 10^-4, 10^4, 10^28, 10^340
    expect([0, 43, 44, 47, 86].map(i => powers[i])).toEqual([
      {fraction: 0xfa8fd5a0081c0288n, exponent: -1220},
      {fraction: 0xd1b71758e219652cn, exponent: -77},
      {fraction: 0x9c40000000000000n, exponent: -50},
      {fraction: 0x813f3978f8940984n, exponent: 30},
      {fraction: 0xaf87023b9bf0ee6bn, exponent: 1066},
    ]);
  });
});
