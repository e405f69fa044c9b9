/**
 * Which store a source belongs to, by its scheme. Each has a file of its own, imported when it is wanted: an SDK costs
 * time to load, and most drills need none.
 */
import {DrillError} from '../errors.ts';
import {localStore} from './local.ts';
import {schemeOf} from './location.ts';
import {type SourceJob, type StoreDeps, secretOf} from './source-job.ts';
import type {Store} from './store.ts';

/** Throws DrillError `usage/invalid` for what no store can be asked for. */
export async function openStore(
  {spec, load}: Pick<SourceJob, 'spec' | 'access' | 'load'>,
  deps: StoreDeps,
): Promise<Store> {
  if (typeof spec !== 'string') throw unknown('command');
  const uri = spec.startsWith('env:') ? secretOf(spec, deps) : spec;
  const scheme = schemeOf(uri);
  if (scheme === 'file') return localStore(uri, load);
  throw unknown(scheme);
}

const unknown = (scheme: string): DrillError =>
  new DrillError('usage/invalid', `this version cannot fetch from ${scheme}:`, {
    hint: 'Download the backup in an earlier step and drill the file.',
  });
