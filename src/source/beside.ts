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

export async function lookBeside(
  entry: Entry,
  {entries}: Listing,
  store: Store,
  patience: Patience,
): Promise<{checksums: Checksum[]; beside: Beside}> {
  const name = lastPart(entry.name);
  const directory = entry.name.slice(0, -name.length);
  const expectations = name + EXPECTATIONS_SUFFIX;
  const wanted = checksumFiles(name);
  const names = [expectations, ...wanted.map(({file}) => file)];
  const neighbours = store.beside
    ? await patience.persist(`looking beside ${entry.location}`, attempt =>
        store.beside!(entry, names, attempt),
      )
    : entries;
  const read = async (file: string, maxBytes: number): Promise<SideFile | null> => {
    const neighbour = neighbours.find(({name}) => name === directory + file);
    return neighbour ? await sideFile(neighbour, store, {maxBytes, patience}) : null;
  };
  const checksums: Checksum[] = [];
  for (const {file, algorithm, bare} of wanted) {
    const found = await read(file, MAX_CHECKSUMS_BYTES);
    if (!found) continue;
    const {text, unread} = found;
    const hex = text === undefined ? null : checksumOf(text, {name, algorithm, bare});
    if (unread !== undefined) checksums.push({algorithm, hex, file, unread});
    else if (hex !== null || bare) checksums.push({algorithm, hex, file});
  }
  return {checksums, beside: {expectations: await read(expectations, MAX_EXPECTATIONS_BYTES)}};
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
