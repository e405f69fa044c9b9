/**
 * Checksums that a producer left beside a backup: `dump.rdb.gz.sha256`, `SHA256SUMS` and the like. Pure: which files may
 * hold them, and what the text of one says of this very backup.
 */
import {basename} from 'node:path';
import type {Checksum} from './backup.ts';

type Algorithm = Checksum['algorithm'];

const HEX_DIGITS: Record<Algorithm, number> = {md5: 32, sha1: 40, sha256: 64, sha512: 128};
const ALGORITHMS = Object.keys(HEX_DIGITS) as Algorithm[];

/** Files that may hold the checksum of `name`, by their names; `bare`: of this backup alone. */
export function checksumFiles(name: string): {file: string; algorithm: Algorithm; bare: boolean}[] {
  return ALGORITHMS.flatMap(algorithm => {
    const own = [`${name}.${algorithm}`, `${name}.${algorithm}sum`];
    const lists = [`${algorithm.toUpperCase()}SUMS`, `${algorithm}sums.txt`, `${algorithm}sum.txt`];
    return [
      ...own.map(file => ({file, algorithm, bare: true})),
      ...lists.map(file => ({file, algorithm, bare: false})),
    ];
  });
}

/**
 * `hex  name`, `hex *name` (coreutils), `SHA256 (name) = hex` (BSD), `SHA2-256(name)= hex` (OpenSSL 3); in a file for one
 * backup a bare `hex`, or one with the name that the backup had elsewhere. `null`: a list that does not name the backup, or
 * only files of that name in several other directories, says nothing of it.
 */
export function checksumOf(
  text: string,
  {name, algorithm, bare}: {name: string; algorithm: Algorithm; bare: boolean},
): string | null {
  const digits = `([0-9a-f]{${HEX_DIGITS[algorithm]}})`;
  const gnu = new RegExp(`^\\\\?${digits}(?:\\s+\\*?(.+))?$`, 'i');
  const bsd = new RegExp(
    `^${algorithm.replace(/^sha(?=\d{3})/, 'sha(?:2-)?')}\\s*\\((.+)\\)\\s*=\\s*${digits}$`,
    'i',
  );
  const lines = text.split(/\r?\n/).map(line => line.trim());
  const listed = lines.flatMap(line => {
    const [, hex, of] = gnu.exec(line) ?? [];
    if (hex !== undefined) return [{hex: hex.toLowerCase(), of}];
    const [, bsdOf, bsdHex] = bsd.exec(line) ?? [];
    return bsdHex === undefined ? [] : [{hex: bsdHex.toLowerCase(), of: bsdOf}];
  });
  const named = listed.filter(({of}) => of !== undefined && basename(of.replaceAll('\\', '/')) === name);
  const here = named.filter(({of}) => of === name || of === `./${name}`);
  const meant = here.length > 0 ? here : named;
  const alike = (values: (string | undefined)[]) => new Set(values).size === 1;
  // Of lines that were appended night by night the last is of the file that lies there now.
  if (meant === here || alike(named.map(({of}) => of)) || alike(named.map(({hex}) => hex)))
    return meant.at(-1)!.hex;
  return bare && listed.length === 1 ? listed[0]!.hex : null;
}
