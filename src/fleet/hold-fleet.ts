/**
 * Several drills, one after another, and one report over them. Each is a drill like any other; one that fails or cannot be
 * held keeps none of the others from being held. Only who cancels ends them all.
 */
import {setTimeout as nextTurn} from 'node:timers/promises';
import {type Flags, type Job, readJobs} from '../config/config.ts';
import {credentialsIn, refuseCredentials} from '../config/credentials.ts';
import {inputsOf, namesIn} from '../config/entries.ts';
import {type Deps, drill, reportOfNothing} from '../drill.ts';
import {cancelled, DrillError, describeError, toDrillError} from '../errors.ts';
import {remembered} from '../history/earlier-drills.ts';
import {recall} from '../history/memory.ts';
import {shardSchema} from '../judge/cluster.ts';
import {assertNoInput, writeJson} from '../outputs.ts';
import type {DrillReport} from '../report/drill-report.ts';
import {localBackups} from '../source/local.ts';
import {eachBackup, type Remembered} from './each-backup.ts';
import {type Drilled, type FleetReport, planIdSchema, worstOf} from './fleet-report.ts';
import {judgeFleet} from './judge-fleet.ts';

export type FleetFlags = Flags & {
  reportJson?: string | undefined;
  /** Id of the plan that asks for it. */
  plan?: string | undefined;
};

export type HeldFleet = {
  fleet: FleetReport;
  /** The request could not be used; nothing was started. */
  unusable?: DrillError;
  unwritten?: DrillError;
  reportPath?: string;
};

/** Never rejects. `tell` gets each drill when it is over. */
export async function holdFleet(
  flags: FleetFlags,
  deps: Deps,
  tell: (drilled: Drilled) => void = () => {},
): Promise<HeldFleet> {
  const startedAt = new Date().toISOString();
  const {backups = '', reportJson} = flags;
  const plan = planIdSchema.safeParse(flags.plan).data;
  const begun = {startedAt, backups: namesIn(backups), ...(plan !== undefined && {plan})};
  let jobs: Remembered[];
  try {
    refuseCredentials(flags);
    if (flags.plan !== undefined && plan === undefined) throw noPlan();
    await assertNoInput(reportJson, inputsOf(flags));
    const asked = await readJobs(flags);
    const read = asked.map(async ({files, source}) => [...files, ...(await localBackups(source.spec))]);
    await assertNoInput(reportJson, (await Promise.all(read)).flat());
    jobs = await Promise.all(asked.map(async job => ({...job, memory: await recall(job, deps)})));
  } catch (thrown) {
    const unusable = toDrillError(thrown);
    const fleet = fleetReport({...begun, drills: [], error: describeError(unusable)});
    const nowhere = credentialsIn(reportJson ?? '').length > 0;
    if (unusable.code === 'usage/output-is-input' || nowhere) return {fleet, unusable};
    return {fleet, unusable, ...(await writeJson(reportJson, fleet))};
  }
  const drills: Drilled[] = [];
  let unkept: DrillError | null = null;
  for (const one of jobs) {
    for await (const {memory, unlisted, ...job} of eachBackup(one, deps)) {
      // A signal comes in between two drills.
      await nextTurn(0);
      if (deps.signal?.aborted) break;
      const held = unlisted
        ? reportOfNothing(unlisted)
        : await drill({...job, ...remembered(memory, one.name, new Date())}, deps);
      const report = memory.judge(held);
      const lost = await memory.keep(report);
      unkept ??= lost;
      const drilled = drilledOf(one.name, job, report);
      drills.push(drilled);
      tell(drilled);
    }
  }
  const error = deps.signal?.aborted ? describeError(cancelled()) : undefined;
  const names = jobs.map(({name}) => name);
  const fleet = fleetReport({...begun, backups: names, drills, ...(error && {error})});
  return {fleet, ...(unkept && {unwritten: unkept}), ...(await writeJson(reportJson, fleet))};
}

/** Of a place's several backups none stands for a shard: which of them belong together nobody can tell. */
function drilledOf(of: string, {name, policy}: Job, report: DrillReport): Drilled {
  if (name !== of) return {name, of, report};
  return {name, report, ...(policy.cluster && {cluster: shardSchema.parse(policy.cluster)})};
}

type Held = Pick<FleetReport, 'plan' | 'backups' | 'drills' | 'error' | 'startedAt'>;

function fleetReport(held: Held): FleetReport {
  const all = {
    schemaVersion: 1,
    kind: 'fleet',
    ...held,
    findings: judgeFleet(held),
    finishedAt: new Date().toISOString(),
  } as const;
  return {...all, ...worstOf(all)};
}

const noPlan = (): DrillError =>
  new DrillError('usage/invalid', '--plan is not the id of a plan', {
    hint: 'It is in what `restore-drill plan` prints: matrix.plan in a workflow.',
  });
