/**
 * What a dump says of itself: the output of the inspect stage and of `inspect --json`. Read by our own reader,
 * without any server, so that it can be held against what a server says. Counts are of the file, expired keys included.
 */
import {z} from 'zod';
import {apartShape} from './apart/apart-schema.ts';
import {foundCanarySchema} from './canaries/canary-schema.ts';
import {groupPatternSchema} from './groups/group-pattern.ts';
import {valueTypeSchema} from './type-names.ts';

export {VALUE_TYPES, type ValueType, valueTypeSchema} from './type-names.ts';

const count = z.int().min(0);

/** `quick` counts and checks the CRC64; `full` reads every value too, for the digests. */
export const depthSchema = z.enum(['quick', 'full']);
export type Depth = z.infer<typeof depthSchema>;

const hex40 = z.string().regex(/^[0-9a-f]{40}$/);

/** Digests are comparable within a dialect only: see server-line.ts. */
export const digestSchema = z.strictObject({
  algorithm: z.literal('redis-debug-digest'),
  dialect: z.string(),
  hex: hex40,
});
export type Digest = z.infer<typeof digestSchema>;

/** Upper bounds of how long a key had left to live when its dump was begun; `expired` when it had nothing left. */
export const TIMES_LEFT = ['expired', '1h', '1d', '7d', '30d', 'more'] as const;
export type TimeLeft = (typeof TIMES_LEFT)[number];

export const expiryTimesSchema = z.strictObject({
  /** Over names and expiry times; what exactly is hashed is told in architecture.md. Absent where nothing is digested. */
  digest: z.strictObject({algorithm: z.literal('sha1-xor-expiry-times'), hex: hex40}).optional(),
  /** Keys by the time that they had left; absent where the dump does not say when it was written. */
  left: z.partialRecord(z.enum(TIMES_LEFT), count).optional(),
});
export type ExpiryTimes = z.infer<typeof expiryTimesSchema>;

export const keyCountSchema = z.strictObject({
  keys: count,
  expires: count,
  /** The keys of this database alone, XORed; in the dialect of `dataset.digest`. */
  digest: digestSchema.optional(),
  /** Absent where no key expires. */
  expiryTimes: expiryTimesSchema.optional(),
});
export type KeyCount = z.infer<typeof keyCountSchema>;

/** Keys by type; a type without keys is absent. */
const typesSchema = z.partialRecord(valueTypeSchema, count);

/** Keys of all databases whose names match a pattern. */
export const groupSchema = z.strictObject({
  ...keyCountSchema.shape,
  /** What DEBUG DIGEST would answer if these were all keys, in the dialect of `dataset.digest`. */
  digest: digestSchema.optional(),
  types: typesSchema,
  /** Of their entries in the file: expiry, type, name, value. */
  bytes: count,
});
export type Group = z.infer<typeof groupSchema>;

export const datasetSchema = z.strictObject({
  keys: count,
  /** Keys with an expiry time, whether it has passed or not. */
  expires: count,
  /** By database number; a database without keys is absent. */
  databases: z.record(z.string().regex(/^\d+$/), keyCountSchema),
  types: typesSchema,
  /** Function libraries (opcodes FUNCTION2 and FUNCTION_PRE_GA). */
  functions: count,
  /** DEBUG DIGEST, computed by us, in the canonical dialect 7.2; absent where there is none. */
  digest: digestSchema.optional(),
  expiryTimes: expiryTimesSchema.optional(),
  ...apartShape,
  /** By pattern, those that were asked for; a key counts in every group whose pattern it matches. */
  groups: z.record(groupPatternSchema, groupSchema).optional(),
  /** Keys that no pattern matches. */
  ungrouped: groupSchema.optional(),
});
export type Dataset = z.infer<typeof datasetSchema>;

export const damageSchema = z.strictObject({
  /** Heading in docs/rules.md. */
  rule: z.enum([
    'backup/empty-file',
    'backup/not-rdb',
    'backup/truncated',
    'backup/corrupt',
    'backup/unreadable-type',
    'backup/checksum-mismatch',
    'backup/trailing-bytes',
  ]),
  /** Byte offset in the file at which the reader noticed. */
  offset: count,
  /** In redis-check-rdb's words: what was being read. */
  doing: z.string(),
  message: z.string(),
  /**
   * True when no server can make anything of this file. False when only a reader that knows the format better could
   * tell (an RDB version or type newer than ours): then the server's verdict decides.
   */
  certain: z.boolean(),
});
export type Damage = z.infer<typeof damageSchema>;

export const inspectionSchema = z.strictObject({
  kind: z.literal('rdb'),
  sizeBytes: count,
  /** `null` when there is no RDB header at all. */
  magic: z.enum(['REDIS', 'VALKEY']).nullable(),
  rdbVersion: z.int().nullable(),
  /** True when this RDB version, or something in the file, was never tried on files of a real server. */
  unverified: z.boolean(),
  producer: z.strictObject({
    product: z.enum(['redis', 'valkey', 'keydb', 'dragonfly', 'unknown']),
    version: z.string().nullable(),
  }),
  /** AUX `ctime`, ISO 8601. */
  createdAt: z.string().nullable(),
  /** AUX `used-mem`: bytes the producer used when it wrote this. */
  usedMemoryBytes: count.nullable(),
  /** `absent`: RDB below 5, or saved with `rdbchecksum no`. `null`: the end was never reached. */
  checksum: z.enum(['valid', 'absent', 'mismatch']).nullable(),
  dataset: datasetSchema,
  /** True for the base or preamble of an append-only file: what was written after it lies elsewhere. */
  aofBase: z.boolean(),
  /**
   * The same digest in each dialect that a server of this file may speak, so that it can be held against the server's
   * own. `validUntilMs`: Valkey's, of hash fields that expire, holds until the next of them does (milliseconds since
   * 1970). Absent where values were not read.
   */
  digests: z
    .strictObject({
      byDialect: z.record(z.string(), digestSchema.shape.hex),
      validUntilMs: count.optional(),
    })
    .optional(),
  /** Why there is no digest. */
  digestBecause: z.string().optional(),
  /** Keys without any element, of which the digest knows nothing: servers from 6.2 on drop them. */
  emptyKeys: count.optional(),
  /** Hashes of which at least one field may have an expiry of its own. */
  hashesWithFieldExpiry: count,
  /** Highest database number that the file selects, with or without keys. */
  highestDatabase: count,
  /** Module types and AUX data by the module's type name, and how often they occur. */
  modules: z.record(z.string(), count),
  /** Hash slots that have keys, as ranges; only where it was asked. */
  slots: z.array(z.string().regex(/^\d+(-\d+)?$/)).optional(),
  /** In the order of the config. */
  canaries: z.array(foundCanarySchema).optional(),
  error: damageSchema.optional(),
});
export type Inspection = z.infer<typeof inspectionSchema>;
