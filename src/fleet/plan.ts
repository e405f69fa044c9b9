/**
 * Which job drills which backups: a matrix for GitHub's workflow engine, which distributes; we only balance. In: backups
 * with their sizes, as far as listings tell. Out: jobs that should take about as long as one another. Pure.
 */
import {z} from 'zod';
import {planIdSchema} from './fleet-report.ts';

/** https://docs.github.com/actions/reference/workflows-and-actions/workflow-syntax#jobsjob_idstrategymatrix */
export const MAX_JOBS = 256;
/** What a drill costs besides its bytes (a server starts, a container goes), in bytes of a dump: about a second of each. */
const OVERHEAD_BYTES = 64 * 1024 ** 2;

/** As `strategy.matrix` takes it by fromJSON: nothing may stand beside `include`, so each job carries the id. */
export const planSchema = z.strictObject({
  include: z
    .array(
      z.strictObject({
        /** For people, in the list of jobs. */
        name: z.string(),
        /** From 1 on: part of the names of artifacts. */
        shard: z.int().min(1),
        plan: planIdSchema,
        /** What `--backups` takes. */
        backups: z.string().min(1),
        /** Of all of them; `null` where none is known. */
        sizeBytes: z.int().min(0).nullable(),
      }),
    )
    .min(1)
    .max(MAX_JOBS)
    .refine(jobs => jobs.every(({plan}) => plan === jobs[0]!.plan), 'these are jobs of several plans'),
});
export type Plan = z.infer<typeof planSchema>;

export type Weighed = {name: string; sizeBytes: number | null};

export const SEPARATOR = ',';

/** Longest first, each to the job that has least so far: at most a third longer than the best there is (Graham, 1969). */
export function planOf(backups: Weighed[], {jobs, id}: {jobs: number; id: string}): Plan {
  const weight = weigher(backups);
  const shards = Array.from({length: Math.min(jobs, backups.length)}, () => ({
    load: 0,
    its: [] as Weighed[],
  }));
  for (const backup of backups.toSorted((a, b) => weight(b) - weight(a))) {
    const lightest = shards.reduce((least, shard) => (shard.load < least.load ? shard : least));
    lightest.its.push(backup);
    lightest.load += weight(backup);
  }
  const include = shards.map(({its}, index) => ({
    name: nameOf(its),
    shard: index + 1,
    plan: id,
    backups: its.map(({name}) => name).join(SEPARATOR),
    sizeBytes: sizeOf(its),
  }));
  return planSchema.parse({include});
}

/** One of unknown size is taken for a usual one. */
function weigher(backups: Weighed[]): (backup: Weighed) => number {
  const known = backups.flatMap(({sizeBytes}) => sizeBytes ?? []).sort((a, b) => a - b);
  const usual = known[known.length >> 1] ?? 0;
  return ({sizeBytes}) => OVERHEAD_BYTES + (sizeBytes ?? usual);
}

function nameOf([first, ...more]: Weighed[]): string {
  return more.length === 0 ? first!.name : `${first!.name} and ${more.length} more`;
}

function sizeOf(its: Weighed[]): number | null {
  const known = its.flatMap(({sizeBytes}) => sizeBytes ?? []);
  return known.length === 0 ? null : known.reduce((sum, size) => sum + size, 0);
}

export const backupsOf = ({include}: Plan): string[] =>
  include.flatMap(({backups}) => backups.split(SEPARATOR));
