/**
 * From what the keys of cells contribute to the digest of any set of cells: a group, a database, all. Most keys are
 * digested alike by every server, so a cell keeps what they share and, apart, the few kinds of keys of which dialects
 * differ; and beside them the digest of expiry times, which no server computes.
 */
import {createHash} from 'node:crypto';
import type {Cell} from '../cell.ts';
import {DIGEST_BYTES} from '../kernel.ts';

/** What neither DEBUG DIGEST nor any other answer of a server covers: drawn in ../apart. */
const ASIDE = ['consumer-groups', 'field-expiries'] as const;
export type Aside = (typeof ASIDE)[number];

/**
 * Sorted sets with a score that is printed in two ways, each way; those with a -0 that some servers keep; hashes with
 * expiring fields, with and without that. All keys else: `common`. Names and expiry times of all keys that expire. `ASIDE`.
 */
export const PARTS = [
  'common',
  'short-scores',
  'old-scores',
  'old-scores-zero',
  'old-scores-minus-zero',
  'plain-fields',
  'expiring-fields',
  'expiry-times',
  ...ASIDE,
] as const;
export type Part = (typeof PARTS)[number];

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
export const CELL_BYTES = PARTS.length * DIGEST_BYTES;

/** `words` are all parts one after the other; a cell may come in several pieces. */
export function addSums(cell: Cell, words: Int32Array): void {
  cell.sums ??= new Int32Array(PARTS.length * WORDS);
  const {sums} = cell;
  for (let i = 0; i < sums.length; i++) sums[i] = sums[i]! ^ words[i]!;
}

/** The keys of these cells, XORed: 40 hexadecimal digits. Of one database: its part of DEBUG DIGEST. */
export const xorOf = (cells: Cell[], dialect: Dialect): string =>
  xored(cells, DIALECTS[dialect]).toString('hex');

/** What DEBUG DIGEST answers where there are these keys and no others; zeros where there are none. */
export const debugDigest = (cells: Cell[], dialect: Dialect): string =>
  folded(
    cells.filter(({digested}) => digested),
    DIALECTS[dialect],
  );

/**
 * The same over `mix(xor(0, name), time)` of each key that expires, `time` being the milliseconds since 1970 in 8 bytes,
 * the low ones first.
 */
export const expiryDigest = (cells: Cell[]): string =>
  folded(
    cells.filter(({expires}) => expires > 0),
    ['expiry-times'],
  );

/** The same over the chains of a part that is digested apart; databases that have none of them do not change it. */
export function asideDigest(cells: Cell[], part: Aside): string {
  const databases = Map.groupBy(cells, ({database}) => database);
  const having = [...databases.values()].filter(its => xored(its, [part]).some(byte => byte !== 0));
  return folded(having.flat(), [part]);
}

/** `mix(F, number)`, `F ^= keys` for each database, ascending. */
function folded(cells: Cell[], parts: readonly Part[]): string {
  let digest = Buffer.alloc(DIGEST_BYTES);
  const number = Buffer.alloc(4);
  const databases = Map.groupBy(cells, ({database}) => database);
  for (const [database, its] of [...databases].sort(([a], [b]) => a - b)) {
    number.writeUInt32BE(database);
    digest = xor(sha1(xor(digest, sha1(number))), xored(its, parts));
  }
  return digest.toString('hex');
}

function xored(cells: Cell[], parts: readonly Part[]): Buffer {
  const words = new Int32Array(WORDS);
  const firsts = parts.map(part => PARTS.indexOf(part) * WORDS);
  for (const {sums} of cells) {
    if (sums === null) continue;
    for (const first of firsts) for (let word = 0; word < WORDS; word++) words[word]! ^= sums[first + word]!;
  }
  const digest = Buffer.alloc(DIGEST_BYTES);
  for (const [word, sum] of words.entries()) digest.writeInt32BE(sum, 4 * word);
  return digest;
}

const sha1 = (bytes: Uint8Array): Buffer => createHash('sha1').update(bytes).digest();

function xor(a: Buffer, b: Buffer): Buffer<ArrayBuffer> {
  return Buffer.from(a.map((byte, i) => byte ^ b[i]!));
}
