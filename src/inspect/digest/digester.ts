/**
 * Redis' DEBUG DIGEST of what the file holds, key by key, in every dialect at once (docs/architecture.md, "Digests").
 * Hashing is put off and done in batches. What comes of it is summed up in cells (cell.ts): memory grows with these, not
 * with the dump.
 *
 *     mix(D, text): D = SHA1(D ^ SHA1(text))        a step of a chain
 *     xor(D, text): D = D ^ SHA1(text)              members of a set, and anything that has no order
 */
import {Cell} from '../cell.ts';
import {DIGEST_BYTES, LAYOUT, MAX_CELL_SLOTS, MAX_SLOTS} from '../kernel.ts';
import {Batch, type Slot, ZERO_SLOT} from './batch.ts';
import {type Aside, addSums, CELL_BYTES, PARTS, type Part} from './cell-sums.ts';
import {percent17g, readsAlike} from './score-text.ts';
import {ALIKE, type Share, sharesOf, sumsOf} from './shares.ts';
import {EXPIRE, FIELD_EXPIRE, HOLE, KEY_NAME, NOTHING, type Tape, type Text, typeText} from './tape.ts';

/** Numbers of the object types in server.h. */
export const OBJECT_TYPES = {string: 0, list: 1, set: 2, zset: 3, hash: 4, stream: 6, array: 7} as const;
export type DigestedType = keyof typeof OBJECT_TYPES;

export type DigestRules = {
  /** Also digest scores as servers before 7.2 do. */
  oldScores: boolean;
  /** `marked`: Redis digests that a field expires. `left-out`: Valkey leaves fields out that have expired by `now`. */
  fieldExpiry: 'marked' | 'left-out';
  nowMs: number;
};

/** After the slot that is always zero: those of the keys of this batch, five each. */
const FIRST_KEY = ZERO_SLOT + DIGEST_BYTES;
const LAST_KEY = LAYOUT.slots + (MAX_SLOTS - 16) * DIGEST_BYTES;
const KEY_BYTES = 5 * DIGEST_BYTES;
/** Holes in all arrays of a dump that are hashed: some seconds. */
const MAX_HOLES = 10_000_000;

/** Cells that have slots at a time. */
const MAX_RESIDENTS = Math.floor((MAX_CELL_SLOTS * DIGEST_BYTES) / CELL_BYTES);

/** From the first slot of a cell to that of a part. */
const offsetOf = (part: Part): number => PARTS.indexOf(part) * DIGEST_BYTES;
const COMMON = offsetOf('common');
const EXPIRY_TIMES = offsetOf('expiry-times');

export class Digester {
  readonly tape: Tape;
  /** Smallest expiry of a field that had not passed at `nowMs`; Valkey's digest holds until then. */
  nextFieldExpiryMs = Number.POSITIVE_INFINITY;
  expiringFields = 0;
  /** Of the key that is open, or was last. */
  elements = 0;
  readonly #rules: DigestRules;
  readonly #batch: Batch;
  /** Cells that have slots now, in the order of these. */
  readonly #residents: Cell[] = [];
  /** Where the key that is open belongs. */
  #cell = new Cell(0, 0);
  /**
   * First of the five slots of the key that is open:
   *
   *     0 what all dialects share
   *     1 scores as they are printed from 7.2 on           or: expiring fields, as if they did not expire
   *     2 scores as they were printed before               or: expiring fields, as the server digests them
   *     3 scores of -0 that became 0 (from 7.0 on)
   *     4 the same as -0 (before 7.0)
   */
  #key = FIRST_KEY;
  /** Of a key that keeps an order: where its chain begins in this batch, and in which slot. */
  #chainStart = 0;
  #chainSlot = ZERO_SLOT;
  #ordered = false;
  #open = false;
  #type: DigestedType = 'string';
  #differs = false;
  #hasMinusZero = false;
  #holesLeft = MAX_HOLES;

  constructor(tape: Tape, rules: DigestRules) {
    this.tape = tape;
    this.#rules = rules;
    this.#batch = new Batch(tape);
    this.#clear(LAYOUT.slots, LAST_KEY + 16 * DIGEST_BYTES);
    this.#clear(LAYOUT.cells, LAYOUT.cells + MAX_RESIDENTS * CELL_BYTES);
  }

  /** To be called before the name of a key is read. */
  makeRoom(): void {
    if (this.#residents.length === MAX_RESIDENTS) this.#collect();
    else if (this.#batch.full || this.#key > LAST_KEY) this.#run();
  }

  /** That a key of this name expires: `high` and `low` are halves of the milliseconds since 1970. */
  expiring(name: Text, {low, high}: {low: number; high: number}, cell: Cell): void {
    const start = this.#batch.here;
    this.#batch.step(this.tape.int64(low, high));
    this.#batch.chain(start, name, this.#slotsOf(cell) + EXPIRY_TIMES);
  }

  begin(type: DigestedType, name: Text, cell: Cell): void {
    this.#begin(type, cell, name);
  }

  /** A key without its name, as DEBUG DIGEST-VALUE takes it. The digester must have no other. */
  beginAlone(type: DigestedType): void {
    this.#begin(type, new Cell(0, 0), null);
  }

  #begin(type: DigestedType, cell: Cell, name: Text | null): void {
    this.#cell = cell;
    this.#slotsOf(cell);
    this.#type = type;
    this.elements = 0;
    this.#differs = false;
    this.#hasMinusZero = false;
    this.#open = true;
    this.#ordered = type !== 'set' && type !== 'zset' && type !== 'hash';
    this.#chainStart = this.#batch.here;
    this.#chainSlot = ZERO_SLOT;
    if (name !== null) this.#batch.step(name);
    this.#batch.step(typeText(OBJECT_TYPES[type]));
    if (!this.#ordered) this.#batch.chain(this.#chainStart, ZERO_SLOT, this.#key);
  }

  /** The value of a string, or what comes next in a list, stream or array. */
  mix(text: Text): void {
    this.elements++;
    this.#batch.step(text);
    if (this.#batch.full) this.#run();
  }

  /** Elements of an array that are not there: a hash each, though they take no place in the file. */
  mixHoles(count: number): void {
    if (count > this.#holesLeft) this.#cell.undigestible ??= 'arrays have too many holes';
    const taken = Math.min(count, this.#holesLeft);
    this.#holesLeft -= taken;
    for (let left = taken; left > 0; left--) this.mix(HOLE);
  }

  member(text: Text): void {
    this.elements++;
    this.#batch.member(text, this.#key);
    if (this.#batch.full) this.#run();
  }

  /** `expiresAtMs` is 0 for a field that does not expire; else the name of the key must be held. */
  field(name: Text, value: Text, expiresAtMs: number): void {
    this.elements++;
    if (expiresAtMs === 0) this.#batch.pair(name, value, NOTHING, this.#key);
    else if (this.#rules.fieldExpiry === 'marked') {
      this.#differs = true;
      this.#batch.pair(name, value, NOTHING, this.#slot(1));
      this.#batch.pair(name, value, FIELD_EXPIRE, this.#slot(2));
    } else if (expiresAtMs > this.#rules.nowMs) {
      this.nextFieldExpiryMs = Math.min(this.nextFieldExpiryMs, expiresAtMs);
      this.#batch.pair(name, value, NOTHING, this.#key);
    } else {
      this.#differs = true;
      this.#batch.pair(name, value, NOTHING, this.#slot(1));
    }
    if (expiresAtMs !== 0) {
      this.expiringFields++;
      this.aside('field-expiries', this.tape.held(KEY_NAME), name, this.tape.integer(expiresAtMs));
    } else if (this.#batch.full) this.#run();
  }

  /** A chain of its own, of what no DEBUG DIGEST covers. Never while a key that keeps an order is open. */
  aside(part: Aside, ...texts: Text[]): void {
    const start = this.#batch.here;
    for (const text of texts) this.#batch.step(text);
    this.#batch.chain(start, ZERO_SLOT, this.#slotsOf(this.#cell) + offsetOf(part));
    if (this.#batch.full) this.#run();
  }

  scored(member: Text, score: number): void {
    this.elements++;
    if (readsAlike(score)) this.#batch.pair(member, this.tape.integer(score), NOTHING, this.#key);
    else {
      const text = this.tape.shortest(score);
      const old = this.#rules.oldScores ? percent17g(score) : null;
      if (old === null || this.tape.lastNumberIs(old)) this.#batch.pair(member, text, NOTHING, this.#key);
      else {
        this.#differs = true;
        this.#batch.pair(member, text, NOTHING, this.#slot(1));
        this.#batch.pair(member, this.tape.ascii(old), NOTHING, this.#slot(2));
      }
    }
    if (this.#batch.full) this.#run();
  }

  /** A score of -0 in what servers from 7.0 on turn into a listpack, where it becomes an integer. */
  scoredMinusZero(member: Text): void {
    this.elements++;
    this.#hasMinusZero = true;
    this.#batch.pair(member, this.tape.integer(0), NOTHING, this.#slot(3));
    this.#batch.pair(member, this.tape.ascii('-0'), NOTHING, this.#slot(4));
    if (this.#batch.full) this.#run();
  }

  /** False for a key without elements, which servers do not keep: it has no part in the digest. */
  end(expires: boolean): boolean {
    this.#open = false;
    if (this.elements === 0 && this.#type !== 'stream') {
      // What has been written of its chain stays without consequence: nothing ends it.
      if (!this.#ordered) this.#key += KEY_BYTES;
      return false;
    }
    this.#cell.digested = true;
    const last = expires ? EXPIRE : NOTHING;
    if (this.#ordered) {
      this.#batch.step(last);
      this.#batch.chain(this.#chainStart, this.#chainSlot, this.#slotsOf(this.#cell) + COMMON);
      // Its slot must not change before this batch is done.
      if (this.#chainSlot !== ZERO_SLOT) this.#key += KEY_BYTES;
    } else {
      this.#endUnordered(last);
      this.#key += KEY_BYTES;
    }
    return true;
  }

  /** What DEBUG DIGEST-VALUE answers, by dialect, as the sums of a cell: no last step hides it. */
  endAlone(expires: boolean): Cell {
    this.#run();
    this.#open = false;
    const shares = this.#ordered ? ALIKE : this.#shares();
    // Of a key that keeps an order, only the first is its own.
    const slots = [0, 1, 2, 3, 4].map(i => (i > 0 && this.#ordered ? ZERO_SLOT : this.#slot(i)));
    const mark = expires ? EXPIRE : NOTHING;
    addSums(this.#cell, sumsOf({words: this.tape.kernel.words, shares, slots, mark}));
    return this.#cell;
  }

  #endUnordered(last: Text): void {
    for (const {part, second, third} of this.#shares()) this.#last(last, [second, third], offsetOf(part));
  }

  #shares(): readonly Share[] {
    return sharesOf({type: this.#type, differs: this.#differs, hasMinusZero: this.#hasMinusZero});
  }

  #slot(number: number): Slot {
    return this.#key + number * DIGEST_BYTES;
  }

  /** From then on cells have all that belongs to them. */
  finish(): void {
    this.#collect();
  }

  #last(mark: Text, [second, third]: [number, number], part: number): void {
    const into = this.#slotsOf(this.#cell) + part;
    this.#batch.last(mark, [this.#key, this.#slot(second), this.#slot(third)], into);
  }

  /** Does all that was put off; an open key goes on afterwards. */
  #run(): void {
    const goesOn = this.#open && this.#ordered;
    // A chain has at least one step; without any since the last run its slot is as it was.
    const hasSteps = this.#batch.here > this.#chainStart;
    const aside = hasSteps ? this.#slot(1) : this.#chainSlot;
    if (goesOn && hasSteps) this.#batch.chain(this.#chainStart, this.#chainSlot, aside);
    this.#batch.run();
    this.#keepOpenKey(goesOn ? aside : this.#key);
  }

  /** Its slots become the first ones; all others of keys are zero again. */
  #keepOpenKey(from: number): void {
    const bytes = this.#ordered ? DIGEST_BYTES : KEY_BYTES;
    const kept = this.#open ? this.tape.kernel.bytes.slice(from, from + bytes) : null;
    this.#clear(FIRST_KEY, this.#key + KEY_BYTES);
    this.#key = FIRST_KEY;
    if (kept === null) return;
    this.tape.kernel.bytes.set(kept, FIRST_KEY);
    if (!this.#ordered) return;
    this.#chainSlot = FIRST_KEY;
    this.#chainStart = this.#batch.here;
  }

  #clear(from: number, to: number): void {
    this.tape.kernel.bytes.fill(0, from, to);
  }

  #slotsOf(cell: Cell): Slot {
    if (cell.slots !== 0) return cell.slots;
    cell.slots = LAYOUT.cells + this.#residents.length * CELL_BYTES;
    this.#residents.push(cell);
    return cell.slots;
  }

  /** Brings home what lies in slots of cells. */
  #collect(): void {
    this.#run();
    const {words} = this.tape.kernel;
    for (const cell of this.#residents) {
      addSums(cell, words.subarray(cell.slots >> 2, (cell.slots + CELL_BYTES) >> 2));
      cell.slots = 0;
    }
    this.#clear(LAYOUT.cells, LAYOUT.cells + this.#residents.length * CELL_BYTES);
    this.#residents.length = 0;
  }
}
