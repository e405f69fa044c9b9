/** What may be asked for as a group of keys: a pattern as KEYS and SCAN take it, and how many of them at a time. */
import {z} from 'zod';

/** Patterns of one reading: those of the config and those that were recorded. */
export const MAX_GROUPS = 64;
/** Of one pattern, in UTF-8. */
const MAX_PATTERN_BYTES = 256;

export const groupPatternSchema = z
  .string()
  .min(1, 'write a pattern such as user:*')
  .refine(
    pattern => Buffer.byteLength(pattern) <= MAX_PATTERN_BYTES,
    `a pattern has at most ${MAX_PATTERN_BYTES} bytes`,
  )
  // As a key of an object it would vanish.
  .refine(pattern => pattern !== '__proto__', 'write [_]_proto__');
