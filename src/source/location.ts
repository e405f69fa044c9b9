/**
 * What a source is called: which store it belongs to, by its scheme. Pure. A path is whatever begins with no scheme that
 * a store has.
 */

/** What can be fetched from, `command` apart, which has no URI. A file of this machine is fetched from too. */
export const SCHEMES = [
  'file',
  's3',
  'az',
  'gs',
  'https',
  'http',
  'sftp',
  'rclone',
  'github-artifact',
] as const;
export type Scheme = (typeof SCHEMES)[number];

/** Written without slashes they are no less meant. */
const STORES = /^(s3|gs|az|sftp|https?|ftp|rclone|github-artifact):/i;
const OTHER_URI = /^([a-z][a-z0-9+-]*):\/\//i;

/** Of a source that is written as one line: `file`, or the store's scheme in lower case. */
export function schemeOf(spec: string): string {
  const scheme = (STORES.exec(spec) ?? OTHER_URI.exec(spec))?.[1]?.toLowerCase();
  return scheme ?? 'file';
}

/** A URI of another place than the local file system. */
export const isRemote = (spec: string): boolean => schemeOf(spec) !== 'file';

export const canFetch = (spec: string): boolean => (SCHEMES as readonly string[]).includes(schemeOf(spec));
