/**
 * From a store to the one backup that is drilled: list, select, look beside it. Out comes which it is and
 * why, or that there is none: a finding, because a backup that is not there has failed. Nothing is fetched yet.
 */
import type {Backup, Beside, Checksum, Listed, NoBackup} from './backup.ts';
import {lastPart} from './backup-name.ts';
import {lookBeside} from './beside.ts';
import type {Patience} from './patience.ts';
import {type Select, select} from './select.ts';
import type {Entry, Store} from './store.ts';

export type Located =
  | {found: true; backup: Backup; entry: Entry; checksums: Checksum[]; beside: Beside; listed: Listed}
  | {found: false; reason: NoBackup};

export type Chance = {now: Date /** From 0 up to 1. */; random: number};

export async function locate(
  store: Store,
  how: Select,
  {patience, now, random}: Chance & {patience: Patience},
): Promise<Located> {
  const listing = await patience.persist('listing the backups', attempt => store.list(attempt));
  const selection = select(listing, how, {now: now.getTime(), random});
  if (!selection.found) return selection;
  const {because, candidates, doubts, series} = selection;
  const entry = store.look
    ? await patience.persist(selection.entry.location, attempt => store.look!(selection.entry, attempt))
    : selection.entry;
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
