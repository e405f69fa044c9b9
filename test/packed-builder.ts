/**
 * Ziplists, listpacks, intsets and zipmaps by hand, in each of their encodings: written by code that shares nothing with
 * the reader.
 */
import {type Bytes, bytes, i16le, i32le, i64le, u32le} from './rdb-builder.ts';

/** Text is stored as a string even where it looks like a number; numbers in the smallest encoding that holds them. */
export type Element = string | Uint8Array | number | bigint;

const raw = (text: string | Uint8Array): Uint8Array =>
  typeof text === 'string' ? Buffer.from(text, 'latin1') : text;
const fits = (value: bigint, bits: number): boolean =>
  value >= -(1n << BigInt(bits - 1)) && value < 1n << BigInt(bits - 1);
const i24le = (value: bigint): Uint8Array => i32le(Number(value)).subarray(0, 3);

/** `wide`: lengths at the edge of a width take a byte more, as Redis before 8.8 writes them. */
export function listpack(elements: Element[], {wide = false}: {wide?: boolean} = {}): Uint8Array {
  const body = bytes(
    ...elements.map(element => {
      const entry =
        typeof element === 'object' || typeof element === 'string'
          ? lpText(raw(element))
          : lpInteger(BigInt(element));
      return bytes(entry, backlen(entry.length, wide));
    }),
  );
  const count = Math.min(elements.length, 0xffff);
  return bytes(u32le(body.length + 7), [count & 0xff, count >> 8], body, [0xff]);
}

function lpText(text: Uint8Array): Uint8Array {
  if (text.length < 64) return bytes([0x80 | text.length], text);
  if (text.length < 4096) return bytes([0xe0 | (text.length >> 8), text.length & 0xff], text);
  return bytes([0xf0], u32le(text.length), text);
}

function lpInteger(value: bigint): Uint8Array {
  if (value >= 0n && value < 128n) return bytes([Number(value)]);
  if (fits(value, 13)) {
    const bits = Number(BigInt.asUintN(13, value));
    return bytes([0xc0 | (bits >> 8), bits & 0xff]);
  }
  if (fits(value, 16)) return bytes([0xf1], i16le(Number(value)));
  if (fits(value, 24)) return bytes([0xf2], i24le(value));
  if (fits(value, 32)) return bytes([0xf3], i32le(Number(value)));
  return bytes([0xf4], i64le(value));
}

/** Seven bits a byte, the highest first; all but the first say that there is more to the left. */
function backlen(length: number, wide: boolean): Uint8Array {
  let width = 1;
  while (wide && width > 1 ? length >= 2 ** (7 * width) - 1 : length >= 2 ** (7 * width)) width++;
  if (wide && width > 1 && length === 2 ** (7 * width) - 1) width++;
  const groups = Array.from(
    {length: width},
    (_, i) => Math.floor(length / 2 ** (7 * (width - 1 - i))) & 0x7f,
  );
  return bytes(groups.map((group, i) => (i === 0 ? group : group | 0x80)));
}

export function ziplist(elements: Element[]): Uint8Array {
  const entries: Uint8Array[] = [];
  let before = 0;
  for (const element of elements) {
    const length = before < 254 ? [before] : bytes([0xfe], u32le(before));
    const isText = typeof element === 'object' || typeof element === 'string';
    const entry = bytes(length, isText ? zlText(raw(element)) : zlInteger(BigInt(element)));
    entries.push(entry);
    before = entry.length;
  }
  const body = bytes(...entries);
  const tail = 10 + body.length - before;
  const count = Math.min(elements.length, 0xffff);
  return bytes(u32le(body.length + 11), u32le(tail), [count & 0xff, count >> 8], body, [0xff]);
}

function zlText(text: Uint8Array): Uint8Array {
  if (text.length < 64) return bytes([text.length], text);
  if (text.length < 16_384) return bytes([0x40 | (text.length >> 8), text.length & 0xff], text);
  return bytes([0x80], u32le(text.length).reverse(), text);
}

function zlInteger(value: bigint): Uint8Array {
  if (value >= 0n && value <= 12n) return bytes([0xf1 + Number(value)]);
  if (fits(value, 8)) return bytes([0xfe, Number(BigInt.asUintN(8, value))]);
  if (fits(value, 16)) return bytes([0xc0], i16le(Number(value)));
  if (fits(value, 24)) return bytes([0xf0], i24le(value));
  if (fits(value, 32)) return bytes([0xd0], i32le(Number(value)));
  return bytes([0xe0], i64le(value));
}

/** Ascending, in the smallest size that holds all. */
export function intset(values: (number | bigint)[]): Uint8Array {
  const integers = values.map(BigInt);
  const size = integers.every(value => fits(value, 16))
    ? 2
    : integers.every(value => fits(value, 32))
      ? 4
      : 8;
  return bytes(u32le(size), u32le(values.length), ...integers.map(value => i64le(value).subarray(0, size)));
}

/** `free`: unused bytes after each value. */
export function zipmap(pairs: [string, string][], free = 0): Uint8Array {
  const length = (text: string): Bytes =>
    text.length < 254 ? [text.length] : bytes([0xfe], u32le(text.length));
  const parts = pairs.map(([name, value]) =>
    bytes(length(name), name, length(value), [free], value, new Uint8Array(free)),
  );
  return bytes([Math.min(pairs.length, 254)], ...parts, [0xff]);
}

/** `[fields, values][]` of a stream node; all entries but those given as an object have the fields of the node. */
export type StreamEntry = {
  ms: number | bigint;
  seq: number | bigint;
  fields?: string[];
  values: Element[];
  deleted?: boolean;
};

export function streamNode(names: Element[], entries: StreamEntry[]): Uint8Array {
  const live = entries.filter(({deleted}) => !deleted).length;
  const master: Element[] = [live, entries.length - live, names.length, ...names, 0];
  const parts = entries.flatMap(({ms, seq, fields, values, deleted}): Element[] => {
    const flags = (deleted ? 1 : 0) | (fields ? 0 : 2);
    const body = fields ? [fields.length, ...fields.flatMap((field, i) => [field, values[i]!])] : values;
    return [flags, ms, seq, ...body, body.length + 3];
  });
  return listpack([...master, ...parts]);
}

export function streamId(ms: bigint, seq: bigint): Uint8Array {
  const id = new DataView(new ArrayBuffer(16));
  id.setBigUint64(0, ms);
  id.setBigUint64(8, seq);
  return new Uint8Array(id.buffer);
}
