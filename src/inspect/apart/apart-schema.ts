/**
 * What DEBUG DIGEST does not cover, and what we therefore count and digest apart: part of a dataset, of expectations and
 * of reports. Each digest has an algorithm of its own, named here; how it is made is drawn where it is made. None of them
 * lets anything be read back: names of keys, groups, fields and libraries go into hashes only.
 */
import {z} from 'zod';

const count = z.int().min(0);
const apartDigest = <T extends string>(algorithm: T) =>
  z.strictObject({algorithm: z.literal(algorithm), hex: z.string().regex(/^[0-9a-f]{40}$/)});

/** Named with a number, so that another way to make it would be another name: only equal names are compared. */
export const ALGORITHMS = {
  consumerGroups: 'consumer-groups-1',
  functionCode: 'function-code-1',
  fieldExpiries: 'field-expiries-1',
} as const;

export const consumerGroupsSchema = z.strictObject({
  streams: count,
  groups: count,
  consumers: count,
  /** Entries that were delivered and not acknowledged yet. */
  pending: count,
  /** Drawn in stream-state.ts. */
  digest: apartDigest(ALGORITHMS.consumerGroups),
});
export type ConsumerGroups = z.infer<typeof consumerGroupsSchema>;

export const functionCodeSchema = z.strictObject({
  libraries: count,
  /** Of the code of all of them. */
  sizeBytes: count,
  /** Of the names alone: tells other code under the same names from other libraries. */
  names: z.string().regex(/^[0-9a-f]{40}$/),
  /** Drawn in function-code.ts. */
  digest: apartDigest(ALGORITHMS.functionCode),
});
export type FunctionCode = z.infer<typeof functionCodeSchema>;

export const fieldExpiriesSchema = z.strictObject({
  /** Fields of hashes with an expiry of their own, whether it has passed or not. */
  fields: count,
  /** Drawn in apart.ts. */
  digest: apartDigest(ALGORITHMS.fieldExpiries),
});
export type FieldExpiries = z.infer<typeof fieldExpiriesSchema>;

/** Each is absent where values were not read, and where the file says it in a form that no other file would. */
export const apartShape = {
  consumerGroups: consumerGroupsSchema.optional(),
  functionCode: functionCodeSchema.optional(),
  fieldExpiries: fieldExpiriesSchema.optional(),
};
