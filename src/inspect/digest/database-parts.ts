/**
 * What each database contributes to the digest, and the digest of all databases together. Most keys are digested alike
 * by every server, so a database keeps what they share and, apart, the few kinds of keys of which dialects differ.
 */
import {createHash} from 'node:crypto';
import {DIGEST_BYTES} from '../kernel.ts';

/**
 * Sorted sets with a score that is printed in two ways, each way; those with a -0 that some servers keep; hashes with
 * expiring fields, with and without that. All keys else: `common`.
 */
export const PARTS = [
  'common',
  'short-scores',
  'old-scores',
  'old-scores-zero',
  'old-scores-minus-zero',
  'plain-fields',
  'expiring-fields',
] as const;
type Part = (typeof PARTS)[number];

/** Digests are comparable within a dialect only. Named after the first server that speaks it: server-line.ts. */
export type Dialect = '6.0' | '7.0' | '7.2' | '7.4' | 'valkey-9.0';

const DIALECTS: Record<Dialect, readonly Part[]> = {
  '6.0': ['common', 'old-scores', 'old-scores-minus-zero', 'plain-fields'],
  '7.0': ['common', 'old-scores', 'old-scores-zero', 'plain-fields'],
  '7.2': ['common', 'short-scores', 'plain-fields'],
  '7.4': ['common', 'short-scores', 'expiring-fields'],
  'valkey-9.0': ['common', 'short-scores', 'expiring-fields'],
};

const WORDS = DIGEST_BYTES / 4;
const NO_KEYS = new Int32Array(PARTS.length * WORDS);

export class DatabaseParts {
  readonly #parts = new Map<number, Int32Array>();

  /** `words` are all parts one after the other; a database may come in several pieces. */
  add(database: number, words: Int32Array): void {
    const sum = this.#parts.get(database) ?? new Int32Array(PARTS.length * WORDS);
    for (let i = 0; i < sum.length; i++) sum[i] = sum[i]! ^ words[i]!;
    this.#parts.set(database, sum);
  }

  /** The keys of one database, XORed: 40 hexadecimal digits. */
  ofDatabase(database: number, dialect: Dialect): string {
    return this.#xored(database, dialect).toString('hex');
  }

  /** Numbers of the databases that have keys, ascending. */
  databases(): number[] {
    return [...this.#parts.keys()].sort((a, b) => a - b);
  }

  /** What DEBUG DIGEST answers: `mix(F, number)`, `F ^= keys` for each database; zeros where there are no keys. */
  ofAll(dialect: Dialect): string {
    let digest = Buffer.alloc(DIGEST_BYTES);
    const number = Buffer.alloc(4);
    for (const database of this.databases()) {
      number.writeUInt32BE(database);
      digest = xor(sha1(xor(digest, sha1(number))), this.#xored(database, dialect));
    }
    return digest.toString('hex');
  }

  #xored(database: number, dialect: Dialect): Buffer {
    const parts = this.#parts.get(database) ?? NO_KEYS;
    const digest = Buffer.alloc(DIGEST_BYTES);
    for (let word = 0; word < WORDS; word++) {
      const sum = DIALECTS[dialect].reduce((x, part) => x ^ parts[PARTS.indexOf(part) * WORDS + word]!, 0);
      digest.writeInt32BE(sum, 4 * word);
    }
    return digest;
  }
}

const sha1 = (bytes: Uint8Array): Buffer => createHash('sha1').update(bytes).digest();

function xor(a: Buffer, b: Buffer): Buffer<ArrayBuffer> {
  return Buffer.from(a.map((byte, i) => byte ^ b[i]!));
}
