/**
 * The inspect stage: one pass over a dump, without any server. A damaged file is an answer, not an exception; only a
 * file that cannot be read at all throws. Values are passed over, not decoded: that a value's inside is sound is for
 * the server to say.
 */
import {openDump} from './dump-file.ts';
import type {Source} from './dump-reader.ts';
import {type FoundGroup, findGroups, type GroupRequest} from './groups/find-groups.ts';
import {PatternSet} from './groups/pattern-set.ts';
import {LostTrack, openGrowing} from './growing-dump.ts';
import {type InspectOptions, inspectSource, type Sorting} from './inspect-source.ts';
import type {Inspection} from './inspection.ts';

export type {InspectOptions} from './inspect-source.ts';

/** What `readHeader` tells: enough to choose a server. */
export type DumpHeader = Pick<
  Inspection,
  'magic' | 'rdbVersion' | 'unverified' | 'producer' | 'aofBase' | 'usedMemoryBytes'
>;

/** Bytes that `readHeader` looks at. AUX fields take a few hundred; KeyDB shows itself only at its first key. */
const HEADER_PART_BYTES = 64 * 1024;

export type {GroupRequest} from './groups/find-groups.ts';

const NO_GROUPS: GroupRequest = {patterns: [], redact: false};

/** Never throws for a damaged file: damage is `error`. Throws 'source/unreadable' and 'cancelled'. */
export async function inspect(path: string, options: Reading = {}): Promise<Inspection> {
  using file = openDump(path);
  const inspection = await read(file, options);
  file.assertUnchanged();
  return inspection;
}

type Reading = InspectOptions & {groups?: GroupRequest | undefined};

/**
 * Of what a server writes: `writing` tells the file, and throws what keeps the server from it; `seen` is where we see that
 * file meanwhile, and so can read it while it grows. What was read so counts only if it is whole and sound.
 */
export async function inspectWritten(
  writing: Promise<string>,
  seen: string | undefined,
  options: Reading,
): Promise<Inspection> {
  const followed = seen === undefined ? null : await follow(seen, writing, options);
  const path = await writing;
  return followed ?? (await inspect(path, options));
}

async function follow(path: string, writing: Promise<unknown>, options: Reading): Promise<Inspection | null> {
  try {
    using file = await openGrowing(path, writing);
    const inspection = await read(file, options);
    // A file that is not known to be whole has bytes behind its end, which is an error too.
    return inspection.error === undefined && inspection.checksum === 'valid' ? inspection : null;
  } catch (error) {
    if (error instanceof LostTrack) return null;
    throw error;
  }
}

async function read(file: Source, {groups = NO_GROUPS, ...options}: Reading): Promise<Inspection> {
  const found = await findGroups(file, groups, options);
  const sorting = found.length === 0 ? {} : {sorting: sortingBy(found)};
  return await inspectSource(file, {...options, ...sorting});
}

function sortingBy(groups: FoundGroup[]): Sorting {
  // A group whose pattern is not known has no keys, and no place among the patterns: its own matches nothing.
  const sorter = new PatternSet(groups.map(({pattern}) => pattern ?? MATCHES_NOTHING));
  return {
    sorter,
    groupingOf: () => ({names: groups.map(({name}) => name), combinations: sorter.combinations}),
  };
}

/** A class without members. */
const MATCHES_NOTHING = '[]';

/** The header and the AUX fields at the start, whatever follows them. Throws 'source/unreadable'. */
export async function readHeader(path: string): Promise<DumpHeader> {
  using file = openDump(path);
  const part = {...file, sizeBytes: Math.min(file.sizeBytes, HEADER_PART_BYTES)};
  // A part looks like damage; real damage is for `inspect` to find.
  const inspection = await inspectSource(part, {depth: 'quick'});
  const {magic, rdbVersion, unverified, producer, aofBase, usedMemoryBytes} = inspection;
  return {magic, rdbVersion, unverified, producer, aofBase, usedMemoryBytes};
}
