/**
 * Values whose elements stand one by one in the dump, each a string of its own: the plain types, and how servers wrote
 * what had grown too large to be packed. Layouts are drawn in skip-value.ts, which passes over the same bytes.
 */
import type {DumpReader} from '../dump-reader.ts';
import {grouped} from '../fault.ts';
import {parseScore} from './packed.ts';
import type {ValueReader} from './value-reader.ts';

export type ReadValue = (values: ValueReader) => void;

export function readString(values: ValueReader): void {
  values.digester.mix(values.text());
}

export function readList(values: ValueReader): void {
  for (let left = values.dump.count(); left > 0; left--) values.digester.mix(values.text());
}

export function readSet(values: ValueReader): void {
  for (let left = values.dump.count(); left > 0; left--) values.digester.member(values.text());
}

export function readHash(values: ValueReader): void {
  for (let left = values.dump.count(); left > 0; left--) {
    const name = values.text();
    values.digester.field(name, values.text(), 0);
  }
}

export const readScores: ReadValue = values => readSortedSet(values, dump => dump.f64le());
export const readScoresAsText: ReadValue = values => readSortedSet(values, scoreAsText);

/** What servers turn into a listpack when they load it (zset-max-listpack-entries and -value, unless configured). */
const LISTPACK_ELEMENTS = 128;
const LISTPACK_MEMBER_BYTES = 64;

function readSortedSet(values: ValueReader, readScore: (dump: DumpReader) => number): void {
  const {dump, digester} = values;
  const count = dump.count();
  let isListpack = count <= LISTPACK_ELEMENTS;
  /** SHA-1 of members whose score is -0: how it reads depends on all members. */
  const minusZeros: Uint8Array[] = [];
  for (let left = count; left > 0; left--) {
    const member = values.text();
    if (values.lastBytes > LISTPACK_MEMBER_BYTES) isListpack = false;
    const score = readScore(dump);
    if (isListpack && Object.is(score, -0)) minusZeros.push(digester.tape.digest(member));
    else digester.scored(member, score);
  }
  for (const digest of minusZeros) {
    const member = digester.tape.known(digest);
    if (isListpack) digester.scoredMinusZero(member);
    else digester.scored(member, -0);
  }
}

function scoreAsText(dump: DumpReader): number {
  const at = dump.offset;
  const size = dump.u8();
  if (size === 253) return Number.NaN;
  if (size === 254) return Number.POSITIVE_INFINITY;
  if (size === 255) return Number.NEGATIVE_INFINITY;
  let text = '';
  for (let left = size; left > 0; left--) text += String.fromCharCode(dump.u8());
  const score = parseScore(text);
  if (score === null) throw dump.malformed('a score is no number', at);
  return score;
}

/** Release candidates of Redis 7.4: times as they are. */
export function readHashWithTtls(values: ValueReader): void {
  readFieldsWithTtls(values, 0);
}

/** Times are relative to the smallest one, less one: 0 stands for none. */
export function readHashMetadata(values: ValueReader): void {
  const smallest = Number(values.dump.i64le());
  readFieldsWithTtls(values, smallest - 1);
}

function readFieldsWithTtls(values: ValueReader, base: number): void {
  for (let left = values.dump.count(); left > 0; left--) {
    const ttl = values.dump.length();
    const name = values.text();
    values.digester.field(name, values.text(), ttl === 0 ? 0 : Math.max(1, base + ttl));
  }
}

export function readValkeyHash2(values: ValueReader): void {
  for (let left = values.dump.count(); left > 0; left--) {
    const name = values.text();
    const value = values.text();
    const expiresAt = Number(values.dump.i64le());
    values.digester.field(name, value, expiresAt === -1 ? 0 : Math.max(1, expiresAt));
  }
}

/** Fields stand in the template, values here, in the same order. */
export function readTemplateValues(values: ValueReader): void {
  const {dump, digester} = values;
  const at = dump.offset;
  const template = values.templates.get(dump.length());
  if (template === undefined) {
    throw dump.malformed('a hash refers to a template that has not been given', at);
  }
  for (const name of template) digester.field(digester.tape.known(name), values.text(), 0);
}

export function readArray(values: ValueReader): void {
  const {dump, digester} = values;
  let left = dump.count();
  if (dump.length() !== 0) dump.length();
  let next = 0;
  for (; left > 0; left--) {
    const at = dump.offset;
    const index = dump.length();
    const tag = dump.length();
    digester.mixHoles(index - next);
    next = index + 1;
    if (tag === 0 || tag === 3) digester.mix(values.text());
    else if (tag === 1) digester.mix(digester.tape.integer(dump.i64le()));
    else if (tag === 2) digester.mix(digester.tape.decimal(dump.f64le()));
    else throw dump.malformed(`an array element has the unknown tag ${grouped(tag)}`, at);
  }
}
