/**
 * restore-drill.yml, the command line and `--set` become one DrillJob; every problem is reported at once, with file and
 * line, before anything is started. Reads files, starts nothing.
 */
import {readFile} from 'node:fs/promises';
import type {DrillJob} from '../drill.ts';
import {DrillError, problemText} from '../errors.ts';
import type {HistoryJob} from '../history/open-history.ts';
import type {TrendPolicy} from '../history/trends/trend-policy.ts';
import type {Budget} from '../judge/budget.ts';
import {type Expectations, expectationsSchema} from '../judge/expectations.ts';
import type {Policy} from '../judge/policy.ts';
import {canaryId} from './canary-id.ts';
import {readShard, shardsOf} from './cluster.ts';
import {contradictions, recordInFull} from './depth.ts';
import {chooseEntries, chooseEntry, DEFAULT_CONFIG, type Entry} from './entries.ts';
import {groupName, groupsOf} from './groups.ts';
import {toHistoryJob} from './history.ts';
import {type Problem, problemsError, problemsOf} from './problems.ts';
import {readProduction} from './production.ts';
import {type BackupConfig, backupConfigSchema} from './schema.ts';
import {serversOf} from './servers.ts';
import {dotted, keyOfSetting, type Path, parseSet, setIn} from './set.ts';
import {sourceProblems, toSourceJob} from './source-schema.ts';
import {reachingValues} from './trust.ts';

/** The command line, as it was typed. */
export type Flags = {
  backup?: string | undefined;
  /** Names of backups in the config: `a,b`, or one a line. */
  backups?: string | undefined;
  config?: string | undefined;
  server?: string | undefined;
  image?: string | undefined;
  depth?: string | undefined;
  proof?: string | undefined;
  expect?: string | undefined;
  history?: string | undefined;
  /** `KEY=VALUE`, VALUE in YAML. */
  set?: string[] | undefined;
  /** Why the config may be a stranger's; then it may reach for no secret and no program. */
  untrusted?: string | undefined;
  /** Expectations are about to be recorded: those that the config names may be missing or out of date. */
  unjudged?: boolean | undefined;
};

export type Job = DrillJob & {
  /** Files that were read for it, apart from the backup. */
  files: string[];
  /** Of the backup: in the config, else where it was asked to look. */
  name: string;
  history: HistoryJob | null;
  /** How earlier drills judge this one. */
  trend: TrendPolicy;
};

/** Throws DrillError `config/invalid` or `usage/invalid`. */
export const readJob = async (flags: Flags): Promise<Job> => await jobOf(await chooseEntry(flags), flags);

/** Of the backup or the backups that were asked for, or of all: what is wrong with any of them is told at once. */
export async function readJobs(flags: Flags): Promise<Job[]> {
  const one = flags.backup !== undefined && flags.backups === undefined;
  const entries = one ? [await chooseEntry(flags)] : await chooseEntries(flags);
  const jobs: Job[] = [];
  const problems = new Map<string, Problem>();
  if (flags.expect !== undefined && entries.length > 1) {
    const message = 'one file cannot be of several backups: name it in the config';
    throw problemsError([{origin: '--expect', message}]);
  }
  for (const entry of entries) {
    try {
      jobs.push(await jobOf(entry, flags));
    } catch (error) {
      if (!(error instanceof DrillError) || error.code !== 'config/invalid') throw error;
      for (const problem of error.problems ?? [{origin: '', message: error.message}])
        problems.set(problemText(problem), problem);
    }
  }
  if (problems.size > 0) throw problemsError([...problems.values()]);
  return jobs;
}

async function jobOf(entry: Entry, flags: Flags): Promise<Job> {
  const problems = [...entry.elsewhere];
  const overrides = new Map<string, string>();
  /** Groups that were not there before a flag named something in them. */
  const groups = new Map<string, string>();
  const set = (path: string[], value: unknown, origin: string) => {
    const {problem, made} = setIn(entry.value, path, value);
    if (problem !== undefined) problems.push({origin, message: problem});
    for (const group of made) groups.set(group, origin);
    overrides.set(dotted(path), origin);
  };
  if (flags.server !== undefined) set(['server', 'kind'], flags.server, '--server');
  if (flags.image !== undefined) set(['server', 'image'], flags.image, '--image');
  if (flags.depth !== undefined) set(['depth'], flags.depth, '--depth');
  if (flags.proof !== undefined) set(['proof'], flags.proof, '--proof');
  if (flags.expect !== undefined) set(['expect', 'file'], flags.expect, '--expect');
  if (flags.history !== undefined) set(['history', 'at'], flags.history, '--history');
  for (const text of flags.set ?? []) {
    const setting = parseSet(text);
    if ('problem' in setting)
      problems.push({origin: `--set ${keyOfSetting(text)}`, message: setting.problem});
    else set(setting.path, setting.value, `--set ${keyOfSetting(text)}`);
  }
  if (flags.unjudged) recordInFull(entry.value, overrides, problems);
  const originOf = (path: Path): string => {
    for (let length = path.length; length > 0; length -= 1) {
      const origin = overrides.get(dotted(path.slice(0, length)));
      if (origin !== undefined) return origin;
    }
    return groups.get(dotted(path)) ?? entry.originOf(path);
  };
  if (flags.untrusted !== undefined) refuseReaching(entry.value, originOf, flags.untrusted);
  const parsed = backupConfigSchema.safeParse(entry.value);
  if (!parsed.success) throw problemsError([...problems, ...problemsOf(parsed.error, originOf)]);
  const {expect, name, history, trend} = parsed.data;
  const file = flags.unjudged ? undefined : expect.file;
  const {cluster: written} = flags.unjudged ? {} : parsed.data;
  const where = originOf(['cluster', written?.nodes === undefined ? 'slots' : 'nodes']);
  const cluster = await readShard(written, shardsOf(written?.name ?? '', entry.all), where, problems);
  const job = await toJob({...parsed.data, expect: {...expect, file}}, originOf, problems, flags.untrusted);
  // The default too where it is not used: nobody means it to be written over.
  const read = [file, written?.nodes, ...(job.production?.files ?? [])].filter(path => path !== undefined);
  const files = [flags.config ?? DEFAULT_CONFIG, ...read];
  const trends = {...trend, originOf: (path: readonly string[]) => originOf(['trend', ...path])};
  const policy = {...job.policy, ...(cluster && {cluster})};
  return {...job, policy, files, name, history: toHistoryJob(history), trend: trends};
}

function refuseReaching(value: unknown, originOf: (path: Path) => string, because: string): void {
  const refused = reachingValues(value, originOf);
  if (refused.length === 0) return;
  throw problemsError(refused, {
    code: 'config/untrusted',
    hint: `Nothing was started: ${because}. Drill with secrets on schedule, push or workflow_dispatch instead.`,
  });
}

async function toJob(
  {
    source,
    store,
    select,
    'max-age': maxAge,
    load,
    depth,
    proof,
    decrypt,
    unpack,
    server,
    budget,
    ignore,
    expect,
  }: BackupConfig,
  originOf: (path: Path) => string,
  problems: Problem[],
  untrusted: string | undefined,
): Promise<DrillJob> {
  for (const {path, message} of sourceProblems({source, store, select}))
    problems.push({origin: originOf(path), message});
  const {file, ...policy} = expect;
  const servers = serversOf(server, path => originOf(['server', path]), problems);
  problems.push(...contradictions(depth, policy, originOf));
  const production = await readProduction(server.config, originOf(['server', 'config']), untrusted, problems);
  const recorded = file === undefined ? null : await readExpectations(file, originOf(['expect', 'file']));
  if (recorded && 'problems' in recorded) problems.push(...recorded.problems);
  const expectations = recorded && 'expectations' in recorded ? recorded.expectations : null;
  const rules: Policy = {...policy, originOf: path => originOf(['expect', ...path])};
  const groups = groupsOf(rules, expectations, problems);
  if (problems.length > 0) throw problemsError(problems);
  return {
    source: {...toSourceJob({source, store, select}), load},
    depth,
    proof,
    decrypt,
    limits: {
      maxRatio: unpack['max-ratio'],
      maxSizeBytes: unpack['max-size'],
      maxEntries: unpack['max-entries'],
    },
    ...servers,
    production,
    groups,
    expectations,
    policy: {
      ...rules,
      groupName: groupName(groups.redact),
      ...(rules.canaries && {canaryIds: rules.canaries.map(canaryId)}),
      ...(file !== undefined && {expectationsFile: file}),
      ...(maxAge !== undefined && {maxAge: {ms: maxAge, origin: originOf(['max-age'])}}),
      budget: limitsOf(budget, key => originOf(['budget', key])),
      ignores: ignore.map((one, index) => ({...one, origin: originOf(['ignore', index])})),
    },
  };
}

function limitsOf(budget: BackupConfig['budget'], originOf: (key: string) => string): Budget {
  const limits = Object.entries(budget).map(([key, most]) => [key, {most, origin: originOf(key)}]);
  return Object.fromEntries(limits) as Budget;
}

type Recorded = {expectations: Expectations} | {problems: Problem[]};

async function readExpectations(file: string, origin: string): Promise<Recorded> {
  let value: unknown;
  try {
    value = JSON.parse(await readFile(file, 'utf8'));
  } catch (cause) {
    const what =
      cause instanceof SyntaxError
        ? 'is not JSON'
        : `cannot be read (${(cause as NodeJS.ErrnoException).code})`;
    const next = `record them from a backup that you trust: restore-drill record BACKUP --expect ${file}`;
    return {problems: [{origin, message: `the expectations ${file} ${what}; ${next}`}]};
  }
  const parsed = expectationsSchema.safeParse(value);
  return parsed.success ? {expectations: parsed.data} : {problems: problemsOf(parsed.error, () => file)};
}
