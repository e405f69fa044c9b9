/**
 * Which prefixes hold most of a dump: counts, of keys and bytes, of what stands before the first separators of a name.
 * Memory is bounded: when there are too many prefixes, those that hold least are forgotten, so counts are nearly right
 * for the large ones and say nothing of the small. What looks like an identifier is not looked at.
 */
import type {Sorter} from '../values/name-reader.ts';
import {isSeparator} from './redaction.ts';

/** Prefixes that are kept when there are too many, half by keys and half by bytes; until then twice as many. */
const MAX_KEPT = 4096;
/** `app:user:cart:` */
const MAX_LEVELS = 3;
/** Longest segment, and most digits in one (`v2`, `oauth2`), that may be a name rather than an identifier. */
const MAX_SEGMENT_BYTES = 32;
const MAX_DIGITS = 3;

export type Prefix = {
  text: string;
  /** Key of the prefix one level above, in `prefixes`; 0 for the whole dump. */
  parent: number;
  keys: number;
  bytes: number;
  /** Prefixes seen one level below. */
  children: number;
};

const OTHER = 0;
const LETTER = 1;
const DIGIT = 2;
const KINDS = new Uint8Array(256);
for (const byte of Buffer.from('abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_-.'))
  KINDS[byte] = LETTER;
for (const byte of Buffer.from('0123456789')) KINDS[byte] = DIGIT;

export class PrefixCounts implements Sorter {
  keys = 0;
  bytes = 0;
  /** By a hash of their bytes. */
  readonly prefixes = new Map<number, Prefix>();
  /** Prefixes seen at the first level. */
  children = 0;
  /** Those of the last name. */
  readonly #last: Prefix[] = [];
  #isFirstPiece = true;

  of(memory: Uint8Array, at: number, count: number): number {
    const end = at + count;
    this.keys++;
    this.#last.length = 0;
    let hash = 0x811c9dc5;
    let parent = 0;
    let from = at;
    let digits = 0;
    for (let i = at; i < end; i++) {
      const byte = memory[i]!;
      hash = Math.imul(hash ^ byte, 0x01000193);
      if (isSeparator(byte)) {
        parent = this.#count(hash, parent, memory, at, i + 1);
        if (this.#last.length === MAX_LEVELS) break;
        from = i + 1;
        digits = 0;
        continue;
      }
      const kind = KINDS[byte]!;
      if (kind === DIGIT) digits++;
      if (kind === OTHER || digits > MAX_DIGITS || i - from >= MAX_SEGMENT_BYTES) break;
      if (kind === DIGIT && i === from) break;
    }
    return 0;
  }

  start(): void {
    this.#isFirstPiece = true;
  }

  feed(memory: Uint8Array, from: number, to: number): void {
    if (this.#isFirstPiece) this.of(memory, from, to - from);
    this.#isFirstPiece = false;
  }

  end(): number {
    return 0;
  }

  sized(bytes: number): void {
    this.bytes += bytes;
    for (const prefix of this.#last) prefix.bytes += bytes;
  }

  #count(hash: number, parent: number, memory: Uint8Array, at: number, end: number): number {
    let prefix = this.prefixes.get(hash);
    if (prefix === undefined) {
      if (this.prefixes.size === 2 * MAX_KEPT) this.#forget();
      const text = Buffer.from(memory.buffer, memory.byteOffset + at, end - at).toString('latin1');
      prefix = {text, parent, keys: 0, bytes: 0, children: 0};
      this.prefixes.set(hash, prefix);
      const above = this.prefixes.get(parent);
      if (above) above.children++;
      else this.children++;
    }
    prefix.keys++;
    this.#last.push(prefix);
    return hash;
  }

  #forget(): void {
    const all = [...this.prefixes];
    const half = MAX_KEPT / 2;
    const byKeys = all.toSorted(([, a], [, b]) => b.keys - a.keys).slice(0, half);
    const byBytes = all.toSorted(([, a], [, b]) => b.bytes - a.bytes).slice(0, half);
    this.prefixes.clear();
    for (const [hash, prefix] of [...byKeys, ...byBytes]) this.prefixes.set(hash, prefix);
  }
}
