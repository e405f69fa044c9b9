/**
 * From a located backup to plain files that inspect and a server can read. A plain dump stays where it is: it is
 * hashed, never copied or changed. Other forms are refused by name, so that nothing unknown is taken for a dump.
 */
import {createHash} from 'node:crypto';
import {open, stat} from 'node:fs/promises';
import {DrillError, throwIfAborted} from '../errors.ts';
import {FORM_BYTES, recogniseForm} from '../form.ts';
import type {Progress} from '../progress.ts';

export type Dump = {
  /** A plain RDB file. Not ours: neither changed nor removed. */
  path: string;
  sizeBytes: number;
  /** Hex. Of the artifact as it was found, and of the plain bytes in it. */
  sha256: {artifact: string; plain: string};
  /** Throws when somebody changed the file since it was hashed: then no verdict would be about one backup. */
  assertUnchanged(): Promise<void>;
};

/** Large reads: fewer turns of the event loop a gigabyte. */
const READ_BYTES = 1024 * 1024;

/** Throws DrillError `unpack/unsupported-form` for what a dump may be packed in; whether it is a dump is for inspect to say. */
export async function assertPlain(path: string): Promise<void> {
  const {form, unpackable} = recogniseForm(await head(path));
  if (unpackable) {
    throw new DrillError('unpack/unsupported-form', `${path} is ${form}, which this version cannot unpack`, {
      hint: 'Unpack it in an earlier step and drill the plain dump.',
      facts: {form},
    });
  }
}

export async function unpack(
  path: string,
  deps: {progress: Progress; signal?: AbortSignal | undefined},
): Promise<Dump> {
  await assertPlain(path);
  const before = await identity(path);
  const plain = await sha256(path, before.sizeBytes, deps);
  return {
    path,
    sizeBytes: before.sizeBytes,
    sha256: {artifact: plain, plain},
    assertUnchanged: async () => {
      const now = await identity(path).catch(() => null);
      if (now?.fileId === before.fileId) return;
      throw new DrillError(
        'source/changed',
        `${path} was replaced, changed or removed while it was drilled`,
        {
          hint: 'Drill a copy, or a file that the producer has finished writing.',
        },
      );
    },
  };
}

async function head(path: string): Promise<Uint8Array> {
  try {
    await using file = await open(path);
    const {buffer, bytesRead} = await file.read({buffer: Buffer.alloc(FORM_BYTES), position: 0});
    return buffer.subarray(0, bytesRead);
  } catch (cause) {
    throw new DrillError(
      'source/unreadable',
      `${path} cannot be read (${(cause as NodeJS.ErrnoException).code})`,
      {
        hint: 'It was there a moment ago: is something moving or removing backups?',
        cause,
      },
    );
  }
}

async function identity(path: string): Promise<{fileId: string; sizeBytes: number}> {
  const {dev, ino, size, mtimeMs} = await stat(path);
  return {fileId: [dev, ino, size, mtimeMs].join(':'), sizeBytes: size};
}

async function sha256(
  path: string,
  sizeBytes: number,
  {progress, signal}: {progress: Progress; signal?: AbortSignal | undefined},
): Promise<string> {
  const hash = createHash('sha256');
  const phase = progress.phase('hash', sizeBytes);
  let done = 0;
  try {
    await using file = await open(path);
    // One buffer for the whole file: a stream would leave a new one to the garbage collector with every read.
    const buffer = Buffer.allocUnsafe(READ_BYTES);
    for (let bytesRead = -1; bytesRead !== 0; done += bytesRead) {
      throwIfAborted(signal);
      ({bytesRead} = await file.read(buffer, 0, READ_BYTES));
      hash.update(buffer.subarray(0, bytesRead));
      phase.update(done);
    }
  } catch (cause) {
    throwIfAborted(signal);
    throw new DrillError('source/unreadable', `reading ${path} broke off after ${done} bytes`, {
      hint: 'Is the file system that holds the backup healthy and still mounted?',
      cause,
    });
  } finally {
    phase.end();
  }
  return hash.digest('hex');
}
