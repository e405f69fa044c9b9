/**
 * A history below a prefix in S3, or in what speaks it. An object is put whole or not at all, and each drill's has a name of
 * its own: nothing has to be compared or locked. What goes wrong with the bucket is told as the history's.
 */
import {DrillError} from '../errors.ts';
import {type S3Objects, s3Objects} from '../source/s3-objects.ts';
import type {Access, StoreDeps} from '../source/source-job.ts';
import type {Shelf} from './store.ts';

export function bucketShelf(
  uri: string,
  access: Access,
  deps: StoreDeps & {signal?: AbortSignal | undefined},
): Shelf {
  const objects = s3Objects(uri, access, deps);
  const told = <T>(work: Promise<T>): Promise<T> =>
    work.catch((error: unknown) => {
      throw asHistory(error, uri);
    });
  const get: S3Objects['get'] = names => told(objects.get(names));
  return {
    place: uri,
    list: (directory = '') => told(objects.list(directory === '' ? '' : `${directory}/`)),
    get: async names => (await get(names)).map(text => (text === null ? null : {text})),
    put: (name, text) => told(objects.put(name, text)),
    remove: names => told(objects.remove(names)),
  };
}

function asHistory(error: unknown, uri: string): unknown {
  if (!(error instanceof DrillError) || !error.code.startsWith('source/')) return error;
  return new DrillError('history/unavailable', `the history ${uri} cannot be reached: ${error.message}`, {
    hint: `${error.hint} It must be allowed to list, read, write and remove there.`,
    cause: error,
  });
}
