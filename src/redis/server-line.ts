/**
 * Server lines (product and major.minor), what dump format each writes and reads, and which DEBUG DIGEST dialect it
 * speaks. Source: RDB_VERSION in rdb.h of each line, rdbIsVersionAccepted in Valkey's rdb.c, and debug.c of each line.
 */

export type Product = 'redis' | 'valkey' | 'redict';
/** For example `{product: 'redis', major: 7, minor: 0}`. */
export type ServerLine = {product: Product; major: number; minor: number};

/** Oldest first. `rdb` is the newest RDB version that the line reads under its own magic. */
const LINES: readonly (ServerLine & {rdb: number})[] = [
  {product: 'redis', major: 6, minor: 0, rdb: 9},
  {product: 'redis', major: 6, minor: 2, rdb: 9},
  {product: 'redis', major: 7, minor: 0, rdb: 10},
  {product: 'redis', major: 7, minor: 2, rdb: 11},
  {product: 'redis', major: 7, minor: 4, rdb: 12},
  {product: 'redis', major: 8, minor: 0, rdb: 12},
  {product: 'redis', major: 8, minor: 2, rdb: 12},
  {product: 'redis', major: 8, minor: 4, rdb: 12},
  {product: 'redis', major: 8, minor: 6, rdb: 13},
  {product: 'redis', major: 8, minor: 8, rdb: 14},
  {product: 'redis', major: 8, minor: 10, rdb: 15},
  {product: 'valkey', major: 7, minor: 2, rdb: 11},
  {product: 'valkey', major: 8, minor: 0, rdb: 11},
  {product: 'valkey', major: 8, minor: 1, rdb: 11},
  {product: 'valkey', major: 9, minor: 0, rdb: 80},
  {product: 'valkey', major: 9, minor: 1, rdb: 80},
];

/** The last RDB version that Redis and Valkey share: Valkey refuses 12 to 79 as foreign. */
const LAST_SHARED_RDB = 11;

export const KNOWN_LINES: readonly ServerLine[] = LINES;

export function lineOf(product: Product, version: string): ServerLine {
  const numbers = /^(\d+)\.(\d+)/.exec(version);
  if (!numbers) throw new Error(`not a server version: ${JSON.stringify(version)}`);
  return {product, major: Number(numbers[1]), minor: Number(numbers[2])};
}

/** `redis:7.0`: the form of image tags and of the label `restore-drill.server`. */
export function formatLine(line: ServerLine): string {
  return `${line.product}:${line.major}.${line.minor}`;
}

export function parseLine(text: string): ServerLine | null {
  const parts = /^(redis|valkey|redict):(\d+\.\d+)/.exec(text);
  return parts ? lineOf(parts[1] as Product, parts[2]!) : null;
}

export function compareLines(a: ServerLine, b: ServerLine): number {
  return a.major - b.major || a.minor - b.minor;
}

export type DumpFormat = {magic: 'REDIS' | 'VALKEY'; rdbVersion: number};

/** The newest known line of the product that is not newer than `line` decides; an unknown older line reads nothing. */
export function canRead(line: ServerLine, format: DumpFormat): boolean {
  if (line.product === 'redict') return format.magic === 'REDIS' && format.rdbVersion <= 12;
  const known = LINES.filter(l => l.product === line.product && compareLines(l, line) <= 0).at(-1);
  if (!known) return false;
  if (line.product === 'redis') return format.magic === 'REDIS' && format.rdbVersion <= known.rdb;
  if (format.magic === 'VALKEY') return known.rdb >= 80 && format.rdbVersion <= known.rdb;
  return format.rdbVersion <= LAST_SHARED_RDB;
}

/** What a line writes; `null` of one that is older or newer than those known. */
export function formatWrittenBy(line: ServerLine): DumpFormat | null {
  // Redict 7.3 writes what its loader reads at most (ran).
  if (line.product === 'redict') return {magic: 'REDIS', rdbVersion: 12};
  const known = LINES.find(l => l.product === line.product && compareLines(l, line) === 0);
  if (!known) return null;
  return {magic: known.rdb >= 80 ? 'VALKEY' : 'REDIS', rdbVersion: known.rdb};
}

/**
 * DEBUG DIGEST gives different answers for the same data where sorted-set scores (from 7.2 on; -0 from 7.0 on) or
 * hash-field TTLs (Redis from 7.4 on; Valkey from 9 on) are digested differently. Digests are comparable within a dialect only.
 */
export function digestDialect(line: ServerLine): string {
  const atLeast = (major: number, minor: number) => compareLines(line, {...line, major, minor}) >= 0;
  if (line.product === 'valkey') return atLeast(9, 0) ? 'valkey-9.0' : '7.2';
  if (line.product === 'redict') return '7.2';
  if (atLeast(7, 4)) return '7.4';
  if (atLeast(7, 2)) return '7.2';
  return atLeast(7, 0) ? '7.0' : '6.0';
}
