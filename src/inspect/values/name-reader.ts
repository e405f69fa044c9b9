/**
 * Names of keys: for the digest their texts, for the groups their bytes, wherever these lie. What no text and no group
 * is made of is passed over; a name of any length takes the same memory.
 */
import type {ByteWindow} from '../byte-window.ts';
import {longHash, NOTHING, type Tape, type Text} from '../digest/tape.ts';
import {COMPRESSED, type DumpReader, INTEGER} from '../dump-reader.ts';
import {InflatedWindow} from './inflated-window.ts';

/** Sorts keys by their names: into combinations of patterns, or whatever else the numbers stand for. */
export type Sorter = {
  /** Of the `count` bytes at `at`. */
  of(memory: Uint8Array, at: number, count: number): number;
  /** The same of a name that comes in pieces. */
  start(): void;
  feed(memory: Uint8Array, from: number, to: number): void;
  end(): number;
  /** Bytes in the file of the key that was sorted last. */
  sized?(bytes: number): void;
};

export class NameReader {
  /** Of the last name; without a tape there is none. */
  text: Text = NOTHING;
  /** What the sorter said of the last name. */
  combination = 0;
  readonly sorter: Sorter | null;
  readonly #dump: DumpReader;
  readonly #inflated: InflatedWindow;
  readonly #tape: Tape | null;

  constructor(
    dump: DumpReader,
    inflated: InflatedWindow,
    {tape, sorter}: {tape: Tape | null; sorter: Sorter | null},
  ) {
    this.#dump = dump;
    this.#inflated = inflated;
    this.#tape = tape;
    this.sorter = sorter;
  }

  /** The next string of the dump. */
  read(): void {
    const dump = this.#dump;
    if (this.#tape === null && this.sorter === null) {
      dump.skipString();
      return;
    }
    const head = dump.stringHead();
    if (head >= 0) this.#bytes(dump, head);
    else if (head === COMPRESSED) {
      this.#inflated.open();
      this.#bytes(this.#inflated, dump.plainBytes);
      this.#inflated.close();
    } else if (head === INTEGER) this.#digits(dump.integer);
  }

  #bytes(window: ByteWindow, count: number): void {
    if (count > window.capacity) {
      this.#pieces(window, count);
      return;
    }
    const at = window.locate(count);
    if (this.#tape !== null) this.text = this.#tape.text(at, count);
    if (this.sorter !== null) this.combination = this.sorter.of(window.kernel.bytes, at, count);
  }

  /** Too long to lie anywhere as a whole. */
  #pieces(window: ByteWindow, count: number): void {
    window.expect(count);
    const hash = this.#tape && longHash();
    this.sorter?.start();
    for (let left = count; left > 0; ) {
      const piece = window.chunk(left);
      hash?.update(piece);
      this.sorter?.feed(piece, 0, piece.length);
      left -= piece.length;
    }
    if (hash) this.text = this.#tape!.known(hash.digest());
    if (this.sorter !== null) this.combination = this.sorter.end();
  }

  /** A number as the text that it stands for. */
  #digits(value: number): void {
    if (this.#tape !== null) this.text = this.#tape.integer(value);
    const digits = Buffer.from(String(value), 'latin1');
    if (this.sorter !== null) this.combination = this.sorter.of(digits, 0, digits.length);
  }
}

/** For a walk that passes over values. */
export const namesOnly = (dump: DumpReader, sorter: Sorter | null = null): NameReader =>
  new NameReader(dump, new InflatedWindow(dump), {tape: null, sorter});
