/** The report of one drill: the contract of `--report-json`, for every outcome. schema/report.json is generated from it. */
import {z} from 'zod';
import {censusSchema} from '../census/census.ts';
import {DRILL_CODES, EXIT, errorExitCode} from '../errors.ts';
import {aofInspectionSchema} from '../inspect/aof/aof-inspection.ts';
import {depthSchema, inspectionSchema} from '../inspect/inspection.ts';
import {baselineSchema} from '../judge/baseline.ts';
import {findingSchema} from '../judge/finding.ts';
import {ledgerLineSchema} from '../judge/ledger.ts';
import {proofSchema} from '../judge/proof.ts';
import {checkedSchema} from '../restore/checker.ts';
import {loadSchema} from '../restore/loading.ts';
import {productionSchema} from '../restore/production.ts';
import {serverSchema} from '../restore/throwaway.ts';

const ms = z.int().min(0).nullable();
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

export const timingsSchema = z.strictObject({
  fetchMs: ms,
  unpackMs: ms,
  /** A server loads meanwhile: these two overlap. */
  inspectMs: ms,
  /** From the start of the server until it had provably loaded; the server’s own figure is `load.loadMs`. */
  loadMs: ms,
  verifyMs: ms,
  totalMs: z.int().min(0),
});
export type Timings = z.infer<typeof timingsSchema>;

/** What is followed from drill to drill; of a drill that was given a history. */
const trendSchema = z.strictObject({
  what: z.enum(['keys', 'size', 'memory', 'restore', 'throughput', 'age']),
  /** Of the last nights, oldest first, this one last; `null` of a night that is not known. */
  values: z.array(z.number().nullable()),
  /** The middle of the same weekdays before, or of all nights where these are not known; `null`: too few. */
  usual: z.number().nullable(),
});

const errorSchema = z.strictObject({
  code: z.enum(DRILL_CODES),
  message: z.string(),
  hint: z.string(),
  /** Of a config that cannot be used: each problem, with the place where it was written. */
  problems: z.array(z.strictObject({origin: z.string(), message: z.string()})).optional(),
  /** Of our own bugs only. */
  stack: z.string().optional(),
});

/** One server of `server.matrix`. */
export const onServerSchema = z.strictObject({
  image: z.string(),
  /** What comes of it there decides nothing. */
  optional: z.boolean(),
  outcome: z.enum(['passed', 'failed', 'not-run']),
  error: errorSchema.optional(),
  /** `null`, as the next two, where it was not come to. */
  server: serverSchema.nullable(),
  load: loadSchema.nullable(),
  /** With the digest in its own dialect. */
  census: censusSchema.nullable(),
  ledger: z.array(ledgerLineSchema),
  /** Without those that pass. */
  findings: z.array(findingSchema),
});
export type OnServerReport = z.infer<typeof onServerSchema>;

export const reportSchema = z.strictObject({
  schemaVersion: z.literal(1),
  outcome: z.enum(['passed', 'failed', 'not-run']),
  /** Of a quick drill no value was compared. Absent where nothing was started. */
  depth: depthSchema.optional(),
  /** By what values were proved; absent where none were. */
  proof: proofSchema.optional(),
  /** Why the drill was not held, or not to its end. */
  error: errorSchema.optional(),
  backup: z
    .strictObject({
      name: z.string(),
      location: z.string(),
      /** `null` of what could not be fetched, where its store does not tell before. */
      sizeBytes: z.int().min(0).nullable(),
      /** The store’s own time; `null` of what has none, such as the output of a program. */
      modifiedAt: z.string().nullable(),
      /** Why this one, of how many that were listed. */
      selection: z.strictObject({because: z.string(), candidates: z.int().min(1)}).optional(),
      sha256: z.strictObject({artifact: sha256, plain: sha256}).nullable(),
      /** What it was packed in, outermost first, and the name of the dump in its archive. */
      packing: z.array(z.string()).optional(),
    })
    .nullable(),
  inspection: inspectionSchema.nullable(),
  /** Of an append-only file, in the place of `inspection`. */
  aof: aofInspectionSchema.optional(),
  server: serverSchema.nullable(),
  load: loadSchema.nullable(),
  census: censusSchema.nullable(),
  /** What our reader finds in what the server saved: of an append-only file, and where that is the proof. */
  saved: inspectionSchema.optional(),
  /** The server's own checker, of a dump that did not load or is damaged. */
  checker: checkedSchema.optional(),
  /** The restore with the user's own redis.conf; absent where none was asked for or the frozen restore failed. */
  production: productionSchema.optional(),
  /** Absent where one server was asked for. */
  matrix: z.array(onServerSchema).optional(),
  /** What it was compared with; absent where there was nothing, or the drill did not come that far. */
  baseline: baselineSchema.optional(),
  ledger: z.array(ledgerLineSchema),
  findings: z.array(findingSchema),
  trends: z.array(trendSchema).optional(),
  timings: timingsSchema,
  startedAt: z.iso.datetime(),
  finishedAt: z.iso.datetime(),
});
export type DrillReport = z.infer<typeof reportSchema>;

/** The dataset that came back, as our reader finds it: in the dump, or in what the server saved of an AOF. */
export const datasetOf = ({inspection, saved}: Pick<DrillReport, 'inspection' | 'saved'>) =>
  inspection ?? saved;

/** When the data were as they are in the backup, by its own word. Of an AOF: its last time annotation. */
export const takenAt = ({inspection, aof}: Pick<DrillReport, 'inspection' | 'aof'>): string | null =>
  (aof ? aof.annotatedUntil : inspection?.createdAt) ?? null;

export function exitCodeOf(report: DrillReport): number {
  if (report.outcome === 'passed') return EXIT.passed;
  return report.outcome === 'failed' ? EXIT.failed : errorExitCode(report.error!.code);
}
