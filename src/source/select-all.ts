/**
 * `pick: all`: which backups of a place are drilled one after another, the newest first and no more than asked for. Pure.
 * Each of them is then drilled by its name, as if it had been asked for alone.
 */
import {DrillError} from '../errors.ts';
import {isCandidate, ordered, type Select, timeIn} from './select.ts';
import type {Entry, Listing} from './store.ts';

/** Of a `select` without a limit: enough to see more than one night, little enough not to fill one. */
export const DEFAULT_LIMIT = 10;

/** Of the listing; empty where there is no backup, or none of the window. */
export function selectAll({place, entries, named}: Listing, how: Select, now: number): Entry[] {
  if (named !== undefined) {
    throw new DrillError('config/invalid', `${place} is one backup: \`pick: all\` is of several`, {
      hint: 'Leave `select` out, or name the directory or prefix that holds several.',
    });
  }
  const {withinMs, limit, by, pattern} = how;
  const candidates = entries.filter(entry => isCandidate(entry, pattern));
  if (candidates.length === 0) return [];
  return ordered(candidates, by, place)
    .order.filter(entry => withinMs === null || (timeIn(entry, by) ?? now) >= now - withinMs)
    .toReversed()
    .slice(0, limit ?? DEFAULT_LIMIT);
}
