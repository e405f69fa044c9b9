/**
 * Where the dump is written that was unpacked: a private directory that the server may read, with an eye on the disk.
 * Removed by disposal; what a killed drill leaves is swept like its other directories.
 */
import {createHash} from 'node:crypto';
import {type FileHandle, mkdir, open} from 'node:fs/promises';
import {join} from 'node:path';
import {DrillError, throwIfAborted, toDrillError} from '../errors.ts';
import {ASK_BYTES, type FreeBytes, freeBytesOf, RESERVE_BYTES, tooFull} from '../private/free-space.ts';
import {thisDrill} from '../private/owner.ts';
import {makePrivateDirectory, serverUser} from '../private/private-dir.ts';

const WHAT = 'the unpacked backup';

export type Room = {
  tempDir: string;
  run?: string | undefined;
  signal?: AbortSignal | undefined;
  freeBytes?: FreeBytes | undefined;
};

export type Written = {path: string; sizeBytes: number; sha256: string};

export type PlainFile = AsyncDisposable & {
  /** `name`: ours, never one that an archive gave. */
  write(bytes: AsyncIterable<Uint8Array>, name: string): Promise<Written>;
};

/** `atLeast`: bytes that will surely be needed. */
export async function makePlainFile(atLeast: number, room: Room): Promise<PlainFile> {
  const {tempDir, run} = room;
  const free = room.freeBytes ?? freeBytesOf;
  try {
    await mkdir(tempDir, {recursive: true});
    const options = {tempDir, owner: thisDrill(run), user: serverUser()};
    // Before anything is made, but after what dead drills left has been removed.
    const directory = await makePrivateDirectory(tempDir, options);
    try {
      const available = await free(tempDir);
      if (available < atLeast + RESERVE_BYTES)
        throw tooFull(tempDir, {available, needed: atLeast, what: WHAT});
    } catch (error) {
      await directory[Symbol.asyncDispose]();
      throw error;
    }
    return {
      write: (bytes, name) => writeAll(join(directory.path, name), bytes, {...room, freeBytes: free}),
      [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose](),
    };
  } catch (cause) {
    if (cause instanceof DrillError) throw cause;
    const code = (cause as NodeJS.ErrnoException).code ?? 'unknown error';
    throw new DrillError('capacity/disk', `no private directory can be made in ${tempDir} (${code})`, {
      hint: 'Name a directory that exists, has space and may be written to in TMPDIR.',
      cause,
    });
  }
}

async function writeAll(
  path: string,
  bytes: AsyncIterable<Uint8Array>,
  {tempDir, signal, freeBytes}: Room & {freeBytes: FreeBytes},
): Promise<Written> {
  const hash = createHash('sha256');
  const {uid, gid} = serverUser();
  let sizeBytes = 0;
  let askAt = ASK_BYTES;
  await using file = await open(path, 'wx', 0o400);
  await file.chown(uid, gid);
  for await (const chunk of bytes) {
    throwIfAborted(signal);
    // Both at once: the disk writes while this thread hashes.
    const written = writeWhole(file, chunk);
    hash.update(chunk);
    await written;
    sizeBytes += chunk.length;
    if (sizeBytes < askAt) continue;
    askAt = sizeBytes + ASK_BYTES;
    const available = await freeBytes(tempDir);
    if (available < RESERVE_BYTES) throw tooFull(tempDir, {available, needed: sizeBytes, what: WHAT});
  }
  return {path, sizeBytes, sha256: hash.digest('hex')};
}

async function writeWhole(file: FileHandle, chunk: Uint8Array): Promise<void> {
  try {
    for (let rest = chunk; rest.length > 0; ) {
      const {bytesWritten} = await file.write(rest);
      rest = rest.subarray(bytesWritten);
    }
  } catch (error) {
    throw toDrillError(error);
  }
}
