/**
 * Which place a history lies in, by how it is written: `s3://bucket/prefix`, `branch:NAME` of this repository, else a
 * directory. Each has a file of its own, imported when it is wanted.
 */
import {DrillError} from '../errors.ts';
import {directoryShelf} from './directory.ts';
import type {Keep} from './keep.ts';
import {type HistoryStore, historyOn} from './store.ts';

export type HistoryJob = {at: string; keep: Keep};
export type HistoryDeps = {env: (name: string) => string | undefined};

/** Throws DrillError `usage/invalid` for what is no place. */
export async function openHistory({at}: Pick<HistoryJob, 'at'>, _deps: HistoryDeps): Promise<HistoryStore> {
  const scheme = /^([a-z][a-z0-9+-]+):/i.exec(at)?.[1]?.toLowerCase();
  switch (scheme) {
    case undefined:
      return historyOn(directoryShelf(at));
    default:
      throw new DrillError('usage/invalid', `this version keeps no history in ${scheme}:`, {
        hint: 'Name a directory; a later step can carry it wherever it should be.',
      });
  }
}
