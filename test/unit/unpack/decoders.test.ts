/** What no packing program writes: rubbish behind a good beginning. That real ones are read is tested with the real programs (test/sabotage). */
import {deflateRawSync} from 'node:zlib';
import {describe, expect, test} from '@jest/globals';
import {DrillError} from '../../../src/errors.ts';
import {assertHarmless} from '../../../src/unpack/archive.ts';
import {fromAgeArmor, fromBase64} from '../../../src/unpack/base64.ts';
import {ByteStream, EndOfInput} from '../../../src/unpack/byte-stream.ts';
import {bunzip2} from '../../../src/unpack/bzip2.ts';
import {unlz4} from '../../../src/unpack/lz4.ts';
import {Malformed, PackingFault} from '../../../src/unpack/packing-fault.ts';
import {tarEntries} from '../../../src/unpack/tar.ts';
import {xxHash32} from '../../../src/unpack/xxhash32.ts';
import {unxz} from '../../../src/unpack/xz.ts';
import {zipEntries} from '../../../src/unpack/zip.ts';
import {gunzip, unzstd} from '../../../src/unpack/zlib-codecs.ts';
import {fc} from '../../property.ts';

async function* inPieces(bytes: Uint8Array, size = 7): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield Buffer.from(bytes.subarray(at, at + size));
}
const streamOf = (bytes: Uint8Array | string): ByteStream => new ByteStream(inPieces(Buffer.from(bytes)));

async function text(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const parts: Uint8Array[] = [];
  for await (const chunk of chunks) parts.push(chunk);
  return Buffer.concat(parts).toString();
}

/** Names of entries, read to their ends. */
async function* names(entries: ReturnType<typeof tarEntries>): AsyncGenerator<Uint8Array> {
  for await (const {name, bytes} of entries) {
    await bytes.drain();
    yield Buffer.from(`${name}\n`);
  }
}

const hex = (digits: string) => Buffer.from(digits, 'hex');

describe('rubbish behind a good beginning is an answer, never a crash or a hang', () => {
  const DECODERS: [string, Buffer, (input: ByteStream) => AsyncIterable<Uint8Array>][] = [
    ['gzip', hex('1f8b0800000000000003'), gunzip],
    ['zstd', hex('28b52ffd2458'), unzstd],
    ['bzip2', Buffer.from('BZh91AY&SY'), bunzip2],
    ['lz4', hex('04224d186440a7'), unlz4],
    ['xz', hex('fd377a585a000004e6d6b446'), unxz],
    ['base64', Buffer.from('U2FsdGVkX1'), fromBase64],
    ['the armor of age', Buffer.from('-----BEGIN AGE ENCRYPTED FILE-----\n'), fromAgeArmor],
    ['tar', Buffer.alloc(0), input => names(tarEntries(input))],
    ['zip', hex('504b0304'), input => names(zipEntries(input))],
  ];

  test.each(DECODERS)('%s', async (_name, beginning, decode) => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({maxLength: 1200}), async rubbish => {
        const outcome = await text(decode(streamOf(Buffer.concat([beginning, rubbish])))).catch(
          error => error,
        );
        const known = [EndOfInput, Malformed, PackingFault, DrillError].some(kind => outcome instanceof kind);
        if (!known && typeof outcome !== 'string') throw outcome;
      }),
      {numRuns: 60},
    );
  });
});

/** Vectors of the specification's own test program (xxhsum, seed 0). */
test.each([
  ['', 0x02cc5d05],
  ['a', 0x550d7456],
  ['abc', 0x32d153ff],
  ['Nobody inspects the spammish repetition', 0xe2293b2f],
])('the checksum of lz4 is xxHash32: %j', (content, hash) => {
  expect(xxHash32(Buffer.from(content))).toBe(hash);
});

describe('names and links in archives', () => {
  test.each(['dump.rdb', './a/../dump.rdb', 'a/b/', '..dump.rdb', 'a/..b'])('%j stays inside', name => {
    expect(() => assertHarmless({name, kind: 'file'})).not.toThrow();
  });
  test.each([
    '../dump.rdb',
    '/dump.rdb',
    'a/../../b',
    '..',
    '\\\\host\\share',
    'C:\\dump.rdb',
    'a\\..\\..\\b',
    'a\0b',
  ])('%j leads out', name => {
    expect(() => assertHarmless({name, kind: 'file'})).toThrow(PackingFault);
  });
  test('a link is seen from where it lies', () => {
    const link = (name: string, target: string) => () => assertHarmless({name, kind: 'link', target});
    expect(link('a/b/latest', '../dump.rdb')).not.toThrow();
    expect(link('a/latest', '../../dump.rdb')).toThrow(/the link/);
    expect(link('latest', '/etc/passwd')).toThrow(/the link/);
  });
  test('what is told of them has no control characters', () => {
    expect(() => assertHarmless({name: '../\x1b[31m\n::error::', kind: 'file'})).toThrow(
      /"\.\.\/\\u001b\[31m\\n::error::"/,
    );
  });
});

test('a zip entry whose sizes follow it may have 8 bytes for each', async () => {
  const packed = deflateRawSync('REDIS0010');
  const header = Buffer.alloc(30);
  header.writeUInt32LE(0x04034b50);
  header.writeUInt16LE(8, 6);
  header.writeUInt16LE(8, 8);
  header.writeUInt16LE(1, 26);
  const descriptor = Buffer.alloc(24);
  descriptor.writeUInt32LE(0x08074b50);
  const {crc32} = await import('node:zlib');
  descriptor.writeUInt32LE(crc32('REDIS0010'), 4);
  descriptor.writeBigUInt64LE(BigInt(packed.length), 8);
  descriptor.writeBigUInt64LE(9n, 16);
  const entries = zipEntries(streamOf(Buffer.concat([header, Buffer.from('a'), packed, descriptor])));
  const {value} = await entries.next();
  expect(await text(value!.bytes.rest())).toBe('REDIS0010');
  // The directory is missing.
  await expect(entries.next()).rejects.toThrow(EndOfInput);
});
