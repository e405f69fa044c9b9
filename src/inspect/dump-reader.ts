/**
 * A dump as a sequence of bytes, lengths and strings: one pass forward through a window of fixed size. It keeps the
 * checksum of all it has passed. It never allocates by a length that the file claims, and passes long strings
 * without copying them.
 */
import {ByteWindow} from './byte-window.ts';
import {Fault, grouped, plural} from './fault.ts';
import {type Kernel, LAYOUT, WINDOW_BYTES} from './kernel.ts';

/** Where the bytes come from: a file, or memory in tests. */
export type Source = {
  /** Of a file that still grows more than any has, until it is whole. */
  readonly sizeBytes: number;
  /** Fills `into` from byte `offset` of the file; returns how many bytes came, at least one, or throws. */
  read(into: Uint8Array, offset: number): number;
  /** To be told now and then how far it was read, and waited for: of a file that still grows. */
  reached?(offset: number): Promise<void>;
};

/** Bytes of the checksum at the end. */
export const FOOTER_BYTES = 8;
/** An instruction of LZF and the widest numbers must fit. */
const MIN_WINDOW_BYTES = 64;

/** What `stringHead` returns in place of a length. */
export const INTEGER = -1;
export const COMPRESSED = -2;

export class DumpReader extends ByteWindow {
  readonly capacity: number;
  /** Of the string that `stringHead` met last. */
  integer = 0;
  compressedBytes = 0;
  plainBytes = 0;
  readonly #source: Source;
  #crc = 0n;
  /** Offset in the file of what would lie at address 0. */
  #base: number;
  /** Address up to which the checksum is computed. */
  #summed: number;

  constructor(source: Source, kernel: Kernel, windowBytes: number = WINDOW_BYTES) {
    super(kernel, LAYOUT.window);
    this.#source = source;
    this.capacity = Math.max(windowBytes, MIN_WINDOW_BYTES);
    this.#base = -LAYOUT.window;
    this.#summed = LAYOUT.window;
  }

  get sizeBytes(): number {
    return this.#source.sizeBytes;
  }

  /** Byte of the file that is read next. */
  get offset(): number {
    return this.#base + this.position;
  }

  get fileOffset(): number {
    return this.offset;
  }

  get remaining(): number {
    return this.sizeBytes - this.offset;
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
    this.hold(1);
    if (this.memory[this.position] !== 0x81) return BigInt(this.length());
    this.position++;
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
   * What begins a string (rdbGenericLoadStringObject): its length, where its bytes follow; INTEGER, with the value in
   * `integer`; or COMPRESSED, with both sizes in their fields, where the compressed bytes follow.
   *
   *     length, then that many bytes
   *     0xC0 i8 | 0xC1 i16le | 0xC2 i32le                an integer that stands for its decimal digits
   *     0xC3 clen:length ulen:length, then clen bytes    LZF of ulen bytes
   */
  stringHead(): number {
    if (this.position === this.end) this.refill(1);
    const first = this.memory[this.position]!;
    if (first < 0xc0) return this.length();
    this.position++;
    if (first === 0xc3) {
      this.compressedBytes = this.length();
      this.plainBytes = this.length();
      return COMPRESSED;
    }
    if (first === 0xc0) this.integer = this.i8();
    else if (first === 0xc1) this.integer = this.i16le();
    else if (first === 0xc2) this.integer = this.i32le();
    else {
      const at = this.offset - 1;
      throw new Fault(
        'malformed',
        at,
        `unknown string encoding 0x${first.toString(16)} at byte ${grouped(at)}`,
      );
    }
    return INTEGER;
  }

  skipString(): void {
    const head = this.stringHead();
    if (head >= 0) this.skip(head);
    else if (head === COMPRESSED) this.skip(this.compressedBytes);
  }

  /** A string as bytes; `null` where it is longer than `maxBytes` (some KiB): then it is passed over. */
  string(maxBytes: number): Uint8Array | null {
    const head = this.stringHead();
    if (head === INTEGER) return Buffer.from(String(this.integer), 'latin1');
    if (head >= 0) return this.#copy(head, maxBytes);
    const at = this.offset;
    const {compressedBytes, plainBytes} = this;
    // LZF adds at most a byte for each 32: whatever is longer than twice its limit cannot be within it.
    const compressed = this.#copy(compressedBytes, 2 * maxBytes);
    if (compressed === null || plainBytes > maxBytes) return null;
    const from = LAYOUT.inflated;
    const to = from + compressed.length;
    const toEnd = to + plainBytes;
    this.settle();
    this.memory.set(compressed, from);
    const {inflate, target} = this.kernel.call;
    if (!inflate(from, to, false, to, toEnd, false, to) || target.value !== toEnd)
      throw this.malformed('invalid LZF compressed string', at);
    return this.memory.slice(to, toEnd);
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
    const stored = new DataView(footer.buffer).getBigUint64(0, true);
    if (stored === 0n) return 'absent';
    return stored === BigInt.asUintN(64, this.#crc) ? 'valid' : 'mismatch';
  }

  #copy(count: number, maxBytes: number): Uint8Array | null {
    if (count > maxBytes || count > this.remaining) {
      this.skip(count);
      return null;
    }
    const copy = new Uint8Array(count);
    for (let filled = 0; filled < count; ) {
      const part = this.chunk(count - filled);
      copy.set(part, filled);
      filled += part.length;
    }
    return copy;
  }

  /** Moves what is unread to the front of the window and reads on, until at least `count` bytes are held. */
  protected refill(count: number): void {
    this.expect(count);
    this.settle();
    this.#sum();
    const moved = this.position - LAYOUT.window;
    this.memory.copyWithin(LAYOUT.window, this.position, this.end);
    this.#base += moved;
    this.end -= moved;
    this.#summed -= moved;
    this.position = LAYOUT.window;
    do {
      const left = Math.min(LAYOUT.window + this.capacity, this.sizeBytes - this.#base) - this.end;
      this.end += this.#source.read(this.memory.subarray(this.end, this.end + left), this.#base + this.end);
    } while (this.end - this.position < count);
  }

  /** Inflates from here, as far as the bytes that are held allow; returns whether they are LZF. `target` tells how far. */
  inflate(compressedLeft: number, to: number, toEnd: number, moreOutput: boolean, floor: number): boolean {
    const {inflate, source} = this.kernel.call;
    // What one instruction takes at most; a string that is not cut short has it.
    this.hold(Math.min(compressedLeft, MIN_WINDOW_BYTES));
    const end = Math.min(this.end, this.position + compressedLeft);
    const moreInput = end - this.position < compressedLeft;
    const sound = inflate(this.position, end, moreInput, to, toEnd, moreOutput, floor);
    this.position = source.value;
    return sound !== 0;
  }

  /**
   * Brings the checksum up to what has been read, but never into the last 8 bytes of the file, so that after a fault
   * they can still be held against it.
   */
  #sum(): void {
    const limit = Math.min(this.position, this.sizeBytes - FOOTER_BYTES - this.#base);
    if (limit <= this.#summed) return;
    this.#crc = this.kernel.call.crc64(this.#crc, this.#summed, limit);
    this.#summed = limit;
  }

  protected short(count: number): Fault {
    const at = grouped(this.offset);
    return new Fault(
      'short',
      this.offset,
      `${this.missing(count)} at byte ${at}, the file ends at ${grouped(this.sizeBytes)}`,
    );
  }
}
