/**
 * Checksums that a producer left beside a backup: `dump.rdb.gz.sha256`, `SHA256SUMS` and the like. In goes the backup's
 * path; out come the checksums that are of this very file. What is no checksum file, or does not name it, says nothing.
 */
import {open} from 'node:fs/promises';
import {basename, dirname, join} from 'node:path';
import type {Checksum} from './backup.ts';

type Algorithm = Checksum['algorithm'];

const HEX_DIGITS: Record<Algorithm, number> = {md5: 32, sha1: 40, sha256: 64, sha512: 128};
const ALGORITHMS = Object.keys(HEX_DIGITS) as Algorithm[];

/** One that lists more than this is about something else. */
const MAX_FILE_BYTES = 1024 * 1024;

/** Of any checksum file: it is no backup, however new it is. */
export const CHECKSUM_FILE =
  /(\.(md5|sha1|sha256|sha512)(sums?)?(\.txt)?|^(MD5|SHA1|SHA256|SHA512)SUMS(\.txt)?)$/i;

export async function checksumsBeside(path: string): Promise<Checksum[]> {
  const name = basename(path);
  const found: Checksum[] = [];
  for (const algorithm of ALGORITHMS) {
    const own = [`${name}.${algorithm}`, `${name}.${algorithm}sum`];
    const lists = [`${algorithm.toUpperCase()}SUMS`, `${algorithm}sums.txt`, `${algorithm}sum.txt`];
    for (const file of [...own, ...lists]) {
      const beside = join(dirname(path), file);
      const hex = checksumOf(await textOf(beside), {name, algorithm, bare: own.includes(file)});
      if (hex !== null) found.push({algorithm, hex, file});
    }
  }
  return found;
}

async function textOf(path: string): Promise<string> {
  try {
    await using file = await open(path);
    const {buffer, bytesRead} = await file.read({buffer: Buffer.alloc(MAX_FILE_BYTES), position: 0});
    return buffer.toString('utf8', 0, bytesRead);
  } catch {
    return '';
  }
}

/**
 * `hex  name`, `hex *name` (coreutils), `SHA256 (name) = hex` (BSD); in a file for one backup a bare `hex`, or one with
 * the name that the backup had elsewhere.
 */
function checksumOf(
  text: string,
  {name, algorithm, bare}: {name: string; algorithm: Algorithm; bare: boolean},
): string | null {
  const digits = `([0-9a-f]{${HEX_DIGITS[algorithm]}})`;
  const gnu = new RegExp(`^\\\\?${digits}(?:\\s+\\*?(.+))?$`, 'i');
  const bsd = new RegExp(`^${algorithm}\\s*\\((.+)\\)\\s*=\\s*${digits}$`, 'i');
  const lines = text.split(/\r?\n/).map(line => line.trim());
  const listed = lines.flatMap(line => {
    const [, hex, of] = gnu.exec(line) ?? [];
    if (hex !== undefined) return [{hex, of}];
    const [, bsdOf, bsdHex] = bsd.exec(line) ?? [];
    return bsdHex === undefined ? [] : [{hex: bsdHex, of: bsdOf}];
  });
  const named = listed.find(({of}) => of !== undefined && basename(of.replaceAll('\\', '/')) === name);
  const hex = named?.hex ?? (bare && listed.length === 1 ? listed[0]!.hex : undefined);
  return hex?.toLowerCase() ?? null;
}
