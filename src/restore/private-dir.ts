/**
 * The one directory that a drill shares with its server: 0700, owned by the uid that the server runs as, holding the
 * socket and, where the server could not read the original, a copy of the dump. Removed with everything in it.
 */
import {constants} from 'node:fs';
import {chmod, chown, copyFile, lchown, mkdir, stat, symlink, truncate, writeFile} from 'node:fs/promises';
import {dirname, join} from 'node:path';
import {DrillError} from '../errors.ts';
import {freeBytesOf, RESERVE_BYTES, tooFull} from '../private/free-space.ts';
import {FALLBACK_PARENT} from '../private/left-behind.ts';
import {directoryPrefix, type Owner} from '../private/owner.ts';
import {makePrivateDirectory, serverUser, type User} from '../private/private-dir.ts';
import {MAX_SOCKET_PATH_BYTES} from './frozen.ts';
import type {Entry} from './role.ts';

const SOCKET_FILE = 'redis.sock';

export type PrivateDir = AsyncDisposable & {
  path: string;
  socket: string;
  uid: number;
  gid: number;
  /** A file that the server's uid can read: the dump itself, or a copy in this directory. */
  readableDump(dumpPath: string): Promise<string>;
  /** Puts these into it, as the server's own. */
  furnish(entries: readonly Entry[]): Promise<void>;
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
  const user = serverUser();
  const root = process.getuid?.() === 0;
  const passable = !root || reach === 'mount' || (await passableBy(user, tempDir));
  const usable = passable && socketFits(tempDir, directoryPrefix(owner));
  const parent = usable ? tempDir : FALLBACK_PARENT;
  const directory = await makePrivateDirectory(parent, {tempDir, owner, user});
  const {path} = directory;
  return {
    path,
    socket: join(path, SOCKET_FILE),
    ...user,
    readableDump: async dumpPath => {
      if (!root || (await readableBy(user, dumpPath, reach))) return dumpPath;
      const data = join(path, 'data');
      await mkdir(data);
      const copy = join(data, 'dump.rdb');
      await assertSpace(data, (await stat(dumpPath)).size, 'a copy of the dump for the server');
      await copyFile(dumpPath, copy, constants.COPYFILE_FICLONE);
      await chown(copy, user.uid, user.gid);
      await chmod(copy, 0o400);
      await chown(data, user.uid, user.gid);
      return copy;
    },
    furnish: async entries => {
      for (const entry of entries) await furnish(join(path, entry.path), entry, user);
    },
    [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose](),
  };
}

async function furnish(path: string, {text, linkTo, copy}: Entry, {uid, gid}: User): Promise<void> {
  if (copy) await copyPart(copy, path);
  else if (text !== undefined) await writeFile(path, text, {mode: 0o400, flag: 'wx'});
  else if (linkTo !== undefined) await symlink(linkTo, path);
  else await mkdir(path, {mode: 0o700});
  await lchown(path, uid, gid);
}

async function copyPart({from, bytes}: {from: string; bytes: number}, path: string): Promise<void> {
  await assertSpace(dirname(path), bytes, 'a copy of the AOF for the server');
  await copyFile(from, path, constants.COPYFILE_FICLONE);
  await chmod(path, 0o600);
  await truncate(path, bytes);
}

async function assertSpace(directory: string, needed: number, what: string): Promise<void> {
  const available = await freeBytesOf(directory);
  if (available < needed + RESERVE_BYTES) throw tooFull(directory, {available, needed, what});
}

/** mkdtemp adds six characters. */
function socketFits(parent: string, prefix: string): boolean {
  return Buffer.byteLength(join(parent, `${prefix}xxxxxx`, SOCKET_FILE)) <= MAX_SOCKET_PATH_BYTES;
}

async function readableBy(user: User, path: string, reach: Reach): Promise<boolean> {
  if (!allows(await stat(path), user, 0o4)) return false;
  return reach === 'mount' || passableBy(user, dirname(path));
}

async function passableBy(user: User, directory: string): Promise<boolean> {
  const stats = await stat(directory).catch(() => null);
  // A directory that is not there yet gets the umask's usual mode; its parents still count.
  if (stats && !allows(stats, user, 0o1)) return false;
  return directory === dirname(directory) || passableBy(user, dirname(directory));
}

/** As owner or as anybody; what unpack made is the server's own, and not copied for it. */
const allows = ({mode, uid}: {mode: number; uid: number}, user: User, bit: number): boolean =>
  (mode & (uid === user.uid ? bit << 6 : bit)) !== 0;
