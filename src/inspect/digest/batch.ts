/**
 * Hashing that is put off until there is much of it: chains that mix texts, texts that are only XORed, and chains that
 * end a key when all else is in. What comes out of each is XORed into a slot, 20 bytes of the kernel's memory.
 */
import {CHAIN_BYTES, DIGEST_BYTES, LAYOUT, MAX_STEPS, RANGE_BYTES, STEP_BYTES} from '../kernel.ts';
import type {Tape, Text} from './tape.ts';

/** Address of a slot. */
export type Slot = number;

/** The slot that is always zero. */
export const ZERO_SLOT: Slot = LAYOUT.slots;
/** Steps that may be added between two looks at `full`. */
const MARGIN = 64;
const LAST_STEP = LAYOUT.steps / STEP_BYTES + MAX_STEPS - MARGIN;

const STEPS = LAYOUT.steps >> 2;
const CHAINS = LAYOUT.chains >> 2;
const LAST_CHAINS = LAYOUT.lastChains >> 2;
const RANGES = LAYOUT.ranges >> 2;

export class Batch {
  readonly tape: Tape;
  readonly #words: Int32Array;
  /** Where in `words` the next of each list goes. */
  #step = STEPS;
  #chain = CHAINS;
  #lastChain = LAST_CHAINS;
  #range = RANGES;

  constructor(tape: Tape) {
    this.tape = tape;
    this.#words = tape.kernel.words;
  }

  /** It must run before much is added. */
  get full(): boolean {
    return this.tape.full || this.#step > LAST_STEP;
  }

  /** Where a chain that is begun now begins. */
  get here(): number {
    return this.#step;
  }

  step(text: Text): void {
    this.#words[this.#step++] = text;
  }

  /** All steps from `start` on, from what is in slot `from`, into slot `into`. */
  chain(start: number, from: Slot, into: Slot): void {
    this.#chain = this.#add(this.#chain, start, from, ZERO_SLOT, ZERO_SLOT, into);
  }

  /** Two texts and a mark, from nothing, into a slot: an element of a hash or sorted set. */
  pair(first: Text, second: Text, mark: Text, into: Slot): void {
    const start = this.#step;
    const words = this.#words;
    words[start] = first;
    words[start + 1] = second;
    words[start + 2] = mark;
    this.#step = start + 3;
    this.chain(start, ZERO_SLOT, into);
  }

  /** A text by itself into a slot: a member of a set. */
  member(text: Text, into: Slot): void {
    const words = this.#words;
    const last = this.#range - 3;
    if (last >= RANGES && words[last + 1] === text && words[last + 2] === into) {
      words[last + 1] = text + DIGEST_BYTES;
      return;
    }
    words[this.#range] = text;
    words[this.#range + 1] = text + DIGEST_BYTES;
    words[this.#range + 2] = into;
    this.#range += 3;
  }

  /** One last step, from three slots together; runs when all chains and members are in. */
  last(mark: Text, [a, b, c]: [Slot, Slot, Slot], into: Slot): void {
    const start = this.#step;
    this.step(mark);
    this.#lastChain = this.#add(this.#lastChain, start, a, b, c, into);
  }

  /** Does all that was put off. Texts are forgotten, slots stay. */
  run(): void {
    const {call} = this.tape.kernel;
    const count = (next: number, first: number, bytes: number) => ((next - first) << 2) / bytes;
    this.tape.settle();
    call.xorRanges(LAYOUT.ranges, count(this.#range, RANGES, RANGE_BYTES));
    call.runChains(LAYOUT.chains, count(this.#chain, CHAINS, CHAIN_BYTES));
    call.runChains(LAYOUT.lastChains, count(this.#lastChain, LAST_CHAINS, CHAIN_BYTES));
    this.tape.rewind();
    this.#step = STEPS;
    this.#chain = CHAINS;
    this.#lastChain = LAST_CHAINS;
    this.#range = RANGES;
  }

  #add(at: number, start: number, a: Slot, b: Slot, c: Slot, into: Slot): number {
    const words = this.#words;
    words[at] = start << 2;
    words[at + 1] = this.#step - start;
    words[at + 2] = a;
    words[at + 3] = b;
    words[at + 4] = c;
    words[at + 5] = into;
    return at + (CHAIN_BYTES >> 2);
  }
}
