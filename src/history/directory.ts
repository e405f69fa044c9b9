/**
 * A history in a directory of this machine, or one that an earlier step has brought and a later one keeps. A record is
 * written beside its place and renamed: a reader sees all of it or nothing, whenever the writer is killed.
 */
import {lstat, mkdir, open, readdir, readFile, rename, rm, stat} from 'node:fs/promises';
import {dirname, join} from 'node:path';
import {DrillError} from '../errors.ts';
import type {Shelf, Text} from './store.ts';

/** What a killed writer left; a live one needs no longer than this by far. */
const LEFTOVER_MS = 60 * 60_000;
const TEMPORARY = /\.json\.tmp$/;

/** No record is nearly as large. */
const MAX_RECORD_BYTES = 16 * 1024 ** 2;

export function directoryShelf(directory: string): Shelf {
  return {
    place: directory,
    list: async below => {
      if (below !== undefined) return await filesIn(directory, below);
      const inside = await entriesOf(directory);
      const directories = inside.filter(entry => entry.isDirectory()).map(({name}) => name);
      return (await Promise.all(directories.map(name => filesIn(directory, name)))).flat();
    },
    get: async names => {
      const texts: (Text | null)[] = [];
      for (const name of names) texts.push(await textOf(join(directory, name)));
      return texts;
    },
    put: async (name, text) => {
      const path = join(directory, name);
      try {
        await made(dirname(path));
        await writeSafely(path, text);
      } catch (cause) {
        throw unavailable(directory, 'written', cause);
      }
    },
    remove: async names => {
      try {
        await Promise.all(names.map(name => rm(join(directory, name), {force: true})));
      } catch (cause) {
        throw unavailable(directory, 'thinned', cause);
      }
    },
  };
}

/** Not by Node's `recursive`: where a parent is there and takes no directory (/proc) it never comes back (24.21). */
async function made(directory: string): Promise<void> {
  try {
    await mkdir(directory);
  } catch (error) {
    const {code} = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return;
    const above = dirname(directory);
    if (code !== 'ENOENT' || (await lstat(above).catch(() => null)) !== null) throw error;
    await made(above);
    await made(directory);
  }
}

async function entriesOf(directory: string) {
  try {
    return await readdir(directory, {withFileTypes: true});
  } catch (cause) {
    const {code} = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT') return [];
    if (code === 'ENOTDIR') {
      throw new DrillError('usage/invalid', `the history ${directory} is a file, not a directory`, {
        hint: 'Name a directory of its own for the history.',
        cause,
      });
    }
    throw unavailable(directory, 'read', cause);
  }
}

async function filesIn(root: string, below: string): Promise<string[]> {
  const names = (await entriesOf(join(root, below))).map(({name}) => name);
  const leftovers = names.filter(name => TEMPORARY.test(name));
  await Promise.all(leftovers.map(name => sweep(join(root, below, name))));
  return names.map(name => `${below}/${name}`);
}

/** Nobody finishes it any more. Where it may not be removed it lies there: it is no record. */
async function sweep(path: string): Promise<void> {
  const stats = await stat(path).catch(() => null);
  if (stats && Date.now() - stats.mtimeMs > LEFTOVER_MS) await rm(path, {force: true}).catch(() => {});
}

async function textOf(path: string): Promise<Text | null> {
  try {
    const stats = await stat(path);
    if (!stats.isFile()) return {because: 'it is no file'};
    if (stats.size > MAX_RECORD_BYTES) return {because: 'it is far too large for a record'};
    return {text: await readFile(path, 'utf8')};
  } catch (cause) {
    const {code} = cause as NodeJS.ErrnoException;
    return code === 'ENOENT' ? null : {because: `it cannot be read (${code})`};
  }
}

/** On the disk before it gets its name: a record that is listed is whole, also after the machine went down. */
async function writeSafely(path: string, text: string): Promise<void> {
  const temporary = `${path}.tmp`;
  try {
    await using file = await open(temporary, 'wx');
    await file.writeFile(text);
    await file.sync();
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, {force: true}).catch(() => {});
    throw error;
  }
}

function unavailable(directory: string, done: string, cause: unknown): DrillError {
  const {code} = cause as NodeJS.ErrnoException;
  return new DrillError('history/unavailable', `the history ${directory} cannot be ${done} (${code})`, {
    hint: 'May this user read and write that directory, and is there room on its disk?',
    cause,
  });
}
