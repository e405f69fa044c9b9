/**
 * The files that a server leaves in its directories when it is stopped, and which of them the next one loads. In: what
 * both are configured to be. Out: a file, and which keys it holds. The keys are those of the scenario in deploy.ts:
 * some are in a dump that was asked for by BGSAVE, the rest were written after it.
 */
import {posix} from 'node:path';
import type {Reading} from './finding.ts';

export type Stop = 'in order' | 'killed';

export type StoredFile = {
  /** Commands are what an append-only file holds that was never rewritten; its base is a dump, of no key yet. */
  form: 'dump' | 'commands' | 'commands over a dump';
  /** `saved`: those of the BGSAVE. */
  holds: 'all' | 'saved';
};

export const textOf = ({effective}: Reading, name: string): string | null =>
  effective.values.get(name)?.text ?? null;

/**
 * Of what only has to be the same on both sides: what a template makes of the same words is the same, and so is what
 * neither says, which stands here by its own name. `null` of what may be set from elsewhere.
 */
export function wordsOf({effective}: Reading, name: string): string | null {
  const value = effective.values.get(name);
  if (value === undefined) return name;
  return value.text ?? value.from?.args.join(' ') ?? null;
}

export const hasAof = (reading: Reading): boolean => textOf(reading, 'appendonly') === 'yes';

/** From 7.0 on the append-only file is a directory of parts. Which servers do so shows in whether it has a name. */
const hasParts = ({effective}: Reading): boolean => effective.table.rows.has('appenddirname');

/** `./data/` and `data` are one. */
const inDir = (reading: Reading, ...names: string[]): string =>
  posix.join(...['dir', ...names].map(name => wordsOf(reading, name) ?? ''));

const dumpPath = (reading: Reading): string => inDir(reading, 'dbfilename');
const singleAofPath = (reading: Reading): string => inDir(reading, 'appendfilename');
const partsPath = (reading: Reading): string => inDir(reading, 'appenddirname', 'appendfilename');

/** By path. */
export function filesLeftBy(base: Reading, stop: Stop): Map<string, StoredFile> {
  const files = new Map<string, StoredFile>();
  const saved = stop === 'in order' && savesAtShutdown(base);
  files.set(dumpPath(base), {form: 'dump', holds: saved ? 'all' : 'saved'});
  if (!hasAof(base)) return files;
  // What a command wrote is in the page cache when it is answered, whatever becomes of the process.
  if (!hasParts(base)) files.set(singleAofPath(base), {form: 'commands', holds: 'all'});
  else {
    const bare = textOf(base, 'aof-use-rdb-preamble') === 'no';
    files.set(partsPath(base), {form: bare ? 'commands' : 'commands over a dump', holds: 'all'});
  }
  return files;
}

/** prepareForShutdown: with save points, append-only file or not. A deploy stops with SIGTERM. */
function savesAtShutdown(base: Reading): boolean {
  const flags = textOf(base, 'shutdown-on-sigterm')?.split(' ') ?? [];
  if (flags.includes('nosave')) return false;
  return flags.includes('save') || textOf(base, 'save') !== '';
}

/**
 * With an append-only file that alone is looked for. One of parts is made of a single file where there are no parts yet:
 * of any single file of that name, a dump too.
 */
export function fileLoadedBy(head: Reading, files: ReadonlyMap<string, StoredFile>): StoredFile | null {
  if (!hasAof(head)) return files.get(dumpPath(head)) ?? null;
  const parts = hasParts(head) ? files.get(partsPath(head)) : undefined;
  return parts ?? files.get(singleAofPath(head)) ?? null;
}
