/**
 * Ziplists and listpacks: many small elements in one string, read one after the other. Each element is a string or an
 * integer; the digest takes an integer for its decimal digits. A walk ends at the terminator, which must be the last
 * byte; counts in headers are hints and not looked at.
 */
import type {ByteWindow} from '../byte-window.ts';
import type {Tape, Text} from '../digest/tape.ts';
import type {ValueReader} from './value-reader.ts';

/** Longest text that can be a score, in bytes: longer ones do not occur, and servers do not read them. */
const MAX_SCORE_BYTES = 64;

export type Integer = number | bigint;

export abstract class Packed {
  readonly #values: ValueReader;
  readonly #tape: Tape;
  protected bytes: ByteWindow;
  /** Of the element that `head` has read: its length as a string, or NaN for an integer in `integer`. */
  protected length = 0;
  protected integer: Integer = 0;

  constructor(values: ValueReader) {
    this.#values = values;
    this.#tape = values.digester.tape;
    this.bytes = values.dump;
  }

  /** Begins with the next string of the dump. */
  open(): void {
    const {bytes, size} = this.#values.open();
    this.bytes = bytes;
    this.header(size);
  }

  /** False at the end, which is then checked; else there is an element, to be taken by one of the below. */
  next(): boolean {
    this.#needByte();
    if (this.head()) return true;
    this.#values.close();
    return false;
  }

  text(): Text {
    if (Number.isNaN(this.length)) {
      this.tail();
      return this.#tape.integer(this.integer);
    }
    const text = this.#values.textOf(this.bytes, this.length);
    this.tail();
    return text;
  }

  number(): Integer {
    if (!Number.isNaN(this.length)) throw this.bytes.malformed('text stands where a number belongs');
    this.tail();
    return this.integer;
  }

  score(): number {
    if (Number.isNaN(this.length)) return Number(this.number());
    if (this.length > MAX_SCORE_BYTES) throw this.bytes.malformed('a score is too long');
    const score = parseScore(this.bytes.latin1(this.length));
    if (score === null) throw this.bytes.malformed('a score is no number');
    this.tail();
    return score;
  }

  skip(): void {
    if (!Number.isNaN(this.length)) this.bytes.skip(this.length);
    this.tail();
  }

  /** For the second of a pair, and whatever else must follow: `packed.more().text()`. */
  more(): this {
    this.#needByte();
    if (!this.head()) throw this.bytes.malformed('a packed value lacks an element');
    return this;
  }

  /** In a plain string, nothing else would stop us from reading what follows it. */
  #needByte(): void {
    if (this.#values.packedLeft <= 0) throw this.bytes.malformed('a packed value has no end');
  }

  protected abstract header(size: number): void;
  /** Reads up to the data of an element; false where the terminator stands. */
  protected abstract head(): boolean;
  /** Reads what follows the data. */
  protected abstract tail(): void;

  protected isInteger(value: Integer): true {
    this.length = Number.NaN;
    this.integer = value;
    return true;
  }

  protected isText(length: number): true {
    if (length > this.#values.packedLeft)
      throw this.bytes.malformed('a packed value holds text that is longer than itself');
    this.length = length;
    return true;
  }

  /** A BigInt only where a double would not be exact. */
  protected i64(): Integer {
    const at = this.bytes.locate(8);
    const {view} = this.bytes.kernel;
    const high = view.getInt32(at + 4, true);
    if (high > -0x20_0000 && high < 0x20_0000) return high * 0x1_0000_0000 + view.getUint32(at, true);
    return view.getBigInt64(at, true);
  }
}

/** As strtod reads what servers write; `null` for anything else. */
export function parseScore(text: string): number | null {
  if (text === 'inf' || text === '+inf') return Number.POSITIVE_INFINITY;
  if (text === '-inf') return Number.NEGATIVE_INFINITY;
  if (text === 'nan' || text === '-nan') return Number.NaN;
  return /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(text) ? Number(text) : null;
}

/**
 *     total:u32le count:u16le, elements, 0xFF
 *     element: head, data, length of both (7 bits a byte)
 */
export class Listpack extends Packed {
  /** Of head and data, in bytes. */
  #size = 0;

  protected header(size: number): void {
    if (this.bytes.u32le() !== size)
      throw this.bytes.malformed('a listpack says another length than its string');
    this.bytes.u16le();
  }

  /**
   *     0xxxxxxx                7 bits             1110llll 8 more   string of up to 4095
   *     10llllll                string of up to 63 0xF0 u32le        string
   *     110xxxxx 8 more         13 bits, signed    0xF1 .. 0xF4      i16le i24le i32le i64le
   */
  protected head(): boolean {
    const {bytes} = this;
    const first = bytes.u8();
    if (first < 0x80) return this.#integer(first, 1);
    if (first < 0xc0) return this.#text(first & 0x3f, 1);
    if (first < 0xe0) return this.#integer(((((first & 0x1f) << 8) | bytes.u8()) << 19) >> 19, 2);
    if (first < 0xf0) return this.#text(((first & 0x0f) << 8) | bytes.u8(), 2);
    if (first === 0xff) return false;
    if (first === 0xf0) return this.#text(bytes.u32le(), 5);
    if (first === 0xf1) return this.#integer(bytes.i16le(), 3);
    if (first === 0xf2) return this.#integer(bytes.i24le(), 4);
    if (first === 0xf3) return this.#integer(bytes.i32le(), 5);
    if (first === 0xf4) return this.#integer(this.i64(), 9);
    throw bytes.malformed(`unknown encoding 0x${first.toString(16)} in a listpack`);
  }

  /**
   * Lengths of exactly 7 bits times the bytes are written by some servers in one byte more than needed
   * (lpEncodeBacklen); it then begins with a zero.
   */
  protected tail(): void {
    const size = this.#size;
    if (size < 128) {
      this.bytes.skip(1);
      return;
    }
    let width = 2;
    for (let limit = 16_383; width < 5 && size > limit; limit = limit * 128 + 127) width++;
    const widest = size === 16_383 || size === 2_097_151 || size === 268_435_455;
    if (widest && this.bytes.u8() === 0) this.bytes.skip(width);
    else this.bytes.skip(widest ? width - 1 : width);
  }

  #integer(value: Integer, size: number): true {
    this.#size = size;
    return this.isInteger(value);
  }

  #text(length: number, head: number): true {
    this.#size = head + length;
    return this.isText(length);
  }
}

/**
 *     bytes:u32le tail:u32le count:u16le, elements, 0xFF
 *     element: length of the one before (u8, or 0xFE u32le), encoding, data
 */
export class Ziplist extends Packed {
  protected header(size: number): void {
    if (this.bytes.u32le() !== size)
      throw this.bytes.malformed('a ziplist says another length than its string');
    this.bytes.skip(6);
  }

  /**
   *     00llllll                string of up to 63        0xC0 0xD0 0xE0   i16le i32le i64le
   *     01llllll 8 more         string of up to 16383     0xF0 0xFE        i24le i8
   *     10...... u32be          string                    0xF1 .. 0xFD     0 to 12
   */
  protected head(): boolean {
    const {bytes} = this;
    const before = bytes.u8();
    if (before === 0xff) return false;
    if (before === 0xfe) bytes.skip(4);
    const encoding = bytes.u8();
    if (encoding < 0x40) return this.isText(encoding);
    if (encoding < 0x80) return this.isText(((encoding & 0x3f) << 8) | bytes.u8());
    if (encoding < 0xc0) return this.isText(bytes.u32be());
    if (encoding === 0xc0) return this.isInteger(bytes.i16le());
    if (encoding === 0xd0) return this.isInteger(bytes.i32le());
    if (encoding === 0xe0) return this.isInteger(this.i64());
    if (encoding === 0xf0) return this.isInteger(bytes.i24le());
    if (encoding === 0xfe) return this.isInteger(bytes.i8());
    if (encoding > 0xf0 && encoding < 0xfe) return this.isInteger((encoding & 0x0f) - 1);
    throw bytes.malformed(`unknown encoding 0x${encoding.toString(16)} in a ziplist`);
  }

  protected tail(): void {}
}
