/**
 * What can be wrong before the first entry: nothing there, something else there, or a version that no server takes.
 * Also the Inspection of a file that has told nothing yet.
 */

import {recogniseForm} from '../form.ts';
import {grouped} from './fault.ts';
import type {Damage, Inspection} from './inspection.ts';
import {beginsLikeDump, type DumpVersion, HEADER_BYTES} from './version.ts';

export function emptyInspection(sizeBytes: number): Inspection {
  return {
    kind: 'rdb',
    sizeBytes,
    magic: null,
    rdbVersion: null,
    unverified: true,
    producer: {product: 'unknown', version: null},
    createdAt: null,
    usedMemoryBytes: null,
    checksum: null,
    dataset: {keys: 0, expires: 0, databases: {}, types: {}, functions: 0},
    aofBase: false,
    hashesWithFieldExpiry: 0,
    highestDatabase: 0,
    modules: {},
  };
}

/** `head`: the first bytes of the file, as many as it takes to recognise a form. */
export function headerDamage(head: Uint8Array, version: DumpVersion | null): Damage | undefined {
  const damage = (rule: Damage['rule'], offset: number, message: string): Damage => ({
    rule,
    offset,
    doing: 'start',
    message,
    certain: true,
  });
  if (head.length === 0) return damage('backup/empty-file', 0, 'The file is empty: 0 bytes.');
  if (head.length < HEADER_BYTES && beginsLikeDump(head)) {
    const message = `The dump is truncated: its header takes ${HEADER_BYTES} bytes, the file ends at ${head.length}.`;
    return damage('backup/truncated', head.length, message);
  }
  if (version === null) {
    const {form, unpackable} = recogniseForm(head);
    const wrapped = unpackable ? ' A dump may be inside: it has to be unpacked first.' : '';
    return damage(
      'backup/not-rdb',
      0,
      `The file is no RDB dump: it does not begin with REDIS or VALKEY. It looks like ${form}.${wrapped}`,
    );
  }
  if (version.number < 1) {
    const magic = version.magic;
    const message = `The dump is corrupt: the version after ${magic} reads as ${grouped(version.number)}; there is none below 1, and no server loads it.`;
    return damage('backup/corrupt', magic.length, message);
  }
  return undefined;
}
