/**
 * Who wrote the dump, and when, from its AUX fields. Only known fields are looked at, and only values of the form
 * they must have are believed: an AUX field is also where scripts and names of keys may stand.
 */
import type {Inspection} from './inspection.ts';

/** Longest AUX name or value worth reading, in bytes. The longest name we know has 19. */
export const AUX_MAX_BYTES = 64;

const VERSION = /^[0-9A-Za-z][0-9A-Za-z.+_-]*$/;
const DIGITS = /^\d{1,15}$/;
/** Latest time a Date can hold, in seconds. */
const MAX_DATE_SECONDS = 8_640_000_000_000;

export class ProducerNotes {
  product: Inspection['producer']['product'] = 'unknown';
  version: string | null = null;
  createdAt: string | null = null;
  /** The same since 1970. */
  createdAtMs = Number.NaN;
  usedMemoryBytes: number | null = null;
  aofBase = false;

  /** `value` is `null` where it was too long to be any of these. */
  take(name: string, value: string | null): void {
    switch (name) {
      case 'redis-ver':
        // Valkey and Dragonfly (df-ver) also say which Redis they descend from or imitate.
        if (this.product === 'unknown') this.#is('redis', value);
        else if (this.product === 'keydb') this.#is('keydb', value);
        return;
      case 'valkey-ver':
        this.#is('valkey', value);
        return;
      case 'df-ver':
        this.#is('dragonfly', value);
        return;
      case 'mvcc-tstamp':
      case 'keydb-subexpire-key':
      case 'keydb-subexpire-when':
        this.product = 'keydb';
        return;
      case 'aof-base':
      case 'aof-preamble':
        this.aofBase = value === '1';
        return;
      case 'ctime':
        if (value !== null && DIGITS.test(value) && Number(value) <= MAX_DATE_SECONDS) {
          this.createdAtMs = Number(value) * 1000;
          this.createdAt = new Date(this.createdAtMs).toISOString();
        }
        return;
      case 'used-mem':
        if (value !== null && DIGITS.test(value)) this.usedMemoryBytes = Number(value);
    }
  }

  #is(product: 'redis' | 'valkey' | 'keydb' | 'dragonfly', value: string | null): void {
    this.product = product;
    this.version = value !== null && VERSION.test(value) ? value : null;
  }
}
