/**
 * The keys of one database that match the same patterns: what is counted and digested of them. Every key is in exactly
 * one cell, so a database, a group and the whole are sums of cells, and a server that vouches for a sum vouches for
 * each of its parts being there.
 */
import {TIMES_LEFT, type TimeLeft, VALUE_TYPES, type ValueType} from './inspection.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Upper bounds of `TIMES_LEFT`, in milliseconds; the last has none. */
const BOUNDS_MS: Record<Exclude<TimeLeft, 'more'>, number> = {
  expired: 0,
  '1h': HOUR_MS,
  '1d': DAY_MS,
  '7d': 7 * DAY_MS,
  '30d': 30 * DAY_MS,
};
const BOUNDS = Object.values(BOUNDS_MS);

const TYPE_NUMBERS = new Map(VALUE_TYPES.map((type, number) => [type, number]));

export class Cell {
  readonly database: number;
  /** Number of the combination of patterns that its keys match: pattern-set.ts. */
  readonly combination: number;
  keys = 0;
  expires = 0;
  /** Of the entries in the file: expiry and hints, type, name, value. */
  bytes = 0;
  /** Digests of its keys, XORed, by part: digest/cell-sums.ts. `null`: none yet. */
  sums: Int32Array | null = null;
  /** Where the digester keeps what is not in `sums` yet; 0 for nowhere. */
  slots = 0;
  /** At least one key has a part in the digest. */
  digested = false;
  /** Why there is no digest of these keys: something that only its module could digest. */
  undigestible: string | null = null;
  readonly #types: number[] = new Array(VALUE_TYPES.length).fill(0);
  readonly #timesLeft: number[] = new Array(TIMES_LEFT.length).fill(0);

  constructor(database: number, combination: number) {
    this.database = database;
    this.combination = combination;
  }

  add(type: ValueType, bytes: number): void {
    this.keys++;
    this.bytes += bytes;
    this.#types[TYPE_NUMBERS.get(type)!]!++;
  }

  /** The key that was added last expires in `leftMs` from the time of the dump; NaN where that is not known. */
  expiring(leftMs: number): void {
    this.expires++;
    let bucket = 0;
    while (bucket < BOUNDS.length && leftMs > BOUNDS[bucket]!) bucket++;
    if (!Number.isNaN(leftMs)) this.#timesLeft[bucket]!++;
  }

  ofType(type: ValueType): number {
    return this.#types[TYPE_NUMBERS.get(type)!]!;
  }

  timesLeft(): readonly number[] {
    return this.#timesLeft;
  }
}
