/**
 * restore-drill.yml, the command line and `--set` become one DrillJob; every problem is reported at once, with file and
 * line, before anything is started. Reads files, starts nothing.
 */
import {readFile} from 'node:fs/promises';
import {type Document, isNode, LineCounter, parse, parseDocument} from 'yaml';
import type {DrillJob} from '../drill.ts';
import {DrillError} from '../errors.ts';
import {type Expectations, expectationsSchema} from '../judge/expectations.ts';
import {problemsError, problemsOf} from './problems.ts';
import {type BackupConfig, backupConfigSchema, configSchema} from './schema.ts';

export const DEFAULT_CONFIG = 'restore-drill.yml';

/** The command line, as it was typed. */
export type Flags = {
  backup?: string | undefined;
  config?: string | undefined;
  server?: string | undefined;
  image?: string | undefined;
  expect?: string | undefined;
  /** `KEY=VALUE`, VALUE in YAML. */
  set?: string[] | undefined;
};

type Path = readonly PropertyKey[];
type Entry = {value: Record<string, unknown>; originOf: (path: Path) => string};

/** Throws DrillError `config/invalid` or `usage/invalid`. */
export async function readJob(flags: Flags): Promise<DrillJob> {
  const entry = await chooseEntry(flags);
  const overrides = new Map<string, string>();
  const set = (path: string[], value: unknown, origin: string) => {
    setIn(entry.value, path, value, origin);
    overrides.set(path.join('.'), origin);
  };
  if (flags.server !== undefined) set(['server', 'kind'], flags.server, '--server');
  if (flags.image !== undefined) set(['server', 'image'], flags.image, '--image');
  if (flags.expect !== undefined) set(['expect', 'file'], flags.expect, '--expect');
  for (const text of flags.set ?? []) {
    const {path, value} = parseSet(text);
    set(path, value, `--set ${path.join('.')}`);
  }
  const originOf = (path: Path): string => {
    for (let length = path.length; length > 0; length -= 1) {
      const origin = overrides.get(path.slice(0, length).map(String).join('.'));
      if (origin !== undefined) return origin;
    }
    return entry.originOf(path);
  };
  const parsed = backupConfigSchema.safeParse(entry.value);
  if (!parsed.success) throw problemsError(problemsOf(parsed.error, originOf));
  return await toJob(parsed.data, originOf);
}

async function toJob(
  {source, server, expect}: BackupConfig,
  originOf: (path: Path) => string,
): Promise<DrillJob> {
  const {file, ...policy} = expect;
  if (server.kind === 'process' && server.image !== 'auto') {
    throw problemsError([
      {origin: originOf(['server', 'image']), message: 'server.image: a local process has no image'},
    ]);
  }
  return {
    source,
    server: {
      kind: server.kind,
      image: server.image,
      registry: server.registry ?? null,
      memoryBytes: server.memory ?? null,
    },
    expectations: file === undefined ? null : await readExpectations(file, originOf(['expect', 'file'])),
    policy: {...policy, originOf: path => originOf(['expect', ...path])},
  };
}

/** One backup of the config, or one made of the command line alone. */
async function chooseEntry({backup, config}: Flags): Promise<Entry> {
  const fromCommandLine = {value: {name: 'command line', source: backup}, originOf: () => 'command line'};
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
  const lines = new LineCounter();
  const document = parseDocument(text, {lineCounter: lines});
  const originOf = (path: Path): string => `${file}:${lineOf(document, lines, path)}`;
  if (document.errors.length > 0) {
    const problems = document.errors.map(({message, pos}) => ({
      origin: `${file}:${lines.linePos(pos[0]).line}`,
      message: message.split('\n')[0]!,
    }));
    throw problemsError(problems);
  }
  const value: unknown = document.toJS();
  const parsed = configSchema.safeParse(value);
  if (!parsed.success) throw problemsError(problemsOf(parsed.error, originOf));
  const {backups} = value as {backups: Record<string, unknown>[]};
  return backups.map((backup, index) => ({
    value: backup,
    originOf: path => originOf(['backups', index, ...path]),
  }));
}

/** Line of a value, or of the nearest thing around it that was written. */
function lineOf(document: Document, lines: LineCounter, path: Path): number {
  for (let length = path.length; length > 0; length -= 1) {
    const node = document.getIn(path.slice(0, length), true);
    if (isNode(node) && node.range) return lines.linePos(node.range[0]).line;
  }
  return 1;
}

function parseSet(text: string): {path: string[]; value: unknown} {
  const equals = text.indexOf('=');
  const path = text.slice(0, equals).split('.');
  if (equals < 1 || path.includes('')) {
    throw new DrillError('usage/invalid', `--set ${text} is not KEY=VALUE`, {
      hint: 'For example --set expect.keys.min=1000',
    });
  }
  try {
    return {path, value: parse(text.slice(equals + 1))};
  } catch (cause) {
    throw new DrillError('usage/invalid', `the value of --set ${path.join('.')} is no YAML`, {
      hint: 'Quote it.',
      cause,
    });
  }
}

function setIn(target: Record<string, unknown>, path: string[], value: unknown, origin: string): void {
  let at = target;
  for (const key of path.slice(0, -1)) {
    if (!Object.hasOwn(at, key)) at[key] = {};
    const next = at[key];
    if (typeof next !== 'object' || next === null) {
      throw problemsError([{origin, message: `${key} is a value, not a group of settings`}]);
    }
    at = next as Record<string, unknown>;
  }
  at[path.at(-1)!] = value;
}

async function readExpectations(file: string, origin: string): Promise<Expectations> {
  let value: unknown;
  try {
    value = JSON.parse(await readFile(file, 'utf8'));
  } catch (cause) {
    const what =
      cause instanceof SyntaxError
        ? 'is not JSON'
        : `cannot be read (${(cause as NodeJS.ErrnoException).code})`;
    throw new DrillError('config/invalid', `${origin}: the expectations ${file} ${what}`, {
      hint: `Record them from a backup that you trust: restore-drill record BACKUP --expect ${file}`,
      cause,
    });
  }
  const parsed = expectationsSchema.safeParse(value);
  if (!parsed.success) throw problemsError(problemsOf(parsed.error, () => file));
  return parsed.data;
}
