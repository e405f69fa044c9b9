/**
 * Prefixes that are not to be told: in the place of each segment its SHA-256, cut to 12 digits, so that `user:*` becomes
 * `#04f8996da763:*`. The same prefix has the same name in every drill, and is found again in a dump by hashing what
 * stands there. It hides names from who reads them, not from who guesses them and tries.
 */
import {createHash} from 'node:crypto';
import type {Sorter} from '../values/name-reader.ts';

/** What ends a segment of a name. */
export const SEPARATORS = ':/|';

const DIGITS = 12;
const PREFIX = /^(?:[^*?[\\:/|]*[:/|])+\*$/;
const SEGMENTS = /([^:/|]*)([:/|])/g;
const REDACTED = /^(?:#[0-9a-f]{12}[:/|])+\*$/;

/** Whether a pattern is one of ours, which says nothing of the names that it stands for. */
export const isRedacted = (pattern: string): boolean => REDACTED.test(pattern);

/** `null` for what is no prefix up to a separator, and could not be found again. */
export function redacted(pattern: string): string | null {
  if (isRedacted(pattern)) return pattern;
  if (!PREFIX.test(pattern)) return null;
  return pattern.replace(SEGMENTS, (_, segment: string, separator: string) => hashed(segment) + separator);
}

const hashed = (segment: string): string =>
  `#${createHash('sha256').update(segment).digest('hex').slice(0, DIGITS)}`;

/** Segments that are kept with their hashes; beyond that they are hashed anew. */
const MAX_HASHED = 65_536;

type Node = {pattern?: string; below: Map<string, Node>};

/** Looks through all names for prefixes that were redacted. */
export class RedactedPrefixes implements Sorter {
  /** What stands in the dump, as a pattern, by redacted pattern. */
  readonly found = new Map<string, string>();
  readonly #root: Node = {below: new Map()};
  readonly #hashes = new Map<string, string>();
  #pieces: Buffer[] = [];

  constructor(patterns: string[]) {
    for (const pattern of patterns) {
      let node = this.#root;
      for (const [part] of pattern.matchAll(SEGMENTS)) {
        const next: Node = node.below.get(part) ?? {below: new Map()};
        node.below.set(part, next);
        node = next;
      }
      node.pattern = pattern;
    }
  }

  of(memory: Uint8Array, at: number, count: number): number {
    const end = at + count;
    let node: Node | undefined = this.#root;
    for (let from = at; node !== undefined && node.below.size > 0; ) {
      let to = from;
      while (to < end && !isSeparator(memory[to]!)) to++;
      if (to === end) break;
      const segment = Buffer.from(memory.buffer, memory.byteOffset + from, to - from).toString();
      node = node.below.get(this.#hash(segment) + String.fromCharCode(memory[to]!));
      from = to + 1;
      if (node?.pattern !== undefined && !this.found.has(node.pattern)) {
        const prefix = Buffer.from(memory.buffer, memory.byteOffset + at, from - at).toString();
        this.found.set(node.pattern, `${prefix.replace(/[*?[\\]/g, '\\$&')}*`);
      }
    }
    return 0;
  }

  /** A prefix that anybody asked for lies in the first piece. */
  start(): void {
    this.#pieces = [];
  }

  feed(memory: Uint8Array, from: number, to: number): void {
    if (this.#pieces.length === 0) this.#pieces.push(Buffer.from(memory.subarray(from, to)));
  }

  end(): number {
    const [first] = this.#pieces;
    this.#pieces = [];
    return first === undefined ? 0 : this.of(first, 0, first.length);
  }

  #hash(segment: string): string {
    const known = this.#hashes.get(segment);
    if (known !== undefined) return known;
    if (this.#hashes.size === MAX_HASHED) this.#hashes.clear();
    const hash = hashed(segment);
    this.#hashes.set(segment, hash);
    return hash;
  }
}

export const isSeparator = (byte: number): boolean => byte === 0x3a || byte === 0x2f || byte === 0x7c;
