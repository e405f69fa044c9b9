/**
 * What names of files tell: which are backups, which lie beside them, and which date or version a name holds. Pure; a name
 * that can be read in two ways is called ambiguous, never guessed at.
 */

/**
 * `dump.rdb`, `dump.rdb.gz` and archives: a newer backup in another form must not let an older one pass for the newest,
 * not even in one that we cannot read. Checksums, recordings and partial files beside a dump are no backups.
 */
const PACKED_OR_PLAIN =
  /^[^.].*\.(rdb|aof|tar|tgz|tbz2?|txz|tzst|zip)(\.(gz|bz2|xz|zst|lz4|lzo|sz|7z|zip|tar|tgz|age|gpg|pgp|asc|enc|aes))*$/;

/** Left behind by an interrupted BGSAVE or rewrite; never a backup. Source: rdbSaveBackground, rewriteAppendOnlyFile. */
const TEMPORARY = /^temp-.*\.(rdb|aof)$/;

/** On its way here, or an editor's: hidden (rsync's `.dump.rdb.Xw3sTq`), or marked behind its name. Its content proves nothing. */
const UNFINISHED = /^\.|(~|\.(part|partial|filepart|crdownload|tmp|temp|swp))$/i;

/** Of any checksum file. */
const CHECKSUM_FILE = /(\.(md5|sha1|sha256|sha512)(sums?)?(\.txt)?|^(MD5|SHA1|SHA256|SHA512)SUMS(\.txt)?)$/i;

/** Behind the whole name of a backup: what is expected of it, as `record` writes it. */
export const EXPECTATIONS_SUFFIX = '.expect.json';

/** A part of an append-only file, or its manifest: no backup by itself. */
const AOF_PART = /\.(manifest|\d+\.(base|incr)\.(rdb|aof))$/i;

/** Not packed: by its name, or by its bytes where the name says nothing. */
export const isPlainDump = (name: string): boolean =>
  !isAofPart(name) && !/\.(?!rdb$)[a-z]\w*$/i.test(lastPart(name));

/** Of the one file that says which parts an append-only file has. */
export const isManifest = (name: string): boolean => /\.manifest$/i.test(name);

export const isAofPart = (name: string): boolean => AOF_PART.test(lastPart(name));

export const lastPart = (name: string): string => name.slice(name.lastIndexOf('/') + 1);

export const looksLikeBackup = (name: string): boolean => PACKED_OR_PLAIN.test(lastPart(name));
export const isTemporary = (name: string): boolean => TEMPORARY.test(lastPart(name));
export const isUnfinished = (name: string): boolean => UNFINISHED.test(lastPart(name));
/** It tells of backups, and is none, however new it is. */
export const isSideFile = (name: string): boolean =>
  CHECKSUM_FILE.test(lastPart(name)) || name.endsWith(EXPECTATIONS_SUFFIX);

/**
 * Year, month, day, and a time of day if one follows: `2026-01-14`, `20260114T031700Z`, `2026/01/14`, `2026-01-14_03.17`;
 * behind that how far it is ahead of UTC, `+0100` or `+01:00`: in the night in which clocks are put back it decides.
 */
const DATE =
  /(?<!\d)(20\d\d)([-_./]?)(0[1-9]|1[0-2])\2(0[1-9]|[12]\d|3[01])(?:[-_.T ]?([01]\d|2[0-3])[-_.:h]?([0-5]\d)(?:[-_.:m]?([0-5]\d))?(?:([+-])(0\d|1[0-4]):?([0-5]\d))?)?(?!\d)/g;
/** Day and month, or month and day, before the year: nobody can tell. */
const UNCLEAR = /(?<!\d)[0-3]?\d([-_.])[0-3]?\d\1(20)?\d\d(?!\d)/;
/** Unix time, in seconds or milliseconds, from 2001 to 2033. */
const UNIX = /(?<!\d)(1[0-9]{9})(\d{3})?(?!\d)/g;

/** Unix milliseconds, as if in UTC where it does not say: for telling which of several is the later, not how old one is. */
export function dateInName(name: string): number | 'ambiguous' | null {
  for (const part of [lastPart(name), name]) {
    const dates = new Set([...part.matchAll(DATE)].map(toTime));
    if (dates.size === 0) for (const [, s, ms] of part.matchAll(UNIX)) dates.add(Number(s! + (ms ?? '000')));
    if (dates.size > 1) return 'ambiguous';
    const [date] = dates;
    if (date !== undefined) return date;
    if (UNCLEAR.test(part)) return 'ambiguous';
  }
  return null;
}

function toTime([, year, , month, day, hour, minute, second, sign, ...ahead]: RegExpMatchArray): number {
  const part = (digits: string | undefined): number => Number(digits ?? 0);
  const minutes = (part(ahead[0]) * 60 + part(ahead[1])) * (sign === '-' ? -1 : 1);
  return Date.UTC(part(year), part(month) - 1, part(day), part(hour), part(minute) - minutes, part(second));
}

/** `v2` before `v10`: digits count as numbers. Not by the machine's language. */
export const compareVersions = (a: string, b: string): number =>
  a.localeCompare(b, 'en', {numeric: true}) || (a < b ? -1 : a > b ? 1 : 0);

/** Alike for all backups of one job: the name with its numbers taken out. */
export const seriesOf = (name: string): string => name.replaceAll(/\d+/g, '#');
