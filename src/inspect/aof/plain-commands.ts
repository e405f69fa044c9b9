/**
 * The fast lane of the walk: whole commands of known names that lie in the window, passed without a string or an object
 * for any of them. Whatever is unusual ends it before the command in question; then the walk itself looks closer, so that
 * nothing is decided here but that all is well.
 */
import {KNOWN_COMMANDS} from './command-names.ts';

const [CR, LF, STAR, DOLLAR, ZERO, NINE] = [0x0d, 0x0a, 0x2a, 0x24, 0x30, 0x39];
/** A longer number is unusual. */
const MAX_DIGITS = 9;
/** The walk has to see these itself. */
const FRAMES = new Set(['select', 'multi', 'exec']);

type Counted = {name: string; count: number};

export class PlainCommands {
  readonly #byHash = new Map<number, Counted>();
  #at = 0;

  constructor() {
    for (const name of KNOWN_COMMANDS) {
      const hash = hashOf(Buffer.from(name), 0, name.length);
      // Of two names with one hash the second is looked at closer, each time.
      if (!FRAMES.has(name) && !this.#byHash.has(hash)) this.#byHash.set(hash, {name, count: 0});
    }
  }

  /** How often each name was passed. */
  get counts(): Counted[] {
    return [...this.#byHash.values()].filter(({count}) => count > 0);
  }

  /** Answers after the last whole command between `from` and `end`, and how many there were. */
  pass(bytes: Uint8Array, from: number, end: number): {at: number; commands: number} {
    let commands = 0;
    let at = from;
    for (;;) {
      this.#at = at;
      const counted = this.#one(bytes, end);
      if (counted === null) return {at, commands};
      counted.count += 1;
      commands += 1;
      at = this.#at;
    }
  }

  /** A command of at least two words: of those with one there are few, and they may not stand everywhere. */
  #one(bytes: Uint8Array, end: number): Counted | null {
    const words = this.#count(bytes, end, STAR);
    if (words < 2) return null;
    const length = this.#count(bytes, end, DOLLAR);
    const start = this.#at;
    if (length < 1 || !this.#string(bytes, end, length)) return null;
    const counted = this.#byHash.get(hashOf(bytes, start, length));
    if (!counted || counted.name.length !== length || !isAt(bytes, start, counted.name)) return null;
    for (let word = 1; word < words; word += 1) {
      const bytesOfWord = this.#count(bytes, end, DOLLAR);
      if (bytesOfWord < 0 || !this.#string(bytes, end, bytesOfWord)) return null;
    }
    return counted;
  }

  /** A number after `prefix`, with its line end; -1 where anything is not as usual. */
  #count(bytes: Uint8Array, end: number, prefix: number): number {
    let at = this.#at;
    if (at >= end || bytes[at] !== prefix) return -1;
    at += 1;
    const first = at;
    let value = 0;
    for (let byte = bytes[at]!; byte >= ZERO && byte <= NINE; byte = bytes[at]!) {
      value = value * 10 + (byte - ZERO);
      at += 1;
    }
    if (at === first || at - first > MAX_DIGITS || at + 2 > end) return -1;
    if (bytes[at] !== CR || bytes[at + 1] !== LF) return -1;
    this.#at = at + 2;
    return value;
  }

  #string(bytes: Uint8Array, end: number, length: number): boolean {
    const at = this.#at + length;
    if (at + 2 > end || bytes[at] !== CR || bytes[at + 1] !== LF) return false;
    this.#at = at + 2;
    return true;
  }
}

/** FNV-1a of the name in lower case. */
function hashOf(bytes: Uint8Array, start: number, length: number): number {
  let hash = 0x811c9dc5;
  for (let at = start; at < start + length; at += 1) hash = Math.imul(hash ^ lower(bytes[at]!), 0x01000193);
  return hash;
}

function isAt(bytes: Uint8Array, start: number, name: string): boolean {
  for (let at = 0; at < name.length; at += 1) {
    if (lower(bytes[start + at]!) !== name.charCodeAt(at)) return false;
  }
  return true;
}

const lower = (byte: number): number => (byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte);
