/** Yes or no, as an input says it: an input is text, and what is not understood is not taken for a no. */
import {DrillError} from '../errors.ts';

/** Nothing is a no. Throws DrillError `usage/invalid`. */
export function truthOf(name: string, text = 'false'): boolean {
  if (text === 'true' || text === 'false') return text === 'true';
  throw new DrillError('usage/invalid', `the input ${name} is neither true nor false`, {
    hint: 'Write true or false, or leave it out.',
  });
}
