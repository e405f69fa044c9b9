/**
 * Checksums that a producer left beside a backup: `dump.rdb.gz.sha256`, `SHA256SUMS` and the like. In goes the backup's
 * entry; out come the checksums that are of this very file, and which of its own checksum files hold none.
 */
import {basename} from 'node:path';
import type {Checksum} from './backup.ts';
import {lastPart} from './backup-name.ts';
import type {Patience} from './patience.ts';
import type {Entry, Listing, Store} from './store.ts';

type Algorithm = Checksum['algorithm'];

const HEX_DIGITS: Record<Algorithm, number> = {md5: 32, sha1: 40, sha256: 64, sha512: 128};
const ALGORITHMS = Object.keys(HEX_DIGITS) as Algorithm[];

/** One that lists more than this is about something else. */
const MAX_FILE_BYTES = 1024 * 1024;

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

/** A list that does not name the backup says nothing of it; a file of its own that holds no checksum is told as such. */
export async function checksumsBeside(
  entry: Entry,
  {entries}: Listing,
  store: Store,
  patience: Patience,
): Promise<Checksum[]> {
  const name = lastPart(entry.name);
  const directory = entry.name.slice(0, -name.length);
  const wanted = checksumFiles(name);
  const neighbours = store.beside
    ? await patience.persist(`looking beside ${entry.location}`, attempt =>
        store.beside!(
          entry,
          wanted.map(({file}) => file),
          attempt,
        ),
      )
    : entries;
  const found: Checksum[] = [];
  for (const {file, algorithm, bare} of wanted) {
    const neighbour = neighbours.find(({name}) => name === directory + file);
    if (!neighbour) continue;
    const hex = checksumOf(await textOf(neighbour, store, patience), {name, algorithm, bare});
    if (hex !== null || bare) found.push({algorithm, hex, file});
  }
  return found;
}

async function textOf(entry: Entry, store: Store, patience: Patience): Promise<string> {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  let furthest = 0;
  await patience.persist(`reading ${entry.location}`, async attempt => {
    pieces.length = 0;
    bytes = 0;
    for await (const piece of await store.open(entry, {from: 0, to: null}, attempt)) {
      pieces.push(piece);
      bytes += piece.length;
      attempt.alive(bytes > furthest);
      furthest = Math.max(furthest, bytes);
      if (bytes >= MAX_FILE_BYTES) return;
    }
  });
  return Buffer.concat(pieces).toString('utf8', 0, MAX_FILE_BYTES);
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
