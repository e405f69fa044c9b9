/**
 * The reports of all jobs of a plan, put together to one verdict. What is missing is named and never taken for passed; of
 * two reports of one backup the worse counts; what belongs to another plan does not. Pure.
 */
import {type Finding, fail, pass, skipped} from '../judge/finding.ts';
import {configured, type Drilled, type FleetReport, worstOf} from './fleet-report.ts';
import {judgeFleet} from './judge-fleet.ts';

/** What was planned: without a plan only which backups there are. */
export type Wanted = {
  plan: string | null;
  backups: string[];
  /** Which of them one job was to drill, and what it is called. */
  jobs: {name: string; backups: string[]}[];
};
/** A file with a report, or why there is none in it. */
export type Found = {file: string; report: FleetReport} | {file: string; problem: string};

type Moment = {startedAt: string; finishedAt: string};

export function mergeReports(wanted: Wanted, files: Found[], moment: Moment): FleetReport {
  const readable = files.flatMap(found => ('report' in found ? [found] : []));
  const plan = wanted.plan ?? readable.find(({report}) => report.plan)?.report.plan ?? null;
  const own = readable.filter(({report}) => plan === null || report.plan === plan);
  const {drills, findings: doubles} = oneOfEach(own);
  const error = own.map(({report}) => report).find(({error}) => error && !isOfDrill(error.code))?.error;
  const missing = wanted.backups.filter(name => !drills.some(drilled => configured(drilled) === name));
  const merged: Omit<FleetReport, 'outcome'> = {
    schemaVersion: 1,
    kind: 'fleet',
    ...(plan !== null && {plan}),
    backups: wanted.backups,
    drills,
    findings: [
      ...doubles,
      ...wanted.jobs.flatMap(job => missingReports(job, missing, own)),
      ...unreadable(files),
      ...strangers(readable, {plan, isPlanned: wanted.plan !== null}),
      ...unexpected(drills, wanted),
      ...(missing.length === 0 ? [complete(wanted)] : []),
      ...judgeFleet({drills}),
    ],
    startedAt: [moment.startedAt, ...own.map(({report}) => report.startedAt)].toSorted()[0]!,
    finishedAt: moment.finishedAt,
  };
  // A job that was cancelled may have had more to drill than its report tells, of a place with several backups.
  return {...merged, ...worstOf({...merged, ...(error && {error})})};
}

/** What the drills or the missing ones say themselves. */
const isOfDrill = (code: string): boolean => code === 'verdict/unproven';

type Readable = {file: string; report: FleetReport};
const RANK = {failed: 0, 'not-run': 1, passed: 2} as const;

function oneOfEach(files: Readable[]): {drills: Drilled[]; findings: Finding[]} {
  const all = files.flatMap(({file, report}) => report.drills.map(drilled => ({file, ...drilled})));
  const byName = Map.groupBy(all, ({name}) => name);
  const findings: Finding[] = [];
  const drills = [...byName].map(([name, its]) => {
    const [worst, ...others] = its.toSorted(
      (a, b) =>
        RANK[a.report.outcome] - RANK[b.report.outcome] ||
        (a.report.finishedAt < b.report.finishedAt ? 1 : -1),
    );
    if (others.length > 0) findings.push(double(name, [worst!, ...others]));
    const {file: _, ...kept} = worst!;
    return kept;
  });
  return {drills, findings};
}

function double(name: string, its: (Drilled & {file: string})[]): Finding {
  const said = its.map(({file, report}) => `${file} (${report.outcome})`).join(', ');
  const origin = its[0]!.file;
  if (new Set(its.map(({report}) => report.outcome)).size === 1) {
    const message = `${name} has ${its.length} reports of the same outcome: ${said}`;
    const hint = 'Was a job run again? The latest report is shown.';
    return fail('fleet/duplicate-report', message, {severity: 'warning', hint, origin});
  }
  const message = `${name} has reports that contradict one another: ${said}; the worst counts`;
  return fail('fleet/conflicting-reports', message, {
    severity: 'warning',
    hint: 'A drill that passed when it was tried again is worth a look. Merge the artifacts of the last attempt only.',
    origin,
  });
}

function missingReports(
  {name, backups}: Wanted['jobs'][number],
  missing: string[],
  own: Readable[],
): Finding[] {
  const its = backups.filter(backup => missing.includes(backup));
  if (its.length === 0) return [];
  const asked = own.find(({report}) => report.error && report.backups.some(backup => its.includes(backup)));
  const why = asked ? `; ${asked.file} says: ${asked.report.error!.message}` : '';
  return [
    skipped('fleet/missing-report', `${name} left no report of ${its.join(', ')}${why}`, {
      severity: 'error',
      expected: backups.length,
      actual: backups.length - its.length,
      hint: 'Was that job cancelled, killed or skipped, or its report not uploaded? Nothing is known of these backups.',
      origin: asked?.file ?? 'plan',
    }),
  ];
}

const unreadable = (files: Found[]): Finding[] =>
  files.flatMap(found =>
    'problem' in found
      ? skipped(
          'fleet/unreadable-report',
          `${found.file} is no report over several drills: ${found.problem}`,
          {
            severity: 'error',
            hint: 'Merge the files that `drill --backups … --report-json FILE` writes, and nothing else.',
            origin: found.file,
          },
        )
      : [],
  );

/** Not counted: a report of last night says nothing about this one. Without a plan two of them cannot be told apart. */
function strangers(
  readable: Readable[],
  {plan, isPlanned}: {plan: string | null; isPlanned: boolean},
): Finding[] {
  const others = readable.filter(({report}) => plan !== null && report.plan !== plan);
  return others.map(({file, report}) => {
    const whose = report.plan === undefined ? 'of no plan' : `of another plan (${report.plan})`;
    const message = `${file} is ${whose} and was not counted: this one is ${plan}`;
    const hint =
      'Empty the directory before the artifacts of a run are downloaded; give each drill its `--plan`.';
    // Which of several is meant, only a plan tells.
    const parts = {hint, origin: file, severity: isPlanned ? 'warning' : 'error'} as const;
    return isPlanned ? fail('fleet/other-plan', message, parts) : skipped('fleet/other-plan', message, parts);
  });
}

const unexpected = (drills: Drilled[], {backups}: Wanted): Finding[] =>
  drills
    .filter(drilled => !backups.includes(configured(drilled)))
    .map(({name}) =>
      fail('fleet/unexpected-report', `there is a report of ${name}, which was not asked for`, {
        severity: 'warning',
        hint: 'Was the config changed between plan and merge? Its outcome counts all the same.',
        origin: 'plan',
      }),
    );

const complete = ({backups}: Wanted): Finding =>
  pass('fleet/complete', `there is a report of each of the ${backups.length} backups`, {origin: 'plan'});
