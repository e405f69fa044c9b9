/**
 * The checksum of a file that is still being written, at several places at a time: bytes are read back in order as soon
 * as all before them are there, while more are on their way, so that little is left to do at the end. In goes how far
 * the file is whole; a file that is begun anew is hashed anew.
 */
import {createHash} from 'node:crypto';
import type {FileHandle} from 'node:fs/promises';
import {throwIfAborted} from '../errors.ts';
import {Crc32c} from './crc32c.ts';

/** Of the file, at a time; the thread that waits for a connection hashes too. */
const READ_BYTES = 512 * 1024;

export class OrderedHash {
  readonly #file: FileHandle;
  readonly #signal: AbortSignal | undefined;
  readonly #hash: {update(piece: Uint8Array): unknown; digest(encoding: 'hex'): string};
  readonly #buffer = Buffer.allocUnsafeSlow(READ_BYTES);
  #done = 0;
  #whole = 0;
  #running: Promise<void> | null = null;

  constructor(file: FileHandle, algorithm: string, signal: AbortSignal | undefined) {
    this.#file = file;
    this.#signal = signal;
    this.#hash = algorithm === 'crc32c' ? new Crc32c() : createHash(algorithm);
  }

  /** Bytes from the beginning on that will not change any more. */
  follow(whole: number): void {
    this.#whole = Math.max(whole, this.#whole);
    if (this.#running || this.#whole - this.#done < READ_BYTES) return;
    this.#running = this.#catchUp(READ_BYTES).finally(() => {
      this.#running = null;
    });
    // Told by `hex`, which comes to the same place.
    this.#running.catch(() => {});
  }

  async hex(sizeBytes: number): Promise<string> {
    await this.#running?.catch(() => {});
    this.#whole = sizeBytes;
    await this.#catchUp(1);
    return this.#hash.digest('hex');
  }

  async #catchUp(least: number): Promise<void> {
    while (this.#whole - this.#done >= least) {
      throwIfAborted(this.#signal);
      const length = Math.min(READ_BYTES, this.#whole - this.#done);
      const {bytesRead} = await this.#file.read(this.#buffer, 0, length, this.#done);
      if (bytesRead === 0) return;
      this.#hash.update(this.#buffer.subarray(0, bytesRead));
      this.#done += bytesRead;
    }
  }
}
