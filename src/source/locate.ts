/**
 * From a store to the one backup that is drilled: list, select, look beside it. Out comes which it is and
 * why, or that there is none: a finding, because a backup that is not there has failed. Nothing is fetched yet.
 */
import type {Backup, Beside, Checksum, Listed, NoBackup} from './backup.ts';
import {lastPart} from './backup-name.ts';
import {lookBeside} from './beside.ts';
import {gathered} from './loose-files.ts';
import type {Patience} from './patience.ts';
import {type Select, select} from './select.ts';
import type {Load} from './source-job.ts';
import type {Entry, Store} from './store.ts';

export type Located =
  | {found: true; backup: Backup; entry: Entry; checksums: Checksum[]; beside: Beside; listed: Listed}
  | {found: false; reason: NoBackup};

export type Chance = {now: Date /** From 0 up to 1. */; random: number; load?: Load | undefined};

export async function locate(
  store: Store,
  how: Select,
  {patience, now, random, load = 'auto'}: Chance & {patience: Patience},
): Promise<Located> {
  const listed = await patience.persist('listing the backups', attempt => store.list(attempt));
  const listing = gathered(listed, load);
  const selection = select(listing, how, {now: now.getTime(), random});
  if (!selection.found) return selection;
  const {because, candidates, doubts, series} = selection;
  const entry = await looked(selection.entry, store, patience);
  const {name, location, sizeBytes, modifiedAt} = entry;
  return {
    found: true,
    entry,
    backup: {
      name: lastPart(name),
      location,
      sizeBytes,
      modifiedAt,
      ...(because !== null && {selection: {because, candidates}}),
    },
    ...(await lookBeside(entry, listing, store, patience)),
    listed: {listedAt: now.toISOString(), storedAt: modifiedAt, doubts, series},
  };
}

/** Of each of its files. */
async function looked(entry: Entry, store: Store, patience: Patience): Promise<Entry> {
  const {parts, dumpOfSet} = entry;
  if (!store.look) return entry;
  if (!parts) return await patience.persist(entry.location, attempt => store.look!(entry, attempt));
  const exact: Entry[] = [];
  for (const part of parts) exact.push(await looked(part, store, patience));
  return {...entry, parts: exact, ...(dumpOfSet && {dumpOfSet: await looked(dumpOfSet, store, patience)})};
}
