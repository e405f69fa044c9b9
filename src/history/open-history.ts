/**
 * Which place a history lies in, by how it is written: `s3://bucket/prefix`, `branch:NAME` of this repository, else a
 * directory. Each has a file of its own, imported when it is wanted.
 */
import {tmpdir} from 'node:os';
import {DrillError} from '../errors.ts';
import type {Access, StoreDeps} from '../source/source-job.ts';
import {directoryShelf} from './directory.ts';
import type {Keep} from './keep.ts';
import {type HistoryStore, historyOn} from './store.ts';

export type HistoryJob = {
  at: string;
  keep: Keep;
  /** Of a bucket. */
  access?: Pick<Access, 'endpoint' | 'region' | 'pathStyle'>;
};

/** Where it is, and how it is reached. */
export type HistoryPlace = {at: string; access?: HistoryJob['access'] | undefined};

export type HistoryDeps = StoreDeps & {tempDir?: string | undefined; signal?: AbortSignal | undefined};

/** Throws DrillError `usage/invalid` for what is no place. */
export async function openHistory({at, access = {}}: HistoryPlace, deps: HistoryDeps): Promise<HistoryStore> {
  const [, scheme, rest = ''] = /^([a-z][a-z0-9+-]+):(.*)$/is.exec(at) ?? [];
  switch (scheme?.toLowerCase()) {
    case undefined:
      return historyOn(directoryShelf(at));
    case 'branch': {
      const {branchShelf} = await import('./branch.ts');
      const {tempDir = tmpdir(), environment = {}, signal} = deps;
      return historyOn(branchShelf(rest, {tempDir, environment, signal}));
    }
    case 's3':
      return historyOn((await import('./bucket.ts')).bucketShelf(at, access, deps));
    default:
      throw new DrillError('usage/invalid', `this version keeps no history in ${scheme}:`, {
        hint: 'Name a directory, branch:NAME or s3://bucket/prefix; another step can carry a directory to wherever it should be.',
      });
  }
}
