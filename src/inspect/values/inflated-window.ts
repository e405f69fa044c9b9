/**
 * What an LZF-compressed string of the dump holds, as bytes to pass: whole where it is small, else decompressed in
 * pieces, of which as much is kept as LZF may refer back to. So a string of any size takes the same memory.
 */
import {ByteWindow} from '../byte-window.ts';
import type {DumpReader} from '../dump-reader.ts';
import {type Fault, grouped, plural} from '../fault.ts';
import {INFLATED_BYTES, LAYOUT, PIECES_BYTES} from '../kernel.ts';

/** What one instruction of LZF writes at most; less room than that may stay unused. */
const INSTRUCTION_BYTES = 264;
/** Farthest that LZF refers back: 13 bits, plus one. */
const HISTORY_BYTES = 8 * 1024;
const PIECES_END = LAYOUT.pieces + PIECES_BYTES;

export class InflatedWindow extends ByteWindow {
  readonly #dump: DumpReader;
  #at = 0;
  #plainBytes = 0;
  /** Of the compressed string, not read yet. */
  #compressedLeft = 0;
  /** Of the plain string, not decompressed yet. */
  #plainLeft = 0;
  /** Where the next small string is put; those before it may still be hashed. */
  #top = LAYOUT.inflated;

  constructor(dump: DumpReader) {
    super(dump.kernel, LAYOUT.inflated);
    this.#dump = dump;
  }

  get offset(): number {
    return this.#plainBytes - this.remaining;
  }

  get remaining(): number {
    return this.end - this.position + this.#plainLeft;
  }

  get fileOffset(): number {
    return this.#at;
  }

  get capacity(): number {
    return PIECES_BYTES - HISTORY_BYTES - INSTRUCTION_BYTES;
  }

  /** Begins with the string whose head the dump has just read. */
  open(): void {
    const {compressedBytes, plainBytes} = this.#dump;
    this.#at = this.#dump.offset;
    this.#dump.expect(compressedBytes);
    this.#plainBytes = plainBytes;
    this.#compressedLeft = compressedBytes;
    this.#plainLeft = plainBytes;
    if (plainBytes > INFLATED_BYTES || compressedBytes > this.#dump.capacity) {
      this.settle();
      this.position = LAYOUT.pieces;
      this.end = LAYOUT.pieces;
      return;
    }
    if (this.#top + plainBytes > LAYOUT.inflated + INFLATED_BYTES) {
      this.settle();
      this.#top = LAYOUT.inflated;
    }
    this.position = this.#top;
    this.end = this.#top;
    this.#top += plainBytes;
    this.#dump.hold(compressedBytes);
    this.#inflate(this.#top, this.position);
  }

  /** To be called when all of it has been passed. */
  close(): void {
    if (this.#compressedLeft > 0) throw this.#damaged();
  }

  protected refill(count: number): void {
    this.expect(count);
    this.settle();
    const from = Math.max(LAYOUT.pieces, this.position - HISTORY_BYTES);
    this.memory.copyWithin(LAYOUT.pieces, from, this.end);
    this.position -= from - LAYOUT.pieces;
    this.end -= from - LAYOUT.pieces;
    while (this.end - this.position < count) {
      this.#inflate(Math.min(PIECES_END, this.end + this.#plainLeft), LAYOUT.pieces);
    }
  }

  #inflate(end: number, floor: number): void {
    const before = this.end;
    const compressedBefore = this.#dump.offset;
    const moreOutput = end - before < this.#plainLeft;
    const sound = this.#dump.inflate(this.#compressedLeft, before, end, moreOutput, floor);
    this.end = this.kernel.call.target.value;
    this.#compressedLeft -= this.#dump.offset - compressedBefore;
    this.#plainLeft -= this.end - before;
    const stuck = this.end === before && this.#plainLeft > 0;
    if (!sound || stuck || (this.#compressedLeft === 0 && this.#plainLeft > 0)) throw this.#damaged();
  }

  #damaged(): Fault {
    return this.malformed('invalid LZF compressed string', this.#at);
  }

  protected short(count: number): Fault {
    const what = `${this.missing(count)}, ${plural(this.remaining, 'byte')} remain of the ${grouped(this.#plainBytes)} of a compressed value`;
    return this.malformed(what);
  }
}
