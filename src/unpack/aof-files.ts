/**
 * The files of an append-only file (AOF), as a backup holds them: one, or a directory with a manifest. Which of them a
 * server would load is for inspect to say; here is only what they are called, where their bytes lie and what those are.
 */
import {createHash} from 'node:crypto';
import {basename} from 'node:path';

export type AofFile = {
  /** Without a directory: a manifest names its files so. */
  name: string;
  /** Where its plain bytes lie. */
  path: string;
  sizeBytes: number;
  /** Hex. */
  sha256: string;
};

/** In the byte order of their names. */
export type AofFiles = {files: AofFile[]};

/** `appendonly.aof`, `appendonly.aof.3.incr.aof`, `appendonly.aof.3.base.rdb`, `appendonly.aof.manifest`. */
const NAMED_LIKE_AOF = /\.(aof|manifest|\d+\.base\.rdb)$/i;
/** Left behind by a rewrite that was interrupted; never a part. */
const TEMPORARY = /^(temp-|\.)/;

/** `manifest`: its text, of which every file is a part that it names, whatever it is called. */
export const belongsToAof = (name: string, manifest = ''): boolean =>
  !TEMPORARY.test(name) && (NAMED_LIKE_AOF.test(name) || manifest.includes(name));

export const isManifestName = (name: string): boolean => /\.manifest$/i.test(name);

export const aofFiles = (files: readonly AofFile[]): AofFiles => ({
  files: files.toSorted((a, b) => Buffer.compare(Buffer.from(a.name), Buffer.from(b.name))),
});

/**
 * One hash for several files: of the lines that sha256sum prints for them, in the byte order of their names. By hand:
 * `cd appendonlydir && LC_ALL=C sha256sum * | sha256sum`. Of a single file it is that file's own.
 */
export function hashOfSet({files}: AofFiles): string {
  if (files.length === 1) return files[0]!.sha256;
  const hash = createHash('sha256');
  for (const {name, sha256} of files) hash.update(`${sha256}  ${name}\n`);
  return hash.digest('hex');
}

/** A file that its content shows to be an AOF, whatever it is called. */
export const singleAof = (dump: {path: string; sizeBytes: number; sha256: {plain: string}}): AofFiles => ({
  files: [{name: basename(dump.path), path: dump.path, sizeBytes: dump.sizeBytes, sha256: dump.sha256.plain}],
});
