/**
 * How old the backup is, by the time inside the file and by the store's; each is held against `max-age` by itself, and
 * neither may lie in the future. Pure: what time it is comes in as data.
 */
import {type Finding, fail, pass, skipped} from './finding.ts';

export type MaxAge = {ms: number /** `restore-drill.yml:12` */; origin: string};

/** ISO 8601; `null` where there is none. */
export type Times = {now: string; writtenAt: string | null; storedAt: string | null};

/** Clocks are never all right; more than this is no longer chance. */
const SKEW_MS = 5 * 60_000;

type Known = {at: number /** For people. */; word: string; told: string};

export function judgeFreshness({now, writtenAt, storedAt}: Times, maxAge: MaxAge | undefined): Finding[] {
  const known: Known[] = [
    ...(writtenAt === null
      ? []
      : [{at: Date.parse(writtenAt), word: 'written', told: 'the time in the file'}]),
    ...(storedAt === null ? [] : [{at: Date.parse(storedAt), word: 'stored', told: 'the store’s time'}]),
  ];
  const at = Date.parse(now);
  const skews = known.filter(time => time.at > at + SKEW_MS).map(time => ahead(time, at));
  if (!maxAge) return skews;
  if (known.length === 0) {
    const message = 'neither the backup nor its store says when it was made: its age cannot be told';
    return [skipped('policy/backup-age', message, {severity: 'error', origin: maxAge.origin, hint: NO_TIME})];
  }
  return [...skews, ...known.map(time => judgeAge(time, at, maxAge))];
}

const NO_TIME =
  'Leave `max-age` out for such a source, or let the producer write a dump, which holds its own time.';

function ahead({at, word, told}: Known, now: number): Finding {
  const message = `the backup was ${word} ${inWords(at - now)} in the future, by ${told}`;
  return fail('backup/clock-skew', message, {
    expected: new Date(now).toISOString(),
    actual: new Date(at).toISOString(),
    origin: 'source',
    hint: 'A clock is wrong, the producer’s, the store’s or this machine’s: until that is put right, no age of a backup means anything.',
  });
}

function judgeAge({at, word, told}: Known, now: number, {ms, origin}: MaxAge): Finding {
  const age = Math.max(0, now - at);
  const parts = {expected: `at most ${inWords(ms)}`, actual: inWords(age), origin};
  const rule = 'policy/backup-age';
  if (age <= ms) return pass(rule, `the backup was ${word} ${inWords(age)} ago, by ${told}`, parts);
  const message = `the backup is too old: it was ${word} ${inWords(age)} ago, by ${told}; ${inWords(ms)} is allowed`;
  return fail(rule, message, {
    ...parts,
    hint: 'Did the last backups run, and are they written to this place? What was written since then would be lost today.',
  });
}

/** Two units at most, rounded down: `26 h`, `3 d 4 h`, `12 min`, `41 s`. */
export function inWords(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  if (seconds < 120) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 120) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 72) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
  return hours % 24 === 0 ? `${hours / 24} d` : `${Math.floor(hours / 24)} d ${hours % 24} h`;
}
