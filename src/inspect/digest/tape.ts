/**
 * Texts to be hashed, collected where they lie until there are many of them or their bytes are about to move, and then
 * hashed four at a time. A text is known by the address where its SHA-1 will be; that stays until the tape is rewound.
 */
import {createHash, type Hash} from 'node:crypto';
import {DIGEST_BYTES, DIGITS_BYTES, type Kernel, LAYOUT, MAX_TEXTS, MESSAGE_BYTES} from '../kernel.ts';

/** Address of a digest in the kernel's memory. */
export type Text = number;

/** Texts that are hashed again and again, beginning with none at all: what is XORed with it stays as it is. */
const MARKS = ['!!expire!!', '!!hexpire!!', '(null)', 'stream', 'group', 'pending', 'consumer', 'owned'];
const CONSTANTS = ['', ...typeNumbers(9), ...MARKS];
const CONSTANT_DIGESTS = CONSTANTS.map((text, i) =>
  i === 0 ? new Uint8Array(DIGEST_BYTES) : createHash('sha1').update(text, 'latin1').digest(),
);
const FIRST_TEXT = LAYOUT.digests + CONSTANTS.length * DIGEST_BYTES;
const LAST_TEXT = LAYOUT.digests + (MAX_TEXTS - 1) * DIGEST_BYTES;
/** Texts that may be held. */
export const MAX_HELD = 64;
/** Texts that may be added between two looks at `full`. */
const MARGIN = 64;
/** Longest number as text, in bytes: a double has 24, a 64-bit integer 20, a stream id 41. */
const LONGEST_NUMBER = 48;

export const NOTHING: Text = LAYOUT.digests;
export const typeText = (type: number): Text => LAYOUT.digests + (1 + type) * DIGEST_BYTES;
export const EXPIRE: Text = constant('!!expire!!');
export const FIELD_EXPIRE: Text = constant('!!hexpire!!');
export const HOLE: Text = constant('(null)');
/** What the digest of consumer groups begins its chains with. */
export const STREAM: Text = constant('stream');
export const GROUP: Text = constant('group');
export const PENDING: Text = constant('pending');
export const STREAM_CONSUMER: Text = constant('consumer');
export const OWNED: Text = constant('owned');

/** Place of the name of the key among the texts that are held, where something besides its digest needs it. */
export const KEY_NAME = 0;

const MINUS = 0x2d;
const ZERO = 0x30;

export class Tape {
  readonly kernel: Kernel;
  readonly #memory: Uint8Array;
  readonly #words: Int32Array;
  /** Index in `words` where the next message goes. */
  #message = LAYOUT.messages >> 2;
  #next: Text = FIRST_TEXT;
  readonly #held: Text[] = [];
  #digits = LAYOUT.digits;

  constructor(kernel: Kernel) {
    this.kernel = kernel;
    this.#memory = kernel.bytes;
    this.#words = kernel.words;
    for (const [i, digest] of CONSTANT_DIGESTS.entries())
      this.#store(digest, LAYOUT.digests + i * DIGEST_BYTES);
  }

  get full(): boolean {
    return this.#next > LAST_TEXT - MARGIN * DIGEST_BYTES;
  }

  /** The bytes must stay where they are until the tape has settled. */
  text(at: number, count: number): Text {
    const words = this.#words;
    const index = this.#message;
    const target = this.#next;
    words[index] = at;
    words[index + 1] = count;
    words[index + 2] = target;
    this.#message = index + 3;
    this.#next = target + DIGEST_BYTES;
    return target;
  }

  /** A text whose SHA-1 is known. */
  known(digest: Uint8Array): Text {
    const target = this.#next;
    this.#next += DIGEST_BYTES;
    this.#store(digest, target);
    return target;
  }

  integer(value: number | bigint): Text {
    if (typeof value === 'bigint' || value < -0x8000_0000 || value > 0x7fff_ffff)
      return this.ascii(String(value));
    let at = this.#room();
    const start = at;
    let rest = value;
    if (rest < 0) {
      this.#memory[at++] = MINUS;
      rest = -rest;
    }
    let count = 1;
    for (let bound = 10; rest >= bound; bound *= 10) count++;
    for (let digit = at + count - 1; digit >= at; digit--) {
      const quotient = Math.floor(rest / 10);
      this.#memory[digit] = ZERO + rest - quotient * 10;
      rest = quotient;
    }
    this.#digits = at + count;
    return this.text(start, at + count - start);
  }

  /** A whole number in 8 bytes, the low ones first; given in halves, as JavaScript's numbers do not hold it. */
  int64(low: number, high: number): Text {
    const start = this.#room();
    const {view} = this.kernel;
    view.setInt32(start, low, true);
    view.setInt32(start + 4, high, true);
    this.#digits = start + 8;
    return this.text(start, 8);
  }

  /** At most 48 characters. */
  ascii(text: string): Text {
    const start = this.#room();
    for (let i = 0; i < text.length; i++) this.#memory[start + i] = text.charCodeAt(i);
    this.#digits = start + text.length;
    return this.text(start, text.length);
  }

  /** A double as servers from 7.2 on print it. */
  shortest(value: number): Text {
    const start = this.#room();
    const count = this.kernel.call.formatShortest(value, start);
    this.#digits = start + count;
    return this.text(start, count);
  }

  /** A double as an element of an array: it never reads like a whole number. */
  decimal(value: number): Text {
    const start = this.#room();
    const count = this.kernel.call.formatShortest(value, start);
    const text = this.kernel.latin1(start, count);
    return this.ascii(/[.en]/.test(text) ? text : `${text}.0`);
  }

  /** Whether the last text, a number, reads like this. */
  lastNumberIs(text: string): boolean {
    const start = this.#digits - text.length;
    if (this.#words[this.#message - 3] !== start) return false;
    for (let i = 0; i < text.length; i++) {
      if (this.#memory[start + i] !== text.charCodeAt(i)) return false;
    }
    return true;
  }

  /** The bytes of the text that was given just now, unless its SHA-1 was. */
  last(): Uint8Array {
    const at = this.#words[this.#message - 3]!;
    return this.#memory.subarray(at, at + this.#words[this.#message - 2]!);
  }

  /** Keeps a text, at most MAX_HELD of them, while others are forgotten; it may move. */
  hold(text: Text): void {
    this.#held.push(text);
  }

  /** Where the text that was held as number `index` is now. */
  held(index: number): Text {
    return this.#held[index]!;
  }

  /** Lets go of what is held from number `first` on. */
  release(first: number): void {
    if (this.#held.length > first) this.#held.length = first;
  }

  /** The SHA-1 of a text. */
  digest(text: Text): Uint8Array {
    this.settle();
    const digest = new Uint8Array(DIGEST_BYTES);
    const view = new DataView(digest.buffer);
    for (let at = 0; at < DIGEST_BYTES; at += 4) view.setInt32(at, this.#words[(text + at) >> 2]!);
    return digest;
  }

  /** Hashes what has been collected: from now on, their bytes may go. */
  settle(): void {
    const count = ((this.#message << 2) - LAYOUT.messages) / MESSAGE_BYTES;
    if (count > 0) this.kernel.call.hashMessages(LAYOUT.messages, count);
    this.#message = LAYOUT.messages >> 2;
    this.#digits = LAYOUT.digits;
  }

  /** From now on texts are forgotten, but for those that are held. All must be settled. */
  rewind(): void {
    this.#next = FIRST_TEXT;
    for (const [i, text] of this.#held.entries()) {
      this.#memory.copyWithin(this.#next, text, text + DIGEST_BYTES);
      this.#held[i] = this.#next;
      this.#next += DIGEST_BYTES;
    }
  }

  #room(): number {
    if (this.#digits > LAYOUT.digits + DIGITS_BYTES - LONGEST_NUMBER) this.settle();
    return this.#digits;
  }

  #store(digest: Uint8Array, at: number): void {
    const view = new DataView(digest.buffer, digest.byteOffset);
    for (let i = 0; i < DIGEST_BYTES; i += 4) this.#words[(at + i) >> 2] = view.getInt32(i);
  }
}

/** For a text that is too long to lie anywhere as a whole. */
export function longHash(): Hash {
  return createHash('sha1');
}

/** Object types are hashed as u32, big-endian. */
function typeNumbers(count: number): string[] {
  return Array.from({length: count}, (_, type) => `\0\0\0${String.fromCharCode(type)}`);
}

function constant(text: string): Text {
  return LAYOUT.digests + CONSTANTS.indexOf(text) * DIGEST_BYTES;
}
