/**
 * Backups on the local file system: a file, a directory or a glob. They are drilled where they lie; nothing is copied.
 * Throws only where it cannot find out what is there (no permission, not a regular file).
 */
import {createReadStream} from 'node:fs';
import {glob, open, readdir} from 'node:fs/promises';
import {basename, dirname, join, resolve} from 'node:path';
import {fileURLToPath} from 'node:url';
import {DrillError} from '../errors.ts';
import {regularFile, statOrNull} from '../regular-file.ts';
import {isManifest, isPlainDump, isTemporary, isUnfinished, looksLikeBackup} from './backup-name.ts';
import {aofIn, type FoundAof} from './local-aof.ts';
import {isRemote} from './location.ts';
import type {Load, Spec} from './source-job.ts';
import type {Entry, Listing, Range, Store} from './store.ts';

export function localStore(spec: string, load: Load = 'auto'): Store {
  const path = toPath(spec);
  return {
    ranges: true,
    parallel: false,
    list: () => listLocal(path, load),
    beside: async (entry, names) => {
      const found = await Promise.all(names.map(name => besideOrNull(entry, name)));
      return found.filter(entry => entry !== null);
    },
    look: entry => readable(entry),
    open: async (entry, range) => reading(entry.path!, range),
    [Symbol.asyncDispose]: async () => {},
  };
}

/** Every file that may come to be drilled, as far as this machine holds it. Why it cannot be found, the drill says. */
export async function localBackups(spec: Spec): Promise<string[]> {
  if (typeof spec !== 'string' || isRemote(spec)) return [];
  const listing = await Promise.resolve(spec)
    .then(toPath)
    .then(path => listLocal(path, 'auto'))
    .catch(() => null);
  return (
    listing?.entries.flatMap(({path, files = [], dumpBeside, isDump}) =>
      path === undefined || isDump === false ? [] : [path, ...files, ...(dumpBeside ? [dumpBeside] : [])],
    ) ?? []
  );
}

async function listLocal(path: string, load: Load): Promise<Listing> {
  const stats = await lookAt(path);
  if (stats?.isFile() && isManifest(basename(path))) {
    const aof = await aofIn(dirname(path), {dumps: false});
    if (aof) return {place: path, entries: [aofEntry(aof)], named: basename(aof.path)};
  }
  if (stats?.isFile()) {
    const name = basename(path);
    return {place: path, entries: [entryOf(path, name, stats)], named: name};
  }
  if (stats?.isDirectory()) return {place: `the directory ${path}`, entries: await backupsIn(path, load)};
  if (stats) {
    throw new DrillError('source/unreadable', `${path} is neither a file nor a directory`, {
      hint: 'Name a regular file: a pipe or device cannot be read twice, and a drill reads twice (once itself, once by the server).',
    });
  }
  if (isGlob(path)) return {place: path, entries: await matches(path)};
  return {place: path, entries: [], named: basename(path)};
}

function toPath(spec: string): string {
  if (!/^file:/i.test(spec)) return resolve(spec);
  try {
    if (!/^file:\//i.test(spec)) throw new TypeError('no absolute path');
    return fileURLToPath(spec);
  } catch (cause) {
    throw new DrillError('usage/invalid', `${spec} is no usable file: URI`, {
      hint: 'Write file:///absolute/path, or just the path.',
      cause,
    });
  }
}

/** Asked of what is no file: a file whose name looks like a pattern is that file. */
const isGlob = (path: string): boolean => /[*?[\]{}]/.test(path);

type FileStats = {size: number; mtime: Date};

const entryOf = (path: string, name: string, {size, mtime}: FileStats): Entry => ({
  name,
  location: path,
  sizeBytes: size,
  modifiedAt: mtime.toISOString(),
  path,
});

/** Throws DrillError where one may not look. */
const lookAt = (path: string) =>
  statOrNull(path).catch(error => {
    throw unreadable(path, error);
  });

/** That it may not be read is told by who reads it. */
async function besideOrNull(entry: Entry, name: string): Promise<Entry | null> {
  const path = join(dirname(entry.path!), name);
  const stats = await regularFile(path).catch(() => null);
  if (!stats) return null;
  return entryOf(path, entry.name.slice(0, -basename(entry.name).length) + name, stats);
}

async function filesIn(directory: string): Promise<Entry[]> {
  const names = await readdir(directory, {withFileTypes: true}).catch(error => {
    throw unreadable(directory, error);
  });
  const entries: Entry[] = [];
  for (const {name} of names) {
    const path = join(directory, name);
    if (isTemporary(name)) continue;
    const stats = await lookAt(path);
    if (!stats?.isFile()) continue;
    const isDump = looksLikeBackup(name) || (!isUnfinished(name) && (await startsLikeDump(path)));
    entries.push({...entryOf(path, name, stats), isDump});
  }
  return entries;
}

/** Beside an append-only file a plain dump is none; an archive is a backup of its own, which may be newer. */
async function backupsIn(directory: string, load: Load): Promise<Entry[]> {
  const files = await filesIn(directory);
  if (load === 'rdb') return files;
  const dumps = files.filter(({name, isDump}) => isDump && isPlainDump(name)).toSorted(byTime);
  const aof = await aofIn(directory, {dumps: dumps.length > 0}).catch(error => {
    throw unreadable(directory, error);
  });
  const ignored = new Set(aof || load === 'aof' ? dumps : []);
  const others = files
    .filter(({path}) => path !== aof?.path)
    .map(entry => (ignored.has(entry) ? {...entry, isDump: false} : entry));
  if (!aof) return others;
  const beside = dumps.filter(({name}) => !aof.manifest.includes(name)).at(-1)?.path;
  return [
    ...others,
    {...aofEntry(aof), ...(load === 'auto' && beside !== undefined && {dumpBeside: beside})},
  ];
}

const byTime = (a: Entry, b: Entry): number => ((a.modifiedAt ?? '') < (b.modifiedAt ?? '') ? -1 : 1);

const aofEntry = ({path, sizeBytes, modifiedMs, files}: FoundAof): Entry => ({
  ...entryOf(path, basename(path), {size: sizeBytes, mtime: new Date(modifiedMs)}),
  files,
  isDump: true,
});

async function startsLikeDump(path: string): Promise<boolean> {
  try {
    await using file = await open(path);
    const {buffer, bytesRead} = await file.read({buffer: Buffer.alloc(6), position: 0});
    return /^(REDIS|VALKEY)/.test(buffer.toString('latin1', 0, bytesRead));
  } catch (error) {
    throw unreadable(path, error);
  }
}

async function matches(pattern: string): Promise<Entry[]> {
  const base = resolve(pattern.slice(0, pattern.search(/[*?[\]{}]/)).replace(/[^/]*$/, ''));
  const entries: Entry[] = [];
  for await (const match of glob(pattern)) {
    const path = resolve(match);
    const stats = await lookAt(path);
    if (!stats?.isFile()) continue;
    const name = path.startsWith(`${base}/`) ? path.slice(base.length + 1) : path;
    entries.push({...entryOf(path, name, stats), isDump: true});
  }
  return entries;
}

/** By opening it: access(2) asks for another user (the real one), and knows nothing of some network file systems. */
async function readable(entry: Entry): Promise<Entry> {
  try {
    await using _file = await open(entry.path!);
    return entry;
  } catch (error) {
    throw unreadable(entry.path!, error);
  }
}

async function* reading(path: string, {from, to}: Range): AsyncGenerator<Uint8Array> {
  if (to !== null && to <= from) return;
  try {
    yield* createReadStream(path, {start: from, ...(to !== null && {end: to - 1})});
  } catch (error) {
    throw unreadable(path, error);
  }
}

function unreadable(path: string, cause: unknown): DrillError {
  const code = (cause as NodeJS.ErrnoException).code ?? 'unknown error';
  return new DrillError('source/unreadable', `${path} cannot be read (${code})`, {
    hint: 'Give the user that runs the drill permission to read the backup. Dumps are often 0600 and owned by redis.',
    cause,
  });
}
