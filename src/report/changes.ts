/** What a new recording changes, in a line each: for the terminal, the job summary, and whoever reviews the diff. Pure. */
import type {Change} from '../judge/changes.ts';
import {number} from './wording.ts';

/** Lines of a summary; the diff of the file has all. */
const MAX_LINES = 60;

/** Not yet made safe for where it will be shown: names of groups are in it. */
export function changeLines(changes: readonly Change[]): string[] {
  const lines = changes.slice(0, MAX_LINES).map(lineOf);
  const more = changes.length - lines.length;
  return more > 0 ? [...lines, `and ${number(more)} more: the diff of the file has them`] : lines;
}

function lineOf(change: Change): string {
  if ('words' in change) return `${change.what}: ${change.words}`;
  const {what, before, after} = change;
  if (before === null) return `${what}: ${number(after!)}, new`;
  if (after === null) return `${what}: ${number(before)}, gone`;
  const difference = after - before;
  return `${what}: ${number(before)}, now ${number(after)} (${difference > 0 ? '+' : ''}${number(difference)})`;
}
