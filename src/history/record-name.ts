/**
 * What a record is called, in whatever place: a directory for each backup, and in it a file for each drill, which sort by
 * the drill's end. Two drills that end in the same millisecond differ in 64 random bits, so that no drill waits for another.
 */
import {createHash, randomBytes} from 'node:crypto';
import type {HistoryRecord} from './record.ts';

/** `2026-11-22T20-22-28-123Z-0123456789abcdef.json`: no colon, which some file systems refuse. */
const FILE = /^\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d-\d{3}Z-[0-9a-f]{16}\.json$/;
/** The same everywhere: as it is written, whatever a file system thinks of case and length. */
const PLAIN = /^[a-z0-9][a-z0-9._-]{0,63}$/;
const SLUG_CHARS = 40;

export type RecordName = {directory: string; file: string};

export function nameOf({backup, finishedAt}: Pick<HistoryRecord, 'backup' | 'finishedAt'>): RecordName {
  const time = new Date(finishedAt).toISOString().replace(/[:.]/g, '-');
  return {directory: directoryOf(backup), file: `${time}-${randomBytes(8).toString('hex')}.json`};
}

/** A name that is no plain one is told by its hash, after what can be shown of it. */
export function directoryOf(backup: string): string {
  if (PLAIN.test(backup)) return backup;
  const slug = backup
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
    .slice(0, SLUG_CHARS);
  return `${slug}~${createHash('sha256').update(backup).digest('hex').slice(0, 12)}`;
}

/** `sessions/2026-….json`; `null` of whatever else lies there, which is not ours. */
export function parseName(path: string): RecordName | null {
  const [directory, file, ...rest] = path.split('/');
  return directory && file !== undefined && rest.length === 0 && FILE.test(file) ? {directory, file} : null;
}

/** When its drill ended, in milliseconds since 1970. */
export function endOf({file}: RecordName): number {
  const [date, time] = file.split('T') as [string, string];
  const [hours, minutes, seconds, rest] = time.split('-') as [string, string, string, string];
  return Date.parse(`${date}T${hours}:${minutes}:${seconds}.${rest}`);
}
