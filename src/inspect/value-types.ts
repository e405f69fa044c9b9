/**
 * The value types of RDB files: one row a type, with its name for reports, the way past its values, and how they are
 * taken apart. Redis and
 * Valkey give the same numbers different meanings from 22 on, so there is a table for each magic. Sources: rdb.h of
 * Redis and of Valkey.
 */
import type {ValueType} from './inspection.ts';
import {type StreamLayout, skipStream} from './skip-stream.ts';
import {
  type SkipValue,
  skipArray,
  skipBlob,
  skipHashMetadata,
  skipHashWithTtls,
  skipListpackEx,
  skipPairs,
  skipQuicklist2,
  skipScores,
  skipScoresAsText,
  skipStrings,
  skipTemplateValues,
  skipValkeyHash2,
} from './skip-value.ts';
import {
  readIntset,
  readListpackEx,
  readPackedHash,
  readPackedList,
  readPackedScores,
  readPackedSet,
  readPackedTtls,
  readQuicklist,
  readQuicklist2,
  readTemplateListpack,
  readZipmap,
} from './values/read-packed.ts';
import {readStream} from './values/read-stream.ts';
import {
  type ReadValue,
  readArray,
  readHash,
  readHashMetadata,
  readHashWithTtls,
  readList,
  readScores,
  readScoresAsText,
  readSet,
  readString,
  readTemplateValues,
  readValkeyHash2,
} from './values/read-strings.ts';
import type {DumpVersion} from './version.ts';

export type ValueTypeRow = {
  id: number;
  type: Exclude<ValueType, 'module'>;
  skip: SkipValue;
  /** Takes the same bytes apart, for the digest. */
  read: ReadValue;
  /** First RDB version in which the number has this meaning. Below it, others use it (Dragonfly from 30 on). */
  since?: number;
  /** The encoding of hashes whose fields have expiries. */
  fieldExpiry?: true;
  /** Of a stream: how what stands behind its entries is laid out. */
  layout?: StreamLayout;
};

/** RDB_TYPE_MODULE: data without opcodes, which only its module can pass. */
export const MODULE_PRE_GA = 6;
/** RDB_TYPE_MODULE_2: the value begins with the module's id, which the caller reads. */
export const MODULE_2 = 7;

/** Numbers 0 to 21 mean the same everywhere. */
const COMMON: ValueTypeRow[] = [
  {id: 0, type: 'string', skip: skipBlob, read: readString},
  {id: 1, type: 'list', skip: skipStrings, read: readList},
  {id: 2, type: 'set', skip: skipStrings, read: readSet},
  {id: 3, type: 'zset', skip: skipScoresAsText, read: readScoresAsText},
  {id: 4, type: 'hash', skip: skipPairs, read: readHash},
  {id: 5, type: 'zset', skip: skipScores, read: readScores},
  // 9 zipmap, 10 ziplist, 11 intset, 12 and 13 ziplist: each within one string.
  {id: 9, type: 'hash', skip: skipBlob, read: readZipmap},
  {id: 10, type: 'list', skip: skipBlob, read: readPackedList('ziplist')},
  {id: 11, type: 'set', skip: skipBlob, read: readIntset},
  {id: 12, type: 'zset', skip: skipBlob, read: readPackedScores('ziplist')},
  {id: 13, type: 'hash', skip: skipBlob, read: readPackedHash('ziplist')},
  // Quicklist: a list of ziplists, each a string.
  {id: 14, type: 'list', skip: skipStrings, read: readQuicklist},
  {id: 15, type: 'stream', skip: skipStream(1), read: readStream, layout: 1},
  // 16, 17 and 20: listpack.
  {id: 16, type: 'hash', skip: skipBlob, read: readPackedHash('listpack')},
  {id: 17, type: 'zset', skip: skipBlob, read: readPackedScores('listpack')},
  {id: 18, type: 'list', skip: skipQuicklist2, read: readQuicklist2},
  {id: 19, type: 'stream', skip: skipStream(2), read: readStream, layout: 2},
  {id: 20, type: 'set', skip: skipBlob, read: readPackedSet('listpack')},
  {id: 21, type: 'stream', skip: skipStream(3), read: readStream, layout: 3},
];

const REDIS: ValueTypeRow[] = [
  ...COMMON,
  // 22 and 23: release candidates of 7.4 only.
  {id: 22, type: 'hash', skip: skipHashWithTtls, read: readHashWithTtls, fieldExpiry: true},
  {id: 23, type: 'hash', skip: skipBlob, read: readPackedTtls, fieldExpiry: true},
  {id: 24, type: 'hash', skip: skipHashMetadata, read: readHashMetadata, fieldExpiry: true},
  {id: 25, type: 'hash', skip: skipListpackEx, read: readListpackEx, fieldExpiry: true},
  {id: 26, type: 'stream', skip: skipStream(4), read: readStream, layout: 4, since: 13},
  {id: 27, type: 'stream', skip: skipStream(5), read: readStream, layout: 5, since: 14},
  {id: 28, type: 'array', skip: skipArray, read: readArray, since: 14},
  // 29 and 31 occur in DUMP payloads only. Values of a hash whose fields stand in a template, as listpack or plain:
  {id: 30, type: 'hash', skip: skipBlob, read: readTemplateListpack, since: 15},
  {id: 32, type: 'hash', skip: skipTemplateValues, read: readTemplateValues, since: 15},
];

const VALKEY: ValueTypeRow[] = [
  ...COMMON,
  {id: 22, type: 'hash', skip: skipValkeyHash2, read: readValkeyHash2, fieldExpiry: true},
];

/** Rows by type byte, for one dump; a hole is a type that the dump cannot have as far as we know. */
export function valueTypesOf({magic, number}: DumpVersion): (ValueTypeRow | undefined)[] {
  const byId: (ValueTypeRow | undefined)[] = new Array(256).fill(undefined);
  for (const row of magic === 'VALKEY' ? VALKEY : REDIS) {
    if (number >= (row.since ?? 1)) byId[row.id] = row;
  }
  return byId;
}
