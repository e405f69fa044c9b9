/**
 * bzip2: blocks of up to 900 kB, each sorted (Burrows-Wheeler), moved to the front and Huffman-coded, with a checksum of
 * its own. No package reads it as a stream and checks its checksums, so this does. Reads what bzip2 and pbzip2 write,
 * streams that follow one another included. Format: https://en.wikipedia.org/wiki/Bzip2#File_format
 */

import {BitReader} from './bit-reader.ts';
import type {ByteStream} from './byte-stream.ts';
import {Malformed} from './packing-fault.ts';

/** 900,000 symbols of at most 20 bits, and the tables before them. No block is longer, so one look ahead has it whole. */
const MAX_BLOCK_BYTES = 2_400_000;
/** Of output: a block of repetitions unfolds to 50 times its size. */
const CHUNK_BYTES = 256 * 1024;

const MAX_CODE_BITS = 20;
const SYMBOLS_PER_SELECTOR = 50;
const RUN_A = 0;
const RUN_B = 1;

/** Block and end of stream begin with the digits of pi and of its root. */
const BLOCK = [0x314159, 0x265359] as const;
const END = [0x177245, 0x385090] as const;

export async function* bunzip2(input: ByteStream): AsyncGenerator<Buffer> {
  do yield* stream(input);
  while (await anotherStream(input));
}

async function anotherStream(input: ByteStream): Promise<boolean> {
  const head = await input.peek(4);
  if (head.length === 0) return false;
  if (head.toString('latin1', 0, 3) === 'BZh') return true;
  throw new Malformed('bytes that are none of it follow its end', 'backup/trailing-garbage');
}

/**
 *     'BZh' level | block magic, crc, … | … | end magic, crc of all, up to 7 bits of padding
 */
async function* stream(input: ByteStream): AsyncGenerator<Buffer> {
  const level = (await input.take(4))[3]! - 0x30;
  if (level < 1 || level > 9) throw new Malformed('its header names no block size');
  const work = new Uint32Array(level * 100_000);
  let bit = 0;
  let combined = 0;
  for (;;) {
    const bits = new BitReader(await input.peek(MAX_BLOCK_BYTES), bit);
    const magic = [bits.read(24), bits.read(24)];
    const crc = ((bits.read(16) << 16) | bits.read(16)) >>> 0;
    if (magic[0] === END[0] && magic[1] === END[1]) {
      if (crc !== combined) throw new Malformed('the checksum of all its blocks does not match');
      input.skipHeld(Math.ceil(bits.position / 8));
      return;
    }
    if (magic[0] !== BLOCK[0] || magic[1] !== BLOCK[1])
      throw new Malformed('no block begins where one should');
    const block = decodeBlock(bits, work);
    const check = new Crc();
    yield* unfold(block, work, check);
    if (check.value !== crc) throw new Malformed('the checksum of a block does not match');
    combined = (((combined << 1) | (combined >>> 31)) ^ crc) >>> 0;
    input.skipHeld(bits.position >>> 3);
    bit = bits.position & 7;
  }
}

/** How many bytes the sorted block has, and where its first one is. They are in the low bytes of `work`. */
type Block = {size: number; origin: number; counts: Uint32Array};

function decodeBlock(bits: BitReader, work: Uint32Array): Block {
  if (bits.read(1) === 1) throw new Malformed('a block is randomised, as no bzip2 since 1997 does it');
  const origin = bits.read(24);
  const alphabet = usedBytes(bits);
  const {selectors, tables} = readTables(bits, alphabet.length + 2);
  const endOfBlock = alphabet.length + 1;
  const counts = new Uint32Array(256);
  let size = 0;
  let run = 0;
  let weight = 1;
  let group = 0;
  let left = 0;
  let table = tables[0]!;
  const put = (byte: number, times: number) => {
    if (size + times > work.length) throw new Malformed('a block is larger than its header allows');
    work.fill(byte, size, size + times);
    counts[byte]! += times;
    size += times;
  };
  for (;;) {
    if (left === 0) {
      if (group >= selectors.length) throw new Malformed('a block has more symbols than it announces');
      table = tables[selectors[group]!]!;
      group += 1;
      left = SYMBOLS_PER_SELECTOR;
    }
    left -= 1;
    const symbol = readSymbol(bits, table);
    if (symbol === RUN_A || symbol === RUN_B) {
      run += weight << symbol;
      weight <<= 1;
      // No block holds a run that long; beyond that the sum would overflow.
      if (run > work.length) throw new Malformed('a block is larger than its header allows');
      continue;
    }
    if (run > 0) {
      put(alphabet[0]!, run);
      run = 0;
      weight = 1;
    }
    if (symbol === endOfBlock) break;
    const byte = alphabet[symbol - 1]!;
    alphabet.copyWithin(1, 0, symbol - 1);
    alphabet[0] = byte;
    put(byte, 1);
  }
  if (origin >= size) throw new Malformed('a block does not say where it begins');
  return {size, origin, counts};
}

/** Bytes that occur in the block: 16 bits for 16 ranges, then 16 bits for each of those. */
function usedBytes(bits: BitReader): Uint8Array {
  const ranges = bits.read(16);
  const used: number[] = [];
  for (let range = 0; range < 16; range += 1) {
    if ((ranges & (0x8000 >>> range)) === 0) continue;
    const members = bits.read(16);
    for (let n = 0; n < 16; n += 1) if (members & (0x8000 >>> n)) used.push(range * 16 + n);
  }
  if (used.length === 0) throw new Malformed('a block uses no byte at all');
  return Uint8Array.from(used);
}

type Table = {minBits: number; maxBits: number; limit: Int32Array; base: Int32Array; symbols: Uint16Array};

function readTables(bits: BitReader, alphabetSize: number): {selectors: Uint8Array; tables: Table[]} {
  const groups = bits.read(3);
  const count = bits.read(15);
  if (groups < 2 || groups > 6 || count === 0) throw new Malformed('a block has no usable code tables');
  const order = Array.from({length: groups}, (_, index) => index);
  const selectors = new Uint8Array(count);
  for (let index = 0; index < count; index += 1) {
    let place = 0;
    while (bits.read(1) === 1) {
      place += 1;
      if (place >= groups) throw new Malformed('a block selects a code table that it does not have');
    }
    const [chosen] = order.splice(place, 1);
    order.unshift(chosen!);
    selectors[index] = chosen!;
  }
  const tables = Array.from({length: groups}, () => tableOf(codeLengths(bits, alphabetSize)));
  return {selectors, tables};
}

function codeLengths(bits: BitReader, alphabetSize: number): Uint8Array {
  const lengths = new Uint8Array(alphabetSize);
  let length = bits.read(5);
  for (let symbol = 0; symbol < alphabetSize; symbol += 1) {
    for (;;) {
      if (length < 1 || length > MAX_CODE_BITS)
        throw new Malformed('a code of a block has an impossible length');
      if (bits.read(1) === 0) break;
      length += bits.read(1) === 0 ? 1 : -1;
    }
    lengths[symbol] = length;
  }
  return lengths;
}

/** Canonical: of each length the largest code, and what to subtract from a code to get its place in `symbols`. */
function tableOf(lengths: Uint8Array): Table {
  const minBits = Math.min(...lengths);
  const maxBits = Math.max(...lengths);
  const limit = new Int32Array(MAX_CODE_BITS + 2).fill(-1);
  const base = new Int32Array(MAX_CODE_BITS + 2);
  const symbols = new Uint16Array(lengths.length);
  let place = 0;
  let code = 0;
  for (let length = minBits; length <= maxBits; length += 1) {
    base[length] = code - place;
    for (let symbol = 0; symbol < lengths.length; symbol += 1) {
      if (lengths[symbol] !== length) continue;
      symbols[place] = symbol;
      place += 1;
      code += 1;
    }
    limit[length] = code - 1;
    code <<= 1;
  }
  return {minBits, maxBits, limit, base, symbols};
}

function readSymbol(bits: BitReader, {minBits, maxBits, limit, base, symbols}: Table): number {
  let code = bits.read(minBits);
  let length = minBits;
  while (code > limit[length]!) {
    length += 1;
    if (length > maxBits) throw new Malformed('a block holds a code that is in no table');
    code = (code << 1) | bits.read(1);
  }
  const symbol = symbols[code - base[length]!];
  if (symbol === undefined) throw new Malformed('a block holds a code that is in no table');
  return symbol;
}

/** Unsorts the block, and unfolds four equal bytes and a count. Pointers are kept above the bytes of `work`. */
function* unfold({size, origin, counts}: Block, work: Uint32Array, check: Crc): Generator<Buffer> {
  const starts = new Uint32Array(256);
  for (let byte = 1; byte < 256; byte += 1) starts[byte] = starts[byte - 1]! + counts[byte - 1]!;
  for (let index = 0; index < size; index += 1) {
    const byte = work[index]! & 0xff;
    work[starts[byte]!]! |= index << 8;
    starts[byte]! += 1;
  }
  let out = Buffer.allocUnsafe(CHUNK_BYTES);
  let filled = 0;
  let at = work[origin]! >>> 8;
  let last = -1;
  let repeated = 0;
  for (let index = 0; index < size; index += 1) {
    const entry = work[at]!;
    const byte = entry & 0xff;
    at = entry >>> 8;
    if (repeated === 4) {
      out.fill(last, filled, filled + byte);
      filled += byte;
      repeated = 0;
      last = -1;
    } else {
      repeated = byte === last ? repeated + 1 : 1;
      last = byte;
      out[filled] = byte;
      filled += 1;
    }
    if (filled > CHUNK_BYTES - 256) {
      check.update(out, filled);
      yield out.subarray(0, filled);
      out = Buffer.allocUnsafe(CHUNK_BYTES);
      filled = 0;
    }
  }
  check.update(out, filled);
  if (filled > 0) yield out.subarray(0, filled);
}

/** CRC-32 with the highest bit first, unlike that of gzip and zip. */
const CRC_TABLE = Uint32Array.from({length: 256}, (_, byte) => {
  let crc = byte << 24;
  for (let bit = 0; bit < 8; bit += 1) crc = crc & 0x80000000 ? (crc << 1) ^ 0x04c11db7 : crc << 1;
  return crc >>> 0;
});

class Crc {
  #crc = 0xffffffff;

  update(bytes: Uint8Array, length: number): void {
    let crc = this.#crc;
    for (let index = 0; index < length; index += 1) {
      crc = (crc << 8) ^ CRC_TABLE[(crc >>> 24) ^ bytes[index]!]!;
    }
    this.#crc = crc;
  }

  get value(): number {
    return ~this.#crc >>> 0;
  }
}
