/**
 * The entries of a stream, which is all of it that a digest covers: nodes, each a listpack that begins with the names of
 * its fields. Consumer groups and the rest stand behind them (../apart/stream-state.ts). Source: streamAppendItem in
 * t_stream.c.
 */
import {KEY_NAME, MAX_HELD, type Tape, type Text} from '../digest/tape.ts';
import {Fault, grouped} from '../fault.ts';
import {ID_BYTES} from '../skip-stream.ts';
import type {Integer, Listpack} from './packed.ts';
import type {ValueReader} from './value-reader.ts';

/** Flags of an entry. */
const DELETED = 1;
const SAME_FIELDS = 2;

/** Names of fields are held behind the name of the key. */
const FIRST_NAME = KEY_NAME + 1;
const HELD_NAMES = MAX_HELD - FIRST_NAME;
/** Different names of fields that we keep for a node; servers begin a new node after 4 KiB. */
const MAX_NAMES = 65_536;

export function readStream(values: ValueReader): void {
  for (let left = values.dump.count(); left > 0; left--) {
    const at = values.dump.offset;
    const id = values.dump.string(ID_BYTES);
    if (id?.length !== ID_BYTES) throw values.dump.malformed('a stream node has no id of 16 bytes', at);
    readNode(values, new DataView(id.buffer, id.byteOffset));
  }
  values.digester.tape.release(FIRST_NAME);
}

/**
 *     count deleted n, n x name, 0, entries
 *     entry: flags ms seq, then n x value, or (without SAME_FIELDS) n, n x (name value); then the number of its parts
 */
function readNode(values: ValueReader, id: DataView): void {
  const {listpack, digester} = values;
  const ms = base(id.getBigUint64(0));
  const seq = base(id.getBigUint64(8));
  listpack.open();
  listpack.more().skip();
  listpack.more().skip();
  const names = new Names(values, count(values, listpack.more().number()));
  listpack.more().skip();
  while (listpack.next()) {
    const flags = Number(listpack.number());
    const entryMs = plus(ms, listpack.more().number());
    const entrySeq = plus(seq, listpack.more().number());
    const same = (flags & SAME_FIELDS) !== 0;
    const fields = same ? names.count : count(values, listpack.more().number());
    if ((flags & DELETED) !== 0) skipParts(listpack, same ? fields : 2 * fields);
    else {
      digester.mix(digester.tape.ascii(`${entryMs}.${entrySeq}`));
      for (let field = 0; field < fields; field++) {
        digester.mix(same ? names.text(field) : listpack.more().text());
        digester.mix(listpack.more().text());
      }
    }
    listpack.more().skip();
  }
}

/** Names are held as texts; where there are too many for that, their SHA-1 are kept. */
class Names {
  readonly count: number;
  readonly #tape: Tape;
  readonly #others: Uint8Array[] = [];

  constructor({listpack, digester, dump}: ValueReader, count: number) {
    if (count > MAX_NAMES) {
      const message = `a stream has more than ${grouped(MAX_NAMES)} fields in one node`;
      throw new Fault('unreadable', dump.offset, message);
    }
    this.count = count;
    this.#tape = digester.tape;
    this.#tape.release(FIRST_NAME);
    for (let i = 0; i < count; i++) {
      digester.makeRoom();
      const text = listpack.more().text();
      if (i < HELD_NAMES) this.#tape.hold(text);
      else this.#others.push(this.#tape.digest(text));
    }
  }

  text(index: number): Text {
    if (index < HELD_NAMES) return this.#tape.held(FIRST_NAME + index);
    return this.#tape.known(this.#others[index - HELD_NAMES]!);
  }
}

function skipParts(listpack: Listpack, parts: number): void {
  for (let left = parts; left > 0; left--) listpack.more().skip();
}

function count({dump}: ValueReader, value: Integer): number {
  if (value < 0) throw dump.malformed('a stream entry has a negative number of fields');
  return Number(value);
}

/** As a double where all sums with what servers write are exact. */
const base = (value: bigint): Integer => (value < 2n ** 52n ? Number(value) : value);

function plus(start: Integer, delta: Integer): Integer {
  if (typeof start === 'number' && typeof delta === 'number') {
    const sum = start + delta;
    if (sum >= 0 && sum <= Number.MAX_SAFE_INTEGER) return sum;
  }
  return BigInt.asUintN(64, BigInt(start) + BigInt(delta));
}
