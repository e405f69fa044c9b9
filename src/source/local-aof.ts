/**
 * An append-only file in a local directory, found as a server with `appendonly yes` finds it: the directory with the
 * manifest, or the single file of before 7.0. In goes a directory, that of the data or of the AOF itself; a dump beside an
 * AOF is no rival of it, because servers ignore it.
 */
import type {Stats} from 'node:fs';
import {readdir} from 'node:fs/promises';
import {join} from 'node:path';
import {manifestText, regularFile, statOrNull} from '../regular-file.ts';
import {isAofPart, isManifest, isTemporary} from './backup-name.ts';
import {USUAL_DIRECTORY} from './loose-files.ts';

export type FoundAof = {
  /** A directory of parts, or a file. */
  path: string;
  sizeBytes: number;
  /** Of the part that was written last. */
  modifiedMs: number;
  /** All of it, with their paths. */
  files: string[];
  /** Texts of its manifests: files that they name are no dumps by themselves. */
  manifest: string;
};

const SINGLE = /^[^.].*\.aof$/i;

/** `dumps`: whether the directory holds dumps: then an AOF is looked for in the usual directory only. */
export async function aofIn(directory: string, {dumps}: {dumps: boolean}): Promise<FoundAof | null> {
  const names = await readdir(directory);
  const here = await partsIn(directory);
  if (here) return here;
  const found: FoundAof[] = [];
  for (const name of names) {
    if (dumps && name !== USUAL_DIRECTORY) continue;
    if (!(await statOrNull(join(directory, name)))?.isDirectory()) continue;
    const below = await partsIn(join(directory, name)).catch(() => null);
    if (below) found.push(below);
  }
  for (const name of found.length > 0 ? [] : names) {
    if (!SINGLE.test(name) || isTemporary(name)) continue;
    const path = join(directory, name);
    const stats = await regularFile(path);
    if (stats)
      found.push({path, sizeBytes: stats.size, modifiedMs: stats.mtimeMs, files: [path], manifest: ''});
  }
  return found.toSorted((a, b) => a.modifiedMs - b.modifiedMs || (a.path < b.path ? -1 : 1)).at(-1) ?? null;
}

/** The parts in this very directory; also where there is no manifest, which is a finding of its own. */
async function partsIn(directory: string): Promise<FoundAof | null> {
  const names = (await readdir(directory)).filter(name => isAofPart(name) && !isTemporary(name));
  const parts: {path: string; stats: Stats}[] = [];
  for (const name of names) {
    const path = join(directory, name);
    const stats = await regularFile(path);
    if (stats) parts.push({path, stats});
  }
  if (parts.length === 0) return null;
  const manifests = parts.filter(({path}) => isManifest(path));
  const texts = await Promise.all(manifests.map(({path}) => manifestText(path)));
  return {
    path: directory,
    sizeBytes: parts.reduce((sum, {stats}) => sum + stats.size, 0),
    modifiedMs: Math.max(...parts.map(({stats}) => stats.mtimeMs)),
    files: parts.map(({path}) => path),
    manifest: texts.join('\n'),
  };
}
