/**
 * Which patterns the name of a key matches: all of them at once, byte by byte, by an automaton that grows as names need
 * it. Names may come in pieces, and none takes longer than its length; a prefix is known as soon as it has passed.
 * Memory does not grow with the names: an automaton that gets too large is forgotten and begins anew.
 *
 * A state is the set of places in the patterns that the bytes so far may have led to (the subset construction).
 */
import {DrillError} from '../../errors.ts';
import {type GlobStep, parseGlob} from './glob.ts';

/** At 1 KiB each. */
const MAX_STATES = 2048;
/** Places that all states together stand for. */
const MAX_PLACES = 1_000_000;
/** Ways in which patterns overlap. Prefixes have no more than there are of them. */
export const MAX_COMBINATIONS = 4096;
const BYTES = 256;
const UNKNOWN = -1;
const START = 0;

type State = {
  /** Places, ascending. */
  places: number[];
  combination: number;
};

export class PatternSet {
  /** Which patterns (by index) keys of a combination match; the first matches none. */
  readonly combinations: number[][] = [];
  readonly #steps: (GlobStep | undefined)[] = [];
  /** Pattern that ends at this place. */
  readonly #ends = new Map<number, number>();
  readonly #starts: number[] = [];
  readonly #combinationOf = new Map<string, number>();
  readonly #states: State[] = [];
  readonly #stateOf = new Map<string, number>();
  readonly #next = new Int32Array(MAX_STATES * BYTES);
  /** States that no byte leads out of. */
  readonly #settled = new Uint8Array(MAX_STATES);
  #places = 0;
  /** What the empty name matches: the pattern `*`, which servers do not even look at, and no other. */
  readonly #empty: number;
  /** Of the name that comes in pieces. */
  #state = START;
  #isEmpty = true;

  constructor(patterns: string[]) {
    this.#combination([]);
    for (const [index, pattern] of patterns.entries()) {
      this.#starts.push(this.#steps.length);
      this.#steps.push(...parseGlob(pattern), undefined);
      this.#ends.set(this.#steps.length - 1, index);
    }
    this.#empty = this.#combination(patterns.flatMap((pattern, index) => (pattern === '*' ? [index] : [])));
    this.#forget();
  }

  /** Of the `count` bytes at `at`: the number of a combination. */
  of(memory: Uint8Array, at: number, count: number): number {
    this.start();
    this.feed(memory, at, at + count);
    return this.end();
  }

  /** A name that comes in pieces. */
  start(): void {
    this.#state = START;
    this.#isEmpty = true;
  }

  feed(memory: Uint8Array, from: number, to: number): void {
    const next = this.#next;
    const settled = this.#settled;
    let state = this.#state;
    if (from < to) this.#isEmpty = false;
    for (let at = from; at < to; at++) {
      const byte = memory[at]!;
      const known = next[state * BYTES + byte]!;
      state = known === UNKNOWN ? this.#grow(state, byte) : known;
      if (settled[state] === 1) break;
    }
    this.#state = state;
  }

  end(): number {
    return this.#isEmpty ? this.#empty : this.#states[this.#state]!.combination;
  }

  #grow(from: number, byte: number): number {
    const places = new Set<number>();
    for (const place of this.#states[from]!.places) {
      const step = this.#steps[place];
      if (step === undefined) continue;
      if (step === null) this.#enter(place, places);
      else if (step[byte] === 1) this.#enter(place + 1, places);
    }
    if (this.#states.length === MAX_STATES || this.#places > MAX_PLACES) {
      this.#forget();
      return this.#add(places);
    }
    const to = this.#add(places);
    this.#next[from * BYTES + byte] = to;
    return to;
  }

  /** Any number of bytes may be none. */
  #enter(place: number, places: Set<number>): void {
    for (let at = place; !places.has(at); at++) {
      places.add(at);
      if (this.#steps[at] !== null) return;
    }
  }

  #add(set: ReadonlySet<number>): number {
    const places = [...set].sort((a, b) => a - b);
    const key = places.join();
    const known = this.#stateOf.get(key);
    if (known !== undefined) return known;
    const matched = places.flatMap(place => this.#ends.get(place) ?? []);
    const state = this.#states.length;
    this.#states.push({places, combination: this.#combination(matched)});
    this.#settled[state] = places.every(place => this.#lasts(place, set)) ? 1 : 0;
    this.#stateOf.set(key, state);
    this.#places += places.length;
    return state;
  }

  /** At the `*` that ends a pattern, or behind it. */
  #lasts(place: number, places: ReadonlySet<number>): boolean {
    if (this.#steps[place] === null) return this.#ends.has(place + 1);
    return this.#ends.has(place) && places.has(place - 1) && this.#steps[place - 1] === null;
  }

  #forget(): void {
    this.#next.fill(UNKNOWN);
    this.#places = 0;
    this.#states.length = 0;
    this.#stateOf.clear();
    const places = new Set<number>();
    for (const start of this.#starts) this.#enter(start, places);
    this.#add(places);
  }

  #combination(patterns: number[]): number {
    const key = patterns.join();
    const known = this.#combinationOf.get(key);
    if (known !== undefined) return known;
    if (this.combinations.length === MAX_COMBINATIONS) {
      throw new DrillError(
        'config/invalid',
        `the patterns of the groups overlap in more than ${MAX_COMBINATIONS} ways`,
        {hint: 'Ask for fewer groups at a time, or for patterns that begin differently.'},
      );
    }
    this.combinations.push(patterns);
    this.#combinationOf.set(key, this.combinations.length - 1);
    return this.combinations.length - 1;
  }
}
