/**
 * One drill, as the history keeps it: what trends, baselines and the gate need of a report, and nothing more. No key
 * name, no value, no message; groups by their patterns, or by the hashes of these where names are redacted.
 */
import {z} from 'zod';
import {DRILL_CODES} from '../errors.ts';
import {datasetSchema, depthSchema} from '../inspect/inspection.ts';
import {proofSchema} from '../judge/proof.ts';

const count = z.int().min(0);
const ruleIds = z.array(z.string().regex(/^[a-z0-9-]+(\/[a-z0-9-]+)+$/));

/** Who held the drill, where a workflow did: what a gate checks before it believes a record. */
export const heldBySchema = z.strictObject({
  /** `owner/name`. */
  repository: z.string(),
  /** Path of the workflow file and its ref, as GITHUB_WORKFLOW_REF tells them. */
  workflowRef: z.string(),
  runId: z.string().regex(/^\d+$/),
  runAttempt: z.int().min(1),
  /** The commit that the workflow ran at. */
  sha: z.string().regex(/^[0-9a-f]{40,64}$/),
});
export type HeldBy = z.infer<typeof heldBySchema>;

export const historyRecordSchema = z.strictObject({
  schemaVersion: z.literal(1),
  /** Name of the backup in the config; of a drill without one, where it was asked to look. */
  backup: z.string().min(1),
  outcome: z.enum(['passed', 'failed', 'not-run']),
  depth: depthSchema.optional(),
  proof: proofSchema.optional(),
  /** Code of what kept the drill from being held. */
  error: z.enum(DRILL_CODES).optional(),
  /** Rules of findings that failed, and of warnings, each once, sorted. */
  failed: ruleIds,
  warned: ruleIds,
  startedAt: z.iso.datetime(),
  finishedAt: z.iso.datetime(),
  /** The backup that was drilled; `null` where none was found or fetched. */
  artifact: z
    .strictObject({
      sizeBytes: count.nullable(),
      /** Of the dump that came out of its packing; of an AOF of what the server saved that had loaded it. */
      plainBytes: count.optional(),
      /** Of the plain bytes: stays the same when a backup is packed anew. */
      sha256: z
        .string()
        .regex(/^[0-9a-f]{64}$/)
        .nullable(),
      /** By the backup's own word, ISO 8601; `null` where it has none. */
      takenAt: z.string().nullable(),
      /** By the store's. */
      modifiedAt: z.string().nullable(),
    })
    .nullable(),
  /** The server that it was restored on; `null` where none started. */
  server: z
    .strictObject({
      /** `redis:7.0`. */
      line: z.string().nullable(),
      version: z.string().nullable(),
      kind: z.enum(['container', 'process']),
      image: z.string().optional(),
    })
    .nullable(),
  /** What came of it on each server of `server.matrix`, as far as its line is known; absent where one was asked for. */
  matrix: z
    .array(
      z.strictObject({
        line: z.string(),
        version: z.string().nullable(),
        outcome: z.enum(['passed', 'failed', 'not-run']),
      }),
    )
    .optional(),
  /** What was in it; `null` where it was never read to its end. */
  dataset: datasetSchema.nullable(),
  usedMemoryBytes: count.nullable(),
  timings: z.strictObject({
    /** From asking for the backup to a server that has loaded it. */
    restoreMs: count.nullable(),
    /** Of that, from the start of the server. */
    loadMs: count.optional(),
    totalMs: count,
  }),
  heldBy: heldBySchema.optional(),
});
export type HistoryRecord = z.infer<typeof historyRecordSchema>;
