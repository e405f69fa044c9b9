/**
 * Finds canaries while the names of all keys pass by. It costs a look at the length of each name; bytes are compared only
 * where that is one of a canary's. What it finds are places in the file, to be read when the walk is over.
 */
import type {ValueTypeRow} from '../value-types.ts';
import type {Sorter} from '../values/name-reader.ts';
import type {CanaryKey} from './canary-schema.ts';

/** `row` is `null` for the value of a module. `offset`: where the value begins. */
export type CanaryPlace = {row: ValueTypeRow | null; offset: number; expires: boolean};

export class CanaryFinder implements Sorter {
  /** By the place of the canary in the list. */
  readonly places: (CanaryPlace | undefined)[] = [];
  readonly #canaries: readonly CanaryKey[];
  /** Whoever else looks at names. */
  readonly #next: Sorter | null;
  /** By length of the name, in bytes. */
  readonly #byLength = new Map<number, number[]>();
  /** Canaries of the last name, in whichever database. */
  #matched: number[] = [];

  constructor(canaries: readonly CanaryKey[], next: Sorter | null) {
    this.#canaries = canaries;
    this.#next = next;
    for (const [index, {key}] of canaries.entries()) {
      const alike = this.#byLength.get(key.length);
      if (alike) alike.push(index);
      else this.#byLength.set(key.length, [index]);
    }
  }

  of(memory: Uint8Array, at: number, count: number): number {
    const alike = this.#byLength.get(count);
    this.#matched = alike === undefined ? NONE : alike.filter(index => this.#is(index, memory, at));
    return this.#next === null ? 0 : this.#next.of(memory, at, count);
  }

  /** A name that comes in pieces is longer than any canary's. */
  start(): void {
    this.#matched = NONE;
    this.#next?.start();
  }

  feed(memory: Uint8Array, from: number, to: number): void {
    this.#next?.feed(memory, from, to);
  }

  end(): number {
    return this.#next?.end() ?? 0;
  }

  sized(bytes: number): void {
    this.#next?.sized?.(bytes);
  }

  /** Where the value of the last name is. */
  note(database: number, place: CanaryPlace): void {
    for (const index of this.#matched) {
      if (this.#canaries[index]!.database === database) this.places[index] = place;
    }
  }

  get matches(): boolean {
    return this.#matched !== NONE && this.#matched.length > 0;
  }

  #is(index: number, memory: Uint8Array, at: number): boolean {
    return this.#canaries[index]!.key.every((byte, i) => byte === memory[at + i]);
  }
}

const NONE: number[] = [];
