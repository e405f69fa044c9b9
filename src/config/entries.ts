/**
 * Which backups of restore-drill.yml are meant: one by its name or alone there, several by their names, or all of them.
 * Reads the file and what is wrong with its form; what a backup says of itself is config.ts's.
 */
import {readFile} from 'node:fs/promises';
import {z} from 'zod';
import {DrillError} from '../errors.ts';
import type {Flags} from './config.ts';
import {historyFor} from './history.ts';
import {plainDocument} from './plain-yaml.ts';
import {type Problem, problemsError, problemsOf} from './problems.ts';
import {configSchema} from './schema.ts';
import {type Path, parseSet, setIn} from './set.ts';

export const DEFAULT_CONFIG = 'restore-drill.yml';

export type Entry = {
  value: Record<string, unknown>;
  originOf: (path: Path) => string;
  /** What is wrong in the rest of the file. */
  elsewhere: Problem[];
  /** All backups of the file. */
  all: Record<string, unknown>[];
};

/** What is read for a drill, as far as the command line names it. */
export const inputsOf = ({backup, expect, config = DEFAULT_CONFIG}: Flags): string[] =>
  [backup, expect, config].filter(path => path !== undefined);

type Chosen = Pick<Flags, 'backup' | 'backups' | 'config'>;

/** Whether more than one drill is meant, or one as a part of several; what is wrong with the config is told elsewhere. */
export async function meansSeveral({
  backup,
  backups,
  config,
  set = [],
}: Chosen & Pick<Flags, 'set'>): Promise<boolean> {
  if (backups !== undefined) return true;
  const text = await readConfig(config).catch(() => null);
  const {data} = entriesSchema.safeParse(text === null ? null : plainDocument(text).value);
  if (backup === undefined && data !== undefined && data.backups.length > 1) return true;
  const named = data?.backups.find(({name}) => name === backup);
  const value = structuredClone(
    named ?? (backup === undefined || config !== undefined ? data?.backups[0] : {}) ?? {},
  );
  for (const one of set.map(parseSet)) if ('path' in one) setIn(value, one.path, one.value);
  return (value.select as {pick?: unknown} | null | undefined)?.pick === 'all';
}

/** Those that are named, else all; in the order of the config. */
export async function chooseEntries({backup, backups, config}: Chosen): Promise<Entry[]> {
  const file = config ?? DEFAULT_CONFIG;
  const text = await readConfig(config);
  if (text === null) {
    throw new DrillError('usage/invalid', `there is no ${file} here that lists backups`, {
      hint: 'Write one (docs/configuration.md), or name it with --config.',
    });
  }
  const entries = parseConfig(text, file);
  if (backups === undefined) return entries;
  const asked = namesIn(backups);
  const known = entries.map(({value}) => String(value.name));
  const unknown = asked.filter(name => !known.includes(name));
  const wrong =
    backup !== undefined
      ? '--backups names backups of the config, and a backup is named besides'
      : asked.length === 0
        ? '--backups names no backup'
        : unknown.length > 0 && `${file} has no backup named ${unknown.join(', ')}`;
  if (!wrong) return entries.filter(({value}) => asked.includes(String(value.name)));
  throw new DrillError('usage/invalid', wrong, {hint: `It has ${known.join(', ')}.`});
}

/** One backup of the config, or one made of the command line alone. */
export async function chooseEntry({backup, config}: Pick<Flags, 'backup' | 'config'>): Promise<Entry> {
  const fromCommandLine = {
    value: {name: backup || 'command line', source: backup},
    originOf: () => 'command line',
    elsewhere: [],
    all: [],
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
      `${config ?? DEFAULT_CONFIG} lists ${entries.length} backups; this is done with one`,
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

export async function readConfig(file: string | undefined): Promise<string | null> {
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
      all: backups,
    };
  });
}

const entriesSchema = z.looseObject({
  history: z.unknown().optional(),
  backups: z.array(z.record(z.string(), z.unknown())).min(1),
});

export const namesIn = (text: string): string[] =>
  text
    .split(/[,\n]/)
    .map(name => name.trim())
    .filter(name => name !== '');
