/**
 * A directory that only a drill and its server enter: 0700, owned by the uid that the server runs as, with a note of
 * who made it, removed with everything in it. What a killed drill leaves of it is swept by the next (left-behind.ts).
 */
import {chmod, chown, mkdir, mkdtemp, rm, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {isDeadDirectory, OWNER_FILE, removeDirectories} from './left-behind.ts';
import {directoryPrefix, type Owner} from './owner.ts';

/** For drills that run as root: the server never does. The number that distroless images call `nonroot`. */
const UNPRIVILEGED_UID = 65_532;

export type User = {uid: number; gid: number};

/** Who the throwaway server runs as: the caller, or nobody in particular when the caller is root. */
export function serverUser(): User {
  if (process.getuid?.() === 0) return {uid: UNPRIVILEGED_UID, gid: UNPRIVILEGED_UID};
  return {uid: process.getuid!(), gid: process.getgid!()};
}

/** In `parent`; dead drills' directories in `tempDir` and its stand-in are removed first, for their room. */
export async function makePrivateDirectory(
  parent: string,
  {tempDir, owner, user}: {tempDir: string; owner: Owner; user: User},
): Promise<AsyncDisposable & {path: string}> {
  await mkdir(parent, {recursive: true});
  await removeDirectories(tempDir, isDeadDirectory);
  const path = await mkdtemp(join(parent, directoryPrefix(owner)));
  const dispose = () => rm(path, {recursive: true, force: true});
  try {
    await writeFile(join(path, OWNER_FILE), JSON.stringify(owner));
    await chmod(path, 0o700);
    await chown(path, user.uid, user.gid);
  } catch (error) {
    await dispose();
    throw error;
  }
  return {path, [Symbol.asyncDispose]: dispose};
}
