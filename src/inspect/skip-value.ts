/**
 * How each value type is laid out, as functions that pass over one value. They count nothing and keep nothing; a
 * decoder that digests values takes the same rows of `value-types.ts` and reads what these pass over. No recursion:
 * a module value nests by opcodes in a flat stream, nothing else nests at all.
 */
import type {DumpReader} from './dump-reader.ts';
import {Fault, grouped} from './fault.ts';

/** Fields of each hash template (opcode HASH_TEMPLATE) by its id. */
export type Templates = ReadonlyMap<number, number>;

export type SkipValue = (dump: DumpReader, templates: Templates) => void;

/** `str`: a string, or a ziplist, listpack, intset or zipmap inside one. */
export function skipBlob(dump: DumpReader): void {
  dump.skipString();
}

/** `n, n x str` */
export function skipStrings(dump: DumpReader): void {
  for (let left = dump.count(); left > 0; left--) dump.skipString();
}

/** `n, n x (str str)` */
export function skipPairs(dump: DumpReader): void {
  for (let left = dump.count(); left > 0; left--) {
    dump.skipString();
    dump.skipString();
  }
}

/**
 * `n, n x (member:str score)`, a score being text of a length that has three special values (rdbLoadDoubleValue):
 *
 *     n:u8 (0..252), n ASCII bytes  |  253 NaN  |  254 +inf  |  255 -inf
 */
export function skipScoresAsText(dump: DumpReader): void {
  for (let left = dump.count(); left > 0; left--) {
    dump.skipString();
    const size = dump.u8();
    if (size < 253) dump.skip(size);
  }
}

/** `n, n x (member:str score:f64le)` */
export function skipScores(dump: DumpReader): void {
  for (let left = dump.count(); left > 0; left--) {
    dump.skipString();
    dump.skip(8);
  }
}

/** `n, n x (container:len str)`: 1 = the string is one element, 2 = it is a listpack of elements. */
export function skipQuicklist2(dump: DumpReader): void {
  for (let left = dump.count(); left > 0; left--) {
    const at = dump.offset;
    const container = dump.length();
    if (container !== 1 && container !== 2) {
      throw new Fault(
        'malformed',
        at,
        `a quicklist node at byte ${grouped(at)} has the unknown container ${grouped(container)}`,
      );
    }
    dump.skipString();
  }
}

/** `n, n x (ttl:len field:str value:str)` */
export function skipHashWithTtls(dump: DumpReader): void {
  for (let left = dump.count(); left > 0; left--) {
    dump.length();
    dump.skipString();
    dump.skipString();
  }
}

/** `min-expire:i64le`, then as before; TTLs are relative to it. */
export function skipHashMetadata(dump: DumpReader): void {
  dump.skip(8);
  skipHashWithTtls(dump);
}

/** `min-expire:i64le, str` */
export function skipListpackEx(dump: DumpReader): void {
  dump.skip(8);
  dump.skipString();
}

/** Valkey: `n, n x (field:str value:str expire:i64le)` */
export function skipValkeyHash2(dump: DumpReader): void {
  for (let left = dump.count(); left > 0; left--) {
    dump.skipString();
    dump.skipString();
    dump.skip(8);
  }
}

/** `count:len has-insert-index:len [insert-index:len], count x (index:len tag:len v)` */
export function skipArray(dump: DumpReader): void {
  let left = dump.count();
  if (dump.length() !== 0) dump.length();
  for (; left > 0; left--) {
    dump.length();
    const at = dump.offset;
    const tag = dump.length();
    if (tag === 0 || tag === 3) dump.skipString();
    else if (tag === 1 || tag === 2) dump.skip(8);
    else
      throw new Fault(
        'malformed',
        at,
        `an array element at byte ${grouped(at)} has the unknown tag ${grouped(tag)}`,
      );
  }
}

/** `template-id:len, fields x value:str`; how many fields stands in the template, not here. */
export function skipTemplateValues(dump: DumpReader, templates: Templates): void {
  const at = dump.offset;
  const fields = templates.get(dump.length());
  if (fields === undefined) {
    throw new Fault(
      'malformed',
      at,
      `a hash at byte ${grouped(at)} refers to a template that has not been given`,
    );
  }
  for (let left = fields; left > 0; left--) dump.skipString();
}

/**
 * A module's data (rdbLoadCheckModuleValue): opcodes, each with one datum, up to opcode 0.
 *
 *     0 end | 1 signed:len | 2 unsigned:len | 3 f32le | 4 f64le | 5 str
 */
export function skipModuleStream(dump: DumpReader): void {
  for (;;) {
    const at = dump.offset;
    const opcode = dump.length();
    if (opcode === 0) return;
    if (opcode === 1 || opcode === 2) dump.length();
    else if (opcode === 3) dump.skip(4);
    else if (opcode === 4) dump.skip(8);
    else if (opcode === 5) dump.skipString();
    else
      throw new Fault(
        'malformed',
        at,
        `unknown opcode ${grouped(opcode)} in module data at byte ${grouped(at)}`,
      );
  }
}
