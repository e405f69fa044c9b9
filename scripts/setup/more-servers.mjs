/**
 * What tests start as processes only, beside the servers of the images: lines that few drill but many may restore from,
 * and a module that is none of ours. From Debian's backports and experimental, which come and go: what is not there is
 * told, and skipped.
 */
import {existsSync} from 'node:fs';
import path from 'node:path';
import {distribution} from './apt.mjs';
import {unpackedFrom, unpackedRoot} from './unpacked.mjs';

/** @typedef {{line: string, reason: string}} Missing */

/** `redis:8` is whichever is the newest; the suites are additions to a release, which has the libraries. */
const MORE = [
  {line: 'redis:8', suite: 'experimental', base: 'sid'},
  {line: 'valkey:8.0', suite: 'bookworm-backports', base: 'bookworm'},
  {line: 'redict:7.3', suite: 'bookworm-backports', base: 'bookworm'},
];

/** RediSearch, whose values only it can read. */
const MODULE = {
  name: 'redisearch',
  suite: 'bookworm',
  file: 'usr/lib/redis/modules/redisearch.so',
};

/** @returns {Promise<Missing[]>} */
export async function ensureMoreServers() {
  const missing = await Promise.all(
    MORE.map(async ({line, suite, base}) => {
      const [product = ''] = line.split(':');
      const name = line.replace(':', '-');
      if (existsSync(path.join(unpackedRoot(name), `usr/bin/${product}-server`))) return [];
      const packages = [`${product}-server`, `${product}-tools`];
      const reason = (await notDebian()) ?? (await unpackedFrom({name, suite, base, packages}));
      return reason === undefined ? [] : [{line, reason}];
    }),
  );
  return missing.flat();
}

/** @returns {Promise<{path: string} | {reason: string}>} */
export async function ensureModule() {
  const {name, suite} = MODULE;
  const file = path.join(unpackedRoot(name), MODULE.file);
  if (existsSync(file)) return {path: file};
  const reason = (await notDebian()) ?? (await unpackedFrom({name, suite, packages: ['redis-redisearch']}));
  if (reason !== undefined) return {reason};
  return existsSync(file) ? {path: file} : {reason: `the package of ${suite} has no such file`};
}

/** Another distribution's mirror has no releases of Debian. */
async function notDebian() {
  const {id} = await distribution();
  return id === 'debian' ? undefined : `only Debian has it, and this is ${id || 'unknown'}`;
}
