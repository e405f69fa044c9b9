/**
 * Files that a producer left beside a backup, found by its name: checksums, and the expectations that it is to be judged
 * by. In goes the backup's entry; out comes what they say, read but not believed. They are a help: one that cannot be
 * read is told as such, and neither stops the drill nor stands for one that is not there.
 */
import {DrillError} from '../errors.ts';
import type {Beside, Checksum, SideFile} from './backup.ts';
import {EXPECTATIONS_SUFFIX, lastPart} from './backup-name.ts';
import {checksumFiles, checksumOf} from './checksums.ts';
import type {Patience} from './patience.ts';
import {type Attempt, type Entry, type Listing, type Store, StoreFault} from './store.ts';

/** A list of checksums that is longer is about something else. */
const MAX_CHECKSUMS_BYTES = 1024 ** 2;
/** Expectations of 10,000 databases, each with its groups. */
const MAX_EXPECTATIONS_BYTES = 16 * 1024 ** 2;
/** For the backup itself more patience is worth while. */
const FEW_TRIES = {attempts: 3};

type Surroundings = {listing: Listing; store: Store; patience: Patience};

export async function lookBeside(
  entry: Entry,
  listing: Listing,
  store: Store,
  patience: Patience,
): Promise<{checksums: Checksum[]; beside: Beside}> {
  const around = {listing, store, patience};
  const file = lastPart(entry.name) + EXPECTATIONS_SUFFIX;
  const [expectations] = await neighbours(entry, [file], MAX_EXPECTATIONS_BYTES, around);
  const own = await checksumsBeside(entry, around);
  const parts = partsOf(entry);
  const checksums = parts.length === 0 ? own.flatMap(told => toldOf(told, lastPart(entry.name)) ?? []) : [];
  for (const part of parts) {
    const name = lastPart(part.name);
    const inLists = own.flatMap(told => toldOf({...told, bare: false}, name) ?? []);
    const inside = (await checksumsBeside(part, around)).flatMap(told => toldOf(told, name) ?? []);
    // What lies at the root of a store lies beside the set and in it.
    const others = inside.filter(({file}) => !inLists.some(other => other.file === file));
    checksums.push(...[...inLists, ...others].map(checksum => ({...checksum, of: name})));
  }
  if (parts.length > 0) {
    const silent = own.filter(({bare, file}) => bare && !checksums.some(other => other.file === file));
    checksums.push(...silent.map(({algorithm, file}) => ({algorithm, hex: null, file})));
  }
  return {checksums, beside: {expectations: expectations ?? null}};
}

/** Of the files of an append-only file each has a checksum of its own. */
const partsOf = ({parts, files = [], path, name}: Entry): Entry[] =>
  parts ??
  files
    .filter(file => file !== path)
    .map(file => ({
      name: `${name}/${lastPart(file)}`,
      location: file,
      sizeBytes: null,
      modifiedAt: null,
      path: file,
    }));

type Told = ReturnType<typeof checksumFiles>[number] & {side: SideFile};

async function checksumsBeside(entry: Entry, around: Surroundings): Promise<Told[]> {
  const wanted = checksumFiles(lastPart(entry.name));
  const names = wanted.map(({file}) => file);
  const sides = await neighbours(entry, names, MAX_CHECKSUMS_BYTES, around);
  return wanted.flatMap(one => {
    const side = sides.find(({file}) => file === one.file);
    return side ? {...one, side} : [];
  });
}

/** `null`: nothing, and that is right so. */
function toldOf({file, algorithm, bare, side: {text, unread}}: Told, name: string): Checksum | null {
  if (unread !== undefined) return {algorithm, hex: null, file, unread};
  const hex = checksumOf(text!, {name, algorithm, bare});
  return hex !== null || bare ? {algorithm, hex, file} : null;
}

/** Those of the names that are there. */
async function neighbours(
  entry: Entry,
  names: string[],
  maxBytes: number,
  {listing, store, patience}: Surroundings,
): Promise<SideFile[]> {
  const directory = entry.name.slice(0, -lastPart(entry.name).length);
  const around = store.beside
    ? await patience.persist(`looking beside ${entry.location}`, attempt =>
        store.beside!(entry, names, attempt),
      )
    : listing.entries;
  const found: SideFile[] = [];
  for (const file of names) {
    const neighbour = around.find(({name}) => name === directory + file);
    const side = neighbour && (await sideFile(neighbour, store, {maxBytes, patience}));
    if (side) found.push(side);
  }
  return found;
}

type Bounds = {maxBytes: number; patience: Patience};

async function sideFile(entry: Entry, store: Store, bounds: Bounds): Promise<SideFile | null> {
  const {location, sizeBytes} = entry;
  const file = lastPart(entry.name);
  try {
    const text = await textOf(entry, store, bounds);
    if (text !== null) return {file, location, text};
    return {file, location, unread: `it is larger than ${bounds.maxBytes / 1024 ** 2} MiB`};
  } catch (error) {
    // Who cancels means the drill; whatever else is only this file's trouble.
    if (!(error instanceof DrillError) || error.code === 'cancelled') throw error;
    // A store that could not tell before whether there is one.
    if (error.code === 'source/changed' && sizeBytes === null) return null;
    return {file, location, unread: error.message};
  }
}

async function textOf(entry: Entry, store: Store, {maxBytes, patience}: Bounds): Promise<string | null> {
  const work = async (attempt: Attempt) => {
    const pieces: Uint8Array[] = [];
    let bytes = 0;
    for await (const piece of await store.open(entry, {from: 0, to: null}, attempt)) {
      pieces.push(Buffer.from(piece));
      bytes += piece.length;
      attempt.alive(false);
      if (bytes > maxBytes) return null;
    }
    const {sizeBytes} = entry;
    if (sizeBytes !== null && bytes < sizeBytes)
      throw new StoreFault('broken', `the transfer ended before its end, ${sizeBytes - bytes} bytes early`);
    return Buffer.concat(pieces).toString('utf8');
  };
  return await patience.persist(`reading ${entry.location}`, work, FEW_TRIES);
}
