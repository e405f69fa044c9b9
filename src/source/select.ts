/**
 * Which of the backups that a store lists is drilled. Pure: a listing, a wish, the time and a random number in; one entry
 * and why it is that one out. What speaks against the choice is said as a doubt, and never decided in silence.
 */
import {matchesGlob} from 'node:path';
import {DrillError} from '../errors.ts';
import type {NoBackup, Sibling} from './backup.ts';
import {
  compareVersions,
  dateInName,
  isAofPart,
  isSideFile,
  isTemporary,
  isUnfinished,
  lastPart,
  looksLikeBackup,
  seriesOf,
} from './backup-name.ts';
import type {Entry, Listing} from './store.ts';

export type Select = {
  /** Of names; without a `/` in it, of their last parts. */
  pattern: string | null;
  /** `latest`, `previous` (the one before it), `random`, `all`, or a name. */
  pick: string;
  /** What tells which is the latest: the store's time, the date in the name, or its version number. */
  by: 'modified' | 'name' | 'version';
  /** `random` and `all` take none that is older. */
  withinMs: number | null;
  /** Of `all`: no more than so many. */
  limit: number | null;
};

/** Several drills, each of one; what one drill is of, `select` says. */
export const ALL = 'all';
/** One of those within the window, by chance. */
export const ANY = 'random';

export const LATEST: Select = {pattern: null, pick: 'latest', by: 'modified', withinMs: null, limit: null};

export type Selection =
  | {
      found: true;
      entry: Entry;
      because: string | null;
      candidates: number;
      doubts: string[];
      series: Sibling[];
    }
  | {found: false; reason: NoBackup};

/** Clocks are never all right; more than this is no longer chance. */
const SKEW_MS = 5 * 60_000;
/** Of a series; the schedule of last year says nothing. */
const MAX_SERIES = 31;

type Moment = {now: number /** From 0 up to 1. */; random: number};

export function select(listing: Listing, how: Select, moment: Moment): Selection {
  const {remarks = []} = listing;
  const selection = selectOf(listing, how, moment);
  if (remarks.length === 0) return selection;
  if (selection.found) return {...selection, doubts: [...selection.doubts, ...remarks]};
  const {reason} = selection;
  return {found: false, reason: {...reason, message: `${reason.message} (${remarks.join('; ')})`}};
}

function selectOf({place, entries, named}: Listing, how: Select, moment: Moment): Selection {
  if (how.pick === ALL) throw onlyOne();
  if (named !== undefined) {
    const entry = entries.find(({name}) => name === named);
    if (!entry) return missing(`there is no file ${place}`);
    if (how.pick !== LATEST.pick || how.pattern !== null) throw nothingToSelect(place);
    return {found: true, entry, because: null, candidates: 1, doubts: [], series: []};
  }
  const candidates = entries.filter(entry => isCandidate(entry, how.pattern));
  if (candidates.length === 0) return noneFound(place, how.pattern);
  if (how.pick === ANY) return atRandom(candidates, how, moment, place);
  if (how.pick === 'latest' || how.pick === 'previous') return byOrder(candidates, how, moment, place);
  return byName(candidates, how.pick, place);
}

export function isCandidate(entry: Entry, pattern: string | null): boolean {
  const {name} = entry;
  if (isTemporary(name) || isUnfinished(name) || isSideFile(name) || isAofPart(name)) return false;
  if (pattern === null) return entry.isDump ?? looksLikeBackup(name);
  return matchesGlob(pattern.includes('/') ? name : lastPart(name), pattern);
}

function byOrder(candidates: Entry[], how: Select, {now}: Moment, place: string): Selection {
  const {order, doubts, words} = ordered(candidates, how.by, place);
  const back = how.pick === 'previous' ? 2 : 1;
  const entry = order.at(-back);
  if (!entry)
    return none(
      `${place} holds one backup and none before it`,
      'Drill `latest`, or keep more than one backup.',
    );
  const because = `${how.pick === 'latest' ? 'the newest' : 'the one before the newest'} of ${candidates.length} by ${words}`;
  return {
    found: true,
    entry,
    because,
    candidates: candidates.length,
    doubts: [...doubts, ...contradictions(order, how.by), ...future(candidates, entry, now)],
    series: seriesUpTo(entry, order),
  };
}

type Ordered = {order: Entry[]; doubts: string[]; words: string};

/** Oldest first; of two that are equal in it, the later name last, so that the choice is stable. */
export function ordered(candidates: Entry[], by: Select['by'], place: string): Ordered {
  const names = (a: Entry, b: Entry) => (a.name < b.name ? -1 : 1);
  if (by === 'version') {
    const order = candidates.toSorted((a, b) => compareVersions(a.name, b.name));
    return {order, doubts: [], words: 'the version in its name'};
  }
  const timeOf = by === 'name' ? datedName : modified;
  const timed = candidates.filter(entry => timeOf(entry) !== null);
  const words = by === 'name' ? 'the date in its name' : 'modification time';
  if (timed.length === 0) throw noTimes(place, by);
  const order = timed.toSorted((a, b) => timeOf(a)! - timeOf(b)! || names(a, b));
  const doubts: string[] = [];
  const [before, last] = [order.at(-2), order.at(-1)!];
  if (before && timeOf(before) === timeOf(last))
    doubts.push(`${before.name} and ${last.name} are equally new by ${words}: the later name was taken`);
  const without = candidates.length - timed.length;
  if (without > 0) {
    const example = candidates.find(entry => timeOf(entry) === null)!.name;
    doubts.push(
      `${without} of ${candidates.length} were passed over: without a clear date, such as ${example}`,
    );
  }
  return {order, doubts, words};
}

export const timeIn = (entry: Entry, by: Select['by']): number | null =>
  by === 'name' ? datedName(entry) : modified(entry);

const modified = ({modifiedAt}: Entry): number | null =>
  modifiedAt === null ? null : Date.parse(modifiedAt);

function datedName({name}: Entry): number | null {
  const date = dateInName(name);
  return typeof date === 'number' ? date : null;
}

/** Where names and the store's times disagree on which is the newest, one of them is wrong. */
function contradictions(order: Entry[], by: Select['by']): string[] {
  const other = by === 'modified' ? datedName : modified;
  const newest = order.at(-1)!;
  const known = order.filter(entry => other(entry) !== null);
  if (known.length < order.length) return [];
  const later = known.find(entry => other(entry)! > other(newest)!);
  if (!later) return [];
  const [chosen, against] =
    by === 'modified' ? ['the store’s time', 'the date in its name'] : ['its name', 'the store’s time'];
  return [`${newest.name} is the newest by ${chosen}, but ${later.name} is newer by ${against}`];
}

/** Of the one that is drilled the verdict itself tells. */
function future(candidates: Entry[], chosen: Entry, now: number): string[] {
  const ahead = candidates.filter(entry => entry !== chosen && (modified(entry) ?? 0) > now + SKEW_MS);
  if (ahead.length === 0) return [];
  return [`${ahead[0]!.name} has a time in the future: the clock of the store or of this machine is wrong`];
}

function atRandom(candidates: Entry[], how: Select, {now, random}: Moment, place: string): Selection {
  const {withinMs} = how;
  const inWindow = candidates.filter(
    entry => withinMs === null || (timeIn(entry, how.by) ?? 0) >= now - withinMs,
  );
  if (inWindow.length === 0) {
    const hint = 'Did the last backups run? Or widen select.within.';
    return none(
      `${place} holds ${candidates.length} backups, and none that is as new as select.within asks for`,
      hint,
    );
  }
  const entry = inWindow[Math.min(inWindow.length - 1, Math.floor(random * inWindow.length))]!;
  const because = `drawn at random from ${inWindow.length}`;
  return {found: true, entry, because, candidates: candidates.length, doubts: [], series: []};
}

function byName(candidates: Entry[], pick: string, place: string): Selection {
  const exact = candidates.filter(({name}) => name === pick);
  const found = exact.length > 0 ? exact : candidates.filter(({name}) => lastPart(name) === pick);
  const [entry] = found;
  if (!entry) return missing(`there is no ${pick} in ${place}`);
  if (found.length > 1) {
    throw new DrillError('config/invalid', `${place} holds ${found.length} backups of the name ${pick}`, {
      hint: `Name one with its path: ${found
        .slice(0, 3)
        .map(({name}) => name)
        .join(', ')}.`,
    });
  }
  return {
    found: true,
    entry,
    because: 'asked for by name',
    candidates: candidates.length,
    doubts: [],
    series: [],
  };
}

function seriesUpTo(entry: Entry, order: Entry[]): Sibling[] {
  const series = seriesOf(entry.name);
  return order
    .slice(0, order.indexOf(entry) + 1)
    .flatMap(({name, modifiedAt, sizeBytes}) =>
      seriesOf(name) === series && modifiedAt !== null && sizeBytes !== null
        ? [{name, modifiedAt, sizeBytes}]
        : [],
    )
    .slice(-MAX_SERIES);
}

function nothingToSelect(place: string): DrillError {
  return new DrillError('config/invalid', `${place} is one backup: there is nothing to select from`, {
    hint: 'Leave `select` out, or name the directory or prefix that holds several.',
  });
}

function onlyOne(): DrillError {
  return new DrillError('config/invalid', 'select.pick: all is of several backups, and here one is meant', {
    hint: 'Choose another one for this: --set select.pick=latest.',
  });
}

function noTimes(place: string, by: Select['by']): DrillError {
  const what = by === 'name' ? 'no name in it holds a clear date' : 'the store has no times';
  return new DrillError('config/invalid', `which backup of ${place} is the latest cannot be told: ${what}`, {
    hint: 'Choose another `select.by` (modified, name or version). A date is clear as 2026-01-14 or 20260114.',
  });
}

function noneFound(place: string, pattern: string | null): Selection {
  if (pattern === null && !/[*?[\]{}]/.test(place)) {
    return none(
      `no backup found where one is expected: ${place} holds no dump`,
      'Name the place that the producer writes to (`dir` in its redis.conf), or the file itself. Names that do not tell take a select.pattern.',
    );
  }
  const what = pattern === null ? place : `${pattern} in ${place}`;
  return none(
    `no backup found where one is expected: no file matches ${what}`,
    'Did the last backup run? Compare the pattern with the names that the producer writes.',
  );
}

const none = (message: string, hint: string): Selection => ({
  found: false,
  reason: {rule: 'backup/none-found', message, hint},
});

const missing = (message: string): Selection => ({
  found: false,
  reason: {
    rule: 'backup/missing',
    message,
    hint: 'Did the last backup run, and does it write to this place?',
  },
});
