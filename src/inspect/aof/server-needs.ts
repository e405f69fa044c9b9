/**
 * What an AOF asks of a server, in the terms in which a dump asks: magic, RDB version, producer. Commands name no version,
 * so the oldest RDB version stands for the line that came with a feature: 10 for 7.0 (parts, annotations, functions), 12
 * for 7.4 (expiries of hash fields).
 */
import type {Inspection} from '../inspection.ts';
import type {AofInspection} from './aof-inspection.ts';
import {rdbVersionFor} from './command-names.ts';

export type AofServerNeeds = Pick<
  Inspection,
  'magic' | 'rdbVersion' | 'producer' | 'highestDatabase' | 'error'
>;

const SINCE_7_0 = 10;

export function aofServerNeeds({
  base,
  layout,
  annotatedFrom,
  commands,
  highestDatabase,
}: AofInspection): AofServerNeeds {
  const version = Math.max(
    base?.rdbVersion ?? 1,
    layout === 'multi-part' || annotatedFrom !== null ? SINCE_7_0 : 1,
    rdbVersionFor(Object.keys(commands)),
  );
  return {
    magic: base?.magic ?? 'REDIS',
    // Of Valkey's own versions every server knows all of that.
    rdbVersion: base?.magic === 'VALKEY' ? base.rdbVersion : version,
    producer: base?.producer ?? {product: 'unknown', version: null},
    highestDatabase,
  };
}
