/** What the gate decided and why: the contract of `gate --report-json`. schema/gate.json is generated from it. */
import {z} from 'zod';
import {DRILL_CODES, EXIT, errorExitCode} from '../errors.ts';
import {depthSchema} from '../inspect/inspection.ts';
import {findingSchema} from '../judge/finding.ts';

/** One required backup, on one server where servers are demanded. */
export const gatedSchema = z.strictObject({
  backup: z.string(),
  /** As it was demanded, or the line that was drilled; `null`: none was demanded, and none is known. */
  server: z.string().nullable(),
  passes: z.boolean(),
  /** The newest drill, which decides; `null` where there is none. */
  drill: z
    .strictObject({
      outcome: z.enum(['passed', 'failed', 'not-run']),
      depth: depthSchema.nullable(),
      finishedAt: z.string(),
      /** What is known of the server: `redis:8.0 (8.0.6)`. */
      server: z.string().nullable(),
      /** When the backup was taken, by its own word, else by its store's. */
      backupAt: z.string().nullable(),
      /** Of the workflow that held it. */
      runId: z.string().nullable(),
    })
    .nullable(),
});
export type Gated = z.infer<typeof gatedSchema>;

export const gateReportSchema = z.strictObject({
  schemaVersion: z.literal(1),
  /** `not-run`: it could not be judged, and is as good as closed. */
  outcome: z.enum(['open', 'closed', 'not-run']),
  error: z
    .strictObject({
      code: z.enum(DRILL_CODES),
      message: z.string(),
      hint: z.string(),
      problems: z.array(z.strictObject({origin: z.string(), message: z.string()})).optional(),
      stack: z.string().optional(),
    })
    .optional(),
  judgedAt: z.iso.datetime(),
  /** Where the records came from; `null` where nothing was read. */
  source: z.string().nullable(),
  /** Who named the required backups. */
  requiredBy: z.string().nullable(),
  gated: z.array(gatedSchema),
  findings: z.array(findingSchema),
});
export type GateReport = z.infer<typeof gateReportSchema>;

export function exitCodeOf({outcome, error}: GateReport): number {
  if (outcome === 'not-run') return errorExitCode(error!.code);
  return outcome === 'closed' ? EXIT.failed : EXIT.passed;
}
