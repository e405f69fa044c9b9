/**
 * Which hash slots of a cluster the keys of a dump are in: sorted by their names as these pass by, in a table of one byte a
 * slot. No name is kept. It costs a look at each byte of a name, and nothing where nobody asks.
 */
import {KeySlot, rangesOf, SLOTS} from '../../redis/slots.ts';
import type {Sorter} from '../values/name-reader.ts';

export class SlotCensus implements Sorter {
  readonly #occupied = new Uint8Array(SLOTS);
  readonly #slot = new KeySlot();
  /** Whoever else looks at names. */
  readonly #next: Sorter | null;

  constructor(next: Sorter | null) {
    this.#next = next;
  }

  /** `['0-5460', '9000']`. */
  get ranges(): string[] {
    return rangesOf(this.#occupied);
  }

  of(memory: Uint8Array, at: number, count: number): number {
    this.#slot.start();
    this.#slot.feed(memory, at, at + count);
    this.#occupied[this.#slot.end()] = 1;
    return this.#next === null ? 0 : this.#next.of(memory, at, count);
  }

  start(): void {
    this.#slot.start();
    this.#next?.start();
  }

  feed(memory: Uint8Array, from: number, to: number): void {
    this.#slot.feed(memory, from, to);
    this.#next?.feed(memory, from, to);
  }

  end(): number {
    this.#occupied[this.#slot.end()] = 1;
    return this.#next?.end() ?? 0;
  }

  sized(bytes: number): void {
    this.#next?.sized?.(bytes);
  }
}
