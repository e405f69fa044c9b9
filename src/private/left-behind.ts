/**
 * What drills leave when they are killed: private directories, and local servers that work in them. Removed is what the
 * caller asks for by owner, and nothing that carries no owner; what a container engine holds is container.ts's business.
 */
import {readdirSync, readlinkSync} from 'node:fs';
import {readdir, readFile, realpath, rm} from 'node:fs/promises';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {isDead, isDeadByName, type Owner, ownerSchema} from './owner.ts';

export const OWNER_FILE = 'owner.json';

/** Where private directories are made when the place that was asked for will not do. */
export const FALLBACK_PARENT = '/tmp';

/** From SIGKILL to the end of a process; only one that is stuck in the kernel takes longer. */
const END_MS = 1000;

/** `owner`: what the directory itself says; `null` when its drill was killed before it had written that. */
export type LeftDirectory = {name: string; owner: Owner | null};

export const isDeadDirectory = ({name, owner}: LeftDirectory): boolean =>
  owner ? isDead(owner) : isDeadByName(name);

/** In `tempDir` and in the place used instead of it. Never throws: what cannot be removed is a problem. */
export async function removeDirectories(
  tempDir: string,
  unwanted: (directory: LeftDirectory) => boolean,
): Promise<{removed: number; problems: string[]}> {
  const problems: string[] = [];
  let removed = 0;
  for (const directory of await directoriesIn(tempDir)) {
    if (!unwanted(directory)) continue;
    try {
      await removeDirectory(directory.path);
      removed += 1;
    } catch (error) {
      problems.push(`${directory.path}: ${(error as NodeJS.ErrnoException).code ?? 'unknown error'}`);
    }
  }
  return {removed, problems};
}

/** Private directories of all drills, dead and alive. */
export async function directoriesIn(tempDir: string): Promise<(LeftDirectory & {path: string})[]> {
  // As /proc names them: without links.
  const parents = [tempDir, FALLBACK_PARENT].map(parent => realpath(parent).catch(() => parent));
  const found: (LeftDirectory & {path: string})[] = [];
  for (const parent of new Set(await Promise.all(parents))) {
    for (const name of await readdir(parent).catch(() => [])) {
      if (!name.startsWith('restore-drill-')) continue;
      const path = join(parent, name);
      found.push({name, path, owner: await ownerOf(path)});
    }
  }
  return found;
}

async function ownerOf(path: string): Promise<Owner | null> {
  try {
    return ownerSchema.parse(JSON.parse(await readFile(join(path, OWNER_FILE), 'utf8')));
  } catch {
    return null;
  }
}

async function removeDirectory(path: string): Promise<void> {
  const before = killAllIn(path);
  // A server that is being killed may still make a file.
  await rm(path, {recursive: true, force: true, maxRetries: 5, retryDelay: 20});
  // One that was just being started is in the directory by now, or finds none to go to.
  const after = killAllIn(path);
  await ended([...before, ...after], path);
}

function killAllIn(directory: string): number[] {
  const pids = processesIn(directory);
  for (const pid of pids) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It has just ended by itself.
    }
  }
  return pids;
}

/** A server of ours works in its private directory all its life, and no other process ever does. */
function processesIn(directory: string): number[] {
  return listed('/proc')
    .filter(name => /^\d+$/.test(name))
    .map(Number)
    .filter(pid => worksIn(pid, directory));
}

/** The kernel adds a word to the name of a directory that is gone. */
function worksIn(pid: number, directory: string): boolean {
  try {
    const at = readlinkSync(`/proc/${pid}/cwd`);
    return [directory, `${directory} (deleted)`].includes(at) || at.startsWith(`${directory}/`);
  } catch {
    // It has ended, or is another user's.
    return false;
  }
}

async function ended(pids: number[], directory: string): Promise<void> {
  for (let waitedMs = 0; waitedMs < END_MS && pids.some(pid => worksIn(pid, directory)); waitedMs += 10) {
    await sleep(10);
  }
}

function listed(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}
