/**
 * An append-only file of several parts that lie as files of their own in a store: manifest, base and increments below one
 * directory are one backup, as they are for a server. Pure: in goes what the store lists, out comes the same with one entry
 * in the place of the parts of each. A file of this machine is found by local-aof.ts, which can look into manifests.
 */
import {isAofPart, isPlainDump, isTemporary, lastPart, looksLikeBackup} from './backup-name.ts';
import type {Load} from './source-job.ts';
import type {Entry, Listing} from './store.ts';

/** `appenddirname` of redis.conf, unless somebody changed it. */
export const USUAL_DIRECTORY = 'appendonlydir';

export function gathered(listing: Listing, load: Load): Listing {
  const {entries, named} = listing;
  // Who names a file, or writes a pattern of names, means files.
  const meant = named === undefined && entries.every(({path, isDump}) => path ?? isDump === undefined);
  const parts = entries.filter(({name, path}) => path === undefined && isAofPart(name) && !isTemporary(name));
  if (!meant || load === 'rdb' || parts.length === 0) return listing;
  const sets = [...Map.groupBy(parts, ({name}) => directoryOf(name))].map(([directory, files]) =>
    setOf(directory, files, entries),
  );
  const ignored = new Set(sets.flatMap(({dumps}) => dumps));
  return {
    ...listing,
    entries: [
      ...entries
        .filter(entry => !parts.includes(entry))
        .map(entry => (ignored.has(entry) ? {...entry, isDump: false} : entry)),
      ...sets.map(({entry, dumps}) => {
        const beside = dumps.toSorted(byTime).at(-1);
        return load === 'auto' && beside ? {...entry, dumpOfSet: beside} : entry;
      }),
    ],
  };
}

/** With all that lies where a server with `appendonly no` would look for its dump. */
function setOf(directory: string, files: Entry[], entries: Entry[]): {entry: Entry; dumps: Entry[]} {
  const [first] = files as [Entry];
  const location = first.location.slice(0, -lastPart(first.name).length);
  const own = lastPart(location.slice(0, -1));
  const home = own === USUAL_DIRECTORY ? directoryOf(directory.slice(0, -1)) : directory;
  const dumps = entries.filter(
    ({name}) =>
      directoryOf(name) === home && looksLikeBackup(name) && isPlainDump(name) && !isTemporary(name),
  );
  const parts = files.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const known = parts.every(({sizeBytes}) => sizeBytes !== null);
  return {
    entry: {
      // Of one that is all of the place, the place's own.
      name: directory === '' ? own : directory.slice(0, -1),
      location,
      sizeBytes: known ? parts.reduce((sum, {sizeBytes}) => sum + sizeBytes!, 0) : null,
      // It is as new as what was written last.
      modifiedAt: parts.toSorted(byTime).at(-1)!.modifiedAt,
      version: JSON.stringify(
        parts.map(({name, sizeBytes, modifiedAt, version}) => [name, sizeBytes, modifiedAt, version]),
      ),
      isDump: true,
      parts,
    },
    dumps,
  };
}

/** With `/` at its end, or empty. */
const directoryOf = (name: string): string => name.slice(0, name.lastIndexOf('/') + 1);

const byTime = (a: Entry, b: Entry): number => ((a.modifiedAt ?? '') < (b.modifiedAt ?? '') ? -1 : 1);
