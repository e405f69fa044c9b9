/**
 * restore-drill.yml, the command line and `--set` become one DrillJob; every problem is reported at once, with file and
 * line, before anything is started. Reads files, starts nothing.
 */
import {readFile} from 'node:fs/promises';
import {z} from 'zod';
import type {DrillJob} from '../drill.ts';
import {DrillError} from '../errors.ts';
import type {HistoryJob} from '../history/open-history.ts';
import {type Expectations, expectationsSchema} from '../judge/expectations.ts';
import type {Policy} from '../judge/policy.ts';
import {canaryId} from './canary-id.ts';
import {contradictions, recordInFull} from './depth.ts';
import {groupName, groupsOf} from './groups.ts';
import {historyFor, toHistoryJob} from './history.ts';
import {plainDocument} from './plain-yaml.ts';
import {type Problem, problemsError, problemsOf} from './problems.ts';
import {readProduction} from './production.ts';
import {type BackupConfig, backupConfigSchema, configSchema} from './schema.ts';
import {dotted, keyOfSetting, type Path, parseSet, setIn} from './set.ts';
import {sourceProblems, toSourceJob} from './source-schema.ts';
import {reachingValues} from './trust.ts';

export const DEFAULT_CONFIG = 'restore-drill.yml';

/** The command line, as it was typed. */
export type Flags = {
  backup?: string | undefined;
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
};

type Entry = {
  value: Record<string, unknown>;
  originOf: (path: Path) => string;
  /** What is wrong in the rest of the file. */
  elsewhere: Problem[];
};

/** Throws DrillError `config/invalid` or `usage/invalid`. */
export async function readJob(flags: Flags): Promise<Job> {
  const entry = await chooseEntry(flags);
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
  const {expect, name, history} = parsed.data;
  const file = flags.unjudged ? undefined : expect.file;
  const job = await toJob({...parsed.data, expect: {...expect, file}}, originOf, problems, flags.untrusted);
  // The default too where it is not used: nobody means it to be written over.
  const read = [...(file === undefined ? [] : [file]), ...(job.production?.files ?? [])];
  const files = [flags.config ?? DEFAULT_CONFIG, ...read];
  return {...job, files, name, history: toHistoryJob(history)};
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
    expect,
  }: BackupConfig,
  originOf: (path: Path) => string,
  problems: Problem[],
  untrusted: string | undefined,
): Promise<DrillJob> {
  for (const {path, message} of sourceProblems({source, store, select}))
    problems.push({origin: originOf(path), message});
  const {file, ...policy} = expect;
  if (server.kind === 'process' && server.image !== 'auto') {
    const message = 'server.image: a local process has no image';
    problems.push({origin: originOf(['server', 'image']), message});
  }
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
    server: {
      kind: server.kind,
      image: server.image,
      registry: server.registry ?? null,
      memoryBytes: server.memory ?? null,
    },
    production,
    groups,
    expectations,
    policy: {
      ...rules,
      groupName: groupName(groups.redact),
      ...(rules.canaries && {canaryIds: rules.canaries.map(canaryId)}),
      ...(file !== undefined && {expectationsFile: file}),
      ...(maxAge !== undefined && {maxAge: {ms: maxAge, origin: originOf(['max-age'])}}),
    },
  };
}

/** One backup of the config, or one made of the command line alone. */
async function chooseEntry({backup, config}: Flags): Promise<Entry> {
  const fromCommandLine = {
    value: {name: backup || 'command line', source: backup},
    originOf: () => 'command line',
    elsewhere: [],
  };
  const text = await readConfig(config);
  if (text === null) {
    if (backup !== undefined) return fromCommandLine;
    throw new DrillError('usage/invalid', `no backup named, and no ${DEFAULT_CONFIG} here`, {
      hint: `Name a dump, a directory or a glob: restore-drill drill /var/lib/redis/dump.rdb`,
    });
  }
  const entries = parseConfig(text, config ?? DEFAULT_CONFIG);
  const named = entries.find(({value}) => value.name === backup);
  if (named) return named;
  const names = entries.map(({value}) => String(value.name)).join(', ');
  if (backup === undefined) {
    if (entries.length === 1) return entries[0]!;
    throw new DrillError(
      'usage/invalid',
      `${config ?? DEFAULT_CONFIG} lists ${entries.length} backups; a drill is of one`,
      {
        hint: `Name one of them: ${names}.`,
      },
    );
  }
  // A path beside a config that merely lies there: the config is about other backups.
  if (config === undefined) return fromCommandLine;
  if (entries.length > 1) {
    throw new DrillError(
      'usage/invalid',
      `${config} has no backup named ${backup}, and more than one that a path could stand in for`,
      {
        hint: `Name one of them: ${names}.`,
      },
    );
  }
  const [only] = entries;
  only!.value.source = backup;
  return only!;
}

async function readConfig(file: string | undefined): Promise<string | null> {
  try {
    return await readFile(file ?? DEFAULT_CONFIG, 'utf8');
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    if (file === undefined && code === 'ENOENT') return null;
    throw new DrillError('config/invalid', `${file ?? DEFAULT_CONFIG} cannot be read (${code})`, {
      hint: 'Is the path right, seen from the working directory?',
      cause,
    });
  }
}

function parseConfig(text: string, file: string): Entry[] {
  const {errors, value, lineOf} = plainDocument(text);
  const originOf = (path: Path): string => `${file}:${lineOf(path)}`;
  if (errors.length > 0) {
    throw problemsError(
      errors.map(({line, message}) => ({origin: line === null ? file : `${file}:${line}`, message})),
    );
  }
  const parsed = configSchema.safeParse(value);
  const problems = parsed.success ? [] : parsed.error.issues;
  // Without entries there is nothing to choose from; one that is wrong may yet be put right by a flag.
  const entries = entriesSchema.safeParse(value);
  if (!entries.success) throw problemsError(problemsOf(parsed.error!, originOf));
  const {backups, history} = entries.data;
  return backups.map((backup, index) => {
    // What it takes from the whole file is told of where it stands, and once.
    const inherits = (key: PropertyKey | undefined) => key === 'history' && backup.history === undefined;
    const its = ({path: [first, second]}: z.core.$ZodIssue) =>
      (first === 'backups' && second === index) || inherits(first);
    return {
      value: {...backup, ...historyFor(backup.history, history)},
      originOf: path => originOf(inherits(path[0]) ? path : ['backups', index, ...path]),
      elsewhere: problemsOf(new z.ZodError(problems.filter(issue => !its(issue))), originOf),
    };
  });
}

const entriesSchema = z.looseObject({
  history: z.unknown().optional(),
  backups: z.array(z.record(z.string(), z.unknown())).min(1),
});

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
