/** Names of the types of values, shared by all that tells of them. */
import {z} from 'zod';

/** Redis' names of the value types, as TYPE answers them; modules as `module`. */
export const VALUE_TYPES = ['string', 'list', 'set', 'zset', 'hash', 'stream', 'array', 'module'] as const;
export type ValueType = (typeof VALUE_TYPES)[number];
export const valueTypeSchema = z.enum(VALUE_TYPES);
