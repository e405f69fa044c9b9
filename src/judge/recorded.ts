/** Words that every comparison with a recording uses. */

export const HINT =
  'If the data really changed, record anew and review the diff, or state a tolerance (`expect.keys.max-drop: 5%`); else this backup lost data.';

export const CHANGED = 'a key, a value, a type or the presence of an expiry changed';

export function listed(counts: Record<string, number>): string {
  const parts = Object.entries(counts)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, n]) => `${name} ${n}`);
  return parts.length === 0 ? 'none' : parts.join(', ');
}

/** Where in the recording a value stands; `inFile` names the file afterwards. */
export const recordedAt = (...path: string[]): string => `expectations: ${path.join('.')}`;

export const inFile = (origin: string, file: string): string =>
  origin.replace(/^expectations: /, `${file}: `);
