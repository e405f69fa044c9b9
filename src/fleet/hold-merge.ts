/** `restore-drill merge`: reads the plan or the config, and the reports, and writes the one over all of them. */
import {readFile} from 'node:fs/promises';
import {type Flags, readJobs} from '../config/config.ts';
import {DEFAULT_CONFIG} from '../config/entries.ts';
import {DrillError, describeError, toDrillError} from '../errors.ts';
import {assertNoInput, writeJson} from '../outputs.ts';
import type {FleetReport} from './fleet-report.ts';
import type {HeldFleet} from './hold-fleet.ts';
import {mergeReports, type Wanted} from './merge.ts';
import {backupsOf, planSchema, SEPARATOR} from './plan.ts';
import {readReports} from './read-reports.ts';

export type MergeFlags = Pick<Flags, 'config' | 'untrusted'> & {
  reports: string[];
  /** A file, or the plan itself. */
  plan?: string | undefined;
  reportJson?: string | undefined;
};

/** Never rejects. */
export async function holdMerge(flags: MergeFlags): Promise<HeldFleet> {
  const startedAt = new Date().toISOString();
  const {reportJson, reports} = flags;
  try {
    const wanted = await wantedBy(flags);
    const files = await readReports(reports);
    await assertNoInput(
      reportJson,
      files.map(({file}) => file),
    );
    const fleet = mergeReports(wanted, files, {startedAt, finishedAt: new Date().toISOString()});
    return {fleet, ...(await writeJson(reportJson, fleet))};
  } catch (thrown) {
    const unusable = toDrillError(thrown);
    const fleet: FleetReport = {
      schemaVersion: 1,
      kind: 'fleet',
      outcome: 'not-run',
      error: describeError(unusable),
      backups: [],
      drills: [],
      findings: [],
      startedAt,
      finishedAt: new Date().toISOString(),
    };
    if (unusable.code === 'usage/output-is-input') return {fleet, unusable};
    return {fleet, unusable, ...(await writeJson(reportJson, fleet))};
  }
}

async function wantedBy({plan, config, untrusted}: MergeFlags): Promise<Wanted> {
  if (plan !== undefined) {
    const read = await planIn(plan);
    const jobs = read.include.map(({shard, backups}) => ({
      name: `job ${shard} of the plan`,
      backups: backups.split(SEPARATOR),
    }));
    return {plan: read.include[0]!.plan, backups: backupsOf(read), jobs};
  }
  const file = config ?? DEFAULT_CONFIG;
  const backups = (await readJobs({config: file, untrusted, unjudged: true})).map(({name}) => name);
  return {plan: null, backups, jobs: [{name: `the fleet of ${file}`, backups}]};
}

async function planIn(plan: string) {
  const inline = plan.trimStart().startsWith('{');
  const where = inline ? 'the plan' : plan;
  try {
    return planSchema.parse(JSON.parse(inline ? plan : await readFile(plan, 'utf8')));
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    const what = typeof code === 'string' ? `cannot be read (${code})` : 'is no plan';
    throw new DrillError('usage/invalid', `${where} ${what}`, {
      hint: 'Give what `restore-drill plan` printed, or a file with that.',
      cause,
    });
  }
}
