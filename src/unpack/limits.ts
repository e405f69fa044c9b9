/**
 * How far a backup may unfold before it is taken for a bomb. The sums are over all layers and entries, read or passed
 * over, so that nothing keeps a drill busy for ever; disk space is watched where the dump is written.
 */
import {grouped, PackingFault} from './packing-fault.ts';

export type Limits = {
  /** Of what comes out to what went in. */
  maxRatio: number;
  /** Of all that comes out, of all layers together. */
  maxSizeBytes: number;
  /** In all archives together. */
  maxEntries: number;
};

/**
 * Dumps are compressed already where it is worth it: real ones shrink to a half or a tenth. Zeros shrink to 1:229 by
 * `gzip -1`, to 1:1000 by `gzip -9`, to 1:30,000 by zstd.
 */
export const DEFAULT_LIMITS: Limits = {maxRatio: 100, maxSizeBytes: 2 ** 40, maxEntries: 100_000};

/** Below this a bomb does no harm, and small backups of nothing but repetitions stay free of suspicion. */
const HARMLESS_BYTES = 256 * 1024 ** 2;

/** Layers: encrypted, compressed, archived, once more, and some to spare. */
export const MAX_DEPTH = 8;

export class Budget {
  readonly #limits: Limits;
  /** Bytes of the artifact that have been read. */
  readonly #read: () => number;
  #unfolded = 0;
  #entries = 0;

  constructor(limits: Limits, read: () => number) {
    this.#limits = limits;
    this.#read = read;
  }

  /** `layerBytes`: what this layer has given so far, these bytes included. */
  unfold(bytes: number, layerBytes: number): void {
    const {maxRatio, maxSizeBytes} = this.#limits;
    this.#unfolded += bytes;
    if (this.#unfolded > maxSizeBytes) {
      throw new PackingFault(
        'backup/expands-too-far',
        `the backup unfolds to more than ${grouped(maxSizeBytes)} bytes in all its layers`,
      );
    }
    const read = this.#read();
    if (layerBytes > HARMLESS_BYTES && layerBytes > maxRatio * read) {
      throw new PackingFault(
        'backup/expands-too-far',
        `${grouped(read)} bytes of the backup unfold to ${grouped(layerBytes)}, more than ${grouped(maxRatio)} times as many`,
      );
    }
  }

  countEntry(): void {
    this.#entries += 1;
    if (this.#entries <= this.#limits.maxEntries) return;
    throw new PackingFault(
      'backup/expands-too-far',
      `the backup holds more than ${grouped(this.#limits.maxEntries)} entries`,
    );
  }
}
