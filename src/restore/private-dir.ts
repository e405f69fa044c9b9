/**
 * The one directory that a drill shares with its server: 0700, owned by the uid that the server runs as, holding the
 * socket and, where the server could not read the original, a copy of the dump. Removed with everything in it.
 */
import {constants} from 'node:fs';
import {chmod, chown, copyFile, mkdir, mkdtemp, rm, stat, writeFile} from 'node:fs/promises';
import {dirname, join} from 'node:path';
import {DrillError} from '../errors.ts';
import {MAX_SOCKET_PATH_BYTES} from './frozen.ts';
import {FALLBACK_PARENT, isDeadDirectory, OWNER_FILE, removeDirectories} from './left-behind.ts';
import {directoryPrefix, type Owner} from './owner.ts';

const SOCKET_FILE = 'redis.sock';

/** For drills that run as root: the server never does. The number that distroless images call `nonroot`. */
const UNPRIVILEGED_UID = 65_532;

export type PrivateDir = AsyncDisposable & {
  path: string;
  socket: string;
  uid: number;
  gid: number;
  /** A file that the server's uid can read: the dump itself, or a copy in this directory. */
  readableDump(dumpPath: string): Promise<string>;
};

/** A bind mount needs the file's own mode only; a process also has to pass every directory on the way. */
export type Reach = 'mount' | 'path';

/** In `tempDir`, or in /tmp where the server could not reach it there or a socket's path would be too long. */
export async function makePrivateDir(tempDir: string, owner: Owner, reach: Reach): Promise<PrivateDir> {
  try {
    return await make(tempDir, owner, reach);
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? 'unknown error';
    throw new DrillError('capacity/disk', `no private directory can be made in ${tempDir} (${code})`, {
      hint: 'Name a directory that exists, has space and may be written to in TMPDIR.',
      cause,
    });
  }
}

async function make(tempDir: string, owner: Owner, reach: Reach): Promise<PrivateDir> {
  const root = process.getuid?.() === 0;
  const passable = !root || reach === 'mount' || (await passableByOthers(tempDir));
  const prefix = directoryPrefix(owner);
  const usable = passable && socketFits(tempDir, prefix);
  const parent = usable ? tempDir : FALLBACK_PARENT;
  await mkdir(parent, {recursive: true});
  await removeDirectories(tempDir, isDeadDirectory);
  const path = await mkdtemp(join(parent, prefix));
  const uid = root ? UNPRIVILEGED_UID : process.getuid!();
  const gid = root ? UNPRIVILEGED_UID : process.getgid!();
  const dispose = () => rm(path, {recursive: true, force: true});
  try {
    await writeFile(join(path, OWNER_FILE), JSON.stringify(owner));
    await chmod(path, 0o700);
    await chown(path, uid, gid);
  } catch (error) {
    await dispose();
    throw error;
  }
  return {
    path,
    socket: join(path, SOCKET_FILE),
    uid,
    gid,
    readableDump: async dumpPath => {
      if (!root || (await readableByOthers(dumpPath, reach))) return dumpPath;
      const directory = join(path, 'data');
      await mkdir(directory);
      const copy = join(directory, 'dump.rdb');
      await copyFile(dumpPath, copy, constants.COPYFILE_FICLONE);
      await chown(copy, uid, gid);
      await chmod(copy, 0o400);
      await chown(directory, uid, gid);
      return copy;
    },
    [Symbol.asyncDispose]: dispose,
  };
}

/** mkdtemp adds six characters. */
function socketFits(parent: string, prefix: string): boolean {
  return Buffer.byteLength(join(parent, `${prefix}xxxxxx`, SOCKET_FILE)) <= MAX_SOCKET_PATH_BYTES;
}

async function readableByOthers(path: string, reach: Reach): Promise<boolean> {
  if (((await stat(path)).mode & 0o004) === 0) return false;
  return reach === 'mount' || passableByOthers(dirname(path));
}

async function passableByOthers(directory: string): Promise<boolean> {
  const stats = await stat(directory).catch(() => null);
  // A directory that is not there yet gets the umask's usual mode; its parents still count.
  if (stats && (stats.mode & 0o001) === 0) return false;
  return directory === dirname(directory) || passableByOthers(dirname(directory));
}
