/** What a path in a store stands for: one thing, everything below a directory or prefix, or what matches a pattern. Pure. */
import {matchesGlob} from 'node:path';
import {isManifest, lastPart} from './backup-name.ts';
import type {Entry, Listing} from './store.ts';

export type Place = {
  /** Ends with `/`, or is empty. */
  directory: string;
  /** Of one thing: its last part. */
  named: string | null;
  /** Below `directory`. */
  pattern: string | null;
};

export function placeOf(path: string): Place {
  const glob = path.search(/[*?[{]/);
  const known = glob === -1 ? path : path.slice(0, glob);
  const directory = known.slice(0, known.lastIndexOf('/') + 1);
  const rest = path.slice(directory.length);
  if (glob !== -1) return {directory, named: null, pattern: rest};
  // A manifest that was named itself stands for its directory.
  return {directory, named: rest === '' || isManifest(rest) ? null : rest, pattern: null};
}

/** Entries have names below the directory. What matches a pattern is meant, whatever its name. */
export function listingOf({named, pattern}: Place, place: string, entries: Entry[]): Listing {
  if (named !== null) return {place, entries, named};
  if (pattern === null) return {place, entries};
  return {
    place,
    entries: entries.map(entry => ({...entry, isDump: matchesGlob(entry.name, pattern)})),
  };
}

export const besideOf = (entry: Entry, names: string[], entries: Entry[]): Entry[] => {
  const directory = entry.name.slice(0, -lastPart(entry.name).length);
  const wanted = new Set(names.map(name => directory + name));
  return entries.filter(({name}) => wanted.has(name));
};
