/**
 * What the decoders of all value types read with: strings of the dump as texts for the digest, and what is packed into
 * one string (ziplist, listpack, intset, zipmap) as bytes to walk, decompressed or not. One for a whole dump; no value
 * is held as a whole.
 */
import {FunctionSum} from '../apart/function-code.ts';
import {noStreams} from '../apart/stream-state.ts';
import type {ByteWindow} from '../byte-window.ts';
import type {Digester} from '../digest/digester.ts';
import {longHash, type Text} from '../digest/tape.ts';
import {COMPRESSED, type DumpReader, INTEGER} from '../dump-reader.ts';
import {InflatedWindow} from './inflated-window.ts';
import {NameReader, type Sorter} from './name-reader.ts';
import {Listpack, Ziplist} from './packed.ts';

/** Fields of a hash template (opcode HASH_TEMPLATE): their SHA-1, one after the other. */
export type Template = Uint8Array[];

/** Of a text, of which somebody wants to see the beginning. */
const MAX_START_BYTES = 256;

/** Of a string that is stored as an integer of 32 bits, at most. */
const LONGEST_INTEGER = 11;

export class ValueReader {
  readonly dump: DumpReader;
  readonly digester: Digester;
  readonly names: NameReader;
  readonly templates = new Map<number, Template>();
  /** What is counted and digested apart. */
  readonly streams = noStreams();
  readonly functions = new FunctionSum();
  readonly listpack: Listpack;
  readonly ziplist: Ziplist;
  /** Length of the last text. */
  lastBytes = 0;
  /** How the last text begins, where it was too long to lie anywhere as a whole. */
  #start: Uint8Array | null = null;
  readonly #inflated: InflatedWindow;
  /** Where the open packed string must end. */
  #packed: ByteWindow;
  #packedEnd = 0;

  constructor(dump: DumpReader, digester: Digester, sorter: Sorter | null = null) {
    this.dump = dump;
    this.digester = digester;
    this.#inflated = new InflatedWindow(dump);
    this.names = new NameReader(dump, this.#inflated, {tape: digester.tape, sorter});
    this.#packed = dump;
    this.listpack = new Listpack(this);
    this.ziplist = new Ziplist(this);
    const settle = () => digester.tape.settle();
    dump.settle = settle;
    this.#inflated.settle = settle;
  }

  /** The next string of the dump. */
  text(): Text {
    const head = this.dump.stringHead();
    if (head >= 0) return this.textOf(this.dump, head);
    if (head === INTEGER) {
      this.lastBytes = LONGEST_INTEGER;
      return this.digester.tape.integer(this.dump.integer);
    }
    this.#inflated.open();
    const text = this.textOf(this.#inflated, this.dump.plainBytes);
    this.#inflated.close();
    return text;
  }

  /** The next `count` bytes of a window. Those that cannot lie together are hashed as they pass. */
  textOf(window: ByteWindow, count: number): Text {
    const {tape} = this.digester;
    this.lastBytes = count;
    if (count <= window.capacity) {
      this.#start = null;
      return tape.text(window.locate(count), count);
    }
    window.expect(count);
    const hash = longHash();
    this.#start = null;
    for (let left = count; left > 0; ) {
      const chunk = window.chunk(left);
      hash.update(chunk);
      this.#start ??= chunk.slice(0, MAX_START_BYTES);
      left -= chunk.length;
    }
    return tape.known(hash.digest());
  }

  /** How the text begins that was read just now: at most MAX_START_BYTES of it. */
  startOfLast(): Uint8Array {
    return this.#start ?? this.digester.tape.last().slice(0, MAX_START_BYTES);
  }

  /** Opens the next string of the dump, which holds something packed. */
  open(): {bytes: ByteWindow; size: number} {
    const at = this.dump.offset;
    const head = this.dump.stringHead();
    if (head === INTEGER) throw this.dump.malformed('a number stands in the place of a packed value', at);
    if (head === COMPRESSED) {
      this.#inflated.open();
      this.#packed = this.#inflated;
      this.#packedEnd = this.dump.plainBytes;
      return {bytes: this.#inflated, size: this.dump.plainBytes};
    }
    this.dump.expect(head);
    this.#packed = this.dump;
    this.#packedEnd = this.dump.offset + head;
    return {bytes: this.dump, size: head};
  }

  /** Bytes of the open packed string that have not been passed. */
  get packedLeft(): number {
    return this.#packedEnd - this.#packed.offset;
  }

  /** Throws where what was packed does not end where its string does. */
  close(): void {
    if (this.packedLeft !== 0) {
      throw this.#packed.malformed('a packed value does not end where its string ends');
    }
    if (this.#packed === this.#inflated) this.#inflated.close();
  }
}
