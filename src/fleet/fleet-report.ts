/**
 * One report over several drills: of a fleet, of the shards of a cluster, of several backups of one place. The contract of
 * `drill --report-json` where several are drilled, and of `merge --report-json`; schema/fleet.json is generated from it.
 */
import {z} from 'zod';
import {EXIT, errorExitCode} from '../errors.ts';
import {shardSchema} from '../judge/cluster.ts';
import {findingSchema} from '../judge/finding.ts';
import {type DrillReport, exitCodeOf, reportSchema} from '../report/drill-report.ts';

/** By which a merge tells the reports of its own plan from those of another night. */
export const planIdSchema = z.string().regex(/^[0-9a-f]{32}$/, 'not the id of a plan');

export const drilledSchema = z.strictObject({
  /** Of the backup in the config; of one of several in its place with its own name behind. */
  name: z.string().min(1),
  /** The backup in the config of whose place this is one: of `pick: all`. */
  of: z.string().min(1).optional(),
  report: reportSchema,
  /** Of a shard of a cluster: which, and what it serves. */
  cluster: shardSchema.optional(),
});
export type Drilled = z.infer<typeof drilledSchema>;

/** Which backup of the config was drilled. */
export const configured = ({name, of}: Pick<Drilled, 'name' | 'of'>): string => of ?? name;

export const fleetReportSchema = z.strictObject({
  schemaVersion: z.literal(1),
  kind: z.literal('fleet'),
  outcome: z.enum(['passed', 'failed', 'not-run']),
  /** Why there is no verdict: the first of those that keep it from being one. */
  error: reportSchema.shape.error,
  /** Absent where no plan was followed. */
  plan: planIdSchema.optional(),
  /** Names of the backups that were to be drilled. */
  backups: z.array(z.string()),
  drills: z.array(drilledSchema),
  /** Of the fleet as a whole. */
  findings: z.array(findingSchema),
  startedAt: z.iso.datetime(),
  finishedAt: z.iso.datetime(),
});
export type FleetReport = z.infer<typeof fleetReportSchema>;

type Judged = Pick<FleetReport, 'outcome' | 'error'>;

/** The worst of all: a backup that failed its drill, then a drill that was not held. Green only where all are, and any. */
export function worstOf({drills, findings, error, backups}: Omit<FleetReport, 'outcome'>): Judged {
  const failed = findings.some(({status, severity}) => status === 'fail' && severity === 'error');
  if (failed || drills.some(({report}) => report.outcome === 'failed')) return {outcome: 'failed'};
  const broken = drills.map(({report}) => report).filter(({outcome}) => outcome === 'not-run');
  // Our own bug is told before what may be put right by the user, and a cancelled run before what it left undone.
  const first = broken.toSorted((a, b) => urgency(a) - urgency(b))[0]?.error;
  if (error ?? first) return {outcome: 'not-run', error: error ?? first};
  const unproven = findings.find(({status, severity}) => status === 'skipped' && severity === 'error');
  if (unproven) return {outcome: 'not-run', error: unprovenError(unproven)};
  const drilled = new Set(drills.map(configured));
  const undrilled = backups.filter(name => !drilled.has(name));
  if (drilled.size > 0 && undrilled.length === 0) return {outcome: 'passed'};
  const message = undrilled.length > 0 ? `not drilled: ${undrilled.join(', ')}` : 'no backup was drilled';
  return {
    outcome: 'not-run',
    error: unprovenError({message, hint: 'A fleet passes where all of it was drilled.'}),
  };
}

const unprovenError = ({message, hint}: {message: string; hint: string}) =>
  ({code: 'verdict/unproven', message, hint}) as const;

const URGENCY: number[] = [EXIT.bug, EXIT.cancelled, EXIT.notHeld, EXIT.usage];
const urgency = (report: DrillReport): number => URGENCY.indexOf(exitCodeOf(report));

export function exitCodeOfFleet({outcome, error}: FleetReport): number {
  if (outcome === 'passed') return EXIT.passed;
  return outcome === 'failed' ? EXIT.failed : errorExitCode(error!.code);
}
