/**
 * zip archives as a stream of entries, front to back: stored and deflated entries, zip64, entries whose size follows
 * them. The directory at the end is then held against what was read, because programs that start there would otherwise
 * unpack something else. Format: APPNOTE.TXT of PKWARE.
 */
import {crc32} from 'node:zlib';
import type {Entry} from './archive.ts';
import {ByteStream, EndOfInput} from './byte-stream.ts';
import {Malformed, unsupportedForm} from './packing-fault.ts';
import {assertDirectory, type Seen, zip64} from './zip-directory.ts';
import {inflateRaw} from './zlib-codecs.ts';

const LOCAL = 0x04034b50;
const DESCRIPTOR = 0x08074b50;
const STORED = 0;
const DEFLATED = 8;
/** Links are recognised by the directory alone, and their targets are their contents. */
const MAX_TARGET_BYTES = 1024;

export async function* zipEntries(input: ByteStream): AsyncGenerator<Entry> {
  const start = input.offset;
  const seen = new Map<number, Seen>();
  for (;;) {
    const head = await input.peek(4);
    if (head.length < 4) throw new EndOfInput();
    if (head.readUInt32LE(0) !== LOCAL) break;
    const offset = input.offset - start;
    const header = await readLocal(input);
    const entry: Seen = {
      name: header.name,
      crc: 0,
      packedBytes: 0,
      plainBytes: 0,
      beginning: Buffer.alloc(0),
    };
    const bytes = new ByteStream(content(input, header, entry));
    const kind = header.name.endsWith('/') ? 'other' : 'file';
    const maybeLink = header.method === STORED && header.packedBytes <= MAX_TARGET_BYTES;
    yield {name: header.name, kind, maybeLink, bytes};
    await bytes.drain();
    seen.set(offset, entry);
  }
  await assertDirectory(input, seen);
}

type Local = {
  name: string;
  method: number;
  /** CRC and sizes follow the data. */
  follows: boolean;
  crc: number;
  packedBytes: number;
  plainBytes: number;
};

/**
 *     signature 4 | version 2 | flags 2 | method 2 | time 2 | date 2 | crc 4 | packed 4 | plain 4 | name length 2 |
 *     extra length 2 | name | extra
 */
async function readLocal(input: ByteStream): Promise<Local> {
  const header = Buffer.from(await input.take(30));
  const flags = header.readUInt16LE(6);
  const method = header.readUInt16LE(8);
  const name = (await input.take(header.readUInt16LE(26))).toString('utf8');
  const extra = await input.take(header.readUInt16LE(28));
  if (flags & 0x41) throw unsupportedForm('a zip archive with a password');
  if (method !== STORED && method !== DEFLATED)
    throw unsupportedForm(`a zip archive with compression method ${method}`);
  const follows = (flags & 0x08) !== 0;
  const [plainBytes, packedBytes] = zip64([header.readUInt32LE(22), header.readUInt32LE(18)], extra);
  return {
    name,
    method,
    follows,
    crc: header.readUInt32LE(14),
    packedBytes: packedBytes!,
    plainBytes: plainBytes!,
  };
}

async function* content(input: ByteStream, local: Local, entry: Seen): AsyncGenerator<Buffer> {
  const {method, follows, packedBytes} = local;
  const before = input.offset;
  // Deflate knows its own end; what is stored does not.
  const bounded = !follows || method === STORED;
  const packed = bounded ? new ByteStream(input.part(packedBytes)) : input;
  for await (const chunk of method === STORED ? packed.rest() : inflateRaw(packed)) {
    entry.crc = crc32(chunk, entry.crc);
    entry.plainBytes += chunk.length;
    if (entry.beginning.length < MAX_TARGET_BYTES) {
      entry.beginning = Buffer.concat([entry.beginning, chunk.subarray(0, MAX_TARGET_BYTES)]);
    }
    yield chunk;
  }
  if (bounded && (await packed.next()) !== null)
    throw new Malformed('an entry is shorter than its header says');
  entry.packedBytes = input.offset - before;
  if (follows) await skipDescriptor(input, method, entry);
  else if (entry.crc !== local.crc) throw new Malformed('the checksum of an entry does not match');
  else if (entry.plainBytes !== local.plainBytes)
    throw new Malformed('an entry is not as long as its header says');
  // The directory needs it of links only, whose contents are short.
  if (entry.plainBytes > MAX_TARGET_BYTES) entry.beginning = Buffer.alloc(0);
}

/** With or without a signature, with sizes of 4 or 8 bytes: whichever says what was read. */
async function skipDescriptor(input: ByteStream, method: number, entry: Seen): Promise<void> {
  const {crc, packedBytes, plainBytes} = entry;
  const ahead = await input.peek(24);
  const signed = ahead.length >= 4 && ahead.readUInt32LE(0) === DESCRIPTOR;
  for (const at of signed ? [4, 0] : [0]) {
    if (ahead.length < at + 12 || ahead.readUInt32LE(at) !== crc) continue;
    const small =
      ahead.readUInt32LE(at + 4) === packedBytes >>> 0 && ahead.readUInt32LE(at + 8) === plainBytes >>> 0;
    const large =
      ahead.length >= at + 20 &&
      ahead.readBigUInt64LE(at + 4) === BigInt(packedBytes) &&
      ahead.readBigUInt64LE(at + 12) === BigInt(plainBytes);
    if (large || small) return input.skipHeld(at + (large ? 20 : 12));
  }
  if (ahead.length < 12) throw new EndOfInput();
  // Where such an entry ends cannot be told from the front.
  if (method === STORED) throw unsupportedForm('a zip archive with stored entries of unknown length');
  throw new Malformed('the checksum of an entry does not match');
}
