/**
 * The backup as it was stored: read once from its beginning to its end, hashed on the way, whatever is made of its bytes.
 * Knows when it is no longer the file that it was.
 */
import {createHash, type Hash} from 'node:crypto';
import {open, stat} from 'node:fs/promises';
import {DrillError, throwIfAborted} from '../errors.ts';
import {FORM_BYTES} from '../form.ts';
import type {Progress} from '../progress.ts';
import type {Checksum} from '../source/backup.ts';
import {grouped} from './packing-fault.ts';

/** Large reads: fewer turns of the event loop a gigabyte. */
const READ_BYTES = 512 * 1024;

export type Identity = {fileId: string; sizeBytes: number};

export async function head(path: string): Promise<Uint8Array> {
  try {
    await using file = await open(path);
    const {buffer, bytesRead} = await file.read({buffer: Buffer.alloc(FORM_BYTES), position: 0});
    return buffer.subarray(0, bytesRead);
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    throw new DrillError('source/unreadable', `${path} cannot be read (${code})`, {
      hint: 'It was there a moment ago: is something moving or removing backups?',
      cause,
    });
  }
}

export async function identity(path: string): Promise<Identity> {
  const {dev, ino, size, mtimeMs} = await stat(path);
  return {fileId: [dev, ino, size, mtimeMs].join(':'), sizeBytes: size};
}

export async function assertSame(path: string, before: Identity): Promise<void> {
  const now = await identity(path).catch(() => null);
  if (now?.fileId === before.fileId) return;
  throw new DrillError('source/changed', `${path} was replaced, changed or removed while it was drilled`, {
    hint: 'Drill a copy, or a file that the producer has finished writing.',
  });
}

/** SHA-256, and what the checksums beside the backup are made with. */
export class Hashes {
  readonly #hashes: Map<string, Hash>;

  constructor(checksums: Checksum[]) {
    const algorithms = new Set(['sha256', ...checksums.map(({algorithm}) => algorithm)]);
    this.#hashes = new Map([...algorithms].map(algorithm => [algorithm, createHash(algorithm)]));
  }

  update(bytes: Uint8Array): void {
    for (const hash of this.#hashes.values()) hash.update(bytes);
  }

  /** Once, when all has been read. */
  digests(): Map<string, string> {
    return new Map([...this.#hashes].map(([algorithm, hash]) => [algorithm, hash.digest('hex')]));
  }
}

type Reading = {
  sizeBytes: number;
  hashes: Hashes;
  phase: string;
  /** Whether one buffer may serve for all pieces: for who is done with each before asking for the next. */
  reuse: boolean;
  progress: Progress;
  signal?: AbortSignal | undefined;
};

export async function* readArtifact(
  path: string,
  {sizeBytes, hashes, phase: name, reuse, progress, signal}: Reading,
): AsyncGenerator<Buffer> {
  const phase = progress.phase(name, sizeBytes);
  let done = 0;
  try {
    await using file = await open(path);
    let buffer = Buffer.allocUnsafe(READ_BYTES);
    for (;;) {
      throwIfAborted(signal);
      const {bytesRead} = await file.read(buffer, 0, READ_BYTES).catch(cause => {
        throwIfAborted(signal);
        throw new DrillError('source/unreadable', `reading ${path} broke off after ${grouped(done)} bytes`, {
          hint: 'Is the file system that holds the backup healthy and still mounted?',
          cause,
        });
      });
      if (bytesRead === 0) return;
      const piece = buffer.subarray(0, bytesRead);
      hashes.update(piece);
      done += bytesRead;
      phase.update(done);
      yield piece;
      if (!reuse) buffer = Buffer.allocUnsafe(READ_BYTES);
    }
  } finally {
    phase.end();
  }
}
