/**
 * What the server holds: the output of the census stage. Counted by the server itself, over every database, logically
 * expired keys included. Nothing here comes from our own reader.
 */
import {z} from 'zod';
import {digestSchema} from '../inspect/inspection.ts';
import {askedCanarySchema} from './canaries.ts';

const count = z.int().min(0);
const keyCount = z.strictObject({keys: count, expires: count});

export const censusSchema = z.strictObject({
  /** DBSIZE, summed over databases that INFO keyspace names. */
  keys: count,
  expires: count,
  databases: z.record(z.string(), keyCount),
  /** FUNCTION LIST; `null` on servers without functions (before 7.0). */
  functions: count.nullable(),
  /** FUNCTION LIST WITHCODE: SHA-1 of the code of each library, XORed; `null` where it was not asked, or is no text. */
  functionCode: z
    .string()
    .regex(/^[0-9a-f]{40}$/)
    .nullable()
    .optional(),
  /** DEBUG DIGEST; `null` with the reason where the server does not allow it. */
  digest: digestSchema.nullable(),
  digestBecause: z.string().optional(),
  /** When it had been computed, in milliseconds since 1970: Valkey's depends on what has expired by then. */
  digestAtMs: count.optional(),
  /** In the order of the config. */
  canaries: z.array(askedCanarySchema).optional(),
  /** When they had been asked for, likewise. */
  canariesAtMs: count.optional(),
  usedMemoryBytes: count.nullable(),
  /** Must be 0: the throwaway server evicts nothing. */
  evictedKeys: count.nullable(),
});
export type Census = z.infer<typeof censusSchema>;
