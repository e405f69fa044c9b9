/**
 * One file from a store to this machine: in parts where the store can, over several connections, each part going on where
 * it broke off. Out comes a file that is all there and what the store says, or the DrillError that says why there is none.
 */
import {type FileHandle, open} from 'node:fs/promises';
import {DrillError, toDrillError} from '../errors.ts';
import {ASK_BYTES, type FreeBytes, freeBytesOf, RESERVE_BYTES, tooFull} from '../private/free-space.ts';
import {serverUser} from '../private/private-dir.ts';
import type {Progress} from '../progress.ts';
import {OrderedHash} from './ordered-hash.ts';
import type {Patience} from './patience.ts';
import {type Attempt, type Entry, type Store, StoreFault} from './store.ts';

/** Large enough that asking for it does not count, small enough that all connections are busy to the end. */
const PART_BYTES = 32 * 1024 ** 2;
/** Written at once, where it comes in small pieces: each write costs a turn of another thread. */
const BATCH_BYTES = 1024 ** 2;
/** Stores give so much per connection, not per client. */
const CONNECTIONS = 4;

export type FetchRoom = {
  tempDir: string;
  run?: string | undefined;
  signal?: AbortSignal | undefined;
  freeBytes?: FreeBytes | undefined;
  progress: Progress;
};

/** Of the backup, from the byte `from` up to `to`, of which all before `at` are written. */
type Part = {from: number; to: number | null; at: number; furthest: number};

export class Transfer {
  readonly #store: Store;
  readonly #entry: Entry;
  readonly #patience: Patience;
  readonly #room: FetchRoom;
  /** Bytes that have been written, of all parts. */
  #done = 0;
  #askAt = 0;
  /** One part has failed for good: the others need not go on. */
  #given = false;
  /** In order. */
  #parts: Part[] = [];
  #hash: OrderedHash | null = null;
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
    await using file = await open(path, 'wx+', 0o400);
    await file.chown(uid, gid);
    for (let before: string | undefined; ; ) {
      this.#hash = checksum ? new OrderedHash(file, checksum.algorithm, this.#room.signal) : null;
      const fetched = await this.#fetch(file);
      if (!this.#hash || !checksum) return fetched;
      const hex = await this.#hash.hex(fetched);
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
    this.#parts = this.#divided();
    const left = this.#parts.values();
    const worker = async (): Promise<void> => {
      for (const part of left) {
        if (this.#given) return;
        await this.#part(file, part);
      }
    };
    try {
      const working = Array.from({length: Math.min(CONNECTIONS, this.#parts.length)}, () =>
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

  #divided(): Part[] {
    const {sizeBytes} = this.#entry;
    const part = (from: number, to: number | null): Part => ({from, to, at: from, furthest: from});
    if (sizeBytes === null) return [part(0, null)];
    if (sizeBytes === 0) return [];
    if (!this.#store.parallel) return [part(0, sizeBytes)];
    const count = Math.ceil(sizeBytes / PART_BYTES);
    return Array.from({length: count}, (_, index) =>
      part(index * PART_BYTES, Math.min(sizeBytes, (index + 1) * PART_BYTES)),
    );
  }

  async #part(file: FileHandle, part: Part): Promise<void> {
    await this.#patience.persist(`fetching ${this.#entry.location}`, async attempt => {
      if (!this.#store.ranges) {
        this.#done -= part.at;
        part.at = 0;
        await file.truncate(0);
      }
      await this.#write(file, part, attempt);
    });
  }

  /** From the beginning on, without a gap. A store without ranges begins anew, and may bring other bytes then. */
  #whole(): number {
    if (!this.#store.ranges) return 0;
    const {at} = this.#parts.find(({at, to}) => at !== to) ?? this.#parts.at(-1)!;
    return at;
  }

  /** What has come is kept, whatever becomes of the try: the next one goes on behind it. */
  async #write(file: FileHandle, part: Part, attempt: Attempt): Promise<void> {
    const {to} = part;
    const bytes = await this.#store.open(this.#entry, {from: part.at, to}, attempt);
    const batch = Buffer.allocUnsafeSlow(BATCH_BYTES);
    let held = 0;
    const write = async (piece: Uint8Array): Promise<void> => {
      // A try that was given up must not count what the next one fetches again.
      if (piece.length === 0 || attempt.signal.aborted || this.#given) return;
      await writeAt(file, piece, part.at);
      if (attempt.signal.aborted || this.#given) return;
      part.at += piece.length;
      this.#done += piece.length;
      this.#moved(this.#done);
      this.#hash?.follow(this.#whole());
      if (this.#done >= this.#askAt) await this.#assertRoom(0);
    };
    const flush = async (): Promise<void> => {
      const full = batch.subarray(0, held);
      held = 0;
      await write(full);
    };
    try {
      for await (const piece of bytes) {
        // Who begins anew each time and breaks off at the same place gets nowhere.
        const reached = part.at + held + piece.length;
        attempt.alive(reached > part.furthest);
        part.furthest = Math.max(part.furthest, reached);
        if (to !== null && reached > to)
          throw new StoreFault('changed', 'more bytes came than the store had listed');
        if (held + piece.length > BATCH_BYTES) await flush();
        if (piece.length >= BATCH_BYTES / 4) {
          await flush();
          await write(piece);
        } else {
          batch.set(piece, held);
          held += piece.length;
        }
        if (this.#given) return;
      }
    } finally {
      await flush();
    }
    if (to !== null && part.at < to && !this.#given)
      throw new StoreFault('broken', `the transfer ended before its end, ${to - part.at} bytes early`);
  }

  async #assertRoom(needed: number): Promise<void> {
    const {tempDir, freeBytes = freeBytesOf} = this.#room;
    this.#askAt = this.#done + ASK_BYTES;
    const available = await freeBytes(tempDir);
    if (available >= needed + RESERVE_BYTES) return;
    throw tooFull(tempDir, {available, needed: needed || this.#done, what: 'the backup'});
  }
}

/** Disks that are nearly full take less than they are given, and say so the next time. */
async function writeAt(file: FileHandle, bytes: Uint8Array, at: number): Promise<void> {
  try {
    for (let written = 0; written < bytes.length; ) {
      written += (await file.write(bytes, written, bytes.length - written, at + written)).bytesWritten;
    }
  } catch (error) {
    throw toDrillError(error);
  }
}
