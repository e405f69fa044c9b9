/**
 * Which store a source belongs to, by its scheme. Each has a file of its own, imported when it is wanted: an SDK costs
 * time to load, and most drills need none.
 */
import {assertNever, DrillError} from '../errors.ts';
import {localStore} from './local.ts';
import {SCHEMES, schemeOf} from './location.ts';
import {type SourceJob, type StoreDeps, secretOf} from './source-job.ts';
import type {Store} from './store.ts';

/** Throws DrillError `usage/invalid` for what no store can be asked for. */
export async function openStore(
  {spec, access, load}: Pick<SourceJob, 'spec' | 'access' | 'load'>,
  deps: StoreDeps,
): Promise<Store> {
  if (typeof spec !== 'string') return (await import('./command.ts')).commandStore(spec.command, deps);
  const uri = spec.startsWith('env:') ? secretOf(spec, deps) : spec;
  const scheme = schemeOf(uri);
  const known = SCHEMES.find(name => name === scheme);
  switch (known) {
    case 'file':
      return localStore(uri, load);
    case 's3':
      return (await import('./s3.ts')).s3Store(uri, access, deps);
    case 'az':
      return (await import('./azure-blob.ts')).azureStore(uri, access, deps);
    case 'gs':
      return (await import('./google-storage.ts')).googleStore(uri, access, deps);
    case 'https':
    case 'http':
      return (await import('./http.ts')).httpStore(uri, access, deps);
    case 'sftp':
      return (await import('./sftp.ts')).sftpStore(uri, access, deps);
    case 'rclone':
      return (await import('./rclone.ts')).rcloneStore(uri, deps);
    case 'github-artifact':
      return (await import('./github-artifact.ts')).artifactStore(uri, access, deps);
    case undefined:
      throw unknown(scheme);
    default:
      return assertNever(known);
  }
}

const unknown = (scheme: string): DrillError =>
  new DrillError('usage/invalid', `this version cannot fetch from ${scheme}:`, {
    hint: 'Download the backup in an earlier step and drill the file.',
  });
