/**
 * What an append-only file says of itself: the counterpart of an Inspection, for one file or for a manifest and its
 * parts. It cannot say what the dataset is: that takes a server which carries the commands out.
 */
import {z} from 'zod';
import {damageSchema, inspectionSchema} from '../inspection.ts';

const count = z.int().min(0);

export const aofProblemSchema = z.strictObject({
  /** Heading in docs/rules.md; of a base, what our reader of dumps says. */
  rule: z.enum([
    'aof/manifest-missing',
    'aof/manifest-invalid',
    'aof/base-missing',
    'aof/file-missing',
    'aof/file-not-listed',
    'aof/empty',
    'aof/empty-part',
    'aof/corrupt',
    'aof/truncated',
    ...damageSchema.shape.rule.options,
  ]),
  /** An error fails the drill, whatever a server makes of it. */
  severity: z.enum(['error', 'warning', 'note']),
  /** `null` where it is of the set. */
  file: z.string().nullable(),
  /** Byte in the file, and line of a manifest, where they are known. */
  offset: count.optional(),
  line: count.optional(),
  doing: z.string(),
  message: z.string(),
});
export type AofProblem = z.infer<typeof aofProblemSchema>;

export const aofPartSchema = z.strictObject({
  name: z.string(),
  role: z.enum(['base', 'incremental', 'single']),
  seq: z.int().nullable(),
  sizeBytes: count,
  /** `dump`: begins with an RDB dump; commands may follow it. */
  format: z.enum(['dump', 'commands', 'empty']),
  commands: count,
  transactions: count,
});
export type AofPart = z.infer<typeof aofPartSchema>;

export const aofInspectionSchema = z.strictObject({
  kind: z.literal('aof'),
  layout: z.enum(['single-file', 'multi-part']),
  /** Of the parts that a server loads. */
  sizeBytes: count,
  /** The parts that a server loads, in the order in which it does. */
  parts: z.array(aofPartSchema),
  /** The other files: what the manifest calls history, and what it does not name. */
  history: z.array(z.string()),
  notListed: z.array(z.string()),
  /** By kind, in lower case; `other` are those whose name we do not know, which may be a secret. */
  commands: z.record(z.string(), count),
  transactions: count,
  /** `#TS:` annotations (`aof-timestamp-enabled`): the time of the first and of the last; ISO 8601. */
  annotatedFrom: z.string().nullable(),
  annotatedUntil: z.string().nullable(),
  /** The dump that the commands build upon, its values passed over. */
  base: inspectionSchema.nullable(),
  highestDatabase: count,
  /** The last part ends in the middle of a command or transaction, as a copy of a live AOF may. */
  cutTail: z
    .strictObject({
      file: z.string(),
      /** Up to here it is whole. */
      offset: count,
      lostBytes: count,
      within: z.enum(['command', 'transaction']),
    })
    .optional(),
  problems: z.array(aofProblemSchema),
  /** The first of the problems that is an error. */
  error: aofProblemSchema.optional(),
});
export type AofInspection = z.infer<typeof aofInspectionSchema>;
