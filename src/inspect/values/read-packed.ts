/**
 * Values that lie packed in one string, or in several: how servers write what is small. Sources: ziplist.c, listpack.c,
 * intset.c, zipmap.c and quicklist.c of Redis.
 */
import {grouped} from '../fault.ts';
import type {Packed} from './packed.ts';
import type {ReadValue} from './read-strings.ts';
import type {ValueReader} from './value-reader.ts';

type Form = 'ziplist' | 'listpack';

const opened = (values: ValueReader, form: Form): Packed => {
  values[form].open();
  return values[form];
};

export function readPackedList(form: Form): ReadValue {
  return values => mixAll(values, opened(values, form));
}

function mixAll({digester}: ValueReader, packed: Packed): void {
  while (packed.next()) digester.mix(packed.text());
}

export function readPackedSet(form: Form): ReadValue {
  return values => {
    const packed = opened(values, form);
    while (packed.next()) values.digester.member(packed.text());
  };
}

export function readPackedHash(form: Form): ReadValue {
  return values => {
    const packed = opened(values, form);
    while (packed.next()) {
      const name = packed.text();
      values.digester.field(name, packed.more().text(), 0);
    }
  };
}

export function readPackedScores(form: Form): ReadValue {
  return values => {
    const packed = opened(values, form);
    while (packed.next()) {
      const member = packed.text();
      values.digester.scored(member, packed.more().score());
    }
  };
}

/** `n, n x ziplist` */
export function readQuicklist(values: ValueReader): void {
  for (let left = values.dump.count(); left > 0; left--) mixAll(values, opened(values, 'ziplist'));
}

/** `n, n x (container:len str)`: 1 = the string is one element, 2 = it is a listpack of elements. */
export function readQuicklist2(values: ValueReader): void {
  for (let left = values.dump.count(); left > 0; left--) {
    const at = values.dump.offset;
    const container = values.dump.length();
    if (container === 1) values.digester.mix(values.text());
    else if (container === 2) mixAll(values, opened(values, 'listpack'));
    else {
      throw values.dump.malformed(`a quicklist node has the unknown container ${grouped(container)}`, at);
    }
  }
}

/** Listpack of field, value, time; 0 stands for none. */
export function readPackedTtls(values: ValueReader): void {
  const packed = opened(values, 'listpack');
  while (packed.next()) {
    const name = packed.text();
    const value = packed.more().text();
    values.digester.field(name, value, Number(packed.more().number()));
  }
}

/** `min-expire:i64le`, which only informs, then as before. */
export function readListpackEx(values: ValueReader): void {
  values.dump.skip(8);
  readPackedTtls(values);
}

/** Listpack of a template's id and the values of its fields. */
export function readTemplateListpack(values: ValueReader): void {
  const {digester, templates, dump} = values;
  const at = dump.offset;
  const packed = opened(values, 'listpack');
  const template = templates.get(Number(packed.more().number()));
  if (template === undefined) throw dump.malformed('a hash refers to a template that has not been given', at);
  for (const name of template) digester.field(digester.tape.known(name), packed.more().text(), 0);
  if (packed.next()) throw dump.malformed('a hash has more values than its template has fields', at);
}

/** `size:u32le n:u32le`, n integers of that many bytes, little-endian, ascending. */
export function readIntset(values: ValueReader): void {
  const {bytes} = values.open();
  const {digester} = values;
  const size = bytes.u32le();
  const count = bytes.u32le();
  if (size !== 2 && size !== 4 && size !== 8) {
    throw bytes.malformed(`an intset has integers of ${grouped(size)} bytes`);
  }
  bytes.expect(count * size);
  for (let left = count; left > 0; left--) {
    const value = size === 2 ? bytes.i16le() : size === 4 ? bytes.i32le() : bytes.i64le();
    digester.member(digester.tape.integer(value));
  }
  values.close();
}

/**
 *     count:u8, pairs, 0xFF
 *     pair: length key, length free:u8 value free-bytes        length: u8, or 0xFE u32le
 */
export function readZipmap(values: ValueReader): void {
  const {bytes} = values.open();
  bytes.u8();
  const length = (first: number): number => (first < 0xfe ? first : bytes.u32le());
  for (let first = bytes.u8(); first !== 0xff; first = bytes.u8()) {
    const name = values.textOf(bytes, length(first));
    const size = length(bytes.u8());
    const free = bytes.u8();
    values.digester.field(name, values.textOf(bytes, size), 0);
    bytes.skip(free);
  }
  values.close();
}
