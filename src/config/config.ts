/**
 * restore-drill.yml, the command line and `--set` become one DrillJob; every problem is reported at once, with file and
 * line, before anything is started. Reads files, starts nothing.
 */
import {readFile} from 'node:fs/promises';
import {z} from 'zod';
import type {DrillJob} from '../drill.ts';
import {DrillError} from '../errors.ts';
import {type Expectations, expectationsSchema} from '../judge/expectations.ts';
import {plainDocument, plainValue} from './plain-yaml.ts';
import {type Problem, problemsError, problemsOf} from './problems.ts';
import {readProduction} from './production.ts';
import {type BackupConfig, backupConfigSchema, configSchema} from './schema.ts';
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
  expect?: string | undefined;
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
};

type Path = readonly PropertyKey[];
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
  if (flags.expect !== undefined) set(['expect', 'file'], flags.expect, '--expect');
  for (const text of flags.set ?? []) {
    const setting = parseSet(text);
    if ('problem' in setting)
      problems.push({origin: `--set ${keyOfSetting(text)}`, message: setting.problem});
    else set(setting.path, setting.value, `--set ${keyOfSetting(text)}`);
  }
  if (flags.unjudged) recordInFull(entry.value, overrides.get('depth'), problems);
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
  const {expect} = parsed.data;
  const file = flags.unjudged ? undefined : expect.file;
  const job = await toJob({...parsed.data, expect: {...expect, file}}, originOf, problems, flags.untrusted);
  // The default too where it is not used: nobody means it to be written over.
  const read = [...(file === undefined ? [] : [file]), ...(job.production?.files ?? [])];
  return {...job, files: [flags.config ?? DEFAULT_CONFIG, ...read]};
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
  {source, store, select, 'max-age': maxAge, load, depth, decrypt, unpack, server, expect}: BackupConfig,
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
  if (depth === 'quick' && policy.digest === 'exact') {
    const message = `depth: quick takes no digest, and expect.digest: exact asks for one (${originOf(['expect', 'digest'])})`;
    problems.push({origin: originOf(['depth']), message});
  }
  const production = await readProduction(server.config, originOf(['server', 'config']), untrusted, problems);
  const recorded = file === undefined ? null : await readExpectations(file, originOf(['expect', 'file']));
  if (recorded && 'problems' in recorded) problems.push(...recorded.problems);
  if (problems.length > 0) throw problemsError(problems);
  return {
    source: {...toSourceJob({source, store, select}), load},
    depth,
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
    expectations: recorded && 'expectations' in recorded ? recorded.expectations : null,
    policy: {
      ...policy,
      originOf: path => originOf(['expect', ...path]),
      ...(file !== undefined && {expectationsFile: file}),
      ...(maxAge !== undefined && {maxAge: {ms: maxAge, origin: originOf(['max-age'])}}),
    },
  };
}

/** Whatever depth the config gives its drills: what was not recorded could never be compared. */
function recordInFull(value: Record<string, unknown>, asked: string | undefined, problems: Problem[]): void {
  if (asked !== undefined && value.depth !== 'full')
    problems.push({origin: asked, message: 'depth: expectations are always recorded in full'});
  value.depth = 'full';
}

/** One backup of the config, or one made of the command line alone. */
async function chooseEntry({backup, config}: Flags): Promise<Entry> {
  const fromCommandLine = {
    value: {name: 'command line', source: backup},
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
  return entries.data.backups.map((backup, index) => ({
    value: backup,
    originOf: path => originOf(['backups', index, ...path]),
    elsewhere: problemsOf(
      new z.ZodError(problems.filter(({path}) => path[0] !== 'backups' || path[1] !== index)),
      originOf,
    ),
  }));
}

const entriesSchema = z.looseObject({backups: z.array(z.record(z.string(), z.unknown())).min(1)});

/** Names between dots. */
const SETTING = /^([\w-]+(?:\.[\w-]+)*)=(.*)$/s;

/** What is no setting may be a secret that went astray: of such a text only a key of the config is repeated. */
const keyOfSetting = (text: string): string =>
  SETTING.exec(text)?.[1] ??
  /^(name|source|store|select|max-age|load|depth|decrypt|unpack|server|expect)(\.[\w-]+)*$/.exec(text)?.[0] ??
  '(not shown)';

function parseSet(text: string): {path: string[]; value: unknown} | {problem: string} {
  const [, key, value] = SETTING.exec(text) ?? [];
  if (key === undefined) return {problem: 'is not KEY=VALUE, for example --set expect.keys.min=1000'};
  try {
    return {path: key.split('.'), value: plainValue(value!)};
  } catch {
    return {problem: 'its value is no YAML: quote it'};
  }
}

/** Answers which groups it had to make on the way, and what is wrong, if anything is. */
function setIn(
  target: Record<string, unknown>,
  path: string[],
  value: unknown,
): {made: string[]; problem?: string} {
  const made: string[] = [];
  let at = target;
  for (const [index, key] of path.slice(0, -1).entries()) {
    if (!Object.hasOwn(at, key)) {
      define(at, key, {});
      made.push(dotted(path.slice(0, index + 1)));
    }
    const next = at[key];
    if (typeof next !== 'object' || next === null) {
      return {made, problem: `${key} is a value, not a group of settings`};
    }
    at = next as Record<string, unknown>;
  }
  define(at, path.at(-1)!, value);
  return {made};
}

const dotted = (path: Path): string => path.map(String).join('.');

/** Not by assignment, which would take `__proto__` for something else than an unknown key. */
function define(target: object, key: string, value: unknown): void {
  Object.defineProperty(target, key, {value, enumerable: true, configurable: true, writable: true});
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
