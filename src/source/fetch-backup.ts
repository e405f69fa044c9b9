/**
 * From a located backup to a file of this machine. One that lies here already stays where it is. One from elsewhere is
 * fetched whole into a private directory, in parts where its store can, each going on where it broke off; what is not
 * all there, or not what the store says, never gets further than here. Disk: the size of the backup, until disposal.
 */
import {chown, mkdir} from 'node:fs/promises';
import {join} from 'node:path';
import {DrillError} from '../errors.ts';
import {thisDrill} from '../private/owner.ts';
import {makePrivateDirectory, serverUser} from '../private/private-dir.ts';
import {lastPart} from './backup-name.ts';
import {gathered} from './loose-files.ts';
import type {Patience} from './patience.ts';
import type {Entry, Store} from './store.ts';
import {type FetchRoom, Transfer} from './transfer.ts';

export type Artifact = AsyncDisposable & {
  /** Of a backup of several files their directory. */
  path: string;
  sizeBytes: number;
  /** A dump beside an append-only file. */
  dumpBeside: string | null;
};

type Fetching = {patience: Patience; room: FetchRoom};

export async function fetchBackup(
  store: Store,
  entry: Entry,
  {patience, ...room}: FetchRoom & {patience: Patience},
): Promise<Artifact> {
  const {path: here, sizeBytes, dumpBeside = null} = entry;
  if (here !== undefined)
    return {path: here, sizeBytes: sizeBytes!, dumpBeside, [Symbol.asyncDispose]: async () => {}};
  const directory = await privateDirectory(room);
  try {
    const path = join(directory.path, 'backup');
    const fetching = {patience, room};
    const fetched = entry.parts
      ? await fetchSet(store, entry, path, fetching)
      : {sizeBytes: await new Transfer(store, entry, fetching).into(path), dumpBeside: null};
    return {...fetched, path, [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose]()};
  } catch (error) {
    await directory[Symbol.asyncDispose]();
    throw error;
  }
}

/** Parts that were never there at the same time are no backup: the store lists the same before and after. */
async function fetchSet(store: Store, entry: Entry, path: string, fetching: Fetching) {
  const {parts = [], dumpOfSet, location} = entry;
  const {uid, gid} = serverUser();
  await mkdir(path, {mode: 0o700});
  await chown(path, uid, gid);
  let sizeBytes = 0;
  // A name without `/` that ends like that of a part: it leads nowhere else.
  for (const part of parts)
    sizeBytes += await new Transfer(store, part, fetching).into(join(path, lastPart(part.name)));
  const beside = `${path}-beside`;
  if (dumpOfSet) await new Transfer(store, dumpOfSet, fetching).into(beside);
  const again = await fetching.patience.persist(`listing ${location} again`, attempt => store.list(attempt));
  const now = gathered(again, 'aof').entries.find(({name}) => name === entry.name);
  if (now?.version !== entry.version) {
    throw new DrillError('source/changed', `files came to, went from or changed in ${location} meanwhile`, {
      hint: 'Drill a copy that nobody writes to: a running server starts new files and removes old ones when it rewrites its AOF.',
    });
  }
  return {sizeBytes, dumpBeside: dumpOfSet ? beside : null};
}

async function privateDirectory({tempDir, run}: FetchRoom): Promise<AsyncDisposable & {path: string}> {
  try {
    await mkdir(tempDir, {recursive: true});
    return await makePrivateDirectory(tempDir, {tempDir, owner: thisDrill(run), user: serverUser()});
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? 'unknown error';
    throw new DrillError('capacity/disk', `no private directory can be made in ${tempDir} (${code})`, {
      hint: 'Name a directory that exists, has space and may be written to in TMPDIR.',
      cause,
    });
  }
}
