/**
 * From a located backup to a file of this machine. One that lies here already stays where it is. One from elsewhere is
 * fetched whole into a private directory, in parts where its store can, each going on where it broke off; what is not
 * all there, or not what the store says, never gets further than here. Disk: the size of the backup, until disposal.
 */
import {createHash} from 'node:crypto';
import {createReadStream} from 'node:fs';
import {type FileHandle, mkdir, open} from 'node:fs/promises';
import {join} from 'node:path';
import {DrillError, throwIfAborted, toDrillError} from '../errors.ts';
import {ASK_BYTES, type FreeBytes, freeBytesOf, RESERVE_BYTES, tooFull} from '../private/free-space.ts';
import {thisDrill} from '../private/owner.ts';
import {makePrivateDirectory, serverUser} from '../private/private-dir.ts';
import type {Progress} from '../progress.ts';
import {Crc32c} from './crc32c.ts';
import type {Patience} from './patience.ts';
import {type Attempt, type Entry, type Range, type Store, StoreFault} from './store.ts';

/** Large enough that asking for it does not count, small enough that all connections are busy to the end. */
const PART_BYTES = 32 * 1024 ** 2;
/** Written at once: each write costs a turn of another thread. */
const BATCH_BYTES = 1024 ** 2;
/** Stores give so much per connection, not per client. */
const CONNECTIONS = 4;

export type Artifact = AsyncDisposable & {path: string; sizeBytes: number};

export type FetchRoom = {
  tempDir: string;
  run?: string | undefined;
  signal?: AbortSignal | undefined;
  freeBytes?: FreeBytes | undefined;
  progress: Progress;
};

export async function fetchBackup(
  store: Store,
  entry: Entry,
  {patience, ...room}: FetchRoom & {patience: Patience},
): Promise<Artifact> {
  if (entry.path !== undefined) {
    return {path: entry.path, sizeBytes: entry.sizeBytes!, [Symbol.asyncDispose]: async () => {}};
  }
  const directory = await privateDirectory(room);
  try {
    const transfer = new Transfer(store, entry, {patience, room});
    const path = join(directory.path, 'backup');
    const sizeBytes = await transfer.into(path);
    return {path, sizeBytes, [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose]()};
  } catch (error) {
    await directory[Symbol.asyncDispose]();
    throw error;
  }
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

class Transfer {
  readonly #store: Store;
  readonly #entry: Entry;
  readonly #patience: Patience;
  readonly #room: FetchRoom;
  /** Bytes that have been written, of all parts. */
  #done = 0;
  #askAt = 0;
  /** One part has failed for good: the others need not go on. */
  #given = false;
  #moved: (done: number) => void = () => {};

  constructor(store: Store, entry: Entry, {patience, room}: {patience: Patience; room: FetchRoom}) {
    this.#store = store;
    this.#entry = entry;
    this.#patience = patience;
    this.#room = room;
  }

  /** Answers how many bytes there are. */
  async into(path: string): Promise<number> {
    const {sizeBytes, location, checksum} = this.#entry;
    await this.#assertRoom(sizeBytes ?? 0);
    const {uid, gid} = serverUser();
    await using file = await open(path, 'wx', 0o400);
    await file.chown(uid, gid);
    for (let before: string | undefined; ; ) {
      const fetched = await this.#fetch(file);
      if (!checksum) return fetched;
      const hex = await hashOf(path, checksum.algorithm, this.#room.signal);
      // The same bytes twice were not changed on their way: then it is the store that means something else by it.
      if (hex === checksum.hex || (checksum.probable && hex === before)) return fetched;
      if (before === undefined) {
        before = hex;
        continue;
      }
      const message = `${location}: what was fetched has another ${checksum.algorithm.toUpperCase()} than the store says`;
      throw new DrillError('source/transfer', message, {
        hint: 'Something between the store and this machine changes bytes, or the store lost some. Fetch it by another way and compare.',
      });
    }
  }

  async #fetch(file: FileHandle): Promise<number> {
    const {sizeBytes} = this.#entry;
    const phase = this.#room.progress.phase(
      'fetch',
      sizeBytes ?? 0,
      sizeBytes === null ? 'unknown' : 'bytes',
    );
    this.#moved = done => phase.update(done);
    this.#done = 0;
    this.#askAt = ASK_BYTES;
    const parts = this.#parts();
    const worker = async (): Promise<void> => {
      for (let part = parts.shift(); part && !this.#given; part = parts.shift()) await this.#part(file, part);
    };
    try {
      const working = Array.from({length: Math.min(CONNECTIONS, parts.length)}, () =>
        worker().catch(error => {
          this.#given = true;
          throw error;
        }),
      );
      // All of them are done with the file before it is closed.
      const ended = await Promise.allSettled(working);
      const failed = ended.find(({status}) => status === 'rejected') as PromiseRejectedResult | undefined;
      if (failed) throw failed.reason;
      return this.#done;
    } finally {
      phase.end();
    }
  }

  #parts(): Range[] {
    const {sizeBytes} = this.#entry;
    if (sizeBytes === null) return [{from: 0, to: null}];
    if (sizeBytes === 0) return [];
    if (!this.#store.parallel) return [{from: 0, to: sizeBytes}];
    const count = Math.ceil(sizeBytes / PART_BYTES);
    return Array.from({length: count}, (_, index) => ({
      from: index * PART_BYTES,
      to: Math.min(sizeBytes, (index + 1) * PART_BYTES),
    }));
  }

  async #part(file: FileHandle, {from, to}: Range): Promise<void> {
    const progress = {at: from, furthest: from};
    await this.#patience.persist(`fetching ${this.#entry.location}`, async attempt => {
      if (!this.#store.ranges) {
        this.#done -= progress.at;
        progress.at = 0;
        await file.truncate(0);
      }
      await this.#write(file, progress, {to, attempt});
    });
  }

  /** What has come is kept, whatever becomes of the try: the next one goes on behind it. */
  async #write(
    file: FileHandle,
    progress: {at: number; furthest: number},
    {to, attempt}: {to: number | null; attempt: Attempt},
  ) {
    const bytes = await this.#store.open(this.#entry, {from: progress.at, to}, attempt);
    let batch: Uint8Array[] = [];
    let held = 0;
    const flush = async (): Promise<void> => {
      const [pieces, length] = [batch, held];
      [batch, held] = [[], 0];
      // A try that was given up must not count what the next one fetches again.
      if (length === 0 || attempt.signal.aborted || this.#given) return;
      await writeAt(file, pieces, progress.at);
      if (attempt.signal.aborted || this.#given) return;
      progress.at += length;
      this.#done += length;
      this.#moved(this.#done);
      if (this.#done >= this.#askAt) await this.#assertRoom(0);
    };
    try {
      for await (const piece of bytes) {
        // Who begins anew each time and breaks off at the same place gets nowhere.
        const reached = progress.at + held + piece.length;
        attempt.alive(reached > progress.furthest);
        progress.furthest = Math.max(progress.furthest, reached);
        if (to !== null && reached > to)
          throw new StoreFault('changed', 'more bytes came than the store had listed');
        batch.push(piece);
        held += piece.length;
        if (held >= BATCH_BYTES) await flush();
        if (this.#given) return;
      }
    } finally {
      await flush();
    }
    if (to !== null && progress.at < to && !this.#given)
      throw new StoreFault('broken', `the transfer ended before its end, ${to - progress.at} bytes early`);
  }

  async #assertRoom(needed: number): Promise<void> {
    const {tempDir, freeBytes = freeBytesOf} = this.#room;
    this.#askAt = this.#done + ASK_BYTES;
    const available = await freeBytes(tempDir);
    if (available >= needed + RESERVE_BYTES) return;
    throw tooFull(tempDir, {available, needed: needed || this.#done, what: 'the backup'});
  }
}

async function writeAt(file: FileHandle, pieces: Uint8Array[], at: number): Promise<void> {
  try {
    const {bytesWritten} = await file.writev(pieces, at);
    const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
    if (bytesWritten === length) return;
    const whole = Buffer.concat(pieces);
    // Disks that are nearly full take less than they are given, and say so the next time.
    for (let written = bytesWritten; written < whole.length; ) {
      written += (await file.write(whole, written, whole.length - written, at + written)).bytesWritten;
    }
  } catch (error) {
    throw toDrillError(error);
  }
}

async function hashOf(path: string, algorithm: string, signal: AbortSignal | undefined): Promise<string> {
  const hash: {update(piece: Uint8Array): unknown; digest(encoding: 'hex'): string} =
    algorithm === 'crc32c' ? new Crc32c() : createHash(algorithm);
  for await (const piece of createReadStream(path, {highWaterMark: 512 * 1024})) {
    throwIfAborted(signal);
    hash.update(piece);
  }
  return hash.digest('hex');
}
