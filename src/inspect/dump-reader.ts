/**
 * A dump as a sequence of bytes, lengths and strings: one pass forward through a window of fixed size. It keeps the
 * checksum of all it has passed. It never allocates by a length that the file claims, and passes long strings
 * without copying them.
 */
import {Crc64} from './crc64.ts';
import {Fault, grouped, plural} from './fault.ts';
import {decompressLzf} from './lzf.ts';

/** Where the bytes come from: a file, or memory in tests. */
export type Source = {
  sizeBytes: number;
  /** Fills `into` from byte `offset` of the file; returns how many bytes came, at least one, or throws. */
  read(into: Uint8Array, offset: number): number;
};

/** Bytes held at a time. Measured on a dump of 193 MB: 64 KiB to 1 MiB make no difference; it stays within L2. */
export const WINDOW_BYTES = 256 * 1024;

/** Bytes of the checksum at the end. */
export const FOOTER_BYTES = 8;

export class DumpReader {
  readonly sizeBytes: number;
  readonly #source: Source;
  readonly #window: Uint8Array;
  readonly #view: DataView;
  readonly #crc = new Crc64();
  /** Offset in the file of the first byte of the window. */
  #base = 0;
  #position = 0;
  #end = 0;
  /** Position in the window up to which the checksum is computed. */
  #summed = 0;

  constructor(source: Source, windowBytes: number = WINDOW_BYTES) {
    this.#source = source;
    this.sizeBytes = source.sizeBytes;
    this.#window = new Uint8Array(windowBytes);
    this.#view = new DataView(this.#window.buffer);
  }

  /** Byte of the file that is read next. */
  get offset(): number {
    return this.#base + this.#position;
  }

  get remaining(): number {
    return this.sizeBytes - this.offset;
  }

  u8(): number {
    if (this.#position === this.#end) this.#refill(1);
    return this.#window[this.#position++]!;
  }

  u32be(): number {
    this.#need(4);
    const value = this.#view.getUint32(this.#position);
    this.#position += 4;
    return value;
  }

  i64le(): bigint {
    this.#need(8);
    const value = this.#view.getBigInt64(this.#position, true);
    this.#position += 8;
    return value;
  }

  /** The next `count` bytes (at most 16), copied. */
  bytes(count: number): Uint8Array {
    this.#need(count);
    this.#position += count;
    return this.#window.slice(this.#position - count, this.#position);
  }

  skip(count: number): void {
    const held = this.#end - this.#position;
    if (count <= held) {
      this.#position += count;
      return;
    }
    if (count > this.remaining) throw this.#short(count);
    this.#position = this.#end;
    for (let left = count - held; left > 0; ) {
      this.#refill(1);
      this.#position = Math.min(left, this.#end);
      left -= this.#position;
    }
  }

  /**
   * A length (rdbLoadLenByRef). Above 2^53 the result is rounded: good enough to see that no file is so long.
   *
   *     00xxxxxx                       6 bits
   *     01xxxxxx xxxxxxxx              14 bits, high ones first
   *     10000000 then 4 bytes          32 bits, big-endian
   *     10000001 then 8 bytes          64 bits, big-endian
   *     11eeeeee                       a string in encoding e; where none can be, servers take e for the length
   */
  length(): number {
    const first = this.u8();
    if (first < 0x40) return first;
    if (first < 0x80) return ((first & 0x3f) << 8) | this.u8();
    if (first === 0x80) return this.u32be();
    if (first === 0x81) return this.u32be() * 0x1_0000_0000 + this.u32be();
    if (first >= 0xc0) return first & 0x3f;
    const at = this.offset - 1;
    throw new Fault(
      'malformed',
      at,
      `unknown length encoding 0x${first.toString(16)} at byte ${grouped(at)}`,
    );
  }

  /** A length of which every bit counts: a module id. */
  exactLength(): bigint {
    this.#need(1);
    if (this.#window[this.#position] !== 0x81) return BigInt(this.length());
    this.#position++;
    return (BigInt(this.u32be()) << 32n) | BigInt(this.u32be());
  }

  /** A number of elements, each of at least one byte: more than there are bytes left is a lie told at once. */
  count(): number {
    const count = this.length();
    if (count > this.remaining) {
      const at = grouped(this.offset);
      const left = plural(this.remaining, 'byte');
      throw new Fault(
        'short',
        this.offset,
        `a count of ${grouped(count)} stands before byte ${at}, where the file has ${left} left`,
      );
    }
    return count;
  }

  /**
   * A string (rdbGenericLoadStringObject), passed over.
   *
   *     length, then that many bytes
   *     0xC0 i8 | 0xC1 i16le | 0xC2 i32le                an integer that stands for its decimal digits
   *     0xC3 clen:length ulen:length, then clen bytes    LZF of ulen bytes
   */
  skipString(): void {
    if (this.#position === this.#end) this.#refill(1);
    const first = this.#window[this.#position]!;
    if (first < 0xc0) {
      this.skip(this.length());
      return;
    }
    this.#position++;
    if (first === 0xc3) {
      const compressedBytes = this.length();
      this.length();
      this.skip(compressedBytes);
    } else {
      this.skip(this.#integerBytes(first));
    }
  }

  /** A string as bytes; `null` where it is longer than `maxBytes`: then it is passed over. */
  string(maxBytes: number): Uint8Array | null {
    this.#need(1);
    const first = this.#window[this.#position]!;
    if (first < 0xc0) return this.#copy(this.length(), maxBytes);
    this.#position++;
    if (first === 0xc3) {
      const compressedBytes = this.length();
      const plainBytes = this.length();
      const at = this.offset;
      // LZF adds at most a byte for each 32: whatever is longer than twice its limit cannot be within it.
      const compressed = this.#copy(compressedBytes, 2 * maxBytes);
      if (compressed === null || plainBytes > maxBytes) return null;
      const plain = decompressLzf(compressed, plainBytes);
      if (plain === null)
        throw new Fault('malformed', at, `invalid LZF compressed string at byte ${grouped(at)}`);
      return plain;
    }
    const size = this.#integerBytes(first);
    this.#need(size);
    const at = this.#position;
    this.#position += size;
    const view = this.#view;
    const value =
      size === 1 ? view.getInt8(at) : size === 2 ? view.getInt16(at, true) : view.getInt32(at, true);
    return Buffer.from(String(value), 'latin1');
  }

  /** Whether the next 8 bytes are the checksum of all before them; zeros mean that the writer computed none. */
  checksum(): 'valid' | 'absent' | 'mismatch' {
    this.#sum();
    return this.#compare(this.bytes(FOOTER_BYTES));
  }

  /**
   * The same of the last 8 bytes of the file, whatever stands between. To be asked when all but them has been passed,
   * after a fault: it tells damage in transit from a file that is as it was written.
   */
  checksumAtEnd(): 'valid' | 'absent' | 'mismatch' {
    if (this.sizeBytes < FOOTER_BYTES) return 'mismatch';
    this.#sum();
    const footer = new Uint8Array(FOOTER_BYTES);
    for (let got = 0; got < FOOTER_BYTES; ) {
      got += this.#source.read(footer.subarray(got), this.sizeBytes - FOOTER_BYTES + got);
    }
    return this.#compare(footer);
  }

  #compare(footer: Uint8Array): 'valid' | 'absent' | 'mismatch' {
    if (footer.every(byte => byte === 0)) return 'absent';
    return this.#crc.equals(footer) ? 'valid' : 'mismatch';
  }

  #copy(count: number, maxBytes: number): Uint8Array | null {
    if (count > maxBytes || count > this.remaining) {
      this.skip(count);
      return null;
    }
    const copy = new Uint8Array(count);
    for (let filled = 0; filled < count; ) {
      this.#need(1);
      const step = Math.min(count - filled, this.#end - this.#position);
      copy.set(this.#window.subarray(this.#position, this.#position + step), filled);
      this.#position += step;
      filled += step;
    }
    return copy;
  }

  #integerBytes(first: number): number {
    if (first <= 0xc2) return 1 << (first - 0xc0);
    const at = this.offset - 1;
    throw new Fault(
      'malformed',
      at,
      `unknown string encoding 0x${first.toString(16)} at byte ${grouped(at)}`,
    );
  }

  #need(count: number): void {
    if (this.#end - this.#position < count) this.#refill(count);
  }

  /** Moves what is unread to the front of the window and reads on, until at least `count` bytes are held. */
  #refill(count: number): void {
    if (count > this.remaining) throw this.#short(count);
    this.#sum();
    this.#window.copyWithin(0, this.#position, this.#end);
    this.#base += this.#position;
    this.#end -= this.#position;
    this.#summed -= this.#position;
    this.#position = 0;
    do {
      const left = Math.min(this.#window.length, this.sizeBytes - this.#base) - this.#end;
      const got = this.#source.read(
        this.#window.subarray(this.#end, this.#end + left),
        this.#base + this.#end,
      );
      this.#end += got;
    } while (this.#end < count);
  }

  /**
   * Brings the checksum up to what has been read, but never into the last 8 bytes of the file, so that after a fault
   * they can still be held against it.
   */
  #sum(): void {
    const limit = Math.min(this.#position, this.sizeBytes - FOOTER_BYTES - this.#base);
    if (limit <= this.#summed) return;
    this.#crc.update(this.#window, this.#summed, limit);
    this.#summed = limit;
  }

  #short(count: number): Fault {
    const at = grouped(this.offset);
    const message = `${plural(count, 'byte')} ${count === 1 ? 'was' : 'were'} expected at byte ${at}, the file ends at ${grouped(this.sizeBytes)}`;
    return new Fault('short', this.offset, message);
  }
}
