/**
 * lz4 frames: blocks of up to 4 MiB, alone or leaning on the 64 KiB before them, with checksums. No package reads them
 * as a stream, so this does. Format: https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md
 */
import type {ByteStream} from './byte-stream.ts';
import {Malformed} from './packing-fault.ts';
import {XxHash32, xxHash32} from './xxhash32.ts';

const FRAME = 0x184d2204;
/** How far back a match may reach. */
const WINDOW_BYTES = 64 * 1024;
/** By bits 4 to 6 of BD. */
const BLOCK_BYTES: Record<number, number> = {4: 64 * 1024, 5: 256 * 1024, 6: 1024 * 1024, 7: 4 * 1024 * 1024};
const UNCOMPRESSED = 0x80000000;
const MIN_MATCH = 4;

export async function* unlz4(input: ByteStream): AsyncGenerator<Buffer> {
  do yield* frame(input);
  while (await anotherFrame(input));
}

async function anotherFrame(input: ByteStream): Promise<boolean> {
  for (;;) {
    const head = await input.peek(8);
    if (head.length === 0) return false;
    const magic = head.length < 4 ? 0 : head.readUInt32LE(0);
    if (magic === FRAME) return true;
    if (magic >>> 4 !== 0x184d2a5) {
      throw new Malformed('bytes that are none of it follow its end', 'backup/trailing-garbage');
    }
    // To be skipped: its length, then as many bytes.
    const skip = (await input.take(8)).readUInt32LE(4);
    for await (const _ of input.part(skip));
  }
}

type Header = {
  blockBytes: number;
  alone: boolean;
  blockChecksums: boolean;
  contentChecksum: boolean;
  size: bigint | null;
};

/**
 *     magic 4 | FLG 1 | BD 1 | content size 0 or 8 | dictionary 0 or 4 | checksum of this 1
 */
async function readHeader(input: ByteStream): Promise<Header> {
  await input.take(4);
  const [flags = 0, blocks = 0] = await input.peek(2);
  const hasSize = (flags & 0x08) !== 0;
  const hasDictionary = (flags & 0x01) !== 0;
  const descriptor = await input.take(2 + (hasSize ? 8 : 0) + (hasDictionary ? 4 : 0));
  const [checksum] = await input.take(1);
  if (((xxHash32(descriptor) >>> 8) & 0xff) !== checksum)
    throw new Malformed('the checksum of its header does not match');
  const blockBytes = BLOCK_BYTES[(blocks >>> 4) & 7];
  if (flags >>> 6 !== 1 || blockBytes === undefined)
    throw new Malformed('its header is of no version that exists');
  if (hasDictionary) throw new Malformed('it was compressed with a dictionary, which is not in it');
  return {
    blockBytes,
    alone: (flags & 0x20) !== 0,
    blockChecksums: (flags & 0x10) !== 0,
    contentChecksum: (flags & 0x04) !== 0,
    size: hasSize ? descriptor.readBigUInt64LE(2) : null,
  };
}

async function* frame(input: ByteStream): AsyncGenerator<Buffer> {
  const {blockBytes, alone, blockChecksums, contentChecksum, size} = await readHeader(input);
  const content = new XxHash32();
  // What came before, and the block that leans on it.
  const room = Buffer.allocUnsafe(WINDOW_BYTES + blockBytes);
  let history = 0;
  let total = 0n;
  for (;;) {
    const announced = (await input.take(4)).readUInt32LE(0);
    if (announced === 0) break;
    const length = announced & ~UNCOMPRESSED;
    if (length > blockBytes) throw new Malformed('a block is larger than its header allows');
    const packed = await input.take(length);
    if (blockChecksums && (await input.take(4)).readUInt32LE(0) !== xxHash32(packed)) {
      throw new Malformed('the checksum of a block does not match');
    }
    const end =
      announced & UNCOMPRESSED
        ? history + packed.copy(room, history)
        : decodeBlock(packed, room, history, blockBytes);
    const plain = Buffer.from(room.subarray(history, end));
    if (contentChecksum) content.update(plain);
    total += BigInt(plain.length);
    yield plain;
    history = alone ? 0 : Math.min(end, WINDOW_BYTES);
    room.copyWithin(0, end - history, end);
  }
  if (size !== null && size !== total)
    throw new Malformed('it does not hold as many bytes as its header says');
  if (contentChecksum && (await input.take(4)).readUInt32LE(0) !== content.digest()) {
    throw new Malformed('the checksum of its content does not match');
  }
}

/** Literals and matches by turns; a match is copied from what was decoded. Returns where the block ends in `room`. */
function decodeBlock(packed: Buffer, room: Buffer, start: number, blockBytes: number): number {
  const limit = start + blockBytes;
  let at = 0;
  let end = start;
  const lengthOf = (nibble: number): number => {
    let length = nibble;
    if (nibble < 15) return length;
    for (let byte = 255; byte === 255; length += byte) {
      if (at >= packed.length) throw new Malformed('a block ends in the middle of a length');
      byte = packed[at]!;
      at += 1;
    }
    return length;
  };
  while (at < packed.length) {
    const token = packed[at]!;
    at += 1;
    const literals = lengthOf(token >>> 4);
    if (at + literals > packed.length || end + literals > limit)
      throw new Malformed('a block has more literals than bytes');
    packed.copy(room, end, at, at + literals);
    at += literals;
    end += literals;
    // The last sequence has no match.
    if (at === packed.length) return end;
    if (at + 2 > packed.length) throw new Malformed('a block ends in the middle of an offset');
    const offset = packed.readUInt16LE(at);
    at += 2;
    const match = lengthOf(token & 0x0f) + MIN_MATCH;
    if (offset === 0 || offset > end) throw new Malformed('a match reaches back beyond the beginning');
    if (end + match > limit) throw new Malformed('a block is larger than its header allows');
    copyMatch(room, end, offset, match);
    end += match;
  }
  return end;
}

/** Source and target overlap where the match is longer than its offset: then it repeats itself. */
function copyMatch(room: Buffer, end: number, offset: number, length: number): void {
  const from = end - offset;
  if (offset >= length) {
    // Of a few bytes a loop costs less than the call.
    if (length > 32) room.copyWithin(end, from, from + length);
    else for (let n = 0; n < length; n += 1) room[end + n] = room[from + n]!;
    return;
  }
  if (offset === 1) {
    room.fill(room[from]!, end, end + length);
    return;
  }
  for (let n = 0; n < length; n += 1) room[end + n] = room[from + n]!;
}
