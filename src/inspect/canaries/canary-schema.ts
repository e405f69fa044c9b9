/**
 * Canaries: single keys that a config names, and what our reader finds of them in the file. Their names are the user's
 * own and stay where they were written: in reports a canary is its place in the list.
 */
import {z} from 'zod';
import {valueTypeSchema} from '../type-names.ts';

/** Where to look: part of what is asked, never of what is answered. */
export type CanaryKey = {database: number; key: Uint8Array};

const hex = z.string().regex(/^[0-9a-f]{40}$/);

export const foundCanarySchema = z.strictObject({
  /** False: the file has no such key, and nothing else is said. */
  present: z.boolean(),
  type: valueTypeSchema.optional(),
  /** Bytes of a string, entries of a stream, elements of anything else; absent where it was not counted. */
  length: z.int().min(0).optional(),
  /** What DEBUG DIGEST-VALUE answers, in each dialect that a server of this file may speak. */
  byDialect: z.record(z.string(), hex).optional(),
  /** Valkey's, of hash fields that expire, holds until the next of them does. */
  validUntilMs: z.int().min(0).optional(),
  /** Why there is no digest. */
  digestBecause: z.string().optional(),
});
export type FoundCanary = z.infer<typeof foundCanarySchema>;
