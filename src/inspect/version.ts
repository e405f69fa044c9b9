/**
 * The nine bytes that open a dump: which family wrote it, and in which version of the format. Every other byte is
 * read by these two, the magic first. Read as servers read it, oddities included.
 */
import type {Inspection} from './inspection.ts';

export type Magic = NonNullable<Inspection['magic']>;

export type DumpVersion = {magic: Magic; number: number};

/** Bytes of magic and version together. */
export const HEADER_BYTES = 9;

/** The newest version of each family that was tried on files of real servers. */
const NEWEST_TRIED = {REDIS: 13, VALKEY: 80} as const;
/** First version that Valkey calls its own (RDB_VERSION 80 in rdb.h of Valkey 9); it never wrote another one. */
const VALKEY_FIRST = 80;
/** First version that ends with a checksum (rdbSaveRio of Redis 2.6). */
const CHECKSUM_SINCE = 5;

/**
 *     R E D I S 0 0 1 2
 *     V A L K E Y 0 8 0
 *
 * `null` where neither magic stands.
 */
export function readVersion(header: Uint8Array): DumpVersion | null {
  const text = Buffer.from(header).toString('latin1', 0, HEADER_BYTES);
  if (text.startsWith('REDIS')) return {magic: 'REDIS', number: atoi(text.slice(5))};
  if (text.startsWith('VALKEY')) return {magic: 'VALKEY', number: atoi(text.slice(6))};
  return null;
}

/** Whether a file this short could have been a dump. */
export function beginsLikeDump(header: Uint8Array): boolean {
  const text = Buffer.from(header).toString('latin1');
  return 'REDIS'.startsWith(text.slice(0, 5)) || 'VALKEY'.startsWith(text.slice(0, 6));
}

/** C's atoi, which servers use on the digits: blanks before pass, anything behind is ignored, no digits is 0. */
function atoi(text: string): number {
  const digits = /^[ \t\n\v\f\r]*([+-]?\d+)/.exec(text)?.[1];
  return digits === undefined ? 0 : Number(digits);
}

/** Versions in which every type and opcode but KEY_META is known to us from a real server. */
export function isTried({magic, number}: DumpVersion): boolean {
  const first = magic === 'VALKEY' ? VALKEY_FIRST : 1;
  return number >= first && number <= NEWEST_TRIED[magic];
}

export function hasChecksum({number}: DumpVersion): boolean {
  return number >= CHECKSUM_SINCE;
}
