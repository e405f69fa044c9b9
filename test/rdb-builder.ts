/**
 * Dumps by hand: the bytes of the format, written by code that shares nothing with the reader. The checksum is the
 * textbook's, bit by bit. For what no server at hand writes, and for what no server should.
 */
import type {Source} from '../src/inspect/dump-reader.ts';

export type Bytes = Uint8Array | number[];

export function bytes(...parts: (Bytes | string)[]): Uint8Array {
  return Buffer.concat(
    parts.map(part => (typeof part === 'string' ? Buffer.from(part, 'latin1') : Buffer.from(part))),
  );
}

function number(size: number, write: (view: DataView) => void): Uint8Array {
  const view = new DataView(new ArrayBuffer(size));
  write(view);
  return new Uint8Array(view.buffer);
}

export const i16le = (value: number) => number(2, view => view.setInt16(0, value, true));
export const i32le = (value: number) => number(4, view => view.setInt32(0, value, true));
export const u32le = (value: number) => number(4, view => view.setUint32(0, value, true));
export const f32le = (value: number) => number(4, view => view.setFloat32(0, value, true));
export const f64le = (value: number) => number(8, view => view.setFloat64(0, value, true));
export const i64le = (value: bigint | number) => number(8, view => view.setBigInt64(0, BigInt(value), true));
export const u64le = (value: bigint) => number(8, view => view.setBigUint64(0, value, true));

/** The shortest form of a length. */
export function len(value: number | bigint): Uint8Array {
  if (value < 0x40) return bytes([Number(value)]);
  if (value < 0x4000) return bytes([0x40 | (Number(value) >> 8), Number(value) & 0xff]);
  return value <= 0xffff_ffff ? len32(Number(value)) : len64(BigInt(value));
}

export const len32 = (value: number) =>
  bytes(
    [0x80],
    number(4, view => view.setUint32(0, value)),
  );
export const len64 = (value: bigint) =>
  bytes(
    [0x81],
    number(8, view => view.setBigUint64(0, value)),
  );

/** Text, or bytes as they are. */
export function str(content: string | Uint8Array): Uint8Array {
  const raw = typeof content === 'string' ? Buffer.from(content) : content;
  return bytes(len(raw.length), raw);
}

export const int8 = (value: number) => bytes([0xc0, value & 0xff]);
export const int16 = (value: number) => bytes([0xc1], i16le(value));
export const int32 = (value: number) => bytes([0xc2], i32le(value));
export const lzf = (compressed: Bytes, plainBytes: number) =>
  bytes([0xc3], len(compressed.length), len(plainBytes), compressed);

/** n, then the items. */
export const listOf = (...items: Bytes[]) => bytes(len(items.length), ...items);
export const strings = (...items: string[]) => listOf(...items.map(str));

/** Names as modules write them: 6 bits a character. */
const CHARSET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
export function moduleId(name: string, version = 0): Uint8Array {
  let id = 0n;
  for (const character of name) id = (id << 6n) | BigInt(CHARSET.indexOf(character));
  return len64((id << 10n) | BigInt(version));
}

/** The class word of KEY_META: 4 characters, version, flags. */
export function keyMetaClass(name: string): Uint8Array {
  let word = 0;
  for (const character of name) word = (word << 6) | CHARSET.indexOf(character);
  return u32le((word << 8) >>> 0);
}

export const OP = {
  update: 242,
  hashTemplate: 242,
  keyMeta: 243,
  slotImport: 243,
  slotInfo: 244,
  function2: 245,
  functionPreGa: 246,
  moduleAux: 247,
  idle: 248,
  frequency: 249,
  aux: 250,
  resizeDb: 251,
  expireMs: 252,
  expireSeconds: 253,
  selectDb: 254,
  eof: 255,
} as const;

export const aux = (name: string, value: Bytes | string) =>
  bytes([OP.aux], str(name), typeof value === 'string' ? str(value) : value);
export const selectDb = (number: number | bigint) => bytes([OP.selectDb], len(number));
export const key = (type: number, name: string, value: Bytes) => bytes([type], str(name), value);

type Footer = 'valid' | 'zeros' | 'none';

/** A whole dump: header, parts, EOF, footer. */
export function rdb(header: string, parts: Bytes[], footer: Footer = 'valid'): Uint8Array {
  const body = bytes(header, ...parts, [OP.eof]);
  if (footer === 'none') return body;
  return bytes(body, footer === 'zeros' ? new Uint8Array(8) : u64le(crc64(body)));
}

/** Computes the last 8 bytes anew. */
export function resealed(dump: Uint8Array): Uint8Array {
  const body = dump.subarray(0, dump.length - 8);
  return bytes(body, u64le(crc64(body)));
}

const REVERSED_POLY = 0x95ac9329ac4bc9b5n;

export function crc64(data: Uint8Array): bigint {
  let crc = 0n;
  for (const byte of data) {
    crc ^= BigInt(byte);
    for (let bit = 0; bit < 8; bit++) crc = crc & 1n ? (crc >> 1n) ^ REVERSED_POLY : crc >> 1n;
  }
  return crc;
}

/** Bytes in memory in the place of a file. */
export function inMemory(content: Uint8Array): Source {
  return {
    sizeBytes: content.length,
    read(into, offset) {
      const part = content.subarray(offset, offset + into.length);
      into.set(part);
      if (part.length === 0) throw new Error('read beyond the end');
      return part.length;
    },
  };
}
