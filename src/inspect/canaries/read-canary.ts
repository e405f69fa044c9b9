/**
 * What a canary's value is: its type, its length, and what DEBUG DIGEST-VALUE makes of it. In: the place that the walk
 * has found. The value is read once more, by itself, in the same bounded memory; the CRC64 of the file is the walk's.
 */

import {xorOf} from '../digest/cell-sums.ts';
import {dialectsOf, digesterFor} from '../digest/digests.ts';
import {NOTHING} from '../digest/tape.ts';
import {COMPRESSED, DumpReader, INTEGER, type Source} from '../dump-reader.ts';
import {Fault} from '../fault.ts';
import {borrowKernel, type Kernel} from '../kernel.ts';
import type {ValueTypeRow} from '../value-types.ts';
import {type Template, ValueReader} from '../values/value-reader.ts';
import type {DumpVersion} from '../version.ts';
import type {CanaryPlace} from './canary-finder.ts';
import type {FoundCanary} from './canary-schema.ts';

type File = {
  source: Source;
  version: DumpVersion;
  /** Of the walk, if it kept them: values of some hashes refer to what stands elsewhere. */
  templates: ReadonlyMap<number, Template>;
};

export function readCanary(place: CanaryPlace | undefined, file: File): FoundCanary {
  if (place === undefined) return {present: false};
  const {row} = place;
  if (row === null)
    return {present: true, type: 'module', digestBecause: 'only its module can digest the value'};
  try {
    return {present: true, type: row.type, ...readValue(row, place, file)};
  } catch (fault) {
    if (!(fault instanceof Fault)) throw fault;
    // Of a template that a walk of depth quick has not kept; damage has ended the walk before.
    return {present: true, type: row.type, digestBecause: 'the value cannot be read by itself'};
  }
}

function readValue(
  row: ValueTypeRow,
  {offset, expires}: CanaryPlace,
  {source, version, templates}: File,
): Pick<FoundCanary, 'length' | 'byDialect' | 'validUntilMs'> {
  using borrowed = borrowKernel();
  const value = partOf(source, offset);
  const digester = digesterFor(version, borrowed.kernel, Date.now());
  const bytes = row.type === 'string' ? stringBytes(value, borrowed.kernel) : null;
  const values = new ValueReader(new DumpReader(value, borrowed.kernel), digester);
  for (const [id, template] of templates) values.templates.set(id, template);
  // Nobody asks for the name, but for its place among the texts that are held.
  digester.tape.hold(NOTHING);
  digester.beginAlone(row.type);
  row.read(values);
  const sums = digester.endAlone(expires);
  const length = bytes ?? (row.layout === undefined ? digester.elements : values.dump.length());
  const until = digester.nextFieldExpiryMs;
  return {
    length,
    byDialect: Object.fromEntries(dialectsOf(version).map(dialect => [dialect, xorOf([sums], dialect)])),
    ...(Number.isFinite(until) && {validUntilMs: until}),
  };
}

const partOf = ({sizeBytes, read}: Source, offset: number): Source => ({
  sizeBytes: sizeBytes - offset,
  read: (into, at) => read(into, at + offset),
});

function stringBytes(value: Source, kernel: Kernel): number {
  const dump = new DumpReader(value, kernel);
  const head = dump.stringHead();
  if (head === INTEGER) return String(dump.integer).length;
  return head === COMPRESSED ? dump.plainBytes : head;
}
