/**
 * Where the dump is written that was unpacked: a private directory that the server may read, with an eye on the disk.
 * Removed by disposal; what a killed drill leaves is swept like its other directories.
 */
import {createHash} from 'node:crypto';
import {type FileHandle, mkdir, open, statfs} from 'node:fs/promises';
import {join} from 'node:path';
import {DrillError, throwIfAborted, toDrillError} from '../errors.ts';
import {thisDrill} from '../private/owner.ts';
import {makePrivateDirectory, serverUser} from '../private/private-dir.ts';
import {grouped} from './packing-fault.ts';

/** Left free for others, and for what the drill itself still writes. */
const RESERVE_BYTES = 64 * 1024 ** 2;
/** How often the free space is asked for. */
const ASK_BYTES = 64 * 1024 ** 2;

export type Room = {
  tempDir: string;
  run?: string | undefined;
  signal?: AbortSignal | undefined;
  /** Of the file system that a directory is on. */
  freeBytes?: ((directory: string) => Promise<number>) | undefined;
};

export type PlainFile = AsyncDisposable & {
  path: string;
  write(bytes: AsyncIterable<Uint8Array>): Promise<{sizeBytes: number; sha256: string}>;
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
      if (available < atLeast + RESERVE_BYTES) throw tooFull(tempDir, available, atLeast);
    } catch (error) {
      await directory[Symbol.asyncDispose]();
      throw error;
    }
    const path = join(directory.path, 'dump.rdb');
    return {
      path,
      write: bytes => writeAll(path, bytes, {...room, freeBytes: free}),
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

async function freeBytesOf(directory: string): Promise<number> {
  const {bavail, bsize} = await statfs(directory);
  return bavail * bsize;
}

const tooFull = (directory: string, available: number, needed: number): DrillError =>
  new DrillError(
    'capacity/disk',
    `${grouped(available)} bytes are free in ${directory}; the unpacked backup takes more than ${grouped(needed)}, and some to spare`,
    {hint: 'Free space in the temporary directory, or name another one in TMPDIR (RUNNER_TEMP on GitHub).'},
  );

async function writeAll(
  path: string,
  bytes: AsyncIterable<Uint8Array>,
  {tempDir, signal, freeBytes}: Room & {freeBytes: (directory: string) => Promise<number>},
): Promise<{sizeBytes: number; sha256: string}> {
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
    if (available < RESERVE_BYTES) throw tooFull(tempDir, available, sizeBytes);
  }
  return {sizeBytes, sha256: hash.digest('hex')};
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
